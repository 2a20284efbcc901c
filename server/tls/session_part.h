/* SPDX-License-Identifier: ISC */
#ifndef TLS_SESSION_PART_H
#define TLS_SESSION_PART_H

#include <openssl/ssl.h>

#include "policy/host.h"
#include "tls/session.h"

struct pair_cache;

struct tls {
	SSL_CTX *ctx;
	struct pair_cache *cache;
	struct tls_calls calls;
};

struct session {
	struct tls *tls;
	SSL *ssl;
	BIO *in, *out; /* the SSL owns them */
	size_t sent;   /* of what out holds */
	unsigned late; /* handshake messages after the handshake */
	enum session_state state;
	enum sni sni;
	bool challenge; /* acme-tls/1, with the certificate for it */
	const char *why;
	char host[HOST_MAX + 1];
};

/* Judge the ClientHello's names and attach the pair; OpenSSL's callbacks. */
int hello_on_client(SSL *ssl, int *ret_alert, void *tls);
int hello_on_alpn(SSL *ssl, const unsigned char **ret_chosen,
    unsigned char *ret_len, const unsigned char *offered, unsigned len,
    void *tls);
int hello_on_name(SSL *ssl, int *ret_alert, void *tls);

#define ACME_TLS_1 "acme-tls/1"

/* Does the hello offer this protocol, and no other (RFC 8737 section 3)? */
bool challenge_is_asked(SSL *ssl);
/*
 * Make what answers it all that ssl shows: a certificate of its own making for
 * host, with digest. 0; or -1.
 */
int challenge_attach(
    SSL *ssl, const char *host, const unsigned char digest[32]);

/* Drain OpenSSL's errors into words, which last for ever. */
const char *why_failed(void);

#endif
