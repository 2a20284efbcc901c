/* SPDX-License-Identifier: ISC */

/*
 * Challenge files. A name that comes from a peer is a token or a host to the
 * letter before any file is asked for, so it can name nothing but an entry of
 * the one directory; what is opened there is read only where it is a regular
 * file of now and of the one form its name calls for.
 */

#include "policy/challenge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/quote.h"
#include "policy/host.h"

#define DIGEST_LEN 32

/* 0 to 63; -1: no character of base64url (RFC 4648 section 5). */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

static bool is_base64url(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (value_of(text[i]) < 0)
			return false;
	return true;
}

bool challenge_token_is_valid(const char *token, size_t len)
{
	return len >= 1 && len <= CHALLENGE_TOKEN_MAX &&
	       is_base64url(token, len);
}

bool challenge_digest(const char *text, unsigned char ret_digest[32])
{
	unsigned char digest[DIGEST_LEN];
	unsigned bits = 0, held = 0;
	size_t len = 0;

	if (strlen(text) != CHALLENGE_DIGEST ||
	    !is_base64url(text, CHALLENGE_DIGEST))
		return false;
	for (size_t i = 0; i < CHALLENGE_DIGEST; i++) {
		bits = bits << 6 | (unsigned)value_of(text[i]);
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		digest[len++] = (unsigned char)(bits >> held & 0xff);
	}
	/* The two bits that are left say nothing, and say so. */
	if ((bits & 3) != 0)
		return false;
	memcpy(ret_digest, digest, DIGEST_LEN);
	return true;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	return challenge_token_is_valid(name, len) || host_is_valid(name, len);
}

/* Is text what a challenge of that name holds? A host has a dot. */
static bool is_of_form(const char *name, const char *text)
{
	size_t len = strlen(name);
	unsigned char digest[DIGEST_LEN];

	if (strchr(name, '.') != NULL)
		return challenge_digest(text, digest);
	return strncmp(text, name, len) == 0 && text[len] == '.' &&
	       strlen(text + len + 1) == CHALLENGE_DIGEST &&
	       is_base64url(text + len + 1, CHALLENGE_DIGEST);
}

/* Nor is one to be trusted whose time has not come. */
static bool is_old(const struct stat *st)
{
	time_t age = time(NULL) - st->st_mtim.tv_sec;

	return age > CHALLENGE_AGE_S || age < -CHALLENGE_AGE_S;
}

/* All of a file that is shorter than cap; -1: it is not. */
static ssize_t read_short(int fd, char *bytes, size_t cap)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t n = read(fd, bytes + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			return (ssize_t)len;
		len += (size_t)n;
	}
	return -1;
}

int challenge_read(int dir, const char *name, char ret_text[CHALLENGE_TEXT_MAX])
{
	char text[CHALLENGE_TEXT_MAX];
	struct stat st;
	ssize_t len = -1;
	int fd;

	if (!is_name(name))
		return -1;
	/* O_NONBLOCK: a fifo must not hold us; it is refused below. */
	fd = openat(dir, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !is_old(&st))
		len = read_short(fd, text, sizeof(text));
	(void)close(fd); /* was only read */
	if (len < 0)
		return -1;
	if (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	if (strlen(text) != (size_t)len || !is_of_form(name, text))
		return -1;
	memcpy(ret_text, text, (size_t)len + 1);
	return 0;
}

static int open_dir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A few bytes: they go in one write, or the disk is full. */
static int write_temp(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n = write(fd, text, len);

	if (n >= 0 && (size_t)n < len)
		errno = ENOSPC;
	return n >= 0 && (size_t)n == len ? 0 : -1;
}

int challenge_write(
    const char *path, const char *name, const char *text, struct err *err)
{
	char temp[PATH_MAX], quoted[QUOTE_MAX];
	int dir = -1, fd = -1, result = -1;

	quote_text(name, quoted);
	if (!is_name(name) || strlen(text) >= CHALLENGE_TEXT_MAX ||
	    !is_of_form(name, text)) {
		err_set(err, "challenge %s: is not of its form", quoted);
		return -1;
	}
	/* Not beside its whole name: a host and more may be too long. */
	if ((size_t)snprintf(temp, sizeof(temp), "%s/.XXXXXX", path) >=
	    sizeof(temp)) {
		err_set(err, "%.64s...: the path is too long", path);
		return -1;
	}
	dir = open_dir(path);
	if (dir >= 0)
		fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		err_set_errno(err, "%s", path);
		goto out;
	}
	result = write_temp(fd, text);
	if (close(fd) != 0)
		result = -1;
	if (result == 0)
		result = renameat(AT_FDCWD, temp, dir, name);
	if (result != 0) {
		err_set_errno(err, "challenge %s: cannot be written", quoted);
		(void)unlink(temp); /* nothing more can be done for it */
	}
out:
	if (dir >= 0)
		(void)close(dir); /* was only named */
	return result;
}

void challenge_remove(const char *path, const char *name)
{
	int dir = is_name(name) ? open_dir(path) : -1;

	if (dir < 0)
		return;
	(void)unlinkat(dir, name, 0); /* what stays expires */
	(void)close(dir);             /* was only named */
}

void challenge_sweep(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	struct stat st;

	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		if (!is_name(e->d_name) && e->d_name[0] != '.')
			continue;
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
		        0 &&
		    S_ISREG(st.st_mode) && is_old(&st))
			/* What stays is tried again. */
			(void)unlinkat(dirfd(dir), e->d_name, 0);
	}
	(void)closedir(dir); /* was only read */
}
