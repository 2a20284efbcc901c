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
	const struct pair *(*find)(
	    void *cookie, const char *host, enum sni *why);
	void *cookie;
};

struct session {
	struct tls *tls;
	SSL *ssl;
	BIO *in, *out; /* the SSL owns them */
	size_t sent;   /* of what out holds */
	enum session_state state;
	enum sni sni;
	const char *why;
	char host[HOST_MAX + 1];
};

/* Judge the ClientHello's names and attach the pair; OpenSSL's callbacks. */
int hello_on_client(SSL *ssl, int *ret_alert, void *tls);
int hello_on_alpn(SSL *ssl, const unsigned char **ret_chosen,
    unsigned char *ret_len, const unsigned char *offered, unsigned len,
    void *tls);
int hello_on_name(SSL *ssl, int *ret_alert, void *tls);

/* Drain OpenSSL's errors into words, which last for ever. */
const char *why_failed(void);

#endif
