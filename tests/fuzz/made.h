/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_MADE_H
#define FUZZ_MADE_H

#include <assert.h>
#include <openssl/x509v3.h>

#include "tls/pair.h"

/* A certificate that signs itself, and its key, made once for a process. */

struct made {
	X509 *cert;
	EVP_PKEY *key;
	struct pair pair; /* for one name alone */
	struct der chain; /* itself once more: what it is does not matter */
	const char *name;
};

static inline struct der made_der(unsigned char *bytes, int len)
{
	assert(len > 0);
	return (struct der){ .bytes = bytes, .len = (size_t)len };
}

static inline void made_name(X509 *x, const char *name)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *n = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	assert(names != NULL && n != NULL && text != NULL);
	assert(ASN1_STRING_set(text, name, -1) == 1);
	GENERAL_NAME_set0_value(n, GEN_DNS, text);
	assert(sk_GENERAL_NAME_push(names, n) > 0);
	assert(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1);
	GENERAL_NAMES_free(names);
}

static inline void make(struct made *m, const char *name)
{
	unsigned char *cert = NULL, *key = NULL;

	m->name = name;
	m->key = EVP_EC_gen("P-256");
	m->cert = X509_new();
	assert(m->key != NULL && m->cert != NULL);
	assert(X509_set_version(m->cert, X509_VERSION_3) == 1);
	assert(X509_gmtime_adj(X509_getm_notBefore(m->cert), -3600) != NULL);
	assert(X509_gmtime_adj(X509_getm_notAfter(m->cert), 86400) != NULL);
	assert(X509_set_pubkey(m->cert, m->key) == 1);
	made_name(m->cert, name);
	assert(X509_sign(m->cert, m->key, EVP_sha256()) > 0);
	m->pair.leaf = made_der(cert, i2d_X509(m->cert, &cert));
	m->pair.leaf.bytes = cert;
	m->pair.key = made_der(key, i2d_PrivateKey(m->key, &key));
	m->pair.key.bytes = key;
	m->pair.key_form = KEY_EC;
	m->chain = m->pair.leaf;
	m->pair.chain = &m->chain;
	m->pair.chain_count = 1;
	m->pair.name = name;
	m->pair.names = &m->name;
	m->pair.name_count = 1;
}

#endif
