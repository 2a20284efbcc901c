/* SPDX-License-Identifier: ISC */
/*
 * The throw-away authority of selfsign, and the files it keeps and writes.
 * It refuses a directory that is somebody else's: a pair that a real
 * authority issued must not be lost to a try.
 */
#include "authority.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "cert.h"

#define HOUR 3600L
#define DAY  (24 * HOUR)

struct authority {
	struct arena *arena; /* holds this struct too */
	const char *dir;
	struct cert root, intermediate;
	bool is_new;
};

/* Has dir anything in it? One that is not there has not. */
static bool holds_anything(const char *dir)
{
	struct dirent *entry;
	bool found = false;
	DIR *d = opendir(dir);

	if (d == NULL)
		return false;
	while (!found && (entry = readdir(d)) != NULL)
		found = entry->d_name[0] != '.' &&
		        strcmp(entry->d_name, "lost+found") != 0;
	closedir(d);
	return found;
}

/* Write text, which is freed, as path. */
static int write_text(
    const char *path, char *text, mode_t mode, struct err *err)
{
	int result;

	if (text == NULL) {
		err_set(err, "%s: OpenSSL cannot write PEM", path);
		return -1;
	}
	result = file_replace(path, text, strlen(text), mode, err);
	explicit_bzero(text, strlen(text));
	free(text);
	return result;
}

/* name: a host, or "ca". The key first: no pair is whole before its cert. */
static int write_pair(struct authority *a, const char *name,
    const char *cert_path, const struct cert *c, const struct cert *after,
    struct err *err)
{
	const char *keys = arena_format(a->arena, "%s/private", a->dir);
	const char *dir = arena_format(a->arena, "%s/%s", keys, name);
	const char *key_path = arena_format(a->arena, "%s/key.pem", dir);

	if (file_make_dirs(keys, 0700, err) != 0 ||
	    file_make_dirs(dir, 0700, err) != 0 ||
	    write_text(key_path, cert_key_text(c), 0600, err) != 0)
		return -1;
	return write_text(cert_path, cert_text(c, after), 0644, err);
}

/* 1: there is none, or it ends too soon. */
static int read_root(
    struct authority *a, const char *path, int days, struct err *err)
{
	const char *key_path;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		if (!holds_anything(a->dir))
			return 1;
		err_set(err,
		    "%s is in use, and not for throw-away certificates: "
		    "name another directory with --dir",
		    a->dir);
		return -1;
	}
	key_path = arena_format(a->arena, "%s/private/ca/key.pem", a->dir);
	if (cert_is_foreign(path)) {
		err_set(err, "%s was not made by mta-stsctl selfsign", path);
		return -1;
	}
	if (cert_read(&a->root, path, key_path, err) != 0)
		return -1;
	if (cert_lasts(&a->root, days))
		return 0;
	cert_fini(&a->root);
	return 1;
}

static int fill(struct authority *a, int days, struct err *err)
{
	const char *path = arena_format(a->arena, "%s/ca.pem", a->dir);
	int got = read_root(a, path, days, err);

	if (got < 0)
		return -1;
	if (got > 0) {
		a->is_new = true;
		if (cert_make(&a->root, CERT_ROOT, "throw-away root", false,
		        -HOUR, AUTHORITY_DAYS * DAY + HOUR, NULL, err) != 0 ||
		    file_make_dirs(a->dir, 0755, err) != 0 ||
		    write_pair(a, "ca", path, &a->root, NULL, err) != 0)
			return -1;
	}
	return cert_make(&a->intermediate, CERT_INTERMEDIATE,
	    "throw-away intermediate", false, -HOUR, AUTHORITY_DAYS * DAY,
	    &a->root, err);
}

struct authority *authority_open(const char *dir, int days, struct err *err)
{
	struct arena *arena = arena_new(true);
	struct authority *a = arena_alloc(arena, sizeof(*a));

	*a = (struct authority){
		.arena = arena,
		.dir = arena_string(arena, dir),
	};
	if (fill(a, days, err) == 0)
		return a;
	authority_free(a);
	return NULL;
}

void authority_free(struct authority *a)
{
	if (a == NULL)
		return;
	cert_fini(&a->root);
	cert_fini(&a->intermediate);
	arena_free(a->arena);
}

bool authority_is_new(const struct authority *a)
{
	return a->is_new;
}

int authority_judge(struct authority *a, const char *host, struct err *err)
{
	static const char *const names[] = { "cert.pem", "fullchain.pem" };
	const char *path;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		path =
		    arena_format(a->arena, "%s/%s/%s", a->dir, host, names[i]);
		if (cert_is_foreign(path)) {
			err_set(err,
			    "%s is no throw-away certificate: nothing was "
			    "replaced",
			    path);
			return -1;
		}
	}
	return 0;
}

int authority_issue(
    struct authority *a, const char *host, int days, bool rsa, struct err *err)
{
	const char *dir = arena_format(a->arena, "%s/%s", a->dir, host);
	const char *path = arena_format(a->arena, "%s/cert.pem", dir);
	long until = days * DAY;
	long from = until > 0 ? -HOUR : until - DAY;
	struct cert leaf;
	int result;

	if (cert_make(&leaf, CERT_LEAF, host, rsa, from, until,
	        &a->intermediate, err) != 0)
		return -1;
	result = file_make_dirs(dir, 0755, err);
	if (result == 0)
		result =
		    write_pair(a, host, path, &leaf, &a->intermediate, err);
	cert_fini(&leaf);
	return result;
}
