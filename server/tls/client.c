/* SPDX-License-Identifier: ISC */

/*
 * A TLS client between memory and a socket: each turn sends what OpenSSL has
 * for the peer, then waits for more until the deadline. SSL_VERIFY_NONE,
 * since a challenge certificate is self-signed, and what another server shows
 * is to be seen, not trusted.
 */

#include "tls/client.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/loop.h"
#include "policy/host.h"
#include "tls/client_part.h"

#define ACME_IDENTIFIER "1.3.6.1.5.5.7.1.31"

#define READ_MAX      16384
#define DIGEST_LEN    32
#define OCTET_STRING  4
#define DIGEST_HEADER 2

struct client_tls {
	SSL_CTX *ctx;
};

struct client {
	SSL *ssl;
	BIO *in, *out; /* the SSL's */
	char alpn[CLIENT_ALPN_MAX];
};

static void take_reason(struct err *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	err_set(err, "%s: %s", what,
	    reason == NULL ? "it does not say why" : reason);
	ERR_clear_error();
}

struct client_tls *client_tls_new(struct err *err)
{
	struct client_tls *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		err_set(err, "no memory for TLS");
		return NULL;
	}
	ERR_clear_error();
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL ||
	    SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION) != 1) {
		take_reason(err, "OpenSSL refuses the settings of TLS");
		client_tls_free(t);
		return NULL;
	}
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	return t;
}

void client_tls_free(struct client_tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

void client_free(struct client *c)
{
	if (c == NULL)
		return;
	SSL_free(c->ssl);
	free(c);
}

static bool set_up(struct client *c, const struct client_plan *p)
{
	unsigned char list[CLIENT_ALPN_MAX];
	size_t len = p->alpn == NULL ? 0 : strlen(p->alpn);
	char host[HOST_MAX + 1]; /* OpenSSL wants one that it may write to */

	if (len >= sizeof(list) || strlen(p->host) >= sizeof(host))
		return false;
	memcpy(host, p->host, strlen(p->host) + 1);
	if (SSL_set_tlsext_host_name(c->ssl, host) != 1)
		return false;
	SSL_set_connect_state(c->ssl);
	if (len == 0)
		return true;
	list[0] = (unsigned char)len;
	memcpy(list + 1, p->alpn, len);
	return SSL_set_alpn_protos(c->ssl, list, (unsigned)len + 1) == 0;
}

static struct client *prepare(
    struct client_tls *t, const struct client_plan *p, struct err *err)
{
	struct client *c = calloc(1, sizeof(*c));

	ERR_clear_error();
	if (c == NULL) {
		err_set(err, "no memory for TLS");
		return NULL;
	}
	c->ssl = SSL_new(t->ctx);
	c->in = BIO_new(BIO_s_mem());
	c->out = BIO_new(BIO_s_mem());
	if (c->ssl == NULL || c->in == NULL || c->out == NULL) {
		BIO_free(c->in);
		BIO_free(c->out);
		goto failed;
	}
	BIO_set_mem_eof_return(c->in, -1);
	SSL_set_bio(c->ssl, c->in, c->out);
	if (set_up(c, p))
		return c;
failed:
	take_reason(err, "OpenSSL");
	client_free(c);
	return NULL;
}

/* OpenSSL has given up: was it the peer that said so? */
static enum client_end judge(struct err *err)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);

	ERR_clear_error();
	if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
		err_set(err, "alert \"%s\"",
		    SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
		return CLIENT_ALERT;
	}
	err_set(err, "no TLS that we know");
	return CLIENT_NOT_TLS;
}

static enum client_end send_all(
    struct client *c, int fd, const struct client_plan *p)
{
	char bytes[READ_MAX];
	enum client_end end;
	ssize_t sent;
	int len;

	while ((len = BIO_read(c->out, bytes, sizeof(bytes))) > 0) {
		for (int at = 0; at < len; at += (int)sent) {
			end = client_wait(fd, true, p);
			if (end != CLIENT_WELL)
				return end;
			sent = send(fd, bytes + at, (size_t)(len - at),
			    MSG_NOSIGNAL | MSG_DONTWAIT);
			if (sent < 0 && errno != EAGAIN && errno != EINTR)
				return CLIENT_CLOSED;
			if (sent < 0)
				sent = 0;
		}
	}
	return CLIENT_WELL;
}

