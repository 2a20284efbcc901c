/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_STATS_H
#define DAEMON_STATS_H

#include <stdint.h>

#include "daemon/stats_kinds.h"
#include "daemon/strangers.h"
#include "policy/catalog.h"

/*
 * What was counted, in memory that all processes share and whose size is
 * fixed: one row a worker's slot, written by that worker alone, so that nothing
 * is locked and a crash loses no count. Beside them what is so by now, which
 * the manager alone writes. All of it outlives every generation.
 */

#define STATS_SLOTS 256

/* Rows do not share a cache line. */
struct stats_row {
	_Alignas(64) uint64_t counts[STAT_KINDS];
};

struct stats {
	_Alignas(64) uint64_t facts[FACT_KINDS];
	/* By a domain's number; the last is for those who have none. */
	_Alignas(64) uint64_t fetches[CATALOG_NUMBERS + 1];
	struct stats_row rows[STATS_SLOTS];
	struct strangers strangers[STATS_SLOTS]; /* a row's beside it */
};

/* Shared with every process forked from now on; NULL and errno. */
struct stats *stats_new(void);
/* Of all rows, the kinds from first to last together. */
uint64_t stats_sum(const struct stats *s, enum stat first, enum stat last);

/* A policy was fetched, of the domain with that number, from any worker. */
void stats_fetched(struct stats *s, unsigned number);

/* The kind of an answer's status, and of a refusal by the gate with it. */
enum stat stats_answer(unsigned status);
enum stat stats_refusal(unsigned status);
/* An answer was ready us microseconds after accept. */
void stats_took(struct stats_row *r, uint64_t us);
/* The highest value of a bucket of STAT_TOOK, in microseconds; 0: no limit. */
uint64_t stats_took_limit(unsigned bucket);

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
