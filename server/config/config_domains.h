/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_CONFIG_DOMAINS_H
#define CONFIG_CONFIG_DOMAINS_H

#include "config/config_terms.h"

/* A named policy. */
struct named {
	const char *name;
	struct place at;
	size_t order; /* of reading */
	struct terms terms;
	bool wrong;
};

/* A domain as one file has it, before it is an entry of the catalog. */
struct draft {
	const char *domain; /* A-labels; NULL: nothing that is one */
	const char *label;  /* as it was written, to be told */
	struct place at;
	const char *origin;
	const struct node *value; /* NULL: not to be read */
	bool wrong;
	bool misnamed; /* domain is only what was most likely meant */
};

struct domains {
	struct reading *r;
	struct named *policies; /* in order of name */
	size_t policy_count;
	struct draft *drafts; /* in the order of the files */
	size_t draft_count;
	size_t compared;                /* words, in search of what was meant */
	const struct draft *unreported; /* in mode testing without tlsrpt: */
	size_t unreported_count;        /* the first, and how many */
};

/* What is told of a name: bounded, and with nothing that a terminal obeys. */
const char *label_of(struct reading *r, const char *text);

/* config_policies.c: fill d->policies. */
void policies_read(struct domains *d, const struct parts *p);
/* NULL and a fault at n: there is none of this name. */
struct named *policies_find(
    struct domains *d, const struct node *n, const char *name);

/* config_entry.c: make a draft an entry of the catalog; -1: it is wrong. */
int entry_add(struct domains *d, const struct draft *draft);

#endif
