/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_PART_H
#define DAEMON_WORKER_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "daemon/knock.h"
#include "daemon/stats.h"

/* For the parts of worker alone. */

struct conn;
struct peers;
struct settings;
struct site;
struct tls;

/* What the connections of a worker stand on. */
struct worker {
	struct loop *loop;
	const struct settings *settings;
	struct tls *tls;
	struct site *site;
	struct peers *peers;
	struct stats *stats;
	struct stats_row *row; /* of them, its own */
	struct strangers *strangers;
	struct conn *first, *free;
	size_t held, most; /* connections now, and at most */
	bool stopping;
	unsigned complaints; /* lines told since complaints_ms */
	unsigned long untold;
	int64_t complaints_ms;
	struct timer untold_told; /* when those not told are counted up */
	struct knocks knocks;
	int knock_fd; /* where the manager hears of them; -1: it does not */
	void (*on_close)(struct worker *w);
	void *owner;
};

static inline void worker_count(const struct worker *w, enum stat kind)
{
	stats_add(&w->row->counts[kind], 1);
}

#endif
