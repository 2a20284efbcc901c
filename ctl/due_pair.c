/* SPDX-License-Identifier: ISC */
/*
 * Pairs as a renewal sees them. The moment of a renewal hangs on nothing but
 * the host and its pair, so that every look at it finds the same.
 */
#include "due_pair.h"

#include <stddef.h>
#include <string.h>

#include "tls/pair.h"
#include "tls/store.h"

#define DAY_S   86400
#define SHORT_S (10 * DAY_S)

/* FNV-1a, and a last stir, since a remainder is taken of it. */
static uint64_t hash(const char *host, int64_t number)
{
	uint64_t h = 14695981039346656037U;

	for (; *host != '\0'; host++)
		h = (h ^ (unsigned char)*host) * 1099511628211U;
	for (unsigned i = 0; i < 64; i += 8)
		h = (h ^ ((uint64_t)number >> i & 255)) * 1099511628211U;
	return (h ^ h >> 32) * 0xd6e8feb86659fd93U >> 16;
}

int64_t due_moment(const char *host, int64_t not_before, int64_t not_after)
{
	int64_t life = not_after - not_before, left, window;

	if (life <= 0)
		return not_before;
	left = life < SHORT_S ? life / 2 : life / 3;
	window = life / 15;
	return not_after - left -
	       (int64_t)(hash(host, not_after) % (uint64_t)(window + 1));
}

bool due_is_late(const struct due_pair *p, int64_t now)
{
	return p->there &&
	       now >= p->not_after - (p->not_after - p->not_before) / 10;
}

const struct pair *due_own_pair(const struct store *s, const char *host)
{
	size_t low = 0, high = store_count(s);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct pair *p = store_at(s, middle);
		int order = strcmp(p->name, host);

		if (order == 0)
			return pair_covers(p, host) ? p : NULL;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct due_pair due_find_pair(
    const struct store *s, const char *host, int64_t now)
{
	const struct pair *p = store_find(s, host, now);
	const struct pair *own = due_own_pair(s, host);
	struct due_pair found = { .there = p != NULL };

	if (p == NULL)
		return found;
	/* One that was brought may live longer, and yet be due before. */
	if (own != NULL && due_moment(host, own->not_before, own->not_after) >=
	                       due_moment(host, p->not_before, p->not_after))
		p = own;
	found.own = p == own;
	found.not_before = p->not_before;
	found.not_after = p->not_after;
	return found;
}
