/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_STATS_H
#define DAEMON_STATS_H

#include <stdint.h>

/*
 * What was counted, in memory that all processes share: one row a worker's
 * slot, written by that worker alone, so that nothing is locked and a crash
 * loses no count.
 */

#define STATS_SLOTS 256

enum stat {
	STAT_ACCEPTED,
	STAT_ANSWERED,       /* with any status */
	STAT_POLICIES,       /* with a policy */
	STAT_HANDSHAKES_BAD, /* for whatever reason */
	STAT_OVER_LIMIT,     /* closed for connections or per_address */
	STAT_TOO_SLOW,       /* a deadline ended it */
	STAT_KINDS,
};

struct stats {
	uint64_t rows[STATS_SLOTS][STAT_KINDS];
};

/* Shared with every process forked from now on; NULL and errno. */
struct stats *stats_new(void);
uint64_t stats_sum(const struct stats *s, enum stat kind);

#endif
