/* SPDX-License-Identifier: ISC */
/*
 * Policies that are equal but for their mode, which is each domain's own: so a
 * domain goes from testing to enforce by one word, and the policy's name stays
 * true. Names say where they came from, that they clash with none that a
 * person chose.
 */
#include <inttypes.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "import.h"
#include "import_part.h"

static const char *make_key(const struct policy *p, struct arena *a)
{
	size_t size = 16, len = 0;
	char *key;

	for (size_t i = 0; i < p->mx_count; i++)
		size += strlen(p->mx[i]) + 1;
	key = arena_alloc(a, size);
	for (size_t i = 0; i < p->mx_count; i++) {
		size_t part = strlen(p->mx[i]);

		memcpy(key + len, p->mx[i], part);
		key[len + part] = ' ';
		len += part + 1;
	}
	(void)snprintf(key + len, size - len, "%" PRIu32, p->max_age);
	return key;
}

static int by_key(const void *a, const void *b)
{
	const struct plan *const *x = a, *const *y = b;
	int order = strcmp((*x)->key, (*y)->key);

	return order != 0
	           ? order
	           : ((*x)->order > (*y)->order) - ((*x)->order < (*y)->order);
}

static bool same_reports(const struct plan *x, const struct plan *y)
{
	if (x->report_count != y->report_count)
		return false;
	for (size_t i = 0; i < x->report_count; i++)
		if (strcmp(x->reports[i], y->reports[i]) != 0)
			return false;
	return true;
}

static void gather(struct plan **sorted, size_t count, struct arena *a)
{
	struct group *g = NULL;

	for (size_t i = 0; i < count; i++) {
		struct plan *p = sorted[i];

		if (g == NULL || strcmp(g->first->key, p->key) != 0) {
			g = arena_alloc(a, sizeof(*g));
			g->first = p;
			g->shares_reports = true;
		}
		g->count++;
		if (!same_reports(g->first, p))
			g->shares_reports = false;
		p->group = g;
	}
}

static bool is_taken(const char *name, const struct groups *groups,
    const char *const *taken, size_t taken_count)
{
	for (size_t i = 0; i < groups->count; i++)
		if (strcmp(groups->at[i]->name, name) == 0)
			return true;
	for (size_t i = 0; i < taken_count; i++)
		if (strcmp(taken[i], name) == 0)
			return true;
	return false;
}

/* What a person would call it: the provider, or whose the first mx is. */
static const char *base_name(const struct policy *p, struct arena *a)
{
	const struct provider *provider = provider_find(p->mx, p->mx_count);
	const psl_ctx_t *psl = psl_builtin();
	const char *mx = p->mx[0], *domain = NULL;

	if (strncmp(mx, "*.", 2) == 0)
		mx += 2;
	if (psl != NULL)
		domain = psl_registrable_domain(psl, mx);
	if (provider != NULL)
		domain = provider->name;
	return arena_format(a, "imported-%s", domain != NULL ? domain : mx);
}

/* A provider's policy as it is proposed to all: worth a name at once. */
static bool is_common(const struct policy *p)
{
	const struct provider *provider = provider_find(p->mx, p->mx_count);

	for (size_t i = 0; provider != NULL && i < p->mx_count; i++) {
		size_t k = 0;

		while (k < provider->mx_count &&
		       strcmp(provider->mx[k], p->mx[i]) != 0)
			k++;
		if (k == provider->mx_count)
			return false;
	}
	return provider != NULL;
}

/* A number behind the base where it is taken: above those given already. */
static void name_group(struct group *g, const struct groups *groups,
    const char *const *taken, size_t taken_count, struct arena *a)
{
	size_t i = groups->count;

	g->base = g->name = base_name(&g->first->policy, a);
	g->number = 1;
	while (i > 0 && strcmp(groups->at[i - 1]->base, g->base) != 0)
		i--;
	if (i > 0) {
		g->number = groups->at[i - 1]->number + 1;
		g->name = arena_format(a, "%s-%u", g->base, g->number);
	}
	while (is_taken(g->name, groups, taken, taken_count))
		g->name = arena_format(a, "%s-%u", g->base, ++g->number);
}

void plans_group(struct plan *plans, size_t count, const char *const *taken,
    size_t taken_count, struct arena *a, struct groups *ret_groups)
{
	struct plan **sorted = arena_array(a, count + 1, sizeof(struct plan *));
	struct groups groups = {
		.at = arena_array(a, count + 1, sizeof(struct group *)),
	};
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		plans[i].order = i;
		if (plans[i].kind == PLAN_COMMENT ||
		    plans[i].policy.mx_count == 0)
			continue;
		plans[i].key = make_key(&plans[i].policy, a);
		sorted[n++] = &plans[i];
	}
	qsort(sorted, n, sizeof(struct plan *), by_key);
	gather(sorted, n, a);
	for (size_t i = 0; i < count; i++) {
		struct group *g = plans[i].group;

		if (g == NULL || g->first != &plans[i] ||
		    (g->count == 1 && !is_common(&plans[i].policy)))
			continue;
		name_group(g, &groups, taken, taken_count, a);
		groups.at[groups.count++] = g;
	}
	*ret_groups = groups;
}
