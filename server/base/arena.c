/* SPDX-License-Identifier: ISC */

/*
 * Blocks of mapped pages, filled from the front; the arena itself lies in the
 * first. Large wishes get a block of their own. Being whole pages, a block can
 * be sealed, kept out of core dumps and given back to the system at once.
 */

#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK_MIN ((size_t)64 << 10)
#define BLOCK_MAX ((size_t)4 << 20)
#define ALIGN     alignof(max_align_t)

struct block {
	struct block *next;
	size_t size, used;
};

struct arena {
	struct block *first;
	size_t size;
	bool secret, sealed;
};

void arena_no_memory(void)
{
	static const char words[] = "error: no memory\n";

	(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
	_exit(2); /* as of mta-stsctl: it could not be done */
}

static size_t round_up(size_t n, size_t to)
{
	if (n > SIZE_MAX - to)
		arena_no_memory();
	return (n + to - 1) / to * to;
}

/* A block of size bytes, whole pages. */
static struct block *map_block(size_t size, bool secret)
{
	struct block *b = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED)
		arena_no_memory();
	if (secret)
		(void)madvise(b, size, MADV_DONTDUMP); /* else as it was */
	b->size = size;
	b->used = round_up(sizeof(*b), ALIGN);
	return b;
}

struct arena *arena_new(bool secret)
{
	struct block *b = map_block(BLOCK_MIN, secret);
	struct arena *a = (struct arena *)((char *)b + b->used);

	b->used += round_up(sizeof(*a), ALIGN);
	a->first = b;
	a->size = b->size;
	a->secret = secret;
	return a;
}

void arena_free(struct arena *a)
{
	struct block *b = a != NULL ? a->first : NULL, *next;
	bool secret = b != NULL && a->secret;

	/* The last block holds the arena itself. */
	for (; b != NULL; b = next) {
		size_t size = b->size;

		next = b->next;
		if (secret && mprotect(b, size, PROT_READ | PROT_WRITE) == 0)
			explicit_bzero(b, size);
		(void)munmap(b, size);
	}
}

static struct block *add_block(struct arena *a, size_t wish)
{
	size_t size = a->size > BLOCK_MAX ? BLOCK_MAX : a->size;
	struct block *b;

	if (size < wish)
		size = wish;
	b = map_block(round_up(size, (size_t)sysconf(_SC_PAGESIZE)), a->secret);
	b->next = a->first;
	a->first = b;
	a->size += b->size;
	return b;
}

void *arena_alloc(struct arena *a, size_t len)
{
	struct block *b = a->first;
	void *p;

	assert(!a->sealed);
	len = round_up(len == 0 ? 1 : len, ALIGN);
	if (b->size - b->used < len)
		b = add_block(a, len + round_up(sizeof(*b), ALIGN));
	p = (char *)b + b->used;
	b->used += len;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		arena_no_memory();
	return arena_alloc(a, count * size);
}

char *arena_copy(struct arena *a, const void *bytes, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

char *arena_string(struct arena *a, const char *text)
{
	return arena_copy(a, text, strlen(text));
}

char *arena_format(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		arena_no_memory();
	text = arena_alloc(a, (size_t)len + 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

void arena_join(struct arena *a, struct arena *b)
{
	struct block *last = b->first;

	assert(!a->sealed && !b->sealed && a->secret == b->secret);
	while (last->next != NULL)
		last = last->next;
	last->next = a->first;
	a->first = b->first;
	a->size += b->size;
}

void arena_seal(struct arena *a)
{
	a->sealed = true;
	for (struct block *b = a->first; b != NULL; b = b->next)
		(void)mprotect(b, b->size, PROT_READ); /* a guard, no promise */
}

size_t arena_size(const struct arena *a)
{
	return a->size;
}
