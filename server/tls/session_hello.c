/* SPDX-License-Identifier: ISC */

/*
 * What a ClientHello asks for. The name comes first: a peer that names no
 * host of ours learns nothing else about us, and no certificate is ever shown
 * to it (RFC 8461 section 7.1). Then the protocol: a CA's is for its challenge
 * alone.
 */

#include <openssl/ssl.h>
#include <string.h>

#include "base/err.h"
#include "tls/pair.h"
#include "tls/session_part.h"

#define SNI_HEADER   5 /* list's length, name's type and length */
#define SNI_NAME_MAX 255

/*
 * The one name of type host_name in a server_name extension (RFC 6066 section
 * 3). NULL: it is not exactly that.
 */
static const char *read_sni(
    const unsigned char *ext, size_t len, size_t *ret_len)
{
	size_t list, name;

	if (len < SNI_HEADER + 1)
		return NULL;
	list = (size_t)ext[0] << 8 | ext[1];
	name = (size_t)ext[3] << 8 | ext[4];
	if (list != len - 2 || name != len - SNI_HEADER ||
	    name > SNI_NAME_MAX || ext[2] != TLSEXT_NAMETYPE_host_name)
		return NULL;
	*ret_len = name;
	return (const char *)ext + SNI_HEADER;
}

static enum sni judge_sni(SSL *ssl, char ret_host[HOST_MAX + 1])
{
	const unsigned char *ext;
	const char *name;
	size_t ext_len, len;

	if (SSL_client_hello_get0_ext(
	        ssl, TLSEXT_TYPE_server_name, &ext, &ext_len) != 1)
		return SNI_NONE;
	name = read_sni(ext, ext_len, &len);
	if (name == NULL || !host_from_wire(name, len, ret_host))
		return SNI_BAD;
	return SNI_OK;
}

static const char *sni_words(enum sni sni)
{
	static const char *const words[] = {
		[SNI_OK] = "",
		[SNI_NONE] = "the client named no host (no SNI)",
		[SNI_BAD] = "the client's SNI is no host name",
		[SNI_UNKNOWN] = "the client named a host that is not ours",
		[SNI_NO_PAIR] = "there is no certificate for the host yet",
	};

	return words[sni];
}

/*
 * A CA's own way to ask. It is told no more than that none waits, whether or
 * not there is a pair; and the pair is never shown to it.
 */
static int answer_challenge(struct tls *t, struct session *s, int *ret_alert)
{
	unsigned char digest[32];

	s->sni = SNI_OK;
	if (t->calls.challenge == NULL ||
	    !t->calls.challenge(t->calls.cookie, s->host, digest)) {
		s->why = "no challenge waits for this host (acme-tls/1)";
		*ret_alert = SSL_AD_NO_APPLICATION_PROTOCOL;
		return SSL_CLIENT_HELLO_ERROR;
	}
	if (challenge_attach(s->ssl, s->host, digest) != 0) {
		s->why = "the certificate for a challenge cannot be made";
		*ret_alert = SSL_AD_INTERNAL_ERROR;
		return SSL_CLIENT_HELLO_ERROR;
	}
	s->challenge = true;
	return SSL_CLIENT_HELLO_SUCCESS;
}

int hello_on_client(SSL *ssl, int *ret_alert, void *cookie)
{
	struct tls *t = cookie;
	struct session *s = SSL_get_app_data(ssl);
	const struct pair *p = NULL;
	struct err err;

	s->host[0] = '\0';
	s->challenge = false;
	s->sni = judge_sni(ssl, s->host);
	if (s->sni == SNI_OK) {
		p = t->calls.find(t->calls.cookie, s->host, &s->sni);
		if (p == NULL && s->sni == SNI_OK)
			s->sni = SNI_UNKNOWN;
	}
	if ((p != NULL || s->sni == SNI_NO_PAIR) && challenge_is_asked(ssl))
		return answer_challenge(t, s, ret_alert);
	if (p == NULL) {
		s->why = sni_words(s->sni);
		*ret_alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_CLIENT_HELLO_ERROR;
	}
	s->sni = SNI_OK;
	if (pair_attach(t->cache, p, ssl, &err) != 0) {
		s->why = "the certificate cannot be used";
		*ret_alert = SSL_AD_INTERNAL_ERROR;
		return SSL_CLIENT_HELLO_ERROR;
	}
	return SSL_CLIENT_HELLO_SUCCESS;
}

/* OpenSSL has judged the list's form; RFC 7301 section 3.1. */
int hello_on_alpn(SSL *ssl, const unsigned char **ret_chosen,
    unsigned char *ret_len, const unsigned char *offered, unsigned len,
    void *cookie)
{
	const struct session *s = SSL_get_app_data(ssl);
	const char *ours = s->challenge ? ACME_TLS_1 : "http/1.1";
	size_t ours_len = strlen(ours);

	(void)cookie;
	for (unsigned at = 0; at < len; at += offered[at] + 1U) {
		const unsigned char *name = offered + at + 1;

		if (offered[at] != ours_len || len - at <= ours_len)
			continue;
		if (memcmp(name, ours, ours_len) != 0)
			continue;
		*ret_chosen = name;
		*ret_len = offered[at];
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* The name was taken already; the peer is told so (RFC 6066 section 3). */
int hello_on_name(SSL *ssl, int *ret_alert, void *cookie)
{
	(void)ssl;
	(void)ret_alert;
	(void)cookie;
	return SSL_TLSEXT_ERR_OK;
}
