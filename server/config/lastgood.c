/* SPDX-License-Identifier: ISC */

/*
 * STATE/last-good: a line with the version and the SHA-256 of all that is
 * behind it, then texts of stated length ("LENGTH:BYTES,"): the main file's
 * path, the file itself, the number of entries, and of each its fields. The
 * digest finds accidents of the disk; still nothing is taken that could not
 * have been written here.
 */

#include "config/lastgood.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "config/config.h"
#include "config/stamp.h"
#include "policy/catalog.h"
#include "policy/host.h"

#define FORMAT    "mta-stsd last-good 1 "
#define BYTES_MAX ((size_t)1 << 30)

struct out {
	char *bytes; /* NULL: no memory */
	size_t len, room;
};

static void put_bytes(struct out *o, const void *bytes, size_t len)
{
	if (o->bytes == NULL)
		return;
	if (o->room - o->len < len) {
		size_t room = 2 * (o->room + len);
		char *more = realloc(o->bytes, room);

		if (more == NULL)
			free(o->bytes);
		o->bytes = more;
		o->room = room;
		if (more == NULL)
			return;
	}
	if (len > 0)
		memcpy(o->bytes + o->len, bytes, len);
	o->len += len;
}

static void put(struct out *o, const void *bytes, size_t len)
{
	char length[32];
	int n = snprintf(length, sizeof(length), "%zu:", len);

	put_bytes(o, length, (size_t)n);
	put_bytes(o, bytes, len);
	put_bytes(o, ",", 1);
}

static void put_text(struct out *o, const char *text)
{
	put(o, text, text != NULL ? strlen(text) : 0);
}

static void put_number(struct out *o, size_t number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%zu", number);
	put_text(o, text);
}

static void put_entry(struct out *o, const struct config *c, struct arena *a,
    const struct catalog_entry *e)
{
	put_text(o, e->domain);
	put_text(o, e->origin ? config_absolute(c, a, e->origin) : NULL);
	put_text(o, e->id);
	put_text(o, e->tlsrpt);
	put_number(o, e->delegated);
	put(o, e->policy, e->policy_len);
}

static char *path_of(const char *state)
{
	char *path;

	return asprintf(&path, "%s/last-good", state) < 0 ? NULL : path;
}

int lastgood_write(const struct config *c, struct err *err)
{
	char *path = path_of(c->settings.state);
	struct arena *scratch = arena_new(false);
	struct out o = { .room = 65536 };
	int result = -1;

	o.bytes = calloc(1, o.room);
	if (o.bytes != NULL)
		o.len = stamp_len(FORMAT);
	put_text(&o, c->path);
	put(&o, c->main_bytes, c->main_len);
	put_number(&o, catalog_count(c->catalog));
	for (size_t i = 0; i < catalog_count(c->catalog); i++)
		put_entry(&o, c, scratch, catalog_at(c->catalog, i));
	if (o.bytes == NULL || path == NULL) {
		err_set(err, "last-good: no memory");
		goto out;
	}
	if (o.len > BYTES_MAX) {
		err_set(
		    err, "%s: would be larger than %zu bytes", path, BYTES_MAX);
		goto out;
	}
	stamp_put(FORMAT, o.bytes, o.len);
	result = file_replace(path, o.bytes, o.len, 0600, err);
out:
	arena_free(scratch);
	free(o.bytes);
	free(path);
	return result;
}

struct in {
	const char *at, *end;
};

/* The next text, with a NUL behind it in arena a; NULL: it is not whole. */
static char *take(struct in *in, struct arena *a, size_t *ret_len)
{
	size_t len = 0, digits = 0;
	const char *text;

	while (in->at < in->end && *in->at >= '0' && *in->at <= '9' &&
	       digits++ < 10)
		len = len * 10 + (size_t)(*in->at++ - '0');
	if (digits == 0 || in->at == in->end || *in->at++ != ':')
		return NULL;
	if ((size_t)(in->end - in->at) <= len || in->at[len] != ',')
		return NULL;
	text = in->at;
	in->at += len + 1;
	*ret_len = len;
	return arena_copy(a, text, len);
}

/* The same of a text without control bytes; an empty one is NULL. */
static bool take_text(struct in *in, struct arena *a, const char **ret_text)
{
	size_t len;
	char *text = take(in, a, &len);

	if (text == NULL)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	*ret_text = len > 0 ? text : NULL;
	return true;
}

static bool take_number(struct in *in, struct arena *a, size_t *ret_number)
{
	const char *text;
	char *end;

	if (!take_text(in, a, &text) || text == NULL || *text < '0' ||
	    *text > '9')
		return false;
	*ret_number = strtoul(text, &end, 10);
	return *end == '\0';
}

static int take_entry(struct in *in, struct arena *a, struct catalog *c)
{
	struct catalog_entry e = { .kept = false };
	struct policy policy;
	size_t delegated;

	if (!take_text(in, a, &e.domain) || !take_text(in, a, &e.origin) ||
	    !take_text(in, a, &e.id) || !take_text(in, a, &e.tlsrpt) ||
	    !take_number(in, a, &delegated))
		return -1;
	e.policy = take(in, a, &e.policy_len);
	if (e.policy == NULL || e.policy_len > POLICY_BYTES_MAX ||
	    policy_parse(e.policy, e.policy_len, a, &policy, NULL) != 0)
		return -1;
	if (e.domain == NULL || strlen(e.domain) > DOMAIN_MAX ||
	    !host_is_valid(e.domain, strlen(e.domain)) || e.id == NULL ||
	    !policy_id_is_valid(e.id, strlen(e.id)) || delegated > 1)
		return -1;
	e.mode = policy.mode;
	e.delegated = delegated == 1;
	return catalog_add(c, &e);
}

static int take_all(
    struct in in, struct arena *a, struct lastgood *ret_last, struct err *err)
{
	struct lastgood last = { .catalog = NULL };
	struct catalog *c = catalog_new(a);
	struct arena *scratch = arena_new(false);
	size_t count = 0, i = 0;
	bool whole = take_text(&in, a, &last.path) && last.path != NULL;

	if (whole)
		last.main = take(&in, a, &last.main_len);
	whole = last.main != NULL && take_number(&in, scratch, &count);
	while (whole && i < count) {
		whole = take_entry(&in, scratch, c) == 0;
		i += whole;
	}
	arena_free(scratch);
	if (!whole || in.at != in.end) {
		err_set(err, "it is not whole at entry %zu", i + 1);
		return -1;
	}
	catalog_seal(c);
	last.catalog = c;
	*ret_last = last;
	return 0;
}

int lastgood_read(const char *state, struct arena *a, struct lastgood *ret_last,
    struct err *err)
{
	char *path = path_of(state), *bytes = NULL;
	size_t len;
	int result = -1;

	if (path == NULL) {
		err_set(err, "last-good: no memory");
	} else if (access(path, F_OK) != 0 && errno == ENOENT) {
		result = 1;
	} else if (file_read(path, BYTES_MAX, &bytes, &len, NULL, err) == 0) {
		result = stamp_check(FORMAT, bytes, len, err);
		if (result == 0)
			result =
			    take_all((struct in){ bytes + stamp_len(FORMAT),
			                 bytes + len },
			        a, ret_last, err);
		if (result != 0)
			err_prefix(err, "%s: cannot be used", path);
	}
	free(bytes);
	free(path);
	return result;
}
