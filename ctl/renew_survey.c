/* SPDX-License-Identifier: ISC */
/*
 * Every configured host with its pair and what is known of its tries. Where
 * the pairs as a whole cannot be read the run ends: it would take each host
 * for one without a certificate.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attempt_moves.h"
#include "base/arena.h"
#include "base/err.h"
#include "config/config.h"
#include "policy/catalog.h"
#include "renew_part.h"
#include "renew_tell.h"
#include "tls/pair.h"
#include "tls/store.h"

struct notes {
	struct renew *r;
	const char *whole; /* why no pair at all can be read */
};

static struct due *find(const struct renew *r, const char *host)
{
	for (size_t i = 0; i < r->host_count; i++)
		if (strcmp(r->hosts[i].host, host) == 0)
			return &r->hosts[i];
	return NULL;
}

/* What cannot be used is told of its host alone. */
static void on_note(void *cookie, const struct store_note *n)
{
	struct notes *notes = cookie;
	struct arena *a = notes->r->arena;
	struct due *d;

	if (n->kind == STORE_ODD)
		return;
	if (strcmp(n->name, notes->r->s->certs) == 0) {
		notes->whole = arena_string(a, n->detail);
		return;
	}
	d = find(notes->r, n->name);
	if (d != NULL)
		d->fault = arena_string(a, n->detail);
}

static void add_host(struct renew *r, const char *host, bool first)
{
	if (first || r->host_count == 0 || strcmp(r->hosts[0].host, host) != 0)
		r->hosts[r->host_count++] =
		    (struct due){ .host = host, .first = first };
}

static void list_hosts(struct renew *r)
{
	const struct catalog *k = r->config->catalog;

	r->hosts =
	    arena_array(r->arena, catalog_count(k) + 1, sizeof(*r->hosts));
	if (r->s->host != NULL)
		add_host(r, r->s->host, true);
	for (size_t i = 0; i < catalog_count(k); i++)
		add_host(r, catalog_at(k, i)->host, false);
}

static void judge(struct renew *r, struct due *d, int64_t now)
{
	d->pair = due_find_pair(r->store, d->host, now);
	due_judge(d, r->directory, now);
}

static void read_attempt(struct renew *r, struct due *d)
{
	struct err err;
	const char *path;

	if (attempt_read(r->dir, d->host, &d->last, &err) >= 0)
		return;
	renew_complain(r, LOG_LEVEL_WARNING, "%s; it counts as none", err.text);
	path = arena_format(r->arena, "%s/%s", r->dir, d->host);
	if (!r->dry_run)
		(void)remove(path); /* what stays is told again */
}

/*
 * Did the try that was cut off bring d's pair after all? uacme had stored it,
 * and nobody was left to say so.
 */
static bool has_come(const struct renew *r, const struct due *d)
{
	const char *path =
	    arena_format(r->arena, "%s/%s/cert.pem", r->s->certs, d->host);
	struct stat st;

	return d->last.outcome == OUTCOME_TRYING && d->pair.own &&
	       stat(path, &st) == 0 && st.st_mtim.tv_sec >= d->last.tried;
}

static void take_up(struct renew *r, struct due *d, int64_t now)
{
	char directory[ATTEMPT_URL_MAX];
	struct err err;

	if (!has_come(r, d))
		return;
	memcpy(directory, d->last.directory, sizeof(directory));
	attempt_issued(&d->last, directory, d->last.tried, d->pair.not_after,
	    r->s->acme.retry_s);
	if (!r->dry_run && attempt_write(r->dir, d->host, &d->last, &err) != 0)
		renew_complain(r, LOG_LEVEL_WARNING, "%s", err.text);
	due_judge(d, r->directory, now);
}

static void choose(struct renew *r, char *const *names, size_t count)
{
	r->chosen = arena_array(
	    r->arena, count > 0 ? count : r->host_count, sizeof(struct due *));
	for (size_t i = 0; count == 0 && i < r->host_count; i++)
		r->chosen[r->chosen_count++] = &r->hosts[i];
	for (size_t i = 0; i < count; i++) {
		struct due *d = find(r, names[i]);
		size_t k = 0;

		while (k < r->chosen_count && r->chosen[k] != d)
			k++;
		if (d == NULL || k < r->chosen_count)
			continue;
		r->chosen[r->chosen_count++] = d;
		if (r->force && d->why == DUE_NOT)
			d->why = DUE_FORCED;
	}
}

int renew_survey(struct renew *r, char *const *names, size_t count)
{
	struct notes notes = { .r = r };
	const struct store_calls calls = { on_note, NULL, &notes };
	int64_t now = (int64_t)time(NULL);

	list_hosts(r);
	r->store = store_load(r->s->certs, NULL, 0, &calls);
	/* A dry run may come before the first certificate. */
	if (notes.whole != NULL && access(r->s->certs, F_OK) == 0) {
		renew_complain(r, LOG_LEVEL_ERROR, "%s", notes.whole);
		return -1;
	}
	for (size_t i = 0; i < r->host_count; i++) {
		read_attempt(r, &r->hosts[i]);
		judge(r, &r->hosts[i], now);
		take_up(r, &r->hosts[i], now);
	}
	choose(r, names, count);
	return 0;
}

bool renew_look_again(struct renew *r, struct due *d)
{
	struct notes notes = { .r = r };
	const struct store_calls calls = { on_note, NULL, &notes };
	struct store *old = r->store;
	const char *fault = d->fault;
	const struct pair *was = due_own_pair(old, d->host), *is;
	bool changed;

	d->fault = NULL;
	r->store = store_load(r->s->certs, old, 0, &calls);
	is = due_own_pair(r->store, d->host);
	changed = is != NULL && (was == NULL || !pair_same(was, is));
	if (is == NULL && d->fault == NULL)
		d->fault = fault; /* a standing one is told once */
	judge(r, d, (int64_t)time(NULL));
	store_free(old);
	return changed;
}

bool renew_looks(const struct renew *r)
{
	return r->s->acme.preflight && r->s->acme.hook == NULL;
}

enum due_asked renew_asked(const struct renew *r)
{
	if (r->force)
		return ASKED_BY_FORCE;
	/* Where nobody looks at DNS a wait for it is over. */
	return r->asked || !renew_looks(r) ? ASKED_BY_NAME : ASKED_NOT;
}
