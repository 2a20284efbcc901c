/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as what a client of OpenSSL's and we do with one session, and
 * what happens to the bytes on their way. Each side reads what the other one
 * wrote and nothing else; no session is open to who named no host of ours; and
 * it fails for a reason alone.
 */
#include <assert.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "pieces.h"
#include "tls/session.h"
#include "truths.h"

#define OURS "mta-sts.a.example"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pair *find(void *cookie, const char *host, enum sni *why)
{
	const struct made *m = cookie;

	*why = SNI_UNKNOWN;
	return strcmp(host, OURS) == 0 ? &m->pair : NULL;
}

static bool challenge(
    void *cookie, const char *host, unsigned char ret_digest[32])
{
	(void)cookie;
	memset(ret_digest, 7, 32);
	return strcmp(host, OURS) == 0;
}

static struct tls *shared;

static void free_shared(void)
{
	tls_free(shared);
}

static struct tls *tls_made(void)
{
	static struct made m;
	const struct tls_calls calls = { find, challenge, &m };

	if (shared == NULL) {
		make(&m, OURS);
		shared = tls_new(&calls, 1 << 20, NULL);
		assert(shared != NULL && atexit(free_shared) == 0);
	}
	return shared;
}

static SSL_CTX *client_made(void)
{
	static SSL_CTX *ctx;

	if (ctx == NULL)
		ctx = SSL_CTX_new(TLS_client_method());
	assert(ctx != NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	return ctx;
}

/* Bytes go one way: each is told by its number. */
struct flow {
	unsigned char written, read;
	size_t count; /* written and not yet read */
};

struct talk {
	SSL *client;
	BIO *in, *out;
	struct session *s;
	struct flow up, down;
	bool ours, spoiled, ended;
	bool rude; /* the client did what we refuse */
};

static void fill(struct flow *f, unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = f->written++;
	f->count += len;
}

static void check(struct flow *f, const unsigned char *bytes, size_t len)
{
	assert(len <= f->count);
	for (size_t i = 0; i < len; i++)
		assert(bytes[i] == f->read++);
	f->count -= len;
}

/* The first byte says whom the client asks, and how. */
static void begin(struct talk *t, unsigned how)
{
	static const unsigned char alpn[][24] = { "", "\010http/1.1",
		"\002h2\010http/1.1", "\012acme-tls/1" };
	const unsigned char *list = alpn[how >> 2 & 3];
	char ours[] = OURS, other[] = "mta-sts.x.example";

	t->client = SSL_new(client_made());
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	t->s = session_new(tls_made());
	assert(t->client != NULL && t->in != NULL && t->out != NULL);
	assert(t->s != NULL);
	BIO_set_mem_eof_return(t->in, -1);
	SSL_set_bio(t->client, t->in, t->out);
	SSL_set_connect_state(t->client);
	t->ours = (how & 3) < 2;
	if ((how & 3) != 2)
		assert(SSL_set_tlsext_host_name(
		           t->client, t->ours ? ours : other) == 1);
	if ((how & 16) != 0)
		assert(SSL_set_max_proto_version(t->client, TLS1_2_VERSION));
	if ((how & 32) != 0)
		assert(SSL_set1_groups_list(t->client, "P-256:X25519"));
	assert(SSL_set_alpn_protos(
	           t->client, list, (unsigned)strlen((const char *)list)) == 0);
}

static void to_server(struct talk *t, size_t step, unsigned flip)
{
	unsigned char bytes[512];
	int len;

	while ((len = BIO_read(t->out, bytes, (int)step)) > 0) {
		if (flip != 0)
			t->spoiled = true;
		bytes[0] ^= (unsigned char)flip;
		(void)session_take(t->s, bytes, (size_t)len); /* looked at */
	}
}

static void to_client(struct talk *t)
{
	unsigned char bytes[64];
	const void *sent;
	size_t len;
	int n;

	sent = session_pending(t->s, &len);
	if (len > 0)
		assert(BIO_write(t->in, sent, (int)len) == (int)len);
	session_sent(t->s, len);
	n = SSL_do_handshake(t->client);
	if (!t->spoiled && !t->rude && session_state(t->s) != SESSION_FAILED)
		assert(SSL_get_error(t->client, n) != SSL_ERROR_SSL);
	while ((n = SSL_read(t->client, bytes, sizeof(bytes))) > 0)
		check(&t->down, bytes, (size_t)n);
	ERR_clear_error();
}

static void client_acts(struct talk *t, unsigned how)
{
	unsigned char bytes[32];

	t->rude = t->rude || how >= 29;
	if (!SSL_is_init_finished(t->client))
		(void)SSL_do_handshake(t->client); /* it may want more */
	else if (how == 31)
		(void)SSL_shutdown(t->client); /* one way is enough */
	else if (how == 30)
		/* TLS 1.2 has none, and refuses. */
		(void)SSL_key_update(t->client, SSL_KEY_UPDATE_REQUESTED);
	else if (how == 29)
		/* We refuse it, by an alert that does not end all. */
		(void)SSL_renegotiate(t->client);
	else if (SSL_get_shutdown(t->client) == 0) {
		struct flow before = t->up;

		fill(&t->up, bytes, how + 1);
		if (SSL_write(t->client, bytes, (int)how + 1) <= 0)
			t->up = before;
	}
	ERR_clear_error();
}

static void server_reads(struct talk *t, size_t cap)
{
	unsigned char bytes[32];
	size_t len = session_read(t->s, bytes, cap);

	assert(len <= cap);
	if (!t->spoiled || len > 0)
		check(&t->up, bytes, len);
}

static void server_writes(struct talk *t, unsigned how)
{
	enum session_state before = session_state(t->s);
	unsigned char bytes[16];
	struct flow down = t->down;

	fill(&t->down, bytes, how & 15);
	if (t->ended || session_write(t->s, bytes, how & 15, how > 15) != 0)
		t->down = down;
	else
		assert(before == SESSION_OPEN || before == SESSION_EOF);
	t->ended = t->ended || how > 15;
}

static void must_be_right(const struct talk *t)
{
	enum session_state state = session_state(t->s);

	assert((state == SESSION_FAILED) == (*session_why(t->s) != 0));
	must_be_seen(session_why(t->s));
	if (state != SESSION_OPEN && state != SESSION_EOF)
		return;
	assert(t->ours && session_sni(t->s) == SNI_OK);
	assert(strcmp(session_host(t->s), OURS) == 0);
	assert(strncmp(session_version(t->s), "TLSv1.", 6) == 0);
	assert(strcmp(session_cipher(t->s), "(NONE)") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct talk t = { .ours = false };

	if (size == 0)
		return 0;
	begin(&t, data[0]);
	for (size_t i = 1; i < size && i < 256; i++) {
		unsigned how = data[i] >> 3;

		switch (data[i] & 7) {
		case 0:
		case 1:
			to_server(&t, how == 0 ? 512 : how, 0);
			break;
		case 2:
		case 3:
			to_client(&t);
			break;
		case 4:
			client_acts(&t, how);
			break;
		case 5:
			server_reads(&t, how);
			break;
		case 6:
			server_writes(&t, how);
			break;
		case 7:
			to_server(&t, 512, how);
			break;
		}
		must_be_right(&t);
	}
	SSL_free(t.client);
	session_free(t.s);
	ERR_clear_error();
	return 0;
}
