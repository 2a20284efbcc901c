/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_LASTGOOD_H
#define CONFIG_LASTGOOD_H

#include <stddef.h>

/*
 * The last good catalog in STATE/last-good: the main file's bytes and every
 * entry, files by absolute names, with a version and a digest over the whole,
 * so that a start finds what was served before it.
 */

struct arena;
struct catalog;
struct config;
struct err;

/* Replace it by c. 0; or -1 and err. */
int lastgood_write(const struct config *c, struct err *err);

struct lastgood {
	const struct catalog *catalog;
	const char *path; /* of the main file it came from, absolute */
	const char *main; /* the main file; a NUL after main_len bytes */
	size_t main_len;
};

/*
 * Read it, into arena a. 0; 1 where there is none; -1 and err where it
 * is not whole.
 */
int lastgood_read(const char *state, struct arena *a, struct lastgood *ret_last,
    struct err *err);

#endif
