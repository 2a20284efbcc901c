/* SPDX-License-Identifier: ISC */
#ifndef TLS_STORE_ENTRY_H
#define TLS_STORE_ENTRY_H

#include "tls/pair.h"
#include "tls/store_index.h"
#include "tls/store_scan.h"

struct arena;

/* What a store is made of. */

/* A directory with a certificate, or one that had a pair. */
struct entry {
	const char *name;
	struct look look;
	bool has_pair;
	bool gone;         /* there is no certificate any more */
	bool unsettled;    /* to be read anew whatever stat says */
	unsigned oddities; /* of the pair */
	const char *fault; /* why what is there cannot be used, or NULL */
	struct pair pair;
};

struct store {
	struct arena *arena;
	const char *certs;
	const char *fault;     /* why certs cannot be read, or NULL */
	struct entry *entries; /* by name */
	size_t entry_count;
	struct served *served; /* by name */
	size_t served_count;
	struct index index;
};

/* Two lists in the order of names, as one. */
struct walk {
	const char **names;
	size_t name_count, name_at;
	const struct store *s;
	size_t entry_at;
};

struct step {
	const char *name;
	bool is_there;             /* a directory has it now */
	const struct entry *entry; /* the store's, or NULL */
};

bool walk_next(struct walk *w, struct step *ret_step);

#endif
