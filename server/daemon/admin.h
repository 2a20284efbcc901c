/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_ADMIN_H
#define DAEMON_ADMIN_H

/*
 * The admin process: health, metrics and status (mta-stsd(8)) over HTTP, on
 * what `listen.admin` says. It is forked from a generation as a worker is, is
 * as much in a sandbox, and hears and says the same words (daemon/worker.h);
 * no worker waits for it, and its death costs a scrape.
 */

struct generation;
struct listeners;
struct stats;

/*
 * Be it, in a process just forked. control stays open. The result is an exit
 * status.
 */
int admin_run(const struct generation *g, const struct listeners *l,
    int control, const struct stats *stats);

#endif
