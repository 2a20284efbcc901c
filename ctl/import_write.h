/* SPDX-License-Identifier: ISC */
#ifndef CTL_IMPORT_WRITE_H
#define CTL_IMPORT_WRITE_H

#include <stddef.h>
#include <stdint.h>

/* From facts to the configuration that serves what is live. */

struct arena;
struct config;
struct facts;

/* What became of them. */
struct import_sum {
	size_t live;     /* a live policy is taken over */
	size_t pinned;   /* of these, with an id of its own */
	size_t proposed; /* none is live; mode testing */
	size_t left_out; /* commented, for a person to look at */
	size_t troubled; /* of these, with something live, or unasked */
};

/* The text of a configuration, in a. taken: names of policies in use. */
const char *import_text(const struct facts *facts, size_t count, int64_t now,
    const char *const *taken, size_t taken_count, struct arena *a,
    struct import_sum *ret_sum);

/* The names of c's policies (NULL: there is none), in a. Their number. */
size_t import_find_taken(
    const struct config *c, struct arena *a, const char *const **ret_names);

/*
 * Does text, read as a configuration, serve each live policy under the very id
 * that is live? NULL, or the first fault, in a.
 */
const char *import_prove(
    const char *text, const struct facts *facts, size_t count, struct arena *a);

/*
 * The text, proven; a domain whose entry is no good becomes a comment of it,
 * and refused. NULL and *ret_fault: it is no good all the same.
 */
const char *import_write(struct facts *facts, size_t count, int64_t now,
    const char *const *taken, size_t taken_count, struct arena *a,
    struct import_sum *ret_sum, const char **ret_fault);

#endif
