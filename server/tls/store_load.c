/* SPDX-License-Identifier: ISC */

/*
 * How a store comes about: each directory is looked at anew and compared with
 * what the last store saw. Unchanged files are not read, and what cannot be
 * used now leaves the last good pair in its place. What there is to say is
 * said once: a fault that stands is in the last store already.
 */

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "tls/store.h"
#include "tls/store_entry.h"

#define TRIES     3
#define SECOND_NS 1000000000

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

/* Is it of the machine, not of the files, so that it may be over soon? */
static bool is_passing(int error)
{
	return error == EIO || error == ENOMEM || error == EMFILE ||
	       error == ENFILE;
}

static int read_once(struct load *l, struct entry *e, struct err *err)
{
	char cert[PATH_MAX], key[PATH_MAX];

	scan_cert_path(l->s->certs, e->name, e->look.cert_place, cert);
	if (e->look.key_place == KEY_NONE) {
		err_set(err,
		    "%s: has no key (%s/key.pem, %s/privkey.pem or "
		    "private/%s/key.pem)",
		    cert, e->name, e->name, e->name);
		return -1;
	}
	scan_key_path(l->s->certs, e->name, e->look.key_place, key);
	return pair_read(l->reader, cert, key, &e->pair, &e->oddities, err);
}

static bool is_older(const struct look *l, int64_t moment)
{
	return l->cert_place != CERT_NONE &&
	       l->cert.mtime_ns / SECOND_NS <= moment &&
	       l->key.mtime_ns / SECOND_NS <= moment;
}

void store_each(const char *certs, int64_t until,
    bool (*on_pair)(void *cookie, const struct pair *p), void *cookie)
{
	struct arena *a = arena_new(true);
	struct store s = { .arena = a, .certs = certs };
	struct load l = { .s = &s, .reader = pair_reader_new(a) };
	const char **names;
	size_t count = 0;
	bool more = true;
	struct err err;

	if (scan_names(certs, a, &names, &count, &err) != 0)
		count = 0;
	for (size_t i = 0; i < count && more; i++) {
		struct entry e = { .name = names[i] };

		e.look = scan_look(certs, e.name, NULL);
		if (!is_older(&e.look, until) || read_once(&l, &e, &err) != 0)
			continue;
		e.pair.name = e.name;
		more = on_pair(cookie, &e.pair);
	}
	pair_reader_free(l.reader);
	arena_free(a);
}

/* Files that are replaced while they are read are read again. */
static void read_pair(struct load *l, struct entry *e, const struct entry *old)
{
	struct err err;
	bool changed = true;
	int result = -1;

	for (int i = 0; i < TRIES && changed; i++) {
		struct look after;

		e->unsettled = look_is_fresh(&e->look);
		errno = 0;
		result = read_once(l, e, &err);
		if (result != 0 && is_passing(errno))
			e->unsettled = true;
		after = scan_look(l->s->certs, e->name, &e->look);
		changed = !look_same(&e->look, &after);
		if (changed && after.cert_place != CERT_NONE)
			e->look = after;
	}
	e->unsettled = e->unsettled || changed;
	if (result != 0) {
		fail(l, e, old, err.text);
		return;
	}
	e->pair.name = e->name;
	e->has_pair = true;
	tell_oddities(l, e, old);
}

static void load_entry(struct load *l, const struct step *step)
{
	const struct entry *old = step->entry;
	struct entry e = {
		.name = arena_string(l->s->arena, step->name),
		.look = { .cert_place = CERT_NONE, .key_place = KEY_NONE },
	};

	if (step->is_there)
		e.look = scan_look(l->s->certs, e.name,
		    old == NULL || old->unsettled ? NULL : &old->look);
	if (old != NULL && !old->unsettled && look_same(&old->look, &e.look))
		carry(l, &e, old);
	else if (e.look.cert_place == CERT_NONE)
		lose(l, &e, old);
	else
		read_pair(l, &e, old);
	if (!e.has_pair && e.look.cert_place == CERT_NONE)
		return;
	if (e.fault != NULL)
		tell_fault(l, &e, old);
	l->s->entries[l->s->entry_count++] = e;
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

static void load_entries(struct load *l)
{
	struct walk w = { .s = l->last };
	struct arena *scratch = arena_new(false);
	struct step step;
	struct err err;
	int result =
	    scan_names(l->s->certs, scratch, &w.names, &w.name_count, &err);
	size_t room = w.name_count;

	if (l->last != NULL)
		room += l->last->entry_count;
	l->s->entries = arena_array(l->s->arena, room, sizeof(struct entry));
	if (result != 0)
		load_nothing(l, &err);
	while (result == 0 && walk_next(&w, &step)) {
		load_entry(l, &step);
		if (l->calls->on_step != NULL)
			l->calls->on_step(l->calls->cookie);
	}
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
