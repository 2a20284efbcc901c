/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include <stddef.h>

#include "policy/host.h"

/*
 * A worker: one process, one thread, one loop. It serves what its generation
 * holds, on listeners it inherited, until it is told to leave.
 *
 * On its control socket (SOCK_SEQPACKET, one byte a message) it says
 * WORKER_READY, WORKER_LEFT when it has stopped accepting, WORKER_HERE when it
 * was asked, and WORKER_KNOCK, with a host behind it that lacks a pair and was
 * asked for; it is told WORKER_ASK, WORKER_BEGIN, WORKER_LEAVE (finish what you
 * hold) and WORKER_STOP (give whole request heads 2 s, close the rest). Its end
 * is the same as a stop.
 */

struct generation;
struct listeners;
struct stats;

enum worker_word {
	WORKER_READY = 'r',
	WORKER_LEFT = 'l',
	WORKER_KNOCK = 'k',
	WORKER_HERE = 'h',
	WORKER_ASK = 'a',
	WORKER_BEGIN = 'b',
	WORKER_LEAVE = 'L',
	WORKER_STOP = 's',
};

#define WORKER_SAYS_MAX (1 + HOST_MAX)

/*
 * Be a worker, in a process just forked. control stays open; slot is its
 * place in its crew, of which the first speaks for all where all would say the
 * same; row is its own in stats. The result is an exit status.
 */
int worker_run(const struct generation *g, const struct listeners *l,
    int control, unsigned slot, struct stats *stats, size_t row);

#endif
