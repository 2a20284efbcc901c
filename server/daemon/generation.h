/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_GENERATION_H
#define DAEMON_GENERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * A generation: settings, catalog and pairs, built whole beside the living
 * one and never changed. Building tells the log what it found.
 */

struct arena;
struct catalog;
struct config;
struct served;
struct store;

struct generation {
	unsigned number;
	struct config *config; /* either may be its predecessor's: */
	struct store *store;   /* generation_free knows */
	unsigned char digest[32];
	bool from_last_good;               /* the main file could not be used */
	size_t without_pair;               /* configured hosts */
	size_t fault_count, warning_count; /* of the configuration as last */
	struct err fault; /* read, refused or not; and the first fault */
	bool lacks_anew;  /* one of them had a pair, or was not configured */
	const struct catalog *before; /* a start: served before it, or NULL */
	struct arena *before_arena;
};

/* What a build has to look at, and how. */
struct build {
	const char *path; /* of the main file */
	unsigned flags;
	void (*on_step)(void *cookie); /* again and again meanwhile */
	void *cookie;
};
enum {
	BUILD_CONFIG = 1,   /* the configuration may have changed */
	BUILD_PAIRS = 2,    /* pairs may have changed */
	BUILD_TAKE_ALL = 4, /* SIGUSR1: keep nothing that left, no brake */
};

/*
 * The settings alone, as a start needs them before it binds: of the main
 * file or, where it cannot be used, of the last good one. *ret_last_good says
 * which. Faults go to the log. NULL and err: there is nothing to start from.
 */
struct config *generation_settings(
    const char *path, bool *ret_last_good, struct err *err);

/*
 * Build the generation after last (NULL: the first one), and log each fault;
 * what the flags do not name is taken over from last. A reload whose
 * configuration cannot be used takes new pairs all the same, and *ret_refused
 * says so. NULL and err: there is nothing to start from.
 */
struct generation *generation_build(const struct build *b,
    const struct generation *last, bool *ret_refused, struct err *err);

/* Do both serve the same? */
bool generation_same(const struct generation *a, const struct generation *b);

/*
 * A line for every domain that changed since old (NULL: what was served before
 * the start), with the record to publish now; served is of before the change.
 */
void generation_tell_changes(const struct generation *old,
    const struct generation *new, const struct served *served);

/* Tell again which of its pairs are outside their dates. */
void generation_tell_ages(const struct generation *g);
/* Free g, but not what survivor (may be NULL) shares with it. */
void generation_free(struct generation *g, const struct generation *survivor);

#endif
