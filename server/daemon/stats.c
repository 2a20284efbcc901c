/* SPDX-License-Identifier: ISC */

/* One shared mapping; a row is some worker's own, the sum is anybody's. */

#include "daemon/stats.h"

#include <stddef.h>
#include <sys/mman.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const unsigned answers[] = { 200, 302, 400, 404, 405, 408, 414, 421, 431,
	500, 501, 505 };
static const unsigned refusals[] = { 400, 408, 414, 421, 431, 501, 505 };

_Static_assert(
    STAT_ANSWER_200 + COUNT(answers) == STAT_ANSWER_OTHER, "one kind each");
_Static_assert(
    STAT_REFUSED_400 + COUNT(refusals) == STAT_REFUSED_OTHER, "one kind each");

/* The last bucket takes what is slower. */
static const uint64_t took_limits[STATS_TOOK_BUCKETS] = { 500, 1000, 2500, 5000,
	10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
	10000000 };

struct stats *stats_new(void)
{
	void *p = mmap(NULL, sizeof(struct stats), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

uint64_t stats_sum(const struct stats *s, enum stat first, enum stat last)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < STATS_SLOTS; i++)
		for (unsigned kind = first; kind <= last; kind++)
			sum += stats_get(&s->rows[i].counts[kind]);
	return sum;
}

void stats_fetched(struct stats *s, unsigned number)
{
	(void)__atomic_fetch_add(&s->fetches[number], 1, __ATOMIC_RELAXED);
}

static unsigned place_of(unsigned status, const unsigned *all, unsigned count)
{
	unsigned i = 0;

	while (i < count && all[i] != status)
		i++;
	return i;
}

enum stat stats_answer(unsigned status)
{
	return STAT_ANSWER_200 + place_of(status, answers, COUNT(answers));
}

enum stat stats_refusal(unsigned status)
{
	return STAT_REFUSED_400 + place_of(status, refusals, COUNT(refusals));
}

void stats_took(struct stats_row *r, uint64_t us)
{
	unsigned bucket = 0;

	while (bucket < STATS_TOOK_BUCKETS - 1 && us > took_limits[bucket])
		bucket++;
	stats_add(&r->counts[STAT_TOOK + bucket], 1);
	stats_add(&r->counts[STAT_TOOK_US], us);
}

uint64_t stats_took_limit(unsigned bucket)
{
	return took_limits[bucket];
}
