/* SPDX-License-Identifier: ISC */

/*
 * A configuration, or the two files of a pair, cut after every byte and with
 * every byte changed, each read as a reload would read it: "config FILE OUT
 * EVERY" and "pair CERTS FILE". Of each variant it says what it comes to: a
 * fault, the same, or something else, which must then be whole by itself. The
 * EVERY-th of the configurations is written to OUT, to be shown to a daemon.
 */

#include <err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "config/config.h"
#include "config/faults.h"
#include "policy/catalog.h"
#include "tls/pair.h"
#include "tls/store.h"

#define CAP       ((size_t)1 << 20)
#define LEAVE_MAX 3 /* of ten domains: limits.leaving */
#define WAYS      9 /* cut, and each bit changed */

enum outcome { IS_FAULT, IS_SAME, IS_OTHER, OUTCOMES };
static const char *const outcome_words[OUTCOMES] = { "fault", "same", "other" };

struct run {
	const char *path; /* of what is varied */
	char *bytes, *variant;
	size_t len;
	unsigned long counts[OUTCOMES], bad;
};

struct config_run {
	struct run r;
	const struct config *good;
	const char *out;
	unsigned long every, total;
};

struct pair_run {
	struct run r;
	const char *certs;
	const struct store *good;
	SSL_CTX *tls;
};

/* The variant number way of position at; its length. */
static size_t vary(struct run *r, size_t at, unsigned way)
{
	memcpy(r->variant, r->bytes, r->len);
	if (way == 0) {
		r->variant[at] = '\0';
		return at;
	}
	r->variant[at] ^= (char)(1U << (way - 1));
	return r->len;
}

static void complain(struct run *r, size_t at, unsigned way, const char *what)
{
	printf("BAD: %s: byte %zu, way %u: %s\n", r->path, at, way, what);
	r->bad++;
}

/* NULL: an entry of c is as it must be. */
static const char *judge_entry(
    const struct catalog *good, const struct catalog_entry *e)
{
	const struct catalog_entry *was = catalog_find(good, e->domain);
	struct arena *a = arena_new(false);
	char id[POLICY_ID_LEN + 1];
	struct policy p;
	const char *what = NULL;

	policy_id(e->policy, e->policy_len, id);
	if (policy_parse(e->policy, e->policy_len, a, &p, NULL) != 0)
		what = "what is served is no policy";
	else if (strcmp(id, e->id) != 0)
		what = "the id is not that of the policy";
	else if (p.mode != e->mode)
		what = "the mode is not that of the policy";
	else if (e->kept && (was == NULL || strcmp(was->id, e->id) != 0))
		what = "what is kept is not what was good";
	arena_free(a);
	return what;
}

static const char *judge_config(
    const struct config *good, const struct config *c, bool *ret_same)
{
	const char *what = NULL;
	size_t left = 0;
	unsigned char digests[2][32];

	for (size_t i = 0; i < catalog_count(c->catalog) && what == NULL; i++)
		what = judge_entry(good->catalog, catalog_at(c->catalog, i));
	for (size_t i = 0; i < catalog_count(good->catalog); i++)
		left += catalog_find(c->catalog,
		            catalog_at(good->catalog, i)->domain) == NULL;
	if (what == NULL && left > LEAVE_MAX)
		what = "more leave than the brake lets go";
	config_digest(good, digests[0]);
	config_digest(c, digests[1]);
	*ret_same = memcmp(digests[0], digests[1], sizeof(digests[0])) == 0;
	return what;
}

static void keep_variant(struct config_run *r, size_t len)
{
	char path[4096];
	struct err err;

	if (r->every == 0 || ++r->total % r->every != 0)
		return;
	(void)snprintf(path, sizeof(path), "%s/%06lu", r->out, r->total);
	if (file_replace(path, r->r.variant, len, 0600, &err) != 0)
		errx(2, "%s", err.text);
}

static void try_config(void *cookie, size_t at, unsigned way)
{
	struct config_run *r = cookie;
	size_t len = vary(&r->r, at, way);
	struct faults *f = faults_new();
	struct config *c = config_open_bytes(r->r.path, r->r.variant, len, f);
	enum outcome o = IS_FAULT;
	const char *what = NULL;
	bool same = false;

	if (c != NULL) {
		config_fill(c, r->good->catalog, 0, f);
		what = judge_config(r->good, c, &same);
	}
	if (faults_count(f, SEVERITY_FAULT) == 0) {
		o = same ? IS_SAME : IS_OTHER;
		if (c == NULL)
			what = "refused, and no fault is told";
	}
	r->r.counts[o]++;
	if (what != NULL)
		complain(&r->r, at, way, what);
	keep_variant(r, len);
	config_free(c);
	faults_free(f);
}

static void pass_over(void *cookie, const struct store_note *n)
{
	*(bool *)cookie |= n->kind != STORE_ODD;
}

