/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_CONFIG_MAP_H
#define CONFIG_CONFIG_MAP_H

#include "config/config_part.h"

/* The schema: rows of keys, and a map that is read against them. */

struct word {
	const char *text;
	int value;
};

typedef void read_fn(
    struct reading *r, const struct key *k, const struct node *n, void *target);

struct key {
	const char *name;
	read_fn *read;
	size_t offset;            /* of the target in the struct of the map */
	const char *standard;     /* what counts where the key is missing */
	int64_t low, high;        /* in the unit that is written */
	int64_t scale;            /* from it to the unit that is kept; 0: 1 */
	const char *unit;         /* told behind a bound */
	struct word special;      /* a word in a number's place */
	const struct word *words; /* the words it may be, up to a NULL */
	const struct key *keys;   /* a map: its own keys, up to a NULL */
};

/* config_schema.c: the keys of the main file, and of an included one. */
extern const struct key main_keys[], included_keys[];
/* Where a key of this name belongs, in words; NULL: nowhere. */
const char *schema_home(const char *name);

/*
 * Read the map n by its keys into target. A fault of one key leaves the
 * others to be read.
 */
void map_read(struct reading *r, const struct key *keys, const struct node *n,
    void *target);

/* What is said of a key <<. */
extern const char no_merge[];

/* Say of key k at n what is wrong: "SUBJECT: SECTION.KEY" and the words. */
void complain(struct reading *r, const struct key *k, const struct node *n,
    enum severity s, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* The text of n; NULL and a fault where it has none. */
const char *scalar_of(
    struct reading *r, const struct key *k, const struct node *n);
/* Its items, or itself where it is one word; -1 and a fault. */
int list_of(struct reading *r, const struct key *k, const struct node *n,
    struct names *ret_list);
/* An empty value is an empty map; false and a fault where it is no map. */
bool is_map(struct reading *r, const struct key *k, const struct node *n);

#endif
