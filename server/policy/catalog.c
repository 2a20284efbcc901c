/* SPDX-License-Identifier: ISC */

/*
 * Policy domain → rendered policy. Entries stand in an array, and a table of
 * their numbers, at most half full, is searched from a place that the
 * domain's hash gives. Both double when they are full, so that what growth
 * leaves behind in the arena is never more than what is in use.
 */

#include "policy/catalog.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"

#define ROOM_FIRST 16

static const char host_prefix[] = "mta-sts.";
#define PREFIX_LEN (sizeof(host_prefix) - 1)

struct catalog {
	struct arena *arena;
	struct catalog_entry **entries;
	size_t count, room;
	uint32_t *slots; /* twice the room; an entry's index + 1, or 0 */
	uint64_t seed;   /* domains are strangers' choice */
	bool sealed;
};

/* FNV-1a, its bits mixed once more so that the low ones depend on all. */
static uint64_t hash(const struct catalog *c, const char *domain)
{
	uint64_t h = 0xcbf29ce484222325u ^ c->seed;

	for (; *domain != '\0'; domain++)
		h = (h ^ (unsigned char)*domain) * 0x100000001b3u;
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

static size_t slot_of(const struct catalog *c, size_t number)
{
	return number & (2 * c->room - 1);
}

/* Where the domain stands in the table, or the free slot where it would. */
static size_t find_slot(const struct catalog *c, const char *domain)
{
	size_t i = slot_of(c, hash(c, domain));

	while (c->slots[i] != 0 &&
	       strcmp(c->entries[c->slots[i] - 1]->domain, domain) != 0)
		i = slot_of(c, i + 1);
	return i;
}

static void fill_slots(struct catalog *c)
{
	memset(c->slots, 0, 2 * c->room * sizeof(*c->slots));
	for (size_t i = 0; i < c->count; i++)
		c->slots[find_slot(c, c->entries[i]->domain)] =
		    (uint32_t)(i + 1);
}

static void make_room(struct catalog *c, size_t room)
{
	struct catalog_entry **old = c->entries;

	assert(room < UINT32_MAX);
	c->room = room;
	c->slots = arena_array(c->arena, 2 * room, sizeof(*c->slots));
	c->entries =
	    arena_array(c->arena, room, sizeof(struct catalog_entry *));
	if (c->count > 0)
		memcpy(c->entries, old, c->count * sizeof(*old));
	fill_slots(c);
}

struct catalog *catalog_new(struct arena *a)
{
	struct catalog *c = arena_alloc(a, sizeof(*c));

	c->arena = a;
	/* Early at boot there may be no entropy; an unseeded table serves. */
	(void)!getrandom(&c->seed, sizeof(c->seed), GRND_NONBLOCK);
	make_room(c, ROOM_FIRST);
	return c;
}

static struct catalog_entry *copy_entry(
    struct arena *a, const struct catalog_entry *e)
{
	struct catalog_entry *copy = arena_alloc(a, sizeof(*copy));

	*copy = *e;
	copy->host = arena_format(a, "%s%s", host_prefix, e->domain);
	copy->domain = copy->host + PREFIX_LEN;
	copy->origin = e->origin ? arena_string(a, e->origin) : NULL;
	copy->id = e->id ? arena_string(a, e->id) : NULL;
	copy->policy =
	    e->policy ? arena_copy(a, e->policy, e->policy_len) : NULL;
	copy->tlsrpt = e->tlsrpt ? arena_string(a, e->tlsrpt) : NULL;
	return copy;
}

int catalog_add(struct catalog *c, const struct catalog_entry *e)
{
	size_t i;

	assert(!c->sealed);
	if (c->slots[find_slot(c, e->domain)] != 0)
		return -1;
	if (c->count == c->room)
		make_room(c, 2 * c->room);
	i = find_slot(c, e->domain);
	c->entries[c->count++] = copy_entry(c->arena, e);
	c->slots[i] = (uint32_t)c->count;
	return 0;
}

static int by_domain(const void *a, const void *b)
{
	const struct catalog_entry *const *left = a, *const *right = b;

	return strcmp((*left)->domain, (*right)->domain);
}

void catalog_seal(struct catalog *c)
{
	assert(!c->sealed);
	qsort(c->entries, c->count, sizeof(struct catalog_entry *), by_domain);
	fill_slots(c);
	c->sealed = true;
}

void catalog_number(struct catalog *c, const struct catalog *last)
{
	bool taken[CATALOG_NUMBERS + 1] = { false };
	unsigned next = 0;

	for (size_t i = 0; i < c->count; i++) {
		struct catalog_entry *e = c->entries[i];
		const struct catalog_entry *was =
		    last != NULL ? catalog_find(last, e->domain) : NULL;

		e->number = was != NULL ? was->number : CATALOG_NUMBERS;
		taken[e->number] = true;
	}
	for (size_t i = 0; i < c->count; i++) {
		if (c->entries[i]->number != CATALOG_NUMBERS)
			continue;
		while (next < CATALOG_NUMBERS && taken[next])
			next++;
		c->entries[i]->number = next;
		taken[next] = true;
	}
}

size_t catalog_count(const struct catalog *c)
{
	return c->count;
}

const struct catalog_entry *catalog_at(const struct catalog *c, size_t index)
{
	assert(index < c->count);
	return c->entries[index];
}

const struct catalog_entry *catalog_find(
    const struct catalog *c, const char *domain)
{
	uint32_t number = c->slots[find_slot(c, domain)];

	return number == 0 ? NULL : c->entries[number - 1];
}

const struct catalog_entry *catalog_find_host(
    const struct catalog *c, const char *host)
{
	if (strncmp(host, host_prefix, PREFIX_LEN) != 0)
		return NULL;
	return catalog_find(c, host + PREFIX_LEN);
}
