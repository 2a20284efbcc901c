/* SPDX-License-Identifier: ISC */

/*
 * The proof of a worker, before it says that it is ready. What OpenSSL lost for
 * want of memory when it was set up (a signature algorithm, and says nothing),
 * and what a sandbox denies it, is seen here, and not by every sender. It goes
 * the way of a challenge, whose certificate is made on the spot, so that no
 * domain's pair decides whether the others are served.
 */

#include "tls/session_prove.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "base/err.h"
#include "tls/session_part.h"

#define NAME       "proof.invalid"
#define TURNS_MOST 4 /* of TLS 1.3 there are two */

static const struct pair *find_no_pair(
    void *cookie, const char *host, enum sni *ret_why)
{
	(void)cookie;
	(void)host;
	*ret_why = SNI_NO_PAIR;
	return NULL;
}

static bool challenge_any(
    void *cookie, const char *host, unsigned char ret_digest[32])
{
	(void)cookie;
	(void)host;
	memset(ret_digest, 0, 32);
	return true;
}

/* A client between memory and memory. NULL: OpenSSL refuses. */
static SSL *client_new(SSL_CTX *ctx)
{
	static const unsigned char alpn[] = "\12" ACME_TLS_1;
	SSL *c = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

	if (c == NULL || in == NULL || out == NULL ||
	    SSL_set_tlsext_host_name(c, NAME) != 1 ||
	    SSL_set_alpn_protos(c, alpn, sizeof(alpn) - 1) != 0) {
		BIO_free(in);
		BIO_free(out);
		SSL_free(c);
		return NULL;
	}
	SSL_set_bio(c, in, out);
	SSL_set_connect_state(c);
	return c;
}

static bool shake(struct session *s, SSL *c)
{
	bool done = false;

	for (int turn = 0; turn < TURNS_MOST && !done; turn++) {
		const void *bytes;
		char *from;
		long said;
		size_t len;

		done = SSL_do_handshake(c) == 1;
		said = BIO_get_mem_data(SSL_get_wbio(c), &from);
		(void)session_take(s, from, said > 0 ? (size_t)said : 0);
		(void)BIO_reset(SSL_get_wbio(c)); /* all of it is taken */
		bytes = session_pending(s, &len);
		if (BIO_write(SSL_get_rbio(c), bytes, (int)len) != (int)len)
			return false;
		session_sent(s, len);
		if (session_state(s) == SESSION_FAILED)
			return false;
	}
	return done && session_state(s) == SESSION_OPEN &&
	       session_is_challenge(s);
}

int session_prove(struct tls *t, struct err *err)
{
	const struct tls_calls calls = t->calls;
	struct session *s = session_new(t);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *c = ctx != NULL ? client_new(ctx) : NULL;
	int rc = -1;

	t->calls = (struct tls_calls){ find_no_pair, challenge_any, NULL };
	if (s != NULL && c != NULL && shake(s, c))
		rc = 0;
	else
		err_set(err, "a handshake with ourselves fails: %s",
		    s != NULL && session_why(s)[0] != '\0' ? session_why(s)
		                                           : why_failed());
	t->calls = calls;
	SSL_free(c);
	SSL_CTX_free(ctx);
	session_free(s);
	ERR_clear_error();
	return rc;
}
