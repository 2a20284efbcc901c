/* SPDX-License-Identifier: ISC */

/*
 * A table by open addressing, twice as large as there can be connections, so
 * it is never full; the hash is keyed, since strangers choose the addresses.
 */

#include "daemon/worker_peers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct slot {
	uint8_t key[16];
	unsigned count; /* 0: free */
};

struct peers {
	uint64_t seed[2];
	size_t mask;
	struct slot slots[];
};

struct peers *peers_new(size_t connections)
{
	size_t size = 16;
	struct peers *p;

	while (size < connections * 2)
		size *= 2;
	p = calloc(1, sizeof(*p) + size * sizeof(struct slot));
	if (p == NULL)
		return NULL;
	p->mask = size - 1;
	if (getrandom(p->seed, sizeof(p->seed), 0) != sizeof(p->seed)) {
		free(p);
		return NULL;
	}
	return p;
}

void peers_free(struct peers *p)
{
	free(p);
}

static size_t home(const struct peers *p, const uint8_t key[16])
{
	uint64_t half[2];
	unsigned __int128 product;

	memcpy(half, key, 16);
	product = (unsigned __int128)(half[0] ^ p->seed[0]) *
	          (half[1] ^ p->seed[1] ^ 0x9e3779b97f4a7c15u);
	return (size_t)((uint64_t)product ^ (uint64_t)(product >> 64)) &
	       p->mask;
}

/* The slot of key, or the free one where it would go. */
static size_t seek(const struct peers *p, const uint8_t key[16])
{
	size_t at = home(p, key);

	while (p->slots[at].count > 0 && memcmp(p->slots[at].key, key, 16) != 0)
		at = (at + 1) & p->mask;
	return at;
}

bool peers_enter(struct peers *p, const uint8_t key[16], unsigned most)
{
	struct slot *s = &p->slots[seek(p, key)];

	if (s->count >= most)
		return false;
	memcpy(s->key, key, 16);
	s->count++;
	return true;
}

void peers_leave(struct peers *p, const uint8_t key[16])
{
	size_t at = seek(p, key), next;

	assert(p->slots[at].count > 0);
	if (--p->slots[at].count > 0)
		return;
	/* Close the gap, so that no chain of others is broken by it. */
	for (next = (at + 1) & p->mask; p->slots[next].count > 0;
	     next = (next + 1) & p->mask) {
		size_t want = home(p, p->slots[next].key);

		if (((next - want) & p->mask) < ((next - at) & p->mask))
			continue;
		p->slots[at] = p->slots[next];
		p->slots[next].count = 0;
		at = next;
	}
}
