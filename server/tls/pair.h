/* SPDX-License-Identifier: ISC */
#ifndef TLS_PAIR_H
#define TLS_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One certificate with its chain and its key: read from PEM files, judged,
 * kept compact as DER, and parsed again when a handshake wants it.
 */

struct arena;
struct err;

/* OpenSSL's level: RSA of 2048 bits, EC of 224, no SHA-1 (RFC 9325). */
#define PAIR_SECURITY_LEVEL 2

struct der {
	const unsigned char *bytes;
	size_t len;
};

/* What the key's DER is: ECPrivateKey, RSAPrivateKey, or in PKCS#8. */
enum key_form { KEY_EC, KEY_RSA, KEY_EC_PKCS8, KEY_RSA_PKCS8 };

struct pair {
	const char *name; /* the directory it came from, for the log */
	struct der leaf, key;
	enum key_form key_form;
	const struct der *chain; /* the intermediates, as the file has them */
	size_t chain_count;
	const char *const *names; /* dNSNames, lower case */
	size_t name_count;
	int64_t not_before, not_after; /* seconds since the epoch */
};

/* What is odd about a good pair, as bits. */
enum {
	PAIR_MUST_STAPLE = 1,    /* we never staple (RFC 7633) */
	PAIR_NO_SERVER_AUTH = 2, /* extendedKeyUsage forbids it */
	PAIR_KEY_READABLE = 4,   /* not only its owner and group may read it */
};

/* Reads pairs into arena a (secret), which outlives it. One thread's alone. */
struct pair_reader;
struct pair_reader *pair_reader_new(struct arena *a);
void pair_reader_free(struct pair_reader *r);

/*
 * Read and judge the pair in cert_path and key_path. 0; or -1 and err, which
 * begins with the path at fault: not PEM, no certificate, an encrypted key, a
 * key of another certificate, neither EC nor RSA, too weak, no dNSName.
 * *ret_oddities: the bits above. The pair's name is the caller's to set.
 */
int pair_read(struct pair_reader *r, const char *cert_path,
    const char *key_path, struct pair *ret_pair, unsigned *ret_oddities,
    struct err *err);

/* A copy of from, a pair of another arena, in the reader's; its name too. */
void pair_copy(
    struct pair_reader *r, const struct pair *from, struct pair *ret_pair);

/* Do both say the same under the same name, byte for byte? */
bool pair_same(const struct pair *a, const struct pair *b);

/* Does one of its names cover host? */
bool pair_covers(const struct pair *p, const char *host);

/* Parsed pairs, bounded in bytes, the least recently used out first. */
struct pair_cache;
struct ssl_st;
struct pair_cache *pair_cache_new(size_t bytes, struct err *err);
void pair_cache_free(struct pair_cache *c);
/* Make p, which outlives c, all that ssl shows. 0; or -1 and err. */
int pair_attach(struct pair_cache *c, const struct pair *p, struct ssl_st *ssl,
    struct err *err);

#endif
