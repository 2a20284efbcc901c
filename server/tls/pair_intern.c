/* SPDX-License-Identifier: ISC */

/*
 * Equal certificates kept once: ten thousand pairs have a handful of issuers.
 * An open table in the arena that holds the bytes as well.
 */

#include "tls/pair_intern.h"

#include <string.h>

#include "base/arena.h"

#define SLOTS_MIN 64

/* A certificate ends with its signature, which is as good as random. */
static size_t hash(const struct der *der)
{
	uint64_t h = 0xcbf29ce484222325U ^ der->len;
	size_t from = der->len > 32 ? der->len - 32 : 0;

	for (size_t i = from; i < der->len; i++)
		h = (h ^ der->bytes[i]) * 0x100000001b3U;
	return (size_t)(h ^ h >> 32);
}

static struct der *find_slot(const struct intern *in, const struct der *der)
{
	size_t mask = in->slot_count - 1, i = hash(der) & mask;

	while (in->slots[i].bytes != NULL &&
	       (in->slots[i].len != der->len ||
	           memcmp(in->slots[i].bytes, der->bytes, der->len) != 0))
		i = (i + 1) & mask;
	return &in->slots[i];
}

static void grow(struct intern *in)
{
	struct intern old = *in;

	in->slot_count = old.slot_count == 0 ? SLOTS_MIN : old.slot_count * 2;
	in->slots = arena_array(in->arena, in->slot_count, sizeof(struct der));
	for (size_t i = 0; i < old.slot_count; i++)
		if (old.slots[i].bytes != NULL)
			*find_slot(in, &old.slots[i]) = old.slots[i];
}

struct der intern_der(struct intern *in, const struct der *der)
{
	struct der *slot;

	if (in->count * 2 >= in->slot_count)
		grow(in);
	slot = find_slot(in, der);
	if (slot->bytes == NULL) {
		slot->bytes = (const unsigned char *)arena_copy(
		    in->arena, der->bytes, der->len);
		slot->len = der->len;
		in->count++;
	}
	return *slot;
}
