/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_SERVED_PART_H
#define CONFIG_SERVED_PART_H

#include "config/served.h"

/* What is known of each domain, for the parts of served alone. */

struct arena;

struct served_entry {
	const char *domain;
	bool live;        /* a policy not of mode none is served, */
	uint32_t max_age; /* and this is its own */
	int64_t until;    /* earlier ones may be held so long; 0: no longer */
};

struct served {
	struct arena *arena;
	struct served_entry *at; /* in order of domain */
	size_t count;
	int64_t as_of;
};

/* e as it is when what it has live is served no longer than until as_of. */
struct served_entry served_freeze(struct served_entry e, int64_t as_of);

#endif
