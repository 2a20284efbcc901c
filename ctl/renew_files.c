/* SPDX-License-Identifier: ISC */
/*
 * Deeds on files around an order. Everything is done below one directory that
 * was opened without following a link, by names that are ours or uacme's.
 */
#include "renew_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

#define ROOM_BYTES  ((uint64_t)1 << 20)
#define ROOM_INODES 16
#define OLD_KEPT    3
#define OLD_MAX     1024 /* the rest at the next time */

#define WALK_FDS 8

#define KEY_BYTES_MAX 65536
#define KEY_END       "-----END "

static int remove_one(
    const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	(void)remove(path); /* what stays keeps its directory from going */
	return 0;
}

int files_make_empty(const char *dir, struct err *err)
{
	if (rmdir(dir) != 0 && errno != ENOENT) {
		(void)nftw(dir, remove_one, WALK_FDS,
		    FTW_DEPTH | FTW_PHYS | FTW_MOUNT); /* mkdir tells */
	}
	if (mkdir(dir, 0700) == 0)
		return 0;
	err_set_errno(err, "%s: cannot be made empty", dir);
	return -1;
}

/* The stream of a directory that is no link; NULL: there is none. */
static DIR *open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL && fd >= 0)
		(void)close(fd); /* nothing was written */
	return d;
}

void files_sweep(const char *dir)
{
	const struct dirent *e;
	DIR *d = open_dir(dir);

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] == '.' && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			(void)unlinkat(dirfd(d), e->d_name, 0); /* next time */
	if (d != NULL)
		(void)closedir(d); /* was only read */
}

int files_have_room(const char *dir, struct err *err)
{
	struct statvfs v;

	if (statvfs(dir, &v) != 0) {
		err_set_errno(err, "%s", dir);
		return -1;
	}
	if ((uint64_t)v.f_bavail * v.f_frsize < ROOM_BYTES) {
		err_set(err,
		    "%s: less than 1 MiB is free on the disk: no order is "
		    "placed",
		    dir);
		return -1;
	}
	/* 0 of 0: a file system that does not count them. */
	if (v.f_files > 0 && v.f_favail < ROOM_INODES) {
		err_set(err,
		    "%s: the disk has no room for more files: no order is "
		    "placed",
		    dir);
		return -1;
	}
	return 0;
}

/* uacme sets the old one aside by a link, which not everybody may make. */
static int try_to_link(int dir)
{
	struct stat st;

	if (fstatat(dir, "cert.pem", &st, 0) != 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return -1;
	}
	if (st.st_uid == geteuid())
		return 0;
	if (linkat(dir, "cert.pem", dir, "cert.pem.tmp", 0) != 0)
		return -1;
	return unlinkat(dir, "cert.pem.tmp", 0);
}

int files_can_store(const char *certs, const char *host, struct err *err)
{
	char path[PATH_MAX];
	int dir, result = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", certs, host);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT)
		result = access(certs, W_OK | X_OK);
	else if (dir >= 0 && access(path, W_OK | X_OK) == 0)
		result = try_to_link(dir);
	if (result != 0)
		err_set_errno(err,
		    "no certificate can be stored in %s, and no order is "
		    "placed",
		    path);
	if (dir >= 0)
		(void)close(dir); /* was only read */
	return result;
}

uint64_t files_old_epoch(const char *name)
{
	const char *digits = name + 5;
	size_t len;

	if (strncmp(name, "cert-", 5) != 0)
		return 0;
	len = strspn(digits, "0123456789");
	if (len == 0 || len > 18 || strcmp(digits + len, ".pem") != 0)
		return 0;
	return strtoull(digits, NULL, 10);
}

static int later_first(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

static void prune(DIR *d)
{
	uint64_t epochs[OLD_MAX];
	const struct dirent *e;
	size_t count = 0;
	char name[64];

	while (count < OLD_MAX && (e = readdir(d)) != NULL) {
		epochs[count] = files_old_epoch(e->d_name);
		count += epochs[count] > 0;
	}
	qsort(epochs, count, sizeof(*epochs), later_first);
	for (size_t i = OLD_KEPT; i < count; i++) {
		(void)snprintf(
		    name, sizeof(name), "cert-%ju.pem", (uintmax_t)epochs[i]);
		(void)unlinkat(dirfd(d), name, 0); /* else the next time */
	}
}

/* uacme writes a key in place: a crash leaves the beginning of one. */
static void drop_half_key(const char *path)
{
	struct stat st;
	char *text;
	size_t len;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
	    file_read(path, KEY_BYTES_MAX, &text, &len, NULL, NULL) != 0)
		return;
	if (memmem(text, len, KEY_END, sizeof(KEY_END) - 1) == NULL)
		(void)unlink(path); /* uacme tells what stays */
	explicit_bzero(text, len);
	free(text);
}

void files_tidy_account(const char *certs)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/private/key.pem", certs);
	drop_half_key(path);
}

void files_tidy(const char *certs, const char *host)
{
	char path[PATH_MAX];
	DIR *d;

	(void)snprintf(
	    path, sizeof(path), "%s/private/%s/key.pem", certs, host);
	drop_half_key(path);
	(void)snprintf(path, sizeof(path), "%s/%s", certs, host);
	d = open_dir(path);
	if (d == NULL)
		return;
	(void)unlinkat(dirfd(d), "cert.pem.tmp", 0); /* is mostly not there */
	prune(d);
	(void)closedir(d); /* was only read */
}

unsigned files_set_aside(const char *certs, const char *host)
{
	static const char *const names[] = {
		"fullchain.pem",
		"privkey.pem",
		"key.pem",
	};
	char path[PATH_MAX], aside[64];
	unsigned count = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "%s/%s", certs, host);
	d = open_dir(path);
	for (size_t i = 0; d != NULL && i < 3; i++) {
		(void)snprintf(aside, sizeof(aside), "%s.replaced", names[i]);
		count += renameat(dirfd(d), names[i], dirfd(d), aside) == 0;
	}
	if (d != NULL)
		(void)closedir(d); /* was only read */
	return count;
}
