/* SPDX-License-Identifier: ISC */
#ifndef TLS_STORE_SCAN_H
#define TLS_STORE_SCAN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/file.h"

struct arena;
struct err;

enum cert_place { CERT_FULLCHAIN, CERT_CERT, CERT_NONE };
enum key_place { KEY_KEY, KEY_PRIVKEY, KEY_PRIVATE, KEY_NONE };

/* Which files a directory's pair is in, and in which state they were seen. */
struct look {
	enum cert_place cert_place;
	enum key_place key_place;
	struct file_id dir, cert, key;
};

/*
 * The names of what may be directories with a pair below certs, in order.
 * 0; or -1 and err, which begins with certs.
 */
int scan_names(const char *certs, struct arena *a, const char ***ret_names,
    size_t *ret_count, struct err *err);

/*
 * Look for the pair of directory name. Without a certificate: no key either.
 * last (or NULL) is an earlier look at it, which makes this one cheaper.
 */
struct look scan_look(
    const char *certs, const char *name, const struct look *last);

/* The same files in the same state? */
bool look_same(const struct look *a, const struct look *b);

/*
 * So fresh that another change might leave the same identity: file systems
 * count time in ticks of some milliseconds.
 */
bool look_is_fresh(const struct look *l);

/* The files' paths; a place that is _NONE has none. */
void scan_cert_path(const char *certs, const char *name, enum cert_place place,
    char ret_path[PATH_MAX]);
void scan_key_path(const char *certs, const char *name, enum key_place place,
    char ret_path[PATH_MAX]);

#endif
