/* SPDX-License-Identifier: ISC */

/*
 * Pairs from their files, kept compact in an arena: what they are worth is
 * pair_judge.c's business. Intermediates are kept once.
 */

#include "tls/pair.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "policy/host.h"
#include "tls/pair_intern.h"
#include "tls/pair_judge.h"
#include "tls/pair_pem.h"

struct pair_reader {
	struct arena *arena;
	struct intern intern;
	struct judge *judge; /* not before the first pair is read */
};

struct pair_reader *pair_reader_new(struct arena *a)
{
	struct pair_reader *r = arena_alloc(a, sizeof(*r));

	r->arena = a;
	r->intern.arena = a;
	return r;
}

void pair_reader_free(struct pair_reader *r)
{
	if (r == NULL)
		return;
	judge_free(r->judge);
	r->judge = NULL;
}

static struct der copy_der(struct arena *a, const struct der *der)
{
	return (struct der){
		.bytes =
		    (const unsigned char *)arena_copy(a, der->bytes, der->len),
		.len = der->len,
	};
}

static void take_chain(struct pair_reader *r, const struct der *chain,
    size_t count, struct pair *p)
{
	struct der *kept = arena_array(r->arena, count, sizeof(*kept));

	for (size_t i = 0; i < count; i++)
		kept[i] = intern_der(&r->intern, &chain[i]);
	p->chain = kept;
	p->chain_count = count;
}

int pair_read(struct pair_reader *r, const char *cert_path,
    const char *key_path, struct pair *ret_pair, unsigned *ret_oddities,
    struct err *err)
{
	const struct judged judged = {
		.arena = r->arena,
		.cert = cert_path,
		.key = key_path,
		.err = err,
	};
	struct pem_certificates certs = { 0 };
	struct pem_key key = { 0 };
	struct pair p = { 0 };
	int result = -1;

	if (r->judge == NULL)
		r->judge = judge_new();
	if (r->judge == NULL) {
		err_set(err, "%s: OpenSSL cannot be set up", cert_path);
		return -1;
	}
	if (pem_read_certificates(cert_path, &certs, err) != 0 ||
	    pem_read_key(key_path, &key, err) != 0)
		goto out;
	p.leaf = certs.der[0];
	p.key = key.der;
	p.key_form = key.form;
	take_chain(r, certs.der + 1, certs.count - 1, &p);
	if (judge_pair(r->judge, &judged, &p, ret_oddities) != 0)
		goto out;
	if (key.readable)
		*ret_oddities |= PAIR_KEY_READABLE;
	p.leaf = copy_der(r->arena, &p.leaf);
	p.key = copy_der(r->arena, &p.key);
	*ret_pair = p;
	result = 0;
out:
	pem_certificates_free(&certs);
	pem_key_free(&key);
	return result;
}

void pair_copy(
    struct pair_reader *r, const struct pair *from, struct pair *ret_pair)
{
	struct pair p = *from;
	const char **names =
	    arena_array(r->arena, from->name_count, sizeof(*names));

	p.name = from->name == NULL ? NULL : arena_string(r->arena, from->name);
	p.leaf = copy_der(r->arena, &from->leaf);
	p.key = copy_der(r->arena, &from->key);
	take_chain(r, from->chain, from->chain_count, &p);
	for (size_t i = 0; i < from->name_count; i++)
		names[i] = arena_string(r->arena, from->names[i]);
	p.names = names;
	*ret_pair = p;
}

static bool same_der(const struct der *a, const struct der *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool pair_same(const struct pair *a, const struct pair *b)
{
	if (strcmp(a->name, b->name) != 0 || !same_der(&a->leaf, &b->leaf) ||
	    !same_der(&a->key, &b->key) || a->chain_count != b->chain_count)
		return false;
	for (size_t i = 0; i < a->chain_count; i++)
		if (!same_der(&a->chain[i], &b->chain[i]))
			return false;
	return true;
}

bool pair_covers(const struct pair *p, const char *host)
{
	for (size_t i = 0; i < p->name_count; i++)
		if (pattern_covers(p->names[i], host))
			return true;
	return false;
}
