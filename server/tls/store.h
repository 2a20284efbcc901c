/* SPDX-License-Identifier: ISC */
#ifndef TLS_STORE_H
#define TLS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Host → pair, by the names in the certificates below one directory. Built
 * whole, sealed, then only looked up. Layouts: DIR/{cert,fullchain}.pem with
 * DIR/{key,privkey}.pem or private/DIR/key.pem.
 */

struct arena;
struct pair;
struct store;

enum store_note_kind {
	STORE_BROKEN, /* a pair cannot be used; detail says why */
	STORE_KEPT,   /* the same, and its last good one goes on serving */
	STORE_ODD,    /* it is used; detail says what is odd */
};

struct store_note {
	enum store_note_kind kind;
	const char *name;   /* the directory's */
	const char *detail; /* names the file */
};

struct store_calls {
	/* What is new to say: a standing fault is told once. */
	void (*on_note)(void *cookie, const struct store_note *n);
	void (*on_step)(void *cookie); /* it goes on; NULL: no matter */
	void *cookie;
};
enum { STORE_TAKE_ALL = 1 }; /* keep nothing that is broken or gone */

/*
 * Read the pairs below directory certs. A pair whose files have not changed
 * since last (NULL: none) is taken over without reading them; one that is
 * broken or gone leaves its last good one in place, unless TAKE_ALL. Never
 * fails: a directory that cannot be read is a note, and an empty store.
 */
struct store *store_load(const char *certs, const struct store *last,
    unsigned flags, const struct store_calls *calls);
void store_free(struct store *s);

/* Nothing of what s was built from has changed, as far as stat tells. */
bool store_is_current(const struct store *s);
/* Do a and b serve the same pairs? */
bool store_same(const struct store *a, const struct store *b);

/*
 * The directories below certs in which pairs are or may come to be, certs
 * itself first, in arena a, for a watcher. Their number.
 */
size_t store_directories(
    const char *certs, struct arena *a, const char *const **ret_paths);

/*
 * Without a store: lend one pair after the other to on_pair, in order of the
 * directories' names, until it says false. Passed over are what cannot be used
 * and files written after the moment until (seconds since the epoch).
 */
void store_each(const char *certs, int64_t until,
    bool (*on_pair)(void *cookie, const struct pair *p), void *cookie);

size_t store_count(const struct store *s);
const struct pair *store_at(const struct store *s, size_t index);

/*
 * The pair for host at the time now (seconds since the epoch): of those whose
 * names cover it one within its dates before one that is not, then the one
 * that lives longest; exact or wildcard alike. NULL: none.
 */
const struct pair *store_find(
    const struct store *s, const char *host, int64_t now);

#endif
