/* SPDX-License-Identifier: ISC */

/* The client's side of a handshake, against servers of every manner. */

#include <check.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/err.h"
#include "base/loop.h"
#include "tls/client.h"

#include "make_pair.h"
#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define HOST     "mta-sts.example.com"
#define ACME     "acme-tls/1"
#define OID      "1.3.6.1.5.5.7.1.31"
#define LONG_MS  20000
#define SHORT_MS 200
#define DIGEST                                                                 \
	"DER:0420"                                                             \
	"000102030405060708090a0b0c0d0e0f"                                     \
	"101112131415161718191a1b1c1d1e1f"

static const struct shown {
	const char *names, *identifier, *again; /* again: one more of them */
	bool is_ours;
} certificates[] = {
	{ "DNS:" HOST, "critical," DIGEST, NULL, true },
	{ "DNS:MTA-STS.Example.Com", "critical," DIGEST, NULL, true },
	{ "DNS:" HOST, NULL, NULL, false },
	{ "DNS:" HOST, DIGEST, NULL, false },
	{ "DNS:" HOST, "critical,DER:0500", NULL, false },
	{ "DNS:" HOST, "critical," DIGEST "00", NULL, false },
	{ "DNS:" HOST, "critical,DER:041f", NULL, false },
	{ "DNS:" HOST, "critical," DIGEST, "critical," DIGEST, false },
	{ "DNS:" HOST ",DNS:www.example.com", "critical," DIGEST, NULL, false },
	{ "DNS:" HOST ",IP:192.0.2.1", "critical," DIGEST, NULL, false },
	{ "DNS:example.com", "critical," DIGEST, NULL, false },
	{ "DNS:" HOST "x", "critical," DIGEST, NULL, false },
	{ "email:a@" HOST, "critical," DIGEST, NULL, false },
	{ "URI:" HOST, "critical," DIGEST, NULL, false },
	{ NULL, "critical," DIGEST, NULL, false },
};

/* What the other end of the socket does. */
struct server {
	int fd;
	void (*act)(const struct server *s);
	struct made made;
	bool alpn;
};

static void add_identifier(X509 *x, const char *value)
{
	X509_EXTENSION *e;

	if (value == NULL)
		return;
	e = X509V3_EXT_conf(NULL, NULL, OID, value);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static struct made make_shown(const struct shown *s)
{
	struct made m = make_pair(&(struct recipe){ .names = s->names });

	add_identifier(m.cert, s->identifier);
	add_identifier(m.cert, s->again);
	ck_assert_int_gt(X509_sign(m.cert, m.key, EVP_sha256()), 0);
	return m;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *cookie)
{
	const struct server *s = cookie;

	(void)ssl;
	if (!s->alpn)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	ck_assert_uint_eq(in_len, sizeof(ACME));
	ck_assert_int_eq(memcmp(in + 1, ACME, sizeof(ACME) - 1), 0);
	*out = in + 1;
	*out_len = in[0];
	return SSL_TLSEXT_ERR_OK;
}

static void serve_tls(const struct server *s)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct server copy = *s;
	SSL *ssl;

	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, s->made.cert), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, s->made.key), 1);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, &copy);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, s->fd);
	if (SSL_accept(ssl) == 1)
		ck_assert_str_eq(
		    SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), HOST);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	ERR_clear_error();
}

static void be_silent(const struct server *s)
{
	char bytes[4096];

	while (recv(s->fd, bytes, sizeof(bytes), 0) > 0)
		continue;
}

static void hang_up(const struct server *s)
{
	char bytes[4096];

	(void)recv(s->fd, bytes, sizeof(bytes), 0);
}

static void speak_http(const struct server *s)
{
	static const char answer[] = "HTTP/1.1 400 no TLS here\r\n\r\n";

	hang_up(s);
	(void)send(s->fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
	be_silent(s);
}

static void decline(const struct server *s)
{
	static const unsigned char alert[] = { 21, 3, 3, 0, 2, 2, 112 };

	hang_up(s);
	(void)send(s->fd, alert, sizeof(alert), MSG_NOSIGNAL);
	be_silent(s);
}

/* Bytes of a record that is never whole, for as long as somebody listens. */
static void drip(const struct server *s)
{
	static const unsigned char head[] = { 22, 3, 3, 0x3f, 0xff, 2, 0, 0x3f,
		0xfb };

	for (size_t i = 0;; i++) {
		if (send(s->fd, i < sizeof(head) ? &head[i] : head, 1,
		        MSG_NOSIGNAL) != 1)
			return;
		(void)usleep(5000);
	}
}

static void *serve(void *cookie)
{
	const struct server *s = cookie;
	sigset_t ours;

	/* The server here may raise it; the client must not. */
	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &ours, NULL);
	s->act(s);
	(void)shutdown(s->fd, SHUT_RDWR);
	return NULL;
}

struct meeting {
	enum client_end end;
	struct client *client;
	struct err err;
	int64_t took_ms;
};

static struct meeting meet(
    struct server *s, int64_t limit_ms, int stop_fd, struct client_tls *tls)
{
	struct meeting m = { .err = { "" } };
	struct client_plan plan = {
		.host = HOST,
		.alpn = ACME,
		.deadline_ms = clock_now_ms() + limit_ms,
		.stop_fd = stop_fd,
	};
	int64_t start_ms = clock_now_ms();
	pthread_t thread;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	s->fd = fds[1];
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, s), 0);
	m.end = client_shake(tls, fds[0], &plan, &m.client, &m.err);
	m.took_ms = clock_now_ms() - start_ms;
	(void)close(fds[0]);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	(void)close(fds[1]);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	return m;
}

