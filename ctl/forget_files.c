/* SPDX-License-Identifier: ISC */
/*
 * The files of one host. Only names that uacme, we or a common client give are
 * removed, one by one, below a directory that was opened without following a
 * link; a directory goes when it is empty then.
 */
#include "forget_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/near.h"
#include "policy/challenge.h"
#include "renew_files.h"
#include "verb.h"

/* Where something of a host may be: below these by its name. */
enum place { PLACE_CERTS, PLACE_KEYS, PLACE_STATE, PLACES };

static void path_of(const struct forget_places *p, enum place place,
    const char *name, char ret_path[PATH_MAX])
{
	(void)snprintf(ret_path, PATH_MAX, "%s%s/%s",
	    place == PLACE_STATE ? p->renew : p->certs,
	    place == PLACE_KEYS ? "/private" : "", name);
}

bool forget_knows(const struct forget_places *p, const char *host)
{
	char path[PATH_MAX];
	struct stat st;

	for (enum place i = 0; i < PLACES; i++) {
		path_of(p, i, host, path);
		if (lstat(path, &st) == 0)
			return true;
	}
	return false;
}

/* What a reader of directories names is gone with the next name. */
static void try_all(DIR *d, struct near *near, char best[NAME_MAX + 1])
{
	const struct dirent *e;

	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || strchr(e->d_name, '.') == NULL)
			continue;
		near_try(near, e->d_name);
		if (near->best != e->d_name)
			continue;
		(void)snprintf(best, NAME_MAX + 1, "%s", e->d_name);
		near->best = best;
	}
}

void forget_tell_near(const struct forget_places *p, const char *host)
{
	struct near near = { .text = host };
	char path[PATH_MAX], best[NAME_MAX + 1];

	for (enum place i = 0; i < PLACES; i++) {
		DIR *d;

		path_of(p, i, "", path);
		d = opendir(path);
		if (d == NULL)
			continue;
		try_all(d, &near, best);
		(void)closedir(d); /* was only read */
	}
	if (near.best != NULL)
		verb_complain("nothing is known of %s: did you mean %s?", host,
		    near.best);
	else
		verb_complain("nothing is known of %s", host);
}

static bool is_known(const char *name)
{
	static const char *const names[] = {
		"cert.pem",
		"cert.pem.tmp",
		"chain.pem",
		"fullchain.pem",
		"fullchain.pem.replaced",
		"key.pem",
		"key.pem.replaced",
		"key.pem.tmp",
		"privkey.pem",
		"privkey.pem.replaced",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return files_old_epoch(name) > 0;
}

/* flags as unlinkat(2); above: the path of the directory dir. */
static int remove_one(int dir, const char *above, const char *name, int flags)
{
	const char *slash = above[0] == '\0' ? "" : "/";

	if (unlinkat(dir, name, flags) == 0) {
		printf("removed %s%s%s\n", above, slash, name);
		return 0;
	}
	printf("left %s%s%s: %s\n", above, slash, name, strerror(errno));
	return -1;
}

static int remove_known(DIR *d, const char *path, bool *ret_empty)
{
	const struct dirent *e;
	int result = 0;

	*ret_empty = true;
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (!is_known(e->d_name)) {
			printf(
			    "left %s/%s: is not known here\n", path, e->d_name);
			*ret_empty = false;
		} else if (remove_one(dirfd(d), path, e->d_name, 0) != 0) {
			*ret_empty = false;
			result = -1;
		}
	}
	return result;
}

static int remove_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool empty;
	int result;

	if (d == NULL) {
		printf("left %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			(void)close(fd); /* nothing was written to it */
		return -1;
	}
	result = remove_known(d, path, &empty);
	(void)closedir(d); /* was only read */
	if (empty && remove_one(AT_FDCWD, "", path, AT_REMOVEDIR) != 0)
		return -1;
	return result;
}

static int remove_place(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return remove_dir(path);
	if (remove_one(AT_FDCWD, "", path, 0) != 0)
		return -1;
	if (S_ISLNK(st.st_mode))
		printf("what that link led to is left as it is\n");
	return 0;
}

int forget_remove(const struct forget_places *p, const char *host)
{
	char path[PATH_MAX];
	int result = 0;

	for (enum place i = 0; i < PLACES; i++) {
		path_of(p, i, host, path);
		if (remove_place(path) != 0)
			result = -1;
	}
	(void)snprintf(path, sizeof(path), "%s/%s", p->state, CHALLENGE_DIR);
	challenge_remove(path, host);
	return result;
}
