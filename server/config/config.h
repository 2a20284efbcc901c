/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/log.h"

/*
 * One reading of the configuration (DESIGN section 4): settings and catalog.
 * It is read in two steps, since where the last good catalog lies is a
 * setting: config_open takes the main file's settings, config_fill takes the
 * included files, policies and domains, and keeps from the last good catalog
 * what the table of faults (DESIGN section 2) says. All of it lives in one
 * arena. Nothing here logs; every fault goes to the list.
 */

struct arena;
struct catalog;
struct faults;
struct file_id;

struct endpoints {
	const struct endpoint *at;
	size_t count; /* 0: off */
};

struct acme {
	bool configured; /* there is an `acme:` section */
	bool agree_to_terms;
	const char *email; /* NULL: none */
	const char *directory;
	bool http_01, tls_alpn_01;
	const char *hook; /* another uacme hook; NULL: ours */
	bool key_is_rsa;
	const char *eab_kid, *eab_key_file; /* NULL: none */
	bool preflight;
	unsigned orders_per_3h;
	int64_t retry_s;
	const char *redirect; /* NULL: this node renews */
};

struct limits {
	unsigned connections; /* per worker */
	unsigned per_address; /* 0: off */
	int64_t handshake_ms, head_ms, answer_ms, total_ms;
	unsigned leaving_percent;
};

struct settings {
	struct endpoints https, http, plain, admin; /* http: see config_open */
	const struct network *proxies;
	size_t proxy_count;
	const char *host; /* NULL: none */
	const char *user;
	unsigned workers;          /* 0: auto */
	const char *state, *certs; /* absolute */
	struct endpoints resolver;
	enum log_level log_level;
	bool log_access, log_json;
	enum peer_detail log_peers;
	struct limits limits;
	struct acme acme;
	const char *delegated; /* our zone; NULL: none */
};

struct config {
	struct arena *arena;
	struct settings settings;
	struct catalog *catalog; /* sealed; NULL before config_fill */
	const char *path;        /* of the main file, absolute */
	const char *main_bytes;  /* the main file, as it was read */
	size_t main_len;
	const char *const *files; /* every file that was read or is missing, */
	const struct file_id *file_ids; /* each as it was when it was read */
	size_t file_count; /* and every directory that patterns name */
	size_t kept; /* entries kept from the last good catalog; of them */
	size_t held; /* those that the brake (limits.leaving) holds */
};

#define CONFIG_BYTES_MAX ((size_t)64 << 20)

/*
 * Read the main file's settings. path as given by the user; it names the
 * places. Relative paths in the file are relative to its directory. `http` is
 * empty unless acme offers http-01 or redirects. NULL and faults: it cannot be
 * read or parsed, or a setting is wrong. Free with config_free.
 */
struct config *config_open(const char *path, struct faults *f);

/* The same from bytes: the main file that was last good. */
struct config *config_open_bytes(
    const char *path, const char *bytes, size_t len, struct faults *f);

enum {
	CONFIG_TAKE_ALL = 1,    /* keep nothing for want of a file, no brake */
	CONFIG_LEFT_UNTOLD = 2, /* who asks knows more of those that leave */
};

/*
 * Read included files, policies and domains; merge with last (NULL: none),
 * whose strings are copied; judge the warnings. Always gives a catalog.
 */
void config_fill(struct config *c, const struct catalog *last, unsigned flags,
    struct faults *f);

/* Take the catalog as it is, instead of config_fill: every entry is kept. */
void config_keep(struct config *c, const struct catalog *last);

void config_free(struct config *c);

/* Is host the policy host of a configured domain, or `host:` itself? */
bool config_has_host(const struct config *c, const char *host);

/* Do we get the certificates, and not somebody else for us? */
bool config_renews(const struct settings *s);

/*
 * Where `state` of a main file lies that cannot be used: what stands in it
 * before the fault, else $STATE_DIRECTORY, else the default. The caller frees.
 */
char *config_guess_state(const char *path);

/*
 * The absolute name of a file that c names (an entry's origin, one of files):
 * the same file by it whichever way the main file was named. In a.
 */
const char *config_absolute(
    const struct config *c, struct arena *a, const char *file);

/* A digest of all that a generation takes from c. */
void config_digest(const struct config *c, unsigned char ret_digest[32]);

#endif
