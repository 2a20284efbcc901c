/* SPDX-License-Identifier: ISC */

/*
 * DER to OpenSSL's own structures, cheaply: OpenSSL 3 builds a chain of
 * decoders for each key it reads, which costs ten times the reading, so one
 * for each form is kept. An intermediate is parsed once and shared.
 */

#include "tls/pair_parse.h"

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define SHARED_MAX 64
#define FORMS      (KEY_RSA_PKCS8 + 1)

/* Measured on OpenSSL 3.0: an X509 and an EVP_PKEY besides their bytes. */
#define CERTIFICATE_SIZE ((size_t)4096)
#define KEY_SIZE         ((size_t)2048)

struct shared {
	struct der der;
	X509 *certificate;
};

struct parser {
	OSSL_DECODER_CTX *decoder[FORMS];
	EVP_PKEY *key; /* where the decoders leave what they make */
	/* Without any algorithm, so that OpenSSL cannot make keys in it. */
	OSSL_LIB_CTX *bare;
	OSSL_PROVIDER *nothing;
	struct shared shared[SHARED_MAX];
	size_t next;
};

struct parser *parser_new(void)
{
	return calloc(1, sizeof(struct parser));
}

void parser_free(struct parser *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < FORMS; i++)
		OSSL_DECODER_CTX_free(p->decoder[i]);
	for (size_t i = 0; i < SHARED_MAX; i++)
		X509_free(p->shared[i].certificate);
	OSSL_PROVIDER_unload(p->nothing);
	OSSL_LIB_CTX_free(p->bare);
	free(p);
}

X509 *parse_certificate(const struct der *der)
{
	const unsigned char *at = der->bytes;
	X509 *x = d2i_X509(NULL, &at, (long)der->len);

	if (x != NULL && at != der->bytes + der->len) {
		X509_free(x);
		x = NULL;
	}
	ERR_clear_error();
	return x;
}

/* Without "null" OpenSSL would load its default provider by itself. */
static bool has_bare(struct parser *p)
{
	if (p->bare == NULL)
		p->bare = OSSL_LIB_CTX_new();
	if (p->bare != NULL && p->nothing == NULL)
		p->nothing = OSSL_PROVIDER_load(p->bare, "null");
	return p->nothing != NULL;
}

X509 *parse_certificate_alone(struct parser *p, const struct der *der)
{
	const unsigned char *at = der->bytes;
	X509 *x = NULL;

	if (has_bare(p))
		x = (X509 *)ASN1_item_d2i_ex(NULL, &at, (long)der->len,
		    ASN1_ITEM_rptr(X509), p->bare, NULL);
	if (x != NULL && at != der->bytes + der->len) {
		X509_free(x);
		x = NULL;
	}
	ERR_clear_error();
	return x;
}

static OSSL_DECODER_CTX *decoder_of(struct parser *p, enum key_form form)
{
	bool rsa = form == KEY_RSA || form == KEY_RSA_PKCS8;
	bool pkcs8 = form == KEY_EC_PKCS8 || form == KEY_RSA_PKCS8;

	if (p->decoder[form] == NULL)
		p->decoder[form] = OSSL_DECODER_CTX_new_for_pkey(&p->key, "DER",
		    pkcs8 ? "PrivateKeyInfo" : "type-specific",
		    rsa ? "RSA" : "EC", EVP_PKEY_KEYPAIR, NULL, NULL);
	return p->decoder[form];
}

EVP_PKEY *parse_key(struct parser *p, const struct der *der, enum key_form form)
{
	OSSL_DECODER_CTX *decoder = decoder_of(p, form);
	const unsigned char *at = der->bytes;
	size_t left = der->len;
	EVP_PKEY *key;

	p->key = NULL;
	if (decoder == NULL || !OSSL_DECODER_from_data(decoder, &at, &left) ||
	    left != 0) {
		EVP_PKEY_free(p->key);
		p->key = NULL;
		/* One that was made when memory lacked is no good for ever. */
		OSSL_DECODER_CTX_free(decoder);
		p->decoder[form] = NULL;
	}
	ERR_clear_error();
	key = p->key;
	p->key = NULL;
	return key;
}

static bool same_der(const struct der *a, const struct der *b)
{
	return a->len == b->len && (a->bytes == b->bytes ||
	                               memcmp(a->bytes, b->bytes, a->len) == 0);
}

/* A reference for the caller. */
static X509 *share(struct parser *p, const struct der *der, size_t *size)
{
	struct shared *s;
	X509 *x;

	for (size_t i = 0; i < SHARED_MAX; i++) {
		s = &p->shared[i];
		if (s->certificate == NULL || !same_der(&s->der, der))
			continue;
		X509_up_ref(s->certificate);
		return s->certificate;
	}
	x = parse_certificate(der);
	if (x == NULL)
		return NULL;
	*size += CERTIFICATE_SIZE + der->len;
	s = &p->shared[p->next++ % SHARED_MAX];
	X509_free(s->certificate);
	X509_up_ref(x);
	*s = (struct shared){ .der = *der, .certificate = x };
	return x;
}

struct stack_st_X509 *parse_chain(
    struct parser *p, const struct der *chain, size_t count, size_t *ret_size)
{
	STACK_OF(X509) *stack = sk_X509_new_null();
	size_t size = 0;

	for (size_t i = 0; stack != NULL && i < count; i++) {
		X509 *x = share(p, &chain[i], &size);

		if (x == NULL || sk_X509_push(stack, x) <= 0) {
			X509_free(x);
			sk_X509_pop_free(stack, X509_free);
			stack = NULL;
		}
	}
	*ret_size = size;
	return stack;
}

int parse_pair(
    struct parser *p, const struct pair *pair, struct parsed *ret_parsed)
{
	struct parsed made = { 0 };

	made.leaf = parse_certificate(&pair->leaf);
	made.key = parse_key(p, &pair->key, pair->key_form);
	made.chain = parse_chain(p, pair->chain, pair->chain_count, &made.size);
	if (made.leaf == NULL || made.key == NULL || made.chain == NULL) {
		parsed_free(&made);
		return -1;
	}
	made.size +=
	    CERTIFICATE_SIZE + pair->leaf.len + KEY_SIZE + pair->key.len * 2;
	*ret_parsed = made;
	return 0;
}

void parsed_free(struct parsed *parsed)
{
	X509_free(parsed->leaf);
	EVP_PKEY_free(parsed->key);
	sk_X509_pop_free(parsed->chain, X509_free);
	*parsed = (struct parsed){ 0 };
}