/* Would OpenSSL shake hands with it? */
static const char *judge_pair(const struct pair_run *r, const struct pair *p)
{
	struct pair_cache *cache = pair_cache_new(CAP, NULL);
	SSL *ssl = SSL_new(r->tls);
	const char *what = NULL;

	if (pair_attach(cache, p, ssl, NULL) != 0)
		what = "cannot be attached";
	else if (SSL_check_private_key(ssl) != 1)
		what = "the key is another certificate's";
	SSL_free(ssl);
	pair_cache_free(cache);
	return what;
}

static void write_file(const char *path, const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fwrite(bytes, 1, len, file) != len ||
	    fclose(file) != 0)
		err(2, "%s", path);
}

static void try_pair(void *cookie, size_t at, unsigned way)
{
	struct pair_run *r = cookie;
	size_t len = vary(&r->r, at, way);
	bool fault = false;
	const struct store_calls calls = {
		.on_note = pass_over,
		.cookie = &fault,
	};
	struct store *s;
	const char *what = NULL;

	write_file(r->r.path, r->r.variant, len);
	s = store_load(r->certs, r->good, 0, &calls);
	for (size_t i = 0; i < store_count(s) && what == NULL; i++)
		what = judge_pair(r, store_at(s, i));
	if (store_count(s) != 1)
		what = "a pair was lost";
	else if (fault && !store_same(s, r->good))
		what = "a fault, and not what was good is kept";
	r->r.counts[fault                    ? IS_FAULT
	            : store_same(s, r->good) ? IS_SAME
	                                     : IS_OTHER]++;
	if (what != NULL)
		complain(&r->r, at, way, what);
	store_free(s);
}

static void read_into(struct run *r, const char *path)
{
	struct err err;

	r->path = path;
	if (file_read(path, CAP, &r->bytes, &r->len, NULL, &err) != 0)
		errx(2, "%s", err.text);
	r->variant = malloc(r->len + 1);
	if (r->variant == NULL)
		errx(2, "no memory");
	r->variant[r->len] = '\0';
}

/* All ways of one position, or a cut and one bit, another for each. */
static void try_all(struct run *r, bool all,
    void (*try)(void *cookie, size_t at, unsigned way), void *cookie)
{
	for (size_t at = 0; at < r->len; at++) {
		try(cookie, at, 0);
		for (unsigned way = 1; way < WAYS; way++)
			if (all || way == 1 + at * 5 % (WAYS - 1))
				try(cookie, at, way);
	}
	printf("%s: %zu bytes:", r->path, r->len);
	for (int o = 0; o < OUTCOMES; o++)
		printf(" %lu %s,", r->counts[o], outcome_words[o]);
	printf(" %lu bad\n", r->bad);
	free(r->bytes);
	free(r->variant);
}

static unsigned long try_configs(char **argv, bool all)
{
	struct config_run r = {
		.out = argv[1],
		.every = strtoul(argv[2], NULL, 10),
	};
	struct faults *f = faults_new();
	struct config *good;

	read_into(&r.r, argv[0]);
	good = config_open_bytes(r.r.path, r.r.bytes, r.r.len, f);
	if (good == NULL)
		errx(2, "%s: cannot be used", r.r.path);
	config_fill(good, NULL, 0, f);
	if (faults_count(f, SEVERITY_FAULT) > 0)
		errx(2, "%s: has faults", r.r.path);
	r.good = good;
	try_all(&r.r, all, try_config, &r);
	config_free(good);
	faults_free(f);
	return r.r.bad;
}

static unsigned long try_file(const char *certs, const char *path, bool all)
{
	bool fault = false;
	const struct store_calls calls = {
		.on_note = pass_over,
		.cookie = &fault,
	};
	struct pair_run r = {
		.certs = certs,
		.tls = SSL_CTX_new(TLS_server_method()),
	};
	struct store *good = store_load(certs, NULL, 0, &calls);
	char *whole;

	if (fault || store_count(good) != 1)
		errx(2, "%s: one pair is wanted, and a good one", certs);
	r.good = good;
	read_into(&r.r, path);
	whole = strndup(r.r.bytes, r.r.len);
	if (whole == NULL)
		errx(2, "no memory");
	try_all(&r.r, all, try_pair, &r);
	write_file(path, whole, strlen(whole));
	free(whole);
	store_free(good);
	SSL_CTX_free(r.tls);
	return r.r.bad;
}

int main(int argc, char **argv)
{
	bool all = getenv("VARIANTS_ALL") != NULL;

	if (argc == 5 && strcmp(argv[1], "config") == 0)
		return try_configs(argv + 2, all) > 0;
	if (argc == 4 && strcmp(argv[1], "pair") == 0)
		return try_file(argv[2], argv[3], all) > 0;
	errx(2, "usage: variants config FILE OUT EVERY | pair CERTS FILE");
}
