/* SPDX-License-Identifier: ISC */
#ifndef TLS_PAIR_PARSE_H
#define TLS_PAIR_PARSE_H

#include <openssl/types.h>

#include "tls/pair.h"

/*
 * DER to OpenSSL's own structures. A parser keeps what makes that cheap (the
 * decoders of keys) and the intermediates that it met last, so that pairs of
 * one issuer share them. The bytes it was given must outlive it.
 */
struct parser;

struct parsed {
	X509 *leaf;
	EVP_PKEY *key;
	struct stack_st_X509 *chain;
	size_t size; /* what it takes of memory, roughly */
};

struct parser *parser_new(void);
void parser_free(struct parser *p);

/* NULL: it is none. The caller frees them. */
X509 *parse_certificate(const struct der *der);
/*
 * The same for a quick look: without its public key, for each of which
 * OpenSSL 3.0 builds a chain of decoders. Nothing can be verified with it.
 */
X509 *parse_certificate_alone(struct parser *p, const struct der *der);
EVP_PKEY *parse_key(
    struct parser *p, const struct der *der, enum key_form form);
/* *ret_size: the bytes that were not shared. */
struct stack_st_X509 *parse_chain(
    struct parser *p, const struct der *chain, size_t count, size_t *ret_size);

/* All of a pair. 0; or -1. */
int parse_pair(
    struct parser *p, const struct pair *pair, struct parsed *ret_parsed);
void parsed_free(struct parsed *parsed);

#endif
