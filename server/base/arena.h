/* SPDX-License-Identifier: ISC */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Memory that is allocated freely and freed at once. Where the system gives
 * no more the process ends with a sentence: no caller checks for it.
 */

struct arena;

/*
 * The end of whoever has no memory to go on: a sentence and exit status 2, no
 * signal and nothing flushed. For what is not an arena's too.
 */
_Noreturn void arena_no_memory(void);

/* secret: not in core dumps, and cleansed on free. The caller frees it. */
struct arena *arena_new(bool secret);
void arena_free(struct arena *a);

/* len zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *a, size_t len);
void *arena_array(struct arena *a, size_t count, size_t size);

/* Copies of len bytes and a NUL after them; of a string; of a format. */
char *arena_copy(struct arena *a, const void *bytes, size_t len);
char *arena_string(struct arena *a, const char *text);
char *arena_format(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* All that b holds is a's from now on, and b is no more. Both as secret. */
void arena_join(struct arena *a, struct arena *b);

/* From now on read only: writing to it is a fault that ends the process. */
void arena_seal(struct arena *a);

/* The bytes it holds of the system. */
size_t arena_size(const struct arena *a);

#endif
