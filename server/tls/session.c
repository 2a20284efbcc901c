/* SPDX-License-Identifier: ISC */

/*
 * A TLS server between two memory BIOs: what came goes in at one end, and a
 * whole flight lies ready at the other, to be sent at once. What is offered
 * is short and settled here, so that no configuration of the system's OpenSSL
 * weakens it (RFC 9325).
 */

#include "tls/session.h"

#include <assert.h>
#include <limits.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "base/err.h"
#include "tls/pair.h"
#include "tls/session_part.h"

#define UNREAD_MAX 65536

/* An honest client sends none: each costs as much as a small handshake. */
#define LATE_MAX 8

#define SUITES                                                                 \
	"TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"                 \
	"TLS_AES_256_GCM_SHA384"
#define CIPHERS                                                                \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"           \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"           \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"

/* OpenSSL 3.5 knows the first, and "?" for what others may not know. */
#define GROUPS_3_5  "?X25519MLKEM768:X25519:P-256"
#define GROUPS      "X25519:P-256"
#define OPENSSL_3_5 0x30500000UL

static int set_up(SSL_CTX *ctx)
{
	char groups_3_5[] = GROUPS_3_5, groups[] = GROUPS;
	bool is_3_5 = OpenSSL_version_num() >= OPENSSL_3_5;

	SSL_CTX_set_security_level(ctx, PAIR_SECURITY_LEVEL);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
	                             SSL_OP_NO_COMPRESSION |
	                             SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(
	    ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	               SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) ==
	                   1 &&
	               SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	               SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
	               SSL_CTX_set_ciphersuites(ctx, SUITES) == 1 &&
	               SSL_CTX_set_cipher_list(ctx, CIPHERS) == 1 &&
	               SSL_CTX_set1_groups_list(
	                   ctx, is_3_5 ? groups_3_5 : groups) == 1
	           ? 0
	           : -1;
}

/* Counts handshake messages that come when all is settled. */
static void on_message(int sent, int version, int kind, const void *bytes,
    size_t len, SSL *ssl, void *cookie)
{
	struct session *s = SSL_get_app_data(ssl);

	(void)version;
	(void)bytes;
	(void)len;
	(void)cookie;
	if (!sent && kind == SSL3_RT_HANDSHAKE && s->state == SESSION_OPEN)
		s->late++;
}

struct tls *tls_new(
    const struct tls_calls *calls, size_t cache_bytes, struct err *err)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		err_set(err, "no memory for TLS");
		return NULL;
	}
	t->calls = *calls;
	t->cache = pair_cache_new(cache_bytes, err);
	if (t->cache == NULL)
		goto failed;
	ERR_clear_error();
	t->ctx = SSL_CTX_new(TLS_server_method());
	if (t->ctx == NULL || set_up(t->ctx) != 0) {
		const char *reason = ERR_reason_error_string(ERR_peek_error());

		err_set(err, "OpenSSL refuses the settings of TLS: %s",
		    reason == NULL ? "it does not say why" : reason);
		ERR_clear_error();
		goto failed;
	}
	SSL_CTX_set_client_hello_cb(t->ctx, hello_on_client, t);
	SSL_CTX_set_alpn_select_cb(t->ctx, hello_on_alpn, t);
	SSL_CTX_set_tlsext_servername_callback(t->ctx, hello_on_name);
	SSL_CTX_set_msg_callback(t->ctx, on_message);
	return t;
failed:
	tls_free(t);
	return NULL;
}

void tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	pair_cache_free(t->cache);
	free(t);
}

struct session *session_new(struct tls *t)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->tls = t;
	s->why = "";
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	s->ssl = SSL_new(t->ctx);
	if (s->in == NULL || s->out == NULL || s->ssl == NULL ||
	    SSL_set_app_data(s->ssl, s) != 1)
		goto failed;
	BIO_set_mem_eof_return(s->in, -1);
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_accept_state(s->ssl);
	return s;
failed:
	ERR_clear_error();
	BIO_free(s->in);
	BIO_free(s->out);
	SSL_free(s->ssl);
	free(s);
	return NULL;
}

