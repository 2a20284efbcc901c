/* SPDX-License-Identifier: ISC */

/*
 * A map of the file against its rows of the schema: each key at most once,
 * none that is unknown, and what is missing at its standard value. How one
 * value is read is its row's business.
 */

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/near.h"
#include "base/quote.h"
#include "config/config_map.h"

const char no_merge[] = "maps are not merged; name what is shared below "
                        "policies, and use its name";

#define KEYS_MAX 24 /* rows of the largest table, and more */

void complain(struct reading *r, const struct key *k, const struct node *n,
    enum severity s, const char *fmt, ...)
{
	char words[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	faults_add(r->faults, s, n->at, r->subject, "%s%s%s", r->section,
	    k->name, words);
}

const char *scalar_of(
    struct reading *r, const struct key *k, const struct node *n)
{
	if (n->kind == NODE_SCALAR && !n->plain_null && n->text[0] != '\0')
		return n->text;
	if (n->kind == NODE_SCALAR)
		complain(r, k, n, SEVERITY_FAULT, " has no value");
	else
		complain(r, k, n, SEVERITY_FAULT,
		    ": a single value belongs here, not a %s",
		    n->kind == NODE_LIST ? "list" : "map");
	return NULL;
}

int list_of(struct reading *r, const struct key *k, const struct node *n,
    struct names *ret_list)
{
	struct node **self;
	int result = 0;

	if (n->kind == NODE_MAP) {
		complain(r, k, n, SEVERITY_FAULT,
		    ": a list belongs here, not a map");
		return -1;
	}
	if (n->kind == NODE_SCALAR) {
		if (scalar_of(r, k, n) == NULL)
			return -1;
		self = arena_array(r->scratch, 1, sizeof(*self));
		self[0] = arena_alloc(r->scratch, sizeof(**self));
		*self[0] = *n;
		*ret_list = (struct names){ self, 1 };
		return 0;
	}
	for (size_t i = 0; i < n->count; i++)
		if (scalar_of(r, k, n->items[i]) == NULL)
			result = -1;
	if (result == 0)
		*ret_list = (struct names){ n->items, n->count };
	return result;
}

bool is_map(struct reading *r, const struct key *k, const struct node *n)
{
	if (n->kind == NODE_MAP || n->plain_null)
		return true;
	complain(r, k, n, SEVERITY_FAULT, ": a map belongs here, not a %s",
	    n->kind == NODE_LIST ? "list" : "single value");
	return false;
}

static void tell_unknown(
    struct reading *r, const struct key *keys, const struct node *n)
{
	struct near near = { .text = n->text };
	const char *home = schema_home(n->text);
	bool top = r->section[0] == '\0' && r->subject == NULL;
	char quoted[QUOTE_MAX];
	char words[112] = "";

	for (const struct key *k = keys; k->name != NULL; k++)
		near_try(&near, k->name);
	if (strcmp(n->text, "<<") == 0)
		(void)snprintf(words, sizeof(words), ": %s", no_merge);
	else if (near.best != NULL)
		(void)snprintf(
		    words, sizeof(words), ": did you mean \"%s\"?", near.best);
	else if (keys == included_keys)
		(void)snprintf(words, sizeof(words),
		    ": an included file has policies and domains alone");
	else if (home != NULL)
		(void)snprintf(words, sizeof(words), ": it belongs %s", home);
	else if (top && strchr(n->text, '.') != NULL)
		(void)snprintf(
		    words, sizeof(words), ": domains belong below domains");
	quote_text(n->text, quoted);
	if (r->section[0] != '\0')
		faults_add(r->faults, SEVERITY_FAULT, n->at, r->subject,
		    "%.*s: unknown key %s%s", (int)strlen(r->section) - 1,
		    r->section, quoted, words);
	else
		faults_add(r->faults, SEVERITY_FAULT, n->at, r->subject,
		    "unknown key %s%s", quoted, words);
}

static void *target_of(void *base, const struct key *k)
{
	return (char *)base + k->offset;
}

/* Read one key of the map, unless it is unknown or stands there already. */
static void read_item(struct reading *r, const struct key *keys,
    const struct node *seen[], const struct node *key, const struct node *value,
    void *target)
{
	size_t i = 0;

	while (keys[i].name != NULL && strcmp(keys[i].name, key->text) != 0)
		i++;
	if (keys[i].name == NULL) {
		tell_unknown(r, keys, key);
	} else if (seen[i] != NULL) {
		faults_add(r->faults, SEVERITY_FAULT, key->at, r->subject,
		    "%s%s is given twice, first in line %u", r->section,
		    key->text, seen[i]->at.line);
	} else {
		seen[i] = key;
		keys[i].read(r, &keys[i], value, target_of(target, &keys[i]));
	}
}

void map_read(struct reading *r, const struct key *keys, const struct node *n,
    void *target)
{
	const struct node *seen[KEYS_MAX] = { NULL };

	for (size_t i = 0; i < n->count; i++)
		read_item(r, keys, seen, n->keys[i], n->items[i], target);
	for (size_t i = 0; keys[i].name != NULL; i++) {
		struct node standard = { .kind = NODE_SCALAR };

		assert(i < KEYS_MAX);
		standard.text = keys[i].standard;
		standard.plain_null =
		    standard.text != NULL && standard.text[0] == '\0';
		if (seen[i] == NULL && standard.text != NULL)
			keys[i].read(r, &keys[i], &standard,
			    target_of(target, &keys[i]));
	}
}
