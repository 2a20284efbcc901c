/* SPDX-License-Identifier: ISC */
/*
 * What tells a certificate that is missing from one that this user may not
 * see. Every file that may be half of a pair is tried; nothing is changed.
 */
#include "pairs.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "config/config.h"
#include "tls/pair.h"
#include "tls/store.h"

struct note {
	const char *name, *detail;
	const struct note *next;
};

struct pairs {
	struct arena *arena;
	struct store *store; /* NULL: nothing was read */
	bool in_part;        /* fault says what is missing */
	struct err fault;
	const struct note *notes;
};

static bool may(struct pairs *p, const char *path, int how)
{
	if (access(path, how) == 0)
		return true;
	p->in_part = true;
	err_set_errno(&p->fault, "%s", path);
	return false;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0 || errno == EACCES;
}

static bool is_absent(const char *path)
{
	return access(path, F_OK) != 0 && errno == ENOENT;
}

/*
 * Before the first certificate there may be no directory for it below `state`.
 * Where not even that is there the file is read on another machine than its
 * own, and elsewhere something may not be mounted: what is served and live must
 * not look as if it were not.
 */
static bool has_none_yet(const struct settings *s)
{
	return is_absent(s->certs) && file_is_below(s->certs, s->state) &&
	       !is_absent(s->state);
}

static void look_over(struct pairs *p, const char *dir)
{
	static const char *const halves[] = { "fullchain.pem", "cert.pem",
		"privkey.pem", "key.pem" };
	const char *path;

	if (!may(p, dir, R_OK | X_OK))
		return;
	for (size_t i = 0; i < sizeof(halves) / sizeof(*halves); i++) {
		path = arena_format(p->arena, "%s/%s", dir, halves[i]);
		if (exists(path) && !may(p, path, R_OK))
			return;
	}
}

/* Of several faults the first is told: the others are mostly like it. */
static void look_all_over(struct pairs *p, const char *certs)
{
	const char *private = arena_format(p->arena, "%s/private", certs);
	const char *const *dirs;
	size_t count;

	if (!may(p, certs, R_OK | X_OK) ||
	    (exists(private) && !may(p, private, R_OK | X_OK)))
		return;
	count = store_directories(certs, p->arena, &dirs);
	for (size_t i = 0; i < count && !p->in_part; i++)
		/* private/key.pem is an account's key, and no half of a pair.
		 */
		if (strcmp(dirs[i], certs) != 0 &&
		    strcmp(dirs[i], private) != 0)
			look_over(p, dirs[i]);
}

/* A broken pair is one that does not count; what is wrong status tells. */
static void on_note(void *cookie, const struct store_note *n)
{
	struct pairs *p = cookie;
	struct note *note;

	if (n->kind == STORE_ODD)
		return;
	note = arena_alloc(p->arena, sizeof(*note));
	note->name = arena_string(p->arena, n->name);
	note->detail = arena_string(p->arena, n->detail);
	note->next = p->notes;
	p->notes = note;
}

struct pairs *pairs_open(const struct settings *s)
{
	struct arena *a = arena_new(false);
	struct pairs *p = arena_alloc(a, sizeof(*p));
	const struct store_calls calls = { on_note, NULL, p };

	p->arena = a;
	if (s->https.count == 0) {
		p->in_part = true;
		err_set(&p->fault,
		    "listen.https is off, and the certificates are another's "
		    "business");
		return p;
	}
	if (has_none_yet(s))
		return p;
	look_all_over(p, s->certs);
	p->store = store_load(s->certs, NULL, STORE_TAKE_ALL, &calls);
	return p;
}

void pairs_free(struct pairs *p)
{
	if (p == NULL)
		return;
	store_free(p->store);
	arena_free(p->arena);
}

const char *pairs_fault(const struct pairs *p)
{
	return p->in_part ? p->fault.text : NULL;
}

const struct store *pairs_store(const struct pairs *p)
{
	return p->store;
}

const char *pairs_note(const struct pairs *p, const char *name)
{
	for (const struct note *n = p->notes; n != NULL; n = n->next)
		if (strcmp(n->name, name) == 0)
			return n->detail;
	return NULL;
}

enum readiness pairs_judge(
    const struct pairs *p, const char *host, int64_t now, const char **ret_why)
{
	const struct pair *pair =
	    p->store == NULL ? NULL : store_find(p->store, host, now);

	if (pair != NULL && pair->not_before <= now && now <= pair->not_after)
		return READY_YES;
	if (p->in_part) {
		*ret_why = "whether it has a certificate cannot be seen";
		return READY_UNKNOWN;
	}
	if (pair == NULL)
		*ret_why = "it has no certificate yet";
	else if (now < pair->not_before)
		*ret_why = "its certificate does not hold yet";
	else
		*ret_why = "its certificate has expired";
	return READY_NO;
}