static enum client_end receive(
    struct client *c, int fd, const struct client_plan *p)
{
	char bytes[READ_MAX];
	enum client_end end = client_wait(fd, false, p);
	ssize_t len;

	if (end != CLIENT_WELL)
		return end;
	len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
		return CLIENT_CLOSED;
	if (len > 0 && BIO_write(c->in, bytes, (int)len) != (int)len)
		return CLIENT_NOT_TLS;
	return CLIENT_WELL;
}

static enum client_end shake(
    struct client *c, int fd, const struct client_plan *p, struct err *err)
{
	enum client_end end;
	int result;

	for (;;) {
		ERR_clear_error();
		result = SSL_do_handshake(c->ssl);
		if (result != 1 &&
		    SSL_get_error(c->ssl, result) != SSL_ERROR_WANT_READ)
			return judge(err);
		end = send_all(c, fd, p);
		if (end == CLIENT_WELL && result != 1)
			end = receive(c, fd, p);
		if (end != CLIENT_WELL || result == 1)
			break;
	}
	client_end_words(end, err);
	ERR_clear_error();
	return end;
}

enum client_end client_shake(struct client_tls *t, int fd,
    const struct client_plan *p, struct client **ret_client, struct err *err)
{
	struct client *c = prepare(t, p, err);
	const unsigned char *alpn;
	enum client_end end;
	unsigned len;

	if (c == NULL)
		return CLIENT_NOT_TLS;
	end = shake(c, fd, p, err);
	if (end != CLIENT_WELL) {
		client_free(c);
		return end;
	}
	SSL_get0_alpn_selected(c->ssl, &alpn, &len);
	if (len != 0 && len < sizeof(c->alpn))
		memcpy(c->alpn, alpn, len);
	*ret_client = c;
	return CLIENT_WELL;
}

const char *client_alpn(const struct client *c)
{
	return c->alpn;
}

/* Has it one name, and is that host? */
static bool is_for(const X509 *x, const char *host)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	const ASN1_STRING *name;
	bool result = false;

	if (sk_GENERAL_NAME_num(names) == 1 &&
	    sk_GENERAL_NAME_value(names, 0)->type == GEN_DNS) {
		name = sk_GENERAL_NAME_value(names, 0)->d.dNSName;
		result =
		    (size_t)ASN1_STRING_length(name) == strlen(host) &&
		    strncasecmp(host, (const char *)ASN1_STRING_get0_data(name),
		        strlen(host)) == 0;
	}
	GENERAL_NAMES_free(names);
	return result;
}

/* The one extension of that kind; NULL: there is none, or several. */
static X509_EXTENSION *find_extension(const X509 *x, const char *oid)
{
	ASN1_OBJECT *kind = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *e = NULL;
	int at;

	if (kind == NULL)
		return NULL;
	at = X509_get_ext_by_OBJ(x, kind, -1);
	if (at >= 0 && X509_get_ext_by_OBJ(x, kind, at) < 0)
		e = X509_get_ext(x, at);
	ASN1_OBJECT_free(kind);
	return e;
}

static bool read_digest(const X509 *x, unsigned char ret_digest[DIGEST_LEN])
{
	X509_EXTENSION *e = find_extension(x, ACME_IDENTIFIER);
	const ASN1_OCTET_STRING *value;
	const unsigned char *bytes;

	if (e == NULL || !X509_EXTENSION_get_critical(e))
		return false;
	value = X509_EXTENSION_get_data(e);
	bytes = ASN1_STRING_get0_data(value);
	if (ASN1_STRING_length(value) != DIGEST_HEADER + DIGEST_LEN ||
	    bytes[0] != OCTET_STRING || bytes[1] != DIGEST_LEN)
		return false;
	memcpy(ret_digest, bytes + DIGEST_HEADER, DIGEST_LEN);
	return true;
}

bool client_acme_digest(
    const struct client *c, const char *host, unsigned char ret_digest[32])
{
	X509 *x = SSL_get0_peer_certificate(c->ssl);
	bool result =
	    x != NULL && is_for(x, host) && read_digest(x, ret_digest);

	ERR_clear_error();
	return result;
}
