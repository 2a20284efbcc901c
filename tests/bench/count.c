/* SPDX-License-Identifier: ISC */

/*
 * The way of a fetch through one worker, between memory and memory: the
 * session, the gate, the site with libmicrohttpd behind it, and an OpenSSL
 * client. What the served_ functions do is a worker's share; count.py has
 * callgrind count the instructions of these alone.
 * usage: count CERT KEY COUNT
 */

#include <openssl/ssl.h>

#include <err.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "http/gate.h"
#include "http/site.h"
#include "policy/catalog.h"
#include "tls/pair.h"
#include "tls/session.h"

#define HOST   "mta-sts.d0.example"
#define POLICY "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
#define ASKED  "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: " HOST "\r\n\r\n"
#define APART  __attribute__((noinline))

static struct pair pair;
static struct tls *tls;
static struct site *site;

static const struct pair *find(void *cookie, const char *host, enum sni *why)
{
	(void)cookie;
	*why = SNI_UNKNOWN;
	return pair_covers(&pair, host) ? &pair : NULL;
}

static const struct tls_calls calls = { .find = find };

static void set_up(struct arena *arena, const char *cert, const char *key)
{
	const struct catalog_entry entry = { .domain = "d0.example",
		.host = HOST,
		.origin = "count",
		.id = "1",
		.policy = POLICY,
		.policy_len = sizeof(POLICY) - 1 };
	struct site_plan plan = { .challenges = -1 };
	struct catalog *catalog = catalog_new(arena);
	struct pair_reader *reader = pair_reader_new(arena);
	struct err err = { "" };
	unsigned odd;

	if (catalog_add(catalog, &entry) != 0 ||
	    pair_read(reader, cert, key, &pair, &odd, &err) != 0)
		errx(2, "%s: %s", cert, err.text);
	pair_reader_free(reader);
	catalog_seal(catalog);
	plan.catalog = catalog;
	tls = tls_new(&calls, (size_t)1 << 20, &err);
	site = site_new(&plan, &err);
	if (tls == NULL || site == NULL)
		errx(2, "%s", err.text);
}

static APART struct session *served_accept(void)
{
	return session_new(tls);
}

static APART void served_take(struct session *s, const char *bytes, size_t len)
{
	(void)session_take(s, bytes, len);
}

static APART unsigned served_answer(struct session *s)
{
	char plain[GATE_HEAD_MAX + 1], answer[SITE_ANSWER_MAX];
	struct answered answered = { 0, NULL };
	struct gate gate;
	size_t n;

	gate_init(&gate, session_host(s));
	n = session_read(s, plain, sizeof(plain));
	if (gate_feed(&gate, plain, n) != GATE_WHOLE)
		return 0;
	n = site_answer(
	    site, DOOR_HTTPS, gate_request(&gate), answer, &answered);
	return session_write(s, answer, n, true) == 0 ? answered.status : 0;
}

static APART void served_close(struct session *s)
{
	session_free(s);
}

/* What the client has to say is taken by the session. */
static void say(SSL *client, struct session *s)
{
	char bytes[16384];
	int n = BIO_read(SSL_get_wbio(client), bytes, sizeof(bytes));

	served_take(s, bytes, n > 0 ? (size_t)n : 0);
}

static void fetch(SSL_CTX *ctx)
{
	SSL *client = SSL_new(ctx);
	struct session *s = served_accept();
	const void *flight;
	size_t len;

	if (client == NULL || s == NULL)
		errx(2, "no memory");
	SSL_set_bio(client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(client);
	(void)SSL_set_tlsext_host_name(client, HOST);
	(void)SSL_do_handshake(client);
	say(client, s);
	flight = session_pending(s, &len);
	(void)BIO_write(SSL_get_rbio(client), flight, (int)len);
	session_sent(s, len);
	if (SSL_do_handshake(client) != 1 ||
	    SSL_write(client, ASKED, sizeof(ASKED) - 1) <= 0)
		errx(2, "no handshake");
	say(client, s);
	if (served_answer(s) != 200)
		errx(2, "no policy");
	served_close(s);
	SSL_free(client);
}

int main(int argc, char *argv[])
{
	long count = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct arena *arena = arena_new(true);

	if (count < 1 || ctx == NULL || arena == NULL)
		errx(2, "usage: count CERT KEY COUNT");
	set_up(arena, argv[1], argv[2]);
	for (long i = 0; i < count; i++)
		fetch(ctx);
	printf("OpenSSL-%s libmicrohttpd-%s\n",
	    OpenSSL_version(OPENSSL_VERSION_STRING), MHD_get_version());
	site_free(site);
	tls_free(tls);
	SSL_CTX_free(ctx);
	arena_free(arena);
	return 0;
}
