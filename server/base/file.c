/* SPDX-License-Identifier: ISC */

/*
 * Whole regular files: read below a cap, replaced so that a reader sees the
 * old or the new one and a crash leaves one of the two.
 */

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static void identify(const struct stat *st, struct file_id *ret_id)
{
	*ret_id = (struct file_id){
		.device = (uint64_t)st->st_dev,
		.inode = (uint64_t)st->st_ino,
		.size = (uint64_t)st->st_size,
		.links = (uint64_t)st->st_nlink,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
		            st->st_mtim.tv_nsec,
		.ctime_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 +
		            st->st_ctim.tv_nsec,
		.mode = (uint32_t)st->st_mode,
	};
}

void file_identify(const char *path, struct file_id *ret_id)
{
	struct stat st;

	memset(ret_id, 0, sizeof(*ret_id));
	if (stat(path, &st) == 0)
		identify(&st, ret_id);
}

bool file_same(const struct file_id *a, const struct file_id *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->links == b->links &&
	       a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
	       a->mode == b->mode;
}

/* What was promised by st_size may grow meanwhile: read up to cap. */
static int read_all(int fd, size_t cap, size_t hint, char **ret_bytes,
    size_t *ret_len, const char *path, struct err *err)
{
	size_t room = (hint < cap ? hint : cap) + 2, len = 0;
	char *bytes = malloc(room);

	for (;;) {
		ssize_t n;

		if (bytes == NULL) {
			err_set(err, "%s: no memory", path);
			return -1;
		}
		n = read(fd, bytes + len, room - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_set_errno(err, "%s", path);
			break;
		}
		if (n == 0) {
			bytes[len] = '\0';
			*ret_bytes = bytes;
			*ret_len = len;
			return 0;
		}
		len += (size_t)n;
		if (len > cap) {
			err_set(err, "%s: is larger than %zu bytes", path, cap);
			break;
		}
		if (len == room - 1) {
			char *more = realloc(bytes, room * 2);

			if (more == NULL)
				free(bytes);
			bytes = more;
			room *= 2;
		}
	}
	free(bytes);
	return -1;
}

int file_read(const char *path, size_t cap, char **ret_bytes, size_t *ret_len,
    struct file_id *ret_id, struct err *err)
{
	struct stat st;
	int fd, result = -1;

	/* O_NONBLOCK: a fifo must not hold us; it is refused below. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0) {
		err_set_errno(err, "%s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, "%s: is not a regular file", path);
		goto out;
	}
	if (st.st_size > 0 && (uint64_t)st.st_size > cap) {
		err_set(err, "%s: is larger than %zu bytes", path, cap);
		goto out;
	}
	result = read_all(
	    fd, cap, (size_t)st.st_size, ret_bytes, ret_len, path, err);
	if (result == 0 && ret_id != NULL)
		identify(&st, ret_id);
out:
	if (fd >= 0)
		(void)close(fd); /* was only read */
	return result;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int sync_directory(const char *path)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	int fd, result;

	if (slash == NULL)
		(void)snprintf(dir, sizeof(dir), ".");
	else
		(void)snprintf(
		    dir, sizeof(dir), "%.*s", (int)(slash - path) + 1, path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = fsync(fd);
	if (result != 0 && errno == EINVAL)
		result = 0; /* a file system that cannot and need not */
	(void)close(fd);    /* was only synced */
	return result;
}

int file_replace(const char *path, const void *bytes, size_t len, mode_t mode,
    struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	char temp[4096];
	int fd;
	bool made = false;

	/* Cut, so that a name as long as names may be has one too. */
	if ((size_t)snprintf(temp, sizeof(temp), "%.*s.%.200s.XXXXXX",
	        (int)(name - path), path, name) >= sizeof(temp)) {
		err_set(err, "%.64s...: the path is too long", path);
		return -1;
	}
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		goto failed;
	made = true;
	if (fchmod(fd, mode) != 0 || write_all(fd, bytes, len) != 0 ||
	    fsync(fd) != 0)
		goto failed;
	if (close(fd) != 0) {
		fd = -1;
		goto failed;
	}
	fd = -1;
	if (rename(temp, path) != 0)
		goto failed;
	made = false;
	if (sync_directory(path) != 0)
		goto failed;
	return 0;
failed:
	err_set_errno(err, "%s: cannot be written", path);
	if (fd >= 0)
		(void)close(fd); /* it failed already */
	if (made)
		(void)unlink(temp); /* nothing more can be done for it */
	return -1;
}

bool file_is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

int file_make_dirs(const char *path, mode_t mode, struct err *err)
{
	char part[4096];
	size_t len = strlen(path);
	struct stat st;

	if (len == 0 || len >= sizeof(part)) {
		err_set(err, "\"%.64s\": is no path", path);
		return -1;
	}
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, mode) != 0 && errno != EEXIST) {
			err_set_errno(err, "%s", part);
			return -1;
		}
	}
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		err_set(err, "%s: is no directory", path);
		return -1;
	}
	return 0;
}
