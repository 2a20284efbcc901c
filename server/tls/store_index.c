/* SPDX-License-Identifier: ISC */

/*
 * Names in certificates, wildcards as they stand, each with the pairs that
 * bear it. A host is looked up twice: itself, and with a star in the place of
 * its first label. A pair whose files are gone comes after all others.
 */

#include "tls/store_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "policy/host.h"
#include "tls/pair.h"

static uint32_t hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325U;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3U;
	return (uint32_t)(h ^ h >> 32);
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_name_best_first(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int order = compare(a->hash, b->hash);

	if (order == 0)
		order = strcmp(a->name, b->name);
	if (order == 0)
		order = a->gone - b->gone;
	if (order == 0)
		order = compare(b->pair->not_after, a->pair->not_after);
	if (order == 0)
		order = strcmp(a->pair->name, b->pair->name);
	return order;
}

static bool same_name(const struct candidate *a, const struct candidate *b)
{
	return a->hash == b->hash && strcmp(a->name, b->name) == 0;
}

static void fill_slots(
    struct index *ix, uint32_t *slots, const struct candidate *all)
{
	for (size_t i = 0; i < ix->count; i++) {
		size_t at = all[i].hash & (ix->slot_count - 1);

		if (i > 0 && same_name(&all[i - 1], &all[i]))
			continue;
		while (slots[at] != 0)
			at = (at + 1) & (ix->slot_count - 1);
		slots[at] = (uint32_t)i + 1;
	}
}

struct index index_build(
    struct arena *a, const struct served *served, size_t count)
{
	struct index ix = { .slot_count = 1 };
	struct candidate *all;
	uint32_t *slots;
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		ix.count += served[i].pair->name_count;
	assert(ix.count < UINT32_MAX / 2);
	while (ix.slot_count < ix.count * 2)
		ix.slot_count *= 2;
	all = arena_array(a, ix.count, sizeof(*all));
	slots = arena_array(a, ix.slot_count, sizeof(*slots));
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < served[i].pair->name_count; j++)
			all[n++] = (struct candidate){
				.name = served[i].pair->names[j],
				.pair = served[i].pair,
				.hash = hash(served[i].pair->names[j]),
				.gone = served[i].gone,
			};
	qsort(all, ix.count, sizeof(*all), by_name_best_first);
	fill_slots(&ix, slots, all);
	ix.candidates = all;
	ix.slots = slots;
	return ix;
}

static bool in_date(const struct pair *p, int64_t now)
{
	return p->not_before <= now && now <= p->not_after;
}

static bool is_better(
    const struct candidate *a, const struct candidate *b, int64_t now)
{
	bool a_in_date, b_in_date;

	if (a == NULL || b == NULL)
		return a != NULL;
	a_in_date = in_date(a->pair, now);
	b_in_date = in_date(b->pair, now);
	if (a_in_date != b_in_date)
		return a_in_date;
	if (a->gone != b->gone)
		return b->gone;
	return a->pair->not_after > b->pair->not_after;
}

/* The best of those that bear exactly this name; NULL: none. */
static const struct candidate *find_name(
    const struct index *ix, const char *name, int64_t now)
{
	const struct candidate wanted = { .name = name, .hash = hash(name) };
	size_t at = wanted.hash & (ix->slot_count - 1), first, i;

	while (ix->slots[at] != 0 &&
	       !same_name(&ix->candidates[ix->slots[at] - 1], &wanted))
		at = (at + 1) & (ix->slot_count - 1);
	if (ix->slots[at] == 0)
		return NULL;
	first = ix->slots[at] - 1;
	for (i = first; i < ix->count; i++) {
		if (!same_name(&ix->candidates[i], &wanted))
			break;
		if (in_date(ix->candidates[i].pair, now))
			return &ix->candidates[i];
	}
	return &ix->candidates[first];
}

const struct pair *index_find(
    const struct index *ix, const char *host, int64_t now)
{
	const struct candidate *exact, *wild = NULL;
	const char *rest = strchr(host, '.');
	char pattern[HOST_MAX + 3];

	exact = find_name(ix, host, now);
	if (rest != NULL && strlen(rest) <= HOST_MAX) {
		pattern[0] = '*';
		memcpy(pattern + 1, rest, strlen(rest) + 1);
		wild = find_name(ix, pattern, now);
	}
	if (is_better(wild, exact, now))
		exact = wild;
	return exact == NULL ? NULL : exact->pair;
}
