/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MANAGER_H
#define DAEMON_MANAGER_H

/*
 * The manager: it builds generations, keeps a crew of workers for the living
 * one, and hands over to the next. It never reads from the network.
 */

struct listeners;

/*
 * Serve the configuration at path on l, and health and metrics on admin, until
 * SIGTERM or SIGINT. The result is an exit status; what was wrong stands in
 * the log.
 */
int manager_run(
    const char *path, const struct listeners *l, const struct listeners *admin);

#endif