void session_free(struct session *s)
{
	if (s == NULL)
		return;
	SSL_free(s->ssl);
	free(s);
}

static void fail(struct session *s, const char *why)
{
	s->state = SESSION_FAILED;
	if (*s->why == '\0')
		s->why = why;
}

/* OpenSSL gave result, not above 0: what does that make of the session? */
static void judge(struct session *s, int result)
{
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		break;
	case SSL_ERROR_ZERO_RETURN:
		if (s->state == SESSION_HANDSHAKE)
			fail(s, "the client broke off the handshake");
		else
			s->state = SESSION_EOF;
		break;
	default:
		fail(s, why_failed());
	}
}

static void shake_hands(struct session *s)
{
	int result;

	ERR_clear_error();
	result = SSL_do_handshake(s->ssl);
	if (result == 1)
		s->state = SESSION_OPEN;
	else
		judge(s, result);
}

/* Go as far as the next plain byte, so that the state is that of now. */
static void look_ahead(struct session *s)
{
	unsigned char byte;
	int result;

	ERR_clear_error();
	result = SSL_peek(s->ssl, &byte, 1);
	if (result <= 0)
		judge(s, result);
}

enum session_state session_take(
    struct session *s, const void *bytes, size_t len)
{
	assert(len <= INT_MAX);
	if (s->state == SESSION_EOF || s->state == SESSION_FAILED || len == 0)
		return s->state;
	if (BIO_ctrl_pending(s->in) + len > UNREAD_MAX) {
		fail(s, "the client sent more than it may");
		return s->state;
	}
	ERR_clear_error();
	if (BIO_write(s->in, bytes, (int)len) != (int)len) {
		ERR_clear_error();
		fail(s, "no memory");
		return s->state;
	}
	if (s->state == SESSION_HANDSHAKE)
		shake_hands(s);
	if (s->state == SESSION_OPEN && !s->challenge)
		look_ahead(s);
	if (s->late > LATE_MAX)
		fail(s, "the client sent handshake messages without end");
	return s->state;
}

size_t session_read(struct session *s, void *bytes, size_t cap)
{
	size_t len = 0;

	if (s->state != SESSION_OPEN || cap == 0)
		return 0;
	ERR_clear_error();
	if (SSL_read_ex(s->ssl, bytes, cap, &len) == 1)
		return len;
	judge(s, 0);
	return 0;
}

enum session_state session_state(const struct session *s)
{
	return s->state;
}

int session_write(struct session *s, const void *bytes, size_t len, bool end)
{
	size_t written;
	int result;

	if (s->state != SESSION_OPEN && s->state != SESSION_EOF)
		return -1;
	ERR_clear_error();
	if (len > 0 && SSL_write_ex(s->ssl, bytes, len, &written) != 1) {
		fail(s, why_failed());
		return -1;
	}
	if (!end)
		return 0;
	result = SSL_shutdown(s->ssl);
	if (result >= 0)
		return 0;
	judge(s, result);
	return s->state == SESSION_FAILED ? -1 : 0;
}

const void *session_pending(struct session *s, size_t *ret_len)
{
	char *bytes;
	long len = BIO_get_mem_data(s->out, &bytes);

	assert(len >= 0 && s->sent <= (size_t)len);
	*ret_len = (size_t)len - s->sent;
	/* It has no bytes at all before the first is written. */
	return len == 0 ? NULL : bytes + s->sent;
}

void session_sent(struct session *s, size_t len)
{
	s->sent += len;
	if (s->sent < BIO_ctrl_pending(s->out))
		return;
	assert(s->sent == BIO_ctrl_pending(s->out));
	(void)BIO_reset(s->out); /* a memory BIO's cannot fail */
	s->sent = 0;
}

const char *session_host(const struct session *s)
{
	return s->host;
}

enum sni session_sni(const struct session *s)
{
	return s->sni;
}

bool session_is_challenge(const struct session *s)
{
	return s->challenge;
}

const char *session_why(const struct session *s)
{
	return s->why;
}

const char *session_version(const struct session *s)
{
	return SSL_get_version(s->ssl);
}

const char *session_cipher(const struct session *s)
{
	return SSL_get_cipher_name(s->ssl);
}
