/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_STATS_H
#define DAEMON_STATS_H

#include <stdint.h>

/*
 * What was counted, in memory that all processes share: one row a worker's
 * slot, written by that worker alone, so that nothing is locked and a crash
 * loses no count. Beside them what is so by now, which the manager alone
 * writes. Both outlive every generation.
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

/* Moments are seconds since the epoch, but for the beat's. */
enum fact {
	FACT_STARTED,
	FACT_BEAT_MS, /* monotonic: when the manager was well last */
	FACT_STOPPING,
	FACT_GENERATION,       /* its number; 0: none is served yet */
	FACT_GENERATION_SINCE, /* when it began to be served */
	FACT_RELOADED,         /* when the configuration was read last, */
	FACT_RELOAD_TAKEN,     /* and whether what it said is served */
	FACT_FAULTS,           /* of it */
	FACT_WARNINGS,
	FACT_KEPT, /* domains served as last good */
	FACT_HELD, /* of them those that the brake holds */
	FACT_WORKERS_WANTED,
	FACT_WORKERS_ALIVE,
	FACT_WORKER_RESTARTS,
	FACT_KINDS,
};

/* Rows do not share a cache line. */
struct stats_row {
	_Alignas(64) uint64_t counts[STAT_KINDS];
};

struct stats {
	_Alignas(64) uint64_t facts[FACT_KINDS];
	struct stats_row rows[STATS_SLOTS];
};

/* Shared with every process forked from now on; NULL and errno. */
struct stats *stats_new(void);
uint64_t stats_sum(const struct stats *s, enum stat kind);

/* For a place that one process alone writes. */
static inline void stats_set(uint64_t *place, uint64_t value)
{
	__atomic_store_n(place, value, __ATOMIC_RELAXED);
}

static inline uint64_t stats_get(const uint64_t *place)
{
	return __atomic_load_n(place, __ATOMIC_RELAXED);
}

static inline void stats_add(uint64_t *place, uint64_t more)
{
	stats_set(place, *place + more);
}

#endif
