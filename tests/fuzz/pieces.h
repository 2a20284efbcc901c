/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Several inputs in one: a byte that no text has divides them. Each piece is a
 * copy with one NUL behind it, so that a sanitizer sees a byte too far.
 */

#define PIECES_MAX 16
#define PIECES_END 0xfe

struct pieces {
	struct {
		char *bytes;
		size_t len;
	} at[PIECES_MAX]; /* those that are not there are empty */
	size_t count;
};

static inline void pieces_put(
    struct pieces *p, size_t i, const uint8_t *data, size_t len)
{
	p->at[i].bytes = malloc(len + 1);
	assert(p->at[i].bytes != NULL);
	if (len > 0)
		memcpy(p->at[i].bytes, data, len);
	p->at[i].bytes[len] = '\0';
	p->at[i].len = len;
}

/* The last one has all that is left. */
static inline void pieces_cut(
    const uint8_t *data, size_t size, size_t max, struct pieces *ret_pieces)
{
	struct pieces p = { .count = 0 };
	const uint8_t *end;
	size_t len;

	assert(max > 0 && max <= PIECES_MAX);
	for (size_t i = 0; i < max; i++) {
		end = i + 1 < max && size > 0 ? memchr(data, PIECES_END, size)
		                              : NULL;
		len = end == NULL ? size : (size_t)(end - data);
		pieces_put(&p, i, data, len);
		p.count += len > 0 || end != NULL;
		data = end == NULL ? data + size : end + 1;
		size -= end == NULL ? size : len + 1;
	}
	*ret_pieces = p;
}

/* The same of bytes that may be any: each length stands before its piece. */
static inline void pieces_measure(
    const uint8_t *data, size_t size, size_t max, struct pieces *ret_pieces)
{
	struct pieces p = { .count = 0 };
	size_t len;

	assert(max <= PIECES_MAX);
	for (size_t i = 0; i < max; i++) {
		len = size < 2 ? 0 : (size_t)data[0] << 8 | data[1];
		data += size < 2 ? size : 2;
		size -= size < 2 ? size : 2;
		if (len > size)
			len = size;
		pieces_put(&p, i, data, len);
		p.count += len > 0;
		data += len;
		size -= len;
	}
	*ret_pieces = p;
}

static inline void pieces_free(struct pieces *p)
{
	for (size_t i = 0; i < PIECES_MAX; i++)
		free(p->at[i].bytes);
}

#endif
