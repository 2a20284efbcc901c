/* SPDX-License-Identifier: ISC */

/*
 * What lies below the directory of certificates, as far as names and stat(2)
 * tell: nothing is opened here. Links are followed, as certbot's live/ wants.
 */

#include "tls/store_scan.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "tls/store.h"

#define FRESH_NS ((int64_t)50 * 1000 * 1000)

static bool may_hold_pair(const struct dirent *d)
{
	return d->d_name[0] != '.' && strcmp(d->d_name, "private") != 0 &&
	       (d->d_type == DT_DIR || d->d_type == DT_LNK ||
	           d->d_type == DT_UNKNOWN);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int scan_names(const char *certs, struct arena *a, const char ***ret_names,
    size_t *ret_count, struct err *err)
{
	const char **names = NULL;
	size_t count = 0, room = 0;
	struct dirent *d;
	DIR *dir = opendir(certs);
	int result = -1;

	if (dir == NULL) {
		err_set_errno(err, "%s", certs);
		return -1;
	}
	while (errno = 0, (d = readdir(dir)) != NULL) {
		if (!may_hold_pair(d))
			continue;
		if (count == room) {
			const char **more;

			room = room == 0 ? 64 : room * 2;
			more = arena_array(a, room, sizeof(*more));
			if (count > 0)
				memcpy(more, names, count * sizeof(*more));
			names = more;
		}
		names[count++] = arena_string(a, d->d_name);
	}
	if (errno != 0) {
		err_set_errno(err, "%s", certs);
		goto out;
	}
	if (count > 0)
		qsort(names, count, sizeof(*names), by_name);
	*ret_names = names;
	*ret_count = count;
	result = 0;
out:
	(void)closedir(dir); /* was only read */
	return result;
}

/* snprintf's work at a fifth of its time: ten thousand pairs need many. */
static void make_path(const char *const parts[4], char ret_path[PATH_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < 4; i++) {
		size_t part = strlen(parts[i]);

		if (len + part >= PATH_MAX)
			break; /* there can be no such file */
		memcpy(ret_path + len, parts[i], part);
		len += part;
	}
	ret_path[len] = '\0';
}

void scan_cert_path(const char *certs, const char *name, enum cert_place place,
    char ret_path[PATH_MAX])
{
	const char *file =
	    place == CERT_FULLCHAIN ? "/fullchain.pem" : "/cert.pem";

	make_path((const char *const[]){ certs, "/", name, file }, ret_path);
}

void scan_key_path(const char *certs, const char *name, enum key_place place,
    char ret_path[PATH_MAX])
{
	const char *between = place == KEY_PRIVATE ? "/private/" : "/";
	const char *file = place == KEY_PRIVKEY ? "/privkey.pem" : "/key.pem";

	make_path(
	    (const char *const[]){ certs, between, name, file }, ret_path);
}

static bool is_there(const struct file_id *id)
{
	static const struct file_id none;

	return !file_same(id, &none);
}

/* Where the files are, first choices first. */
static void find_places(const char *certs, const char *name, struct look *l)
{
	char path[PATH_MAX];

	for (; l->cert_place < CERT_NONE; l->cert_place++) {
		scan_cert_path(certs, name, l->cert_place, path);
		file_identify(path, &l->cert);
		if (is_there(&l->cert))
			break;
	}
	if (l->cert_place == CERT_NONE)
		return;
	for (l->key_place = KEY_KEY; l->key_place < KEY_NONE; l->key_place++) {
		scan_key_path(certs, name, l->key_place, path);
		file_identify(path, &l->key);
		if (is_there(&l->key))
			break;
	}
}

/* A directory that is as it was has the same names in it as it had. */
static bool keep_places(const char *certs, const char *name,
    const struct look *last, struct look *l)
{
	char path[PATH_MAX];

	if (last == NULL || last->cert_place == CERT_NONE ||
	    last->key_place == KEY_NONE || !file_same(&last->dir, &l->dir))
		return false;
	scan_cert_path(certs, name, last->cert_place, path);
	file_identify(path, &l->cert);
	scan_key_path(certs, name, last->key_place, path);
	file_identify(path, &l->key);
	l->cert_place = last->cert_place;
	l->key_place = last->key_place;
	return is_there(&l->cert) && is_there(&l->key);
}

struct look scan_look(
    const char *certs, const char *name, const struct look *last)
{
	struct look l = { .cert_place = CERT_FULLCHAIN };
	char path[PATH_MAX];

	make_path((const char *const[]){ certs, "/", name, "" }, path);
	file_identify(path, &l.dir);
	if (!keep_places(certs, name, last, &l)) {
		l = (struct look){ .key_place = KEY_NONE, .dir = l.dir };
		find_places(certs, name, &l);
	}
	return l;
}

bool look_same(const struct look *a, const struct look *b)
{
	return a->cert_place == b->cert_place && a->key_place == b->key_place &&
	       file_same(&a->cert, &b->cert) && file_same(&a->key, &b->key);
}

bool look_is_fresh(const struct look *l)
{
	const struct file_id *const ids[] = { &l->dir, &l->cert, &l->key };
	struct timespec ts;
	int64_t now;

	(void)clock_gettime(CLOCK_REALTIME, &ts); /* cannot fail */
	now = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		int64_t age = now - ids[i]->ctime_ns;

		/* What is from the future is so because a clock was set. */
		if (age > -FRESH_NS && age < FRESH_NS)
			return true;
	}
	return false;
}

size_t store_directories(
    const char *certs, struct arena *a, const char *const **ret_paths)
{
	const char *tops[] = { certs, arena_format(a, "%s/private", certs) };
	const char **names[2] = { NULL, NULL }, **paths;
	size_t counts[2] = { 0, 0 }, n = 0;
	bool there[2];

	for (size_t i = 0; i < 2; i++)
		there[i] =
		    scan_names(tops[i], a, &names[i], &counts[i], NULL) == 0;
	paths = arena_array(a, counts[0] + counts[1] + 2, sizeof(*paths));
	for (size_t i = 0; i < 2; i++) {
		/* That private/ comes is told by certs. */
		if (i == 0 || there[i])
			paths[n++] = tops[i];
		for (size_t k = 0; k < counts[i]; k++)
			paths[n++] =
			    arena_format(a, "%s/%s", tops[i], names[i][k]);
	}
	*ret_paths = paths;
	return n;
}
