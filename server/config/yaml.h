/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "config/faults.h"

/*
 * A YAML document as a tree that knows its lines. Scalars are strings: no
 * type is guessed. Refused: more than one document, keys that are no scalars,
 * control bytes, anchors and aliases that grow past a bound, depth above 32.
 * A key that is repeated stays in the tree: what that costs is for the reader
 * to say, who knows whether it is a setting or one domain of many.
 */

struct arena;

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	bool plain_null;     /* a scalar that was left empty, or ~ */
	struct place at;     /* where it is used, not where its anchor is */
	const char *text;    /* NODE_SCALAR; NUL inside is refused */
	struct node **items; /* NODE_LIST; NODE_MAP: the values */
	struct node **keys;  /* NODE_MAP: scalars, as many as items */
	size_t count;
};

/*
 * Parse len bytes into a tree in arena a; where there is no document,
 * it is a scalar that was left empty. file, which outlives the tree, is how
 * places name it. Faults are added to f. NULL where there is no whole tree;
 * then *ret_partial (may be NULL) is what stood before the fault, or NULL.
 */
const struct node *yaml_parse(const char *bytes, size_t len, const char *file,
    struct arena *a, struct faults *f, const struct node **ret_partial);

/* The value of a key of a map; NULL: none, or n is no map. */
const struct node *node_get(const struct node *n, const char *key);

#endif
