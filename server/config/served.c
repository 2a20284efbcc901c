/* SPDX-License-Identifier: ISC */

/*
 * The clock of a safe farewell. What is served has no moment of its own: it
 * may be held for its max_age from now on, whenever now is. A moment is fixed
 * when a policy goes, and the latest of a domain's counts: it is forgotten
 * when it has passed, or what is served by then is held longer.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "config/served_part.h"
#include "policy/catalog.h"
#include "policy/policy.h"

#define DAY_S 86400

struct served *served_new(void)
{
	struct served *s = calloc(1, sizeof(*s));

	if (s == NULL)
		arena_no_memory();
	s->arena = arena_new(false);
	return s;
}

void served_free(struct served *s)
{
	if (s == NULL)
		return;
	arena_free(s->arena);
	free(s);
}

struct served_entry served_freeze(struct served_entry e, int64_t as_of)
{
	if (e.live && as_of + e.max_age > e.until)
		e.until = as_of + e.max_age;
	e.live = false;
	e.max_age = 0;
	return e;
}

static bool is_held(const struct served_entry *e, int64_t now)
{
	return e->live || e->until > now;
}

void served_go_on(struct served *s, int64_t now)
{
	int64_t as_of = now + SERVED_AHEAD_S;

	if (as_of > s->as_of || s->as_of - as_of >= DAY_S)
		s->as_of = as_of;
}

struct following {
	const struct catalog *catalog;
	bool (*is_served)(const void *cookie, const struct catalog_entry *e);
	const void *cookie;
	struct arena *scratch;
};

/* Let e be what the catalog has of its domain. */
static void revive(const struct following *f, const struct catalog_entry *c,
    int64_t as_of, struct served_entry *e)
{
	struct policy p;

	if (c->mode == MODE_NONE || !f->is_served(f->cookie, c) ||
	    policy_parse(c->policy, c->policy_len, f->scratch, &p, NULL) != 0)
		return;
	e->live = true;
	e->max_age = p.max_age;
	/* What is shorter than its own says nothing any more. */
	if (e->until <= as_of + p.max_age)
		e->until = 0;
}

/* The next of both, each in order of domain; NULL for what has it not. */
static void next_of(const struct served *s, size_t *i, const struct catalog *c,
    size_t *k, const struct served_entry **ret_old,
    const struct catalog_entry **ret_new)
{
	const struct served_entry *old = *i < s->count ? &s->at[*i] : NULL;
	const struct catalog_entry *new =
	    *k < catalog_count(c) ? catalog_at(c, *k) : NULL;
	int order = 0;

	if (old != NULL && new != NULL)
		order = strcmp(old->domain, new->domain);
	*ret_old = order <= 0 ? old : NULL;
	*ret_new = order >= 0 ? new : NULL;
	*i += *ret_old != NULL;
	*k += *ret_new != NULL;
}

bool served_follow(struct served *s, const struct catalog *c,
    bool (*is_served)(const void *cookie, const struct catalog_entry *e),
    const void *cookie, int64_t now)
{
	struct following f = { c, is_served, cookie, arena_new(false) };
	struct served next = { .arena = arena_new(false) };
	bool changed = false;

	served_go_on(s, now);
	next.as_of = s->as_of;
	next.at = arena_array(
	    next.arena, s->count + catalog_count(c) + 1, sizeof(*next.at));
	for (size_t i = 0, k = 0; i < s->count || k < catalog_count(c);) {
		const struct served_entry *old;
		const struct catalog_entry *new;
		struct served_entry e = { .live = false };
		struct served_entry was;

		next_of(s, &i, c, &k, &old, &new);
		was = old != NULL ? *old : e;
		e = served_freeze(was, s->as_of);
		if (new != NULL) {
			e.domain = new->domain;
			revive(&f, new, s->as_of, &e);
		}
		changed =
		    changed || e.live != was.live || e.max_age != was.max_age;
		if (!is_held(&e, now))
			continue;
		e.domain = arena_string(next.arena, e.domain);
		next.at[next.count++] = e;
	}
	arena_free(f.scratch);
	arena_free(s->arena);
	*s = next;
	return changed;
}

static int by_domain(const void *key, const void *entry)
{
	const struct served_entry *e = entry;

	return strcmp(key, e->domain);
}

int64_t served_until(const struct served *s, const char *domain, int64_t now)
{
	int64_t most = now + SERVED_AHEAD_S + POLICY_MAX_AGE_MAX;
	const struct served_entry *e = NULL;
	int64_t until;

	if (s->count > 0)
		e = bsearch(domain, s->at, s->count, sizeof(*s->at), by_domain);
	if (e == NULL)
		return 0;
	until = served_freeze(*e, s->as_of).until;
	if (until > most)
		until = most; /* a clock was wrong */
	return until > now ? until : 0;
}

size_t served_count(const struct served *s)
{
	return s->count;
}

const char *served_domain(const struct served *s, size_t index)
{
	return s->at[index].domain;
}
