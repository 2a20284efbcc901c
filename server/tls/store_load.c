/* SPDX-License-Identifier: ISC */

/*
 * How a store comes about: each directory is looked at anew and compared with
 * what the last store saw. Unchanged files are not read, and what cannot be
 * used now leaves the last good pair in its place. What there is to say is
 * said once, in the order of the directories, whoever read them: a fault that
 * stands is in the last store already.
 */

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "tls/store.h"
#include "tls/store_entry.h"
#include "tls/store_read.h"

/* One store in the making. */
struct load {
	struct store *s;
	const struct store *last;
	struct pair_reader *reader;
	bool take_all;
	const struct store_calls *calls;
};

/* A path below certs, or words that begin with one, told without certs. */
static const char *below(const struct store *s, const char *text)
{
	size_t len = strlen(s->certs);

	return strncmp(text, s->certs, len) == 0 && text[len] == '/'
	           ? text + len + 1
	           : text;
}

static void tell(const struct load *l, enum store_note_kind kind,
    const char *name, const char *detail)
{
	const struct store_note note = {
		.kind = kind,
		.name = name,
		.detail = detail,
	};

	l->calls->on_note(l->calls->cookie, &note);
}

static void tell_fault(
    const struct load *l, const struct entry *e, const struct entry *old)
{
	bool is_old = old != NULL && old->fault != NULL &&
	              strcmp(old->fault, e->fault) == 0 &&
	              old->has_pair == e->has_pair;

	if (!is_old)
		tell(l, e->has_pair ? STORE_KEPT : STORE_BROKEN, e->name,
		    e->fault);
}

static void tell_oddities(
    const struct load *l, const struct entry *e, const struct entry *old)
{
	static const struct {
		unsigned bit;
		bool key;
		const char *words;
	} odd[] = {
		{ PAIR_MUST_STAPLE, false,
		    "demands OCSP stapling (must-staple), which is not done" },
		{ PAIR_NO_SERVER_AUTH, false,
		    "is not for TLS servers (extendedKeyUsage)" },
		{ PAIR_KEY_READABLE, true, "can be read by every user" },
	};
	unsigned fresh = e->oddities & ~(old == NULL ? 0 : old->oddities);
	char path[PATH_MAX];
	struct err text;

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		if ((fresh & odd[i].bit) == 0)
			continue;
		if (odd[i].key)
			scan_key_path(
			    l->s->certs, e->name, e->look.key_place, path);
		else
			scan_cert_path(
			    l->s->certs, e->name, e->look.cert_place, path);
		err_set(&text, "%s: %s", below(l->s, path), odd[i].words);
		tell(l, STORE_ODD, e->name, text.text);
	}
}

static void keep_pair(struct load *l, struct entry *e, const struct entry *old)
{
	if (old == NULL || !old->has_pair)
		return;
	pair_copy(l->reader, &old->pair, &e->pair);
	e->has_pair = true;
	e->oddities = old->oddities;
}

static void fail(
    struct load *l, struct entry *e, const struct entry *old, const char *fault)
{
	e->fault = arena_string(l->s->arena, below(l->s, fault));
	if (!l->take_all)
		keep_pair(l, e, old);
}

static void carry(struct load *l, struct entry *e, const struct entry *old)
{
	e->gone = old->gone;
	if (old->fault != NULL)
		fail(l, e, old, old->fault);
	else
		keep_pair(l, e, old);
}

static void lose(struct load *l, struct entry *e, const struct entry *old)
{
	char path[PATH_MAX];
	struct err text;

	if (old == NULL || !old->has_pair)
		return;
	scan_cert_path(l->s->certs, e->name,
	    old->gone ? CERT_CERT : old->look.cert_place, path);
	err_set(&text, "%s: is gone", path);
	e->gone = true;
	fail(l, e, old, text.text);
}

/* What there was to read is read: what does it come to? */
static void load_entry(struct load *l, const struct task *t, struct entry *e)
{
	const struct entry *old = t->step.entry;

	if (t->was_read && e->fault != NULL)
		fail(l, e, old, e->fault);
	else if (t->was_read)
		tell_oddities(l, e, old);
	else if (task_is_kept(t, e))
		carry(l, e, old);
	else
		lose(l, e, old);
	if (e->fault != NULL &&
	    (e->has_pair || e->look.cert_place != CERT_NONE))
		tell_fault(l, e, old);
}

/* The directory itself cannot be read: told once, for all that is in it. */
static void load_nothing(struct load *l, const struct err *err)
{
	const struct store *last = l->last;
	struct store *s = l->s;
	bool kept = false;

	s->fault = arena_string(s->arena, err->text);
	for (size_t i = 0; last != NULL && i < last->entry_count; i++) {
		const struct entry *old = &last->entries[i];
		struct entry e = *old;

		if (l->take_all)
			break;
		e.name = arena_string(s->arena, old->name);
		e.has_pair = false;
		carry(l, &e, old);
		s->entries[s->entry_count++] = e;
		kept = kept || e.has_pair;
	}
	if (last == NULL || last->fault == NULL ||
	    strcmp(last->fault, s->fault) != 0)
		tell(l, kept ? STORE_KEPT : STORE_BROKEN, s->certs, s->fault);
}

static void load_steps(
    struct load *l, struct walk *w, size_t room, struct arena *scratch)
{
	struct store *s = l->s;
	struct reads r = { .certs = s->certs,
		.calls = l->calls,
		.tasks = arena_array(scratch, room, sizeof(struct task)),
		.entries = s->entries };
	struct step step;

	while (walk_next(w, &step)) {
		r.entries[r.count].name = arena_string(s->arena, step.name);
		r.tasks[r.count++].step = step;
	}
	reads_run(&r, s->arena, l->reader);
	for (size_t i = 0; i < r.count; i++) {
		struct entry *e = &r.entries[i];

		load_entry(l, &r.tasks[i], e);
		if (e->has_pair || e->look.cert_place != CERT_NONE)
			s->entries[s->entry_count++] = *e;
	}
}

static void load_entries(struct load *l)
{
	struct walk w = { .s = l->last };
	struct arena *scratch = arena_new(false);
	struct err err;
	int result =
	    scan_names(l->s->certs, scratch, &w.names, &w.name_count, &err);
	size_t room = w.name_count;

	if (l->last != NULL)
		room += l->last->entry_count;
	l->s->entries = arena_array(l->s->arena, room, sizeof(struct entry));
	if (result != 0)
		load_nothing(l, &err);
	else
		load_steps(l, &w, room, scratch);
	arena_free(scratch);
}

static void index_entries(struct store *s)
{
	s->served = arena_array(s->arena, s->entry_count, sizeof(*s->served));
	for (size_t i = 0; i < s->entry_count; i++)
		if (s->entries[i].has_pair)
			s->served[s->served_count++] = (struct served){
				.pair = &s->entries[i].pair,
				.gone = s->entries[i].gone,
			};
	s->index = index_build(s->arena, s->served, s->served_count);
}

struct store *store_load(const char *certs, const struct store *last,
    unsigned flags, const struct store_calls *calls)
{
	struct arena *a = arena_new(true);
	struct store *s = arena_alloc(a, sizeof(*s));
	struct load l = {
		.s = s,
		.last = last,
		.reader = pair_reader_new(a),
		.take_all = (flags & STORE_TAKE_ALL) != 0,
		.calls = calls,
	};

	s->arena = a;
	s->certs = arena_string(a, certs);
	load_entries(&l);
	index_entries(s);
	pair_reader_free(l.reader);
	arena_seal(a);
	return s;
}
