/* SPDX-License-Identifier: ISC */
#ifndef POLICY_CATALOG_H
#define POLICY_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

/*
 * Policy domain → rendered policy. It is filled, then sealed, then only
 * looked up, in constant time. All strings and entries live in its arena.
 */

struct arena;
struct catalog;

struct catalog_entry {
	const char *domain; /* A-labels, lower case */
	const char *host;   /* "mta-sts." and the domain */
	const char *origin; /* the file it stands in, as named or absolute */
	enum mode mode;
	bool kept;          /* not as its file says: the last good one */
	const char *id;     /* in force: computed, or pinned */
	const char *policy; /* the bytes as served */
	size_t policy_len;
	const char *tlsrpt; /* for the TLSRPT record; NULL: none */
	bool delegated;     /* its TXT lives in our zone */
	unsigned number;    /* see catalog_number */
};

/* Empty, in a, which outlives it. */
struct catalog *catalog_new(struct arena *a);

/*
 * Add a copy of e, strings too; its host is made of its domain. 0; or -1: its
 * domain is there already, and nothing changed.
 */
int catalog_add(struct catalog *c, const struct catalog_entry *e);

/* Sort by domain; from now on nothing is added. */
void catalog_seal(struct catalog *c);

/*
 * Number the entries from 0, so that a domain keeps the number that it has in
 * last (NULL: none), and two have never the same. CATALOG_NUMBERS itself is
 * the number of those for whom none is left.
 */
#define CATALOG_NUMBERS 10000
void catalog_number(struct catalog *c, const struct catalog *last);

size_t catalog_count(const struct catalog *c);
/* The entry at index below count; after the seal in order of domain. */
const struct catalog_entry *catalog_at(const struct catalog *c, size_t index);

/* By policy domain; by policy host ("mta-sts." and a domain). NULL: none. */
const struct catalog_entry *catalog_find(
    const struct catalog *c, const char *domain);
const struct catalog_entry *catalog_find_host(
    const struct catalog *c, const char *host);

#endif