START_TEST(rfc8737_3_a_challenge_certificate_is_told_from_all_others)
{
	const struct shown *c = &certificates[_i];
	struct server s = { .act = serve_tls, .alpn = true };
	struct client_tls *tls = client_tls_new(NULL);
	unsigned char digest[32];
	struct meeting m;

	s.made = make_shown(c);
	m = meet(&s, LONG_MS, -1, tls);
	ck_assert_msg(m.end == CLIENT_WELL, "%s", m.err.text);
	ck_assert_str_eq(client_alpn(m.client), ACME);
	ck_assert_int_eq(
	    client_acme_digest(m.client, HOST, digest), c->is_ours);
	for (unsigned char i = 0; c->is_ours && i < sizeof(digest); i++)
		ck_assert_uint_eq(digest[i], i);
	client_free(m.client);
	client_tls_free(tls);
	made_free(&s.made);
}
END_TEST

static const struct {
	void (*act)(const struct server *s);
	int64_t limit_ms;
	enum client_end end;
	const char *words;
} manners[] = {
	{ serve_tls, LONG_MS, CLIENT_ALERT,
	    "alert \"no application protocol\"" },
	{ decline, LONG_MS, CLIENT_ALERT, "alert \"unrecognized name\"" },
	{ speak_http, LONG_MS, CLIENT_NOT_TLS, "no TLS that we know" },
	{ hang_up, LONG_MS, CLIENT_CLOSED, "closed without an answer" },
	{ be_silent, SHORT_MS, CLIENT_SILENT, "no answer in time" },
	{ drip, SHORT_MS, CLIENT_SILENT, "no answer in time" },
};

START_TEST(every_manner_of_server_ends_in_words_and_in_time)
{
	struct server s = { .act = manners[_i].act };
	struct client_tls *tls = client_tls_new(NULL);
	struct meeting m;

	s.made = make_pair(&(struct recipe){ .names = "DNS:" HOST });
	m = meet(&s, manners[_i].limit_ms, -1, tls);
	ck_assert_int_eq(m.end, manners[_i].end);
	ck_assert_str_eq(m.err.text, manners[_i].words);
	ck_assert_ptr_null(m.client);
	if (manners[_i].limit_ms == SHORT_MS)
		ck_assert_int_ge(m.took_ms, SHORT_MS);
	ck_assert_int_lt(m.took_ms, LONG_MS / 2);
	client_tls_free(tls);
	made_free(&s.made);
}
END_TEST

START_TEST(what_is_stopped_ends_at_once)
{
	struct server s = { .act = be_silent };
	struct client_tls *tls = client_tls_new(NULL);
	struct meeting m;
	int stop[2];

	ck_assert_int_eq(pipe(stop), 0);
	(void)close(stop[1]);
	m = meet(&s, LONG_MS, stop[0], tls);
	ck_assert_int_eq(m.end, CLIENT_STOPPED);
	ck_assert_int_lt(m.took_ms, LONG_MS / 2);
	(void)close(stop[0]);
	client_tls_free(tls);
}
END_TEST

/* A listener, or nobody, at the loopback address. */
static int open_port(bool listening, struct peer *ret_peer)
{
	struct endpoint e;
	int fd;

	ck_assert_int_eq(endpoint_parse("127.0.0.1:0", 1, &e, NULL), 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&e.addr, e.len), 0);
	if (listening)
		ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(
	    getsockname(fd, (struct sockaddr *)&e.addr, &e.len), 0);
	peer_from_sockaddr((const struct sockaddr *)&e.addr, ret_peer);
	return fd;
}

START_TEST(connection_is_made_or_refused)
{
	static const struct {
		enum client_end end;
		const char *words;
	} ways[] = { { CLIENT_REFUSED, "connection refused" },
		{ CLIENT_WELL, "" } };
	struct client_plan plan = {
		.deadline_ms = clock_now_ms() + LONG_MS,
		.stop_fd = -1,
	};
	struct err err = { "" };
	struct peer peer;
	int port = open_port(_i, &peer), fd = -1;

	ck_assert_int_eq(client_connect(&peer, &plan, &fd, &err), ways[_i].end);
	ck_assert_str_eq(err.text, ways[_i].words);
	ck_assert_int_eq(fd >= 0, _i);
	if (fd >= 0)
		(void)close(fd);
	(void)close(port);
}
END_TEST

START_TEST(no_way_there_is_told)
{
	struct client_plan plan = {
		.deadline_ms = clock_now_ms() + LONG_MS,
		.stop_fd = -1,
	};
	struct err err;
	struct peer peer;
	int fd;

	/* A link-local address without a link leads nowhere. */
	ck_assert(peer_from_text("fe80::1", 7, &peer));
	peer.port = 443;
	ck_assert_int_eq(
	    client_connect(&peer, &plan, &fd, &err), CLIENT_UNREACHABLE);
	ck_assert_str_eq(err.text, "network unreachable");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("client");
	TCase *t = tcase_create("client");

	(void)signal(SIGPIPE, SIG_DFL); /* none may be raised */
	tcase_add_loop_test(t,
	    rfc8737_3_a_challenge_certificate_is_told_from_all_others, 0,
	    COUNT(certificates));
	tcase_add_loop_test(t, every_manner_of_server_ends_in_words_and_in_time,
	    0, COUNT(manners));
	tcase_add_test(t, what_is_stopped_ends_at_once);
	tcase_add_loop_test(t, connection_is_made_or_refused, 0, 2);
	tcase_add_test(t, no_way_there_is_told);
	suite_add_tcase(s, t);
	return suite_run(s);
}
