/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_KNOCK_H
#define DAEMON_WORKER_KNOCK_H

struct worker;

/*
 * Somebody asked for host, which is configured and has no pair: tell the
 * manager, if it wants to hear of it and has not just been told.
 */
void worker_knock(struct worker *w, const char *host);

#endif
