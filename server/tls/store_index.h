/* SPDX-License-Identifier: ISC */
#ifndef TLS_STORE_INDEX_H
#define TLS_STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct pair;

/* A pair that serves; gone: its files are not there any more. */
struct served {
	const struct pair *pair;
	bool gone;
};

struct candidate {
	const char *name;
	const struct pair *pair;
	uint32_t hash;
	bool gone;
};

/* Name → candidates, the best first; open slots of one more than a place. */
struct index {
	const struct candidate *candidates;
	const uint32_t *slots;
	size_t count, slot_count;
};

/* In arena a, where the pairs are as well. */
struct index index_build(
    struct arena *a, const struct served *served, size_t count);
const struct pair *index_find(
    const struct index *ix, const char *host, int64_t now);

#endif
