/* SPDX-License-Identifier: ISC */

/*
 * Parsed pairs, so that a handshake need not parse: found by the pair's
 * address, in one list from the last used to the first that leaves. A bound
 * in bytes, roughly measured, keeps a worker small however many pairs there
 * are; what leaves while a session still shows it lives on in that session.
 */

#include <assert.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "base/err.h"
#include "tls/pair.h"
#include "tls/pair_parse.h"

struct entry {
	const struct pair *pair;
	struct parsed parsed;
	struct entry *next;          /* of the same slot */
	struct entry *newer, *older; /* used after and before it */
};

struct pair_cache {
	struct parser *parser;
	struct entry **slots;
	size_t slot_count; /* a power of two */
	struct entry *newest, *oldest;
	size_t size, size_max;
};

struct pair_cache *pair_cache_new(size_t bytes, struct err *err)
{
	struct pair_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		goto failed;
	c->size_max = bytes;
	/* A parsed pair takes 6 KiB and more, so slots are never crowded. */
	for (c->slot_count = 1; c->slot_count < bytes / 4096;)
		c->slot_count *= 2;
	c->slots = calloc(c->slot_count, sizeof(*c->slots));
	c->parser = parser_new();
	if (c->slots == NULL || c->parser == NULL)
		goto failed;
	return c;
failed:
	err_set(err, "no memory for certificates");
	pair_cache_free(c);
	return NULL;
}

static struct entry **find_slot(struct pair_cache *c, const struct pair *p)
{
	uint64_t h = (uint64_t)(uintptr_t)p * 0x9e3779b97f4a7c15U;

	return &c->slots[(size_t)(h >> 32) & (c->slot_count - 1)];
}

static void unlink_age(struct pair_cache *c, struct entry *e)
{
	*(e->newer == NULL ? &c->newest : &e->newer->older) = e->older;
	*(e->older == NULL ? &c->oldest : &e->older->newer) = e->newer;
}

static void link_newest(struct pair_cache *c, struct entry *e)
{
	e->newer = NULL;
	e->older = c->newest;
	*(c->newest == NULL ? &c->oldest : &c->newest->newer) = e;
	c->newest = e;
}

static void drop(struct pair_cache *c, struct entry *e)
{
	struct entry **at = find_slot(c, e->pair);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	unlink_age(c, e);
	assert(c->oldest != e);
	c->size -= e->parsed.size;
	parsed_free(&e->parsed);
	free(e);
}

void pair_cache_free(struct pair_cache *c)
{
	if (c == NULL)
		return;
	while (c->oldest != NULL)
		drop(c, c->oldest);
	parser_free(c->parser);
	free(c->slots);
	free(c);
}

static struct entry *add(struct pair_cache *c, const struct pair *p)
{
	struct entry **slot = find_slot(c, p);
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL || parse_pair(c->parser, p, &e->parsed) != 0) {
		free(e);
		return NULL;
	}
	e->pair = p;
	e->parsed.size += sizeof(*e);
	e->next = *slot;
	*slot = e;
	c->size += e->parsed.size;
	link_newest(c, e);
	return e;
}

static struct entry *find(struct pair_cache *c, const struct pair *p)
{
	struct entry *e = *find_slot(c, p);

	while (e != NULL && e->pair != p)
		e = e->next;
	if (e == NULL)
		return add(c, p);
	unlink_age(c, e);
	link_newest(c, e);
	return e;
}

int pair_attach(
    struct pair_cache *c, const struct pair *p, SSL *ssl, struct err *err)
{
	struct entry *e = find(c, p);
	int result = -1;

	if (e == NULL) {
		err_set(err, "no memory for a certificate");
		return -1;
	}
	ERR_clear_error();
	/* A second hello may name another host, with another kind of key. */
	SSL_certs_clear(ssl);
	if (SSL_use_cert_and_key(
	        ssl, e->parsed.leaf, e->parsed.key, e->parsed.chain, 1) == 1) {
		result = 0;
	} else {
		/* What was parsed when memory lacked may be so for ever. */
		err_set(err, "OpenSSL refuses the certificate");
		drop(c, e);
	}
	ERR_clear_error();
	while (c->size > c->size_max)
		drop(c, c->oldest);
	return result;
}
