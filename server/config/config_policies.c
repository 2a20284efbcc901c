/* SPDX-License-Identifier: ISC */

/*
 * Policies by name, from all files. A name belongs to one policy: where it is
 * given twice nobody can say which is meant, so that both are wrong.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/near.h"
#include "base/quote.h"
#include "config/config_domains.h"

/* Comparisons of all faults together: a file of typing errors ends, too. */
#define COMPARED_MAX 1000000

const char *label_of(struct reading *r, const char *text)
{
	char quoted[QUOTE_MAX];

	quote_text(text, quoted);
	return arena_copy(r->scratch, quoted + 1, strlen(quoted) - 2);
}

static void read_named(struct reading *r, const struct node *key,
    const struct node *value, struct named *named)
{
	size_t before = faults_count(r->faults, SEVERITY_FAULT);

	named->name = key->text;
	named->at = key->at;
	r->subject = label_of(r, key->text);
	if (value->kind == NODE_MAP)
		map_read(r, terms_keys, value, &named->terms);
	else
		faults_add(r->faults, SEVERITY_FAULT, value->at, r->subject,
		    "a policy is a map of mode, mx, max_age and tlsrpt");
	r->subject = NULL;
	named->wrong = faults_count(r->faults, SEVERITY_FAULT) > before;
}

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The parts are in the order of reading, which counts among equals. */
static int by_name_and_order(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = by_name(a, b);

	return order != 0 ? order
	                  : (x->order > y->order) - (x->order < y->order);
}

static void refuse_twins(struct domains *d)
{
	struct named *first = d->policies;

	for (size_t i = 1; i < d->policy_count; i++) {
		struct named *second = &d->policies[i];

		if (strcmp(first->name, second->name) != 0) {
			first = second;
			continue;
		}
		first->wrong = second->wrong = true;
		faults_add(d->r->faults, SEVERITY_FAULT, second->at,
		    label_of(d->r, second->name),
		    "this policy is given twice, first at %s:%u:%u",
		    first->at.file, first->at.line, first->at.column);
	}
}

void policies_read(struct domains *d, const struct parts *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		if (p->at[i].policies != NULL)
			count += p->at[i].policies->count;
	d->policies = arena_array(d->r->scratch, count, sizeof(*d->policies));
	for (size_t i = 0; i < p->count; i++) {
		const struct node *map = p->at[i].policies;

		for (size_t j = 0; map != NULL && j < map->count; j++)
			read_named(d->r, map->keys[j], map->items[j],
			    &d->policies[d->policy_count++]);
	}
	for (size_t i = 0; i < count; i++)
		d->policies[i].order = i;
	qsort(d->policies, count, sizeof(*d->policies), by_name_and_order);
	refuse_twins(d);
}

static void tell_missing(
    struct domains *d, const struct node *n, const char *name)
{
	struct near near = { .text = name };
	char quoted[QUOTE_MAX], best[QUOTE_MAX];

	for (size_t i = 0; i < d->policy_count; i++)
		if (d->compared++ < COMPARED_MAX)
			near_try(&near, d->policies[i].name);
	quote_text(name, quoted);
	if (near.best != NULL) {
		quote_text(near.best, best);
		faults_add(d->r->faults, SEVERITY_FAULT, n->at, d->r->subject,
		    "there is no policy %s: did you mean %s?", quoted, best);
	} else {
		faults_add(d->r->faults, SEVERITY_FAULT, n->at, d->r->subject,
		    "there is no policy %s", quoted);
	}
}

struct named *policies_find(
    struct domains *d, const struct node *n, const char *name)
{
	struct named wanted = { .name = name };
	struct named *found = NULL;

	if (d->policy_count > 0)
		found = bsearch(&wanted, d->policies, d->policy_count,
		    sizeof(*d->policies), by_name);
	if (found == NULL)
		tell_missing(d, n, name);
	return found;
}
