/* SPDX-License-Identifier: ISC */

/*
 * The pairs below one directory, looked up and compared. A store is one
 * secret arena, sealed, the struct itself included; how it comes about is
 * store_load.c's business.
 */

#include "tls/store.h"

#include <string.h>

#include "base/arena.h"
#include "tls/store_entry.h"

bool walk_next(struct walk *w, struct step *ret_step)
{
	const struct entry *e = NULL;
	const char *name = NULL;
	int order;

	if (w->name_at < w->name_count)
		name = w->names[w->name_at];
	if (w->s != NULL && w->entry_at < w->s->entry_count)
		e = &w->s->entries[w->entry_at];
	if (name == NULL && e == NULL)
		return false;
	order = name == NULL ? 1 : e == NULL ? -1 : strcmp(name, e->name);
	w->name_at += order <= 0;
	w->entry_at += order >= 0;
	*ret_step = (struct step){
		.name = order <= 0 ? name : e->name,
		.is_there = order <= 0,
		.entry = order >= 0 ? e : NULL,
	};
	return true;
}

void store_free(struct store *s)
{
	if (s != NULL)
		arena_free(s->arena);
}

static bool is_current(const struct store *s, const struct step *step)
{
	const struct entry *e = step->entry;
	struct look now = { .cert_place = CERT_NONE, .key_place = KEY_NONE };

	if (step->is_there)
		now = scan_look(
		    s->certs, step->name, e == NULL ? NULL : &e->look);
	if (e == NULL)
		return now.cert_place == CERT_NONE;
	return !e->unsettled && look_same(&e->look, &now);
}

bool store_is_current(const struct store *s)
{
	struct walk w = { .s = s };
	struct arena *scratch = arena_new(false);
	bool current = true;
	struct step step;

	if (scan_names(s->certs, scratch, &w.names, &w.name_count, NULL) != 0)
		current = s->fault != NULL;
	else if (s->fault != NULL)
		current = false;
	else
		while (current && walk_next(&w, &step))
			current = is_current(s, &step);
	arena_free(scratch);
	return current;
}

bool store_same(const struct store *a, const struct store *b)
{
	if (a->served_count != b->served_count)
		return false;
	for (size_t i = 0; i < a->served_count; i++)
		if (a->served[i].gone != b->served[i].gone ||
		    !pair_same(a->served[i].pair, b->served[i].pair))
			return false;
	return true;
}

size_t store_count(const struct store *s)
{
	return s->served_count;
}

const struct pair *store_at(const struct store *s, size_t index)
{
	return s->served[index].pair;
}

const struct pair *store_find(
    const struct store *s, const char *host, int64_t now)
{
	return index_find(&s->index, host, now);
}
