/* SPDX-License-Identifier: ISC */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct err;

/*
 * What tells one state of a file from the next without reading it. Two equal
 * identities are the same bytes, as far as a file system can promise; a file
 * that is not there has the identity of all zeros.
 */
struct file_id {
	uint64_t device, inode, size, links;
	int64_t mtime_ns, ctime_ns;
	uint32_t mode;
};

/* The identity of path, links followed; all zeros where there is none. */
void file_identify(const char *path, struct file_id *ret_id);

bool file_same(const struct file_id *a, const struct file_id *b);

/*
 * Read the regular file path, at most cap bytes. On success 0: *ret_bytes is
 * the caller's to free, has a NUL after *ret_len bytes, and *ret_id (may be
 * NULL) is its identity. On failure -1 and err: no such file, not a regular
 * file, above cap.
 */
int file_read(const char *path, size_t cap, char **ret_bytes, size_t *ret_len,
    struct file_id *ret_id, struct err *err);

/*
 * Replace path by len bytes of mode: a temporary file beside it, whose name
 * begins with a dot, fsync, rename, fsync of the directory. 0; or -1 and err,
 * path as it was, unless it was the directory that could not be synced.
 */
int file_replace(const char *path, const void *bytes, size_t len, mode_t mode,
    struct err *err);

/* By their names alone: is path below the directory dir? */
bool file_is_below(const char *path, const char *dir);

/* Make the directory path and its parents. 0; or -1 and err. */
int file_make_dirs(const char *path, mode_t mode, struct err *err);

#endif
