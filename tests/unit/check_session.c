/* SPDX-License-Identifier: ISC */

/*
 * Our side of TLS against OpenSSL's client, between memory and memory; and
 * against hellos made by hand where that client is too well behaved.
 */

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "make_pair.h"
#include "tls/pair.h"
#include "tls/session.h"

#include "suite.h"

#define CACHE      ((size_t)1 << 20)
#define UNTRUSTED  "the client did not trust the certificate (alert unknown_ca)"
#define NO_VERSION "the client offered no TLS 1.2 or 1.3"

static struct arena *arena;
static struct made root, middle;
static struct tls *tls;
static struct pair pairs[4];
static SSL_CTX *ctx; /* the client's */

static const struct recipe recipes[] = {
	{ .names = "DNS:mta-sts.ec.example,DNS:*.wild.example" },
	{ .names = "DNS:mta-sts.rsa.example", .kind = "RSA" },
	{ .names = "DNS:mta-sts.p384.example", .curve = "P-384" },
	{ .names = "DNS:mta-sts.old.example", .from = -20 * DAY, .to = -DAY },
};

static const struct pair *find(void *cookie, const char *host, enum sni *why)
{
	(void)cookie;
	for (size_t i = 0; i < 4; i++)
		if (pair_covers(&pairs[i], host))
			return &pairs[i];
	*why = strcmp(host, "mta-sts.none.example") == 0 ? SNI_NO_PAIR
	                                                 : SNI_UNKNOWN;
	return NULL;
}

static const unsigned char digest[32] = "\0\1\2\377 32 bytes of a digest, and";
static bool waits; /* a challenge for some hosts */

static bool find_challenge(
    void *cookie, const char *host, unsigned char ret_digest[32])
{
	(void)cookie;
	if (!waits || (strcmp(host, "mta-sts.ec.example") != 0 &&
	                  strcmp(host, "mta-sts.rsa.example") != 0 &&
	                  strcmp(host, "mta-sts.none.example") != 0 &&
	                  strcmp(host, "who.example") != 0))
		return false;
	memcpy(ret_digest, digest, sizeof(digest));
	return true;
}

static const struct tls_calls calls = { find, find_challenge, NULL };

static void make_pairs(void)
{
	char dir[] = "/tmp/check_session.XXXXXX", cert[96], key[96];
	struct pair_reader *reader;
	struct err err = { "" };
	unsigned odd;

	arena = arena_new(true);
	reader = pair_reader_new(arena);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	snprintf(key, sizeof(key), "%s/key.pem", dir);
	for (size_t i = 0; i < 4; i++) {
		struct recipe r = recipes[i];
		struct made m;

		r.issuer = &middle;
		m = make_pair(&r);
		write_certs(cert, m.cert, middle.cert, NULL);
		write_key(key, m.key);
		ck_assert_msg(
		    pair_read(reader, cert, key, &pairs[i], &odd, &err) == 0,
		    "%s", err.text);
		made_free(&m);
	}
	pair_reader_free(reader);
	unlink(cert);
	unlink(key);
	rmdir(dir);
}

static void set_up(void)
{
	struct recipe r = { .is_ca = true, .subject = "root" };
	struct err err = { "" };

	root = make_pair(&r);
	r.issuer = &root;
	r.subject = "middle";
	middle = make_pair(&r);
	make_pairs();
	tls = tls_new(&calls, CACHE, &err);
	ck_assert_msg(tls != NULL, "%s", err.text);
	ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_security_level(ctx, 0);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root.cert);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
}

static void tear_down(void)
{
	SSL_CTX_free(ctx);
	tls_free(tls);
	made_free(&root);
	made_free(&middle);
	arena_free(arena);
}

/* A client and a session that talk to each other. */
struct talk {
	SSL *c;
	BIO *in, *out;
	struct session *s;
	size_t step; /* bytes at a time; 0: all there are */
	int flights; /* of the client's */
};

/* OpenSSL's macros take what they read for theirs to write. */
static void set_sni(SSL *c, const char *sni)
{
	char name[300];

	snprintf(name, sizeof(name), "%s", sni);
	ck_assert_int_eq(SSL_set_tlsext_host_name(c, name), 1);
}

static void set_groups(SSL *c, const char *list)
{
	char groups[64];

	snprintf(groups, sizeof(groups), "%s", list);
	ck_assert_int_eq(SSL_set1_groups_list(c, groups), 1);
}

static struct talk talk_new(const char *sni)
{
	struct talk t = {
		.c = SSL_new(ctx),
		.in = BIO_new(BIO_s_mem()),
		.out = BIO_new(BIO_s_mem()),
		.s = session_new(tls),
	};

	ck_assert_ptr_nonnull(t.s);
	BIO_set_mem_eof_return(t.in, -1);
	SSL_set_bio(t.c, t.in, t.out);
	SSL_set_connect_state(t.c);
	if (sni != NULL) {
		set_sni(t.c, sni);
		SSL_set1_host(t.c, sni);
	}
	return t;
}

static void talk_free(struct talk *t)
{
	SSL_free(t->c);
	session_free(t->s);
	ERR_clear_error();
}

static bool to_session(struct talk *t)
{
	unsigned char bytes[16384];
	size_t cap = t->step == 0 ? sizeof(bytes) : t->step;
	int n = BIO_read(t->out, bytes, (int)cap);

	if (n <= 0)
		return false;
	(void)session_take(t->s, bytes, (size_t)n);
	t->flights++;
	return true;
}

static bool to_client(struct talk *t)
{
	size_t len;
	const void *bytes = session_pending(t->s, &len);

	if (len == 0)
		return false;
	if (t->step != 0 && len > t->step)
		len = t->step;
	ck_assert_int_eq(BIO_write(t->in, bytes, (int)len), (int)len);
	session_sent(t->s, len);
	return true;
}

/* Until neither has anything to say. 1 as SSL_do_handshake. */
static int shake_hands(struct talk *t)
{
	bool moved = true;
	int result = 0;

	while (moved) {
		ERR_clear_error();
		result = SSL_do_handshake(t->c);
		moved = to_session(t);
		moved = to_client(t) || moved;
	}
	return result;
}

static int client_alert;

static void on_info(const SSL *c, int where, int value)
{
	(void)c;
	if (where == SSL_CB_READ_ALERT)
		client_alert = value & 0xff;
}

static void expect_alert(struct talk *t, int alert)
{
	client_alert = -1;
	SSL_set_info_callback(t->c, on_info);
	(void)shake_hands(t);
	ck_assert_int_eq(client_alert, alert);
	ck_assert_int_eq(session_state(t->s), SESSION_FAILED);
	ck_assert_str_ne(session_why(t->s), "");
}

static void expect_text(struct talk *t, const char *text)
{
	char bytes[256];
	size_t len = session_read(t->s, bytes, sizeof(bytes));

	ck_assert_uint_eq(len, strlen(text));
	ck_assert_mem_eq(bytes, text, len);
}

static const struct {
	const char *host;
	int version;
	const char *cipher, *groups;
	size_t step;
} good[] = {
	{ "mta-sts.ec.example", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", NULL,
	    0 },
	{ "mta-sts.ec.example", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256",
	    NULL, 0 },
	{ "mta-sts.rsa.example", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", NULL,
	    0 },
	{ "mta-sts.rsa.example", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256",
	    NULL, 0 },
	{ "mta-sts.p384.example", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256",
	    NULL, 0 },
	{ "mta-sts.p384.example", TLS1_2_VERSION,
	    "ECDHE-ECDSA-AES128-GCM-SHA256", NULL, 0 },
	{ "mta-sts.wild.example", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256",
	    NULL, 0 },
	{ "mta-sts.ec.example", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256",
	    "P-256", 0 },
	/* the first share is of no group of ours: a second hello */
	{ "mta-sts.ec.example", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256",
	    "P-384:P-256", 0 },
	{ "mta-sts.ec.example", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256",
	    "P-384:P-256", 1 },
	{ "mta-sts.ec.example", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", NULL,
	    1 },
	{ "mta-sts.rsa.example", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256",
	    NULL, 1 },
	{ "mta-sts.rsa.example", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256",
	    "P-256", 7 },
};

static void expect_chain(struct talk *t, const char *host)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(t->c);

	ck_assert_int_eq(sk_X509_num(chain), 2);
	ck_assert_int_eq(
	    X509_check_host(sk_X509_value(chain, 0), host, 0, 0, NULL), 1);
	ck_assert_int_eq(X509_cmp(sk_X509_value(chain, 1), middle.cert), 0);
}

START_TEST(rfc8461_h8_h11_a_whole_session)
{
	struct talk t = talk_new(good[_i].host);
	static const char answer[] = "version: STSv1\r\n";
	char bytes[256];

	t.step = good[_i].step;
	SSL_set_min_proto_version(t.c, good[_i].version);
	SSL_set_max_proto_version(t.c, good[_i].version);
	if (good[_i].groups != NULL)
		set_groups(t.c, good[_i].groups);
	ck_assert_int_eq(session_write(t.s, "x", 1, false), -1);
	ck_assert_int_eq(shake_hands(&t), 1);
	ck_assert_int_eq(session_state(t.s), SESSION_OPEN);
	ck_assert_str_eq(session_host(t.s), good[_i].host);
	ck_assert_int_eq(session_sni(t.s), SNI_OK);
	ck_assert_str_eq(SSL_get_cipher_name(t.c), good[_i].cipher);
	ck_assert_str_eq(session_cipher(t.s), good[_i].cipher);
	ck_assert_str_eq(session_version(t.s), SSL_get_version(t.c));
	expect_chain(&t, good[_i].host);
	ck_assert_uint_eq(session_read(t.s, bytes, sizeof(bytes)), 0);

	ck_assert_int_eq(SSL_write(t.c, "GET", 3), 3);
	while (to_session(&t))
		continue;
	ck_assert_int_eq(session_state(t.s), SESSION_OPEN);
	expect_text(&t, "GET");
	ck_assert_int_eq(SSL_shutdown(t.c), 0);
	while (to_session(&t))
		continue;
	ck_assert_int_eq(session_state(t.s), SESSION_EOF);

	ck_assert_int_eq(session_write(t.s, answer, strlen(answer), true), 0);
	while (to_client(&t))
		continue;
	ck_assert_int_eq(
	    SSL_read(t.c, bytes, sizeof(bytes)), (int)strlen(answer));
	ck_assert_mem_eq(bytes, answer, strlen(answer));
	ck_assert_int_eq(SSL_read(t.c, bytes, sizeof(bytes)), 0);
	ck_assert_int_eq(SSL_get_error(t.c, 0), SSL_ERROR_ZERO_RETURN);
	ck_assert_str_eq(session_why(t.s), "");
	talk_free(&t);
}
END_TEST

START_TEST(what_comes_with_the_last_flight_is_read)
{
	struct talk t = talk_new("mta-sts.ec.example");

	(void)SSL_do_handshake(t.c);
	to_session(&t);
	to_client(&t);
	ck_assert_int_eq(SSL_do_handshake(t.c), 1);
	ck_assert_int_eq(SSL_write(t.c, "GET", 3), 3);
	ck_assert_int_eq(SSL_shutdown(t.c), 0);
	ck_assert_int_eq(session_state(t.s), SESSION_HANDSHAKE);
	to_session(&t);
	ck_assert_int_eq(session_state(t.s), SESSION_OPEN);
	expect_text(&t, "GET");
	expect_text(&t, "");
	ck_assert_int_eq(session_state(t.s), SESSION_EOF);
	talk_free(&t);
}
END_TEST

#define X25519MLKEM768 (TLSEXT_nid_unknown | 0x11ec)

/* A star: a share of it is sent; OpenSSL's client knows that from 3.5 on. */
static const struct {
	const char *groups;
	bool from_3_5;
	int chosen, flights;
} groups[] = {
	{ "X25519:P-256", false, NID_X25519, 2 },
	{ "P-256:X25519", false, NID_X9_62_prime256v1, 2 },
	{ "P-384:P-256", false, NID_X9_62_prime256v1, 3 },
	{ "*X25519MLKEM768:*X25519", true, X25519MLKEM768, 2 },
	{ "X25519MLKEM768:*X25519", true, NID_X25519, 2 },
	{ "X25519MLKEM768:*P-256", true, NID_X9_62_prime256v1, 2 },
	{ "*X25519MLKEM768", true, X25519MLKEM768, 2 },
};

START_TEST(a_group_with_a_share_is_taken_without_a_second_hello)
{
	struct talk t;

	if (groups[_i].from_3_5 && OpenSSL_version_num() < 0x30500000UL)
		return;
	t = talk_new("mta-sts.ec.example");
	set_groups(t.c, groups[_i].groups);
	ck_assert_int_eq(shake_hands(&t), 1);
	ck_assert_int_eq((int)SSL_get_negotiated_group(t.c), groups[_i].chosen);
	ck_assert_int_eq(t.flights, groups[_i].flights);
	talk_free(&t);
}
END_TEST

static int new_sessions;

static int on_session(SSL *c, SSL_SESSION *session)
{
	(void)c;
	(void)session;
	new_sessions++;
	return 0;
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

START_TEST(rfc8461_h11_no_ticket_is_sent_and_nothing_is_resumed)
{
	SSL_SESSION *session = NULL;

	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(ctx, on_session);
	SSL_CTX_set_min_proto_version(ctx, versions[_i]);
	SSL_CTX_set_max_proto_version(ctx, versions[_i]);
	new_sessions = 0;
	for (int i = 0; i < 2; i++) {
		struct talk t = talk_new("mta-sts.ec.example");
		char byte;

		if (session != NULL)
			SSL_set_session(t.c, session);
		SSL_SESSION_free(session);
		ck_assert_int_eq(shake_hands(&t), 1);
		ck_assert_int_eq(session_write(t.s, "x", 1, true), 0);
		to_client(&t);
		ck_assert_int_eq(SSL_read(t.c, &byte, 1), 1);
		ck_assert_int_eq(SSL_session_reused(t.c), 0);
		session = SSL_get1_session(t.c);
		ck_assert_int_eq(SSL_SESSION_has_ticket(session), 0);
		ck_assert_int_eq(SSL_SESSION_is_resumable(session), 0);
		talk_free(&t);
	}
	SSL_SESSION_free(session);
	ck_assert_int_eq(new_sessions, 0);
}
END_TEST

START_TEST(rfc8461_h11_renegotiation_is_refused)
{
	struct talk t = talk_new("mta-sts.ec.example");

	SSL_set_max_proto_version(t.c, TLS1_2_VERSION);
	ck_assert_int_eq(shake_hands(&t), 1);
	ck_assert_int_eq(SSL_renegotiate(t.c), 1);
	client_alert = -1;
	SSL_set_info_callback(t.c, on_info);
	ck_assert_int_ne(shake_hands(&t), 1);
	ck_assert_int_eq(client_alert, SSL_AD_NO_RENEGOTIATION);
	talk_free(&t);
}
END_TEST

START_TEST(key_updates_are_counted)
{
	struct talk t = talk_new("mta-sts.ec.example");
	int sent;

	ck_assert_int_eq(shake_hands(&t), 1);
	for (sent = 0; session_state(t.s) == SESSION_OPEN && sent < 100;
	     sent++) {
		ck_assert_int_eq(
		    SSL_key_update(t.c, SSL_KEY_UPDATE_REQUESTED), 1);
		ck_assert_int_eq(SSL_do_handshake(t.c), 1);
		while (to_session(&t))
			continue;
	}
	ck_assert_int_eq(session_state(t.s), SESSION_FAILED);
	ck_assert_int_gt(sent, 2);
	ck_assert_int_lt(sent, 20);
	ck_assert_str_eq(
	    session_why(t.s), "the client sent handshake messages without end");
	talk_free(&t);
}
END_TEST

static const struct {
	const char *sni, *host;
	enum sni why;
} snis[] = {
	{ "MTA-STS.EC.Example", "mta-sts.ec.example", SNI_OK },
	{ "mta-sts.ec.example.", "mta-sts.ec.example", SNI_OK },
	{ "mta-sts.ec.example..", "", SNI_BAD },
	{ "192.0.2.1", "", SNI_BAD },
	{ "2001:db8::1", "", SNI_BAD },
	{ "[2001:db8::1]", "", SNI_BAD },
	{ "localhost", "", SNI_BAD },
	{ "mta_sts.ec.example", "", SNI_BAD },
	{ "*.wild.example", "", SNI_BAD },
	{ "ec.example", "ec.example", SNI_UNKNOWN },
	{ "a.mta-sts.ec.example", "a.mta-sts.ec.example", SNI_UNKNOWN },
	{ "wild.example", "wild.example", SNI_UNKNOWN },
	{ "a.b.wild.example", "a.b.wild.example", SNI_UNKNOWN },
	{ "mta-sts.none.example", "mta-sts.none.example", SNI_NO_PAIR },
	{ NULL, "", SNI_NONE },
};

START_TEST(rfc8461_h10_no_certificate_for_a_name_that_is_not_ours)
{
	struct talk t = talk_new(NULL);

	if (snis[_i].sni != NULL)
		set_sni(t.c, snis[_i].sni);
	if (snis[_i].why == SNI_OK) {
		ck_assert_int_eq(shake_hands(&t), 1);
	} else {
		expect_alert(&t, SSL_AD_UNRECOGNIZED_NAME);
		ck_assert_ptr_null(SSL_get0_peer_certificate(t.c));
	}
	ck_assert_str_eq(session_host(t.s), snis[_i].host);
	ck_assert_int_eq(session_sni(t.s), snis[_i].why);
	talk_free(&t);
}
END_TEST

/* A hello made by hand, of TLS 1.2 or below, with one extension or none. */
struct hello {
	unsigned char bytes[1024];
	size_t len;
};

static void put(struct hello *h, const void *bytes, size_t len)
{
	ck_assert_uint_le(h->len + len, sizeof(h->bytes));
	memcpy(h->bytes + h->len, bytes, len);
	h->len += len;
}

static void set_length(struct hello *h, size_t at, size_t bytes)
{
	size_t len = h->len - at - bytes;

	for (size_t i = 0; i < bytes; i++)
		h->bytes[at + i] =
		    (unsigned char)(len >> 8 * (bytes - 1 - i) & 0xff);
}

static struct hello make_hello(
    unsigned char minor, const void *ext, size_t ext_len)
{
	struct hello h = { .len = 0 };
	const unsigned char start[] = { 22, 3, 1, 0, 0, 1, 0, 0, 0, 3, minor };
	static const unsigned char random[32] = { 1, 2, 3 };
	/* no session; ECDHE-ECDSA-AES128-GCM-SHA256 and -SHA; no compression */
	static const unsigned char offer[] = { 0, 0, 4, 0xc0, 0x2b, 0xc0, 0x09,
		1, 0 };
	/* groups P-256; points; ecdsa_secp256r1_sha256 */
	static const unsigned char others[] = { 0, 10, 0, 4, 0, 2, 0, 23, 0, 11,
		0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3 };
	size_t exts;

	put(&h, start, sizeof(start));
	put(&h, random, sizeof(random));
	put(&h, offer, sizeof(offer));
	exts = h.len;
	put(&h, "\0\0", 2);
	if (ext != NULL) {
		size_t at = h.len + 2;

		put(&h, "\0\0\0\0", 4);
		put(&h, ext, ext_len);
		set_length(&h, at, 2);
	}
	put(&h, others, sizeof(others));
	set_length(&h, exts, 2);
	set_length(&h, 6, 3);
	set_length(&h, 3, 2);
	return h;
}

/* list length, type, name length, name; each as it should be or not */
#define NAME    "mta-sts.ec.example"
#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char *ext;
	size_t len;
	enum sni why;
} raws[] = {
	{ TEXT("\0\x15\0\0\x12" NAME), SNI_OK },
	{ NULL, 0, SNI_NONE },
	{ TEXT("\0\x16\0\0\x13" NAME "\0"), SNI_BAD },
	{ TEXT("\0\x16\0\0\x13mta-sts.ec.exampl\0e"), SNI_BAD },
	{ TEXT("\0\x15\1\0\x12" NAME), SNI_BAD },
	{ TEXT("\0\x15\0\0\x11" NAME), SNI_BAD },
	{ TEXT("\0\x15\0\0\x13" NAME), SNI_BAD },
	{ TEXT("\0\x14\0\0\x12" NAME), SNI_BAD },
	{ TEXT("\0\x16\0\0\x12" NAME), SNI_BAD },
	{ TEXT("\0\x15\0\0\x12" NAME "x"), SNI_BAD },
	{ TEXT("\0\x2a\0\0\x12" NAME "\0\0\x12" NAME), SNI_BAD },
	{ TEXT("\0\x2a\0\0\x12" NAME "\1\0\x12" NAME), SNI_BAD },
	{ TEXT("\0\x03\0\0\0"), SNI_BAD },
	{ TEXT("\0\0"), SNI_BAD },
	{ TEXT("\0"), SNI_BAD },
	{ TEXT(""), SNI_BAD },
	{ TEXT("\0\x15\0\0\xff" NAME), SNI_BAD },
	{ TEXT("\xff\xff\0\xff\xff" NAME), SNI_BAD },
};

static bool holds_leaf(struct session *s)
{
	size_t len;
	const void *bytes = session_pending(s, &len);

	return memmem(bytes, len, pairs[0].leaf.bytes, pairs[0].leaf.len) !=
	       NULL;
}

static void expect_only_alert(struct session *s, unsigned char alert)
{
	const unsigned char expected[] = { 0, 2, 2, alert };
	size_t len;
	const unsigned char *bytes = session_pending(s, &len);

	ck_assert_int_eq(session_state(s), SESSION_FAILED);
	ck_assert_uint_eq(len, 7);
	ck_assert_uint_eq(bytes[0], 21);
	ck_assert_mem_eq(bytes + 3, expected, 4);
}

START_TEST(rfc6066_an_sni_that_is_not_one_host_name_is_refused)
{
	struct hello h = make_hello(3, raws[_i].ext, raws[_i].len);
	struct session *s = session_new(tls);

	(void)session_take(s, h.bytes, h.len);
	ck_assert_int_eq(session_sni(s), raws[_i].why);
	if (raws[_i].why == SNI_OK)
		ck_assert(holds_leaf(s));
	else
		expect_only_alert(s, SSL_AD_UNRECOGNIZED_NAME);
	session_free(s);
}
END_TEST

START_TEST(an_sni_of_255_or_256_bytes_is_refused)
{
	unsigned char ext[5 + 256] = { 1, 3, 0, 1, 0 };
	size_t len = 255 + (size_t)_i;
	struct session *s = session_new(tls);
	struct hello h;

	for (size_t i = 0; i < len; i++)
		ext[5 + i] = i % 2 == 0 ? 'a' : '.';
	ext[1] = (unsigned char)(len + 3);
	ext[0] = (unsigned char)((len + 3) >> 8);
	ext[4] = (unsigned char)len;
	ext[3] = (unsigned char)(len >> 8);
	h = make_hello(3, ext, len + 5);
	(void)session_take(s, h.bytes, h.len);
	ck_assert_int_eq(session_sni(s), SNI_BAD);
	expect_only_alert(s, SSL_AD_UNRECOGNIZED_NAME);
	session_free(s);
}
END_TEST

START_TEST(rfc8461_h11_tls_1_1_and_1_0_are_refused)
{
	struct hello h =
	    make_hello((unsigned char)_i, raws[0].ext, raws[0].len);
	struct session *s = session_new(tls);

	(void)session_take(s, h.bytes, h.len);
	expect_only_alert(s, SSL_AD_PROTOCOL_VERSION);
	ck_assert_str_eq(session_why(s), NO_VERSION);
	session_free(s);

	h = make_hello((unsigned char)_i, NULL, 0);
	s = session_new(tls);
	(void)session_take(s, h.bytes, h.len);
	expect_only_alert(s, SSL_AD_UNRECOGNIZED_NAME);
	session_free(s);
}
END_TEST

static const struct {
	const char *sni, *offer;
	const char *chosen; /* NULL: refused with alert */
	int alert;
} alpns[] = {
	{ "mta-sts.ec.example", NULL, "", 0 },
	{ "mta-sts.ec.example", "\010http/1.1", "http/1.1", 0 },
	{ "mta-sts.ec.example", "\002h2\010http/1.1", "http/1.1", 0 },
	{ "mta-sts.ec.example", "\010http/1.1\012acme-tls/1", "http/1.1", 0 },
	{ "mta-sts.ec.example", "\002h2", NULL,
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "mta-sts.ec.example", "\012acme-tls/1", NULL,
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "mta-sts.none.example", "\012acme-tls/1", NULL,
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "mta-sts.none.example", "\012acme-tls/1\010http/1.1", NULL,
	    SSL_AD_UNRECOGNIZED_NAME },
	{ "mta-sts.none.example", "\010http/1.1", NULL,
	    SSL_AD_UNRECOGNIZED_NAME },
	{ "who.example", "\012acme-tls/1", NULL, SSL_AD_UNRECOGNIZED_NAME },
	{ "mta-sts.ec.example", "\010http/1.0\011http/1.10", NULL,
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "mta-sts.ec.example", "\010HTTP/1.1", NULL,
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "who.example", "\002h2", NULL, SSL_AD_UNRECOGNIZED_NAME },
};

START_TEST(rfc7301_http_1_1_or_no_alpn_at_all)
{
	int version = versions[_i % 2];
	struct talk t = talk_new(alpns[_i / 2].sni);
	const char *offer = alpns[_i / 2].offer;
	const unsigned char *chosen;
	unsigned len;

	SSL_set_max_proto_version(t.c, version);
	if (offer != NULL)
		SSL_set_alpn_protos(
		    t.c, (const unsigned char *)offer, (unsigned)strlen(offer));
	if (alpns[_i / 2].chosen == NULL) {
		expect_alert(&t, alpns[_i / 2].alert);
		ck_assert_ptr_null(SSL_get0_peer_certificate(t.c));
	} else {
		ck_assert_int_eq(shake_hands(&t), 1);
		SSL_get0_alpn_selected(t.c, &chosen, &len);
		ck_assert_uint_eq(len, strlen(alpns[_i / 2].chosen));
		ck_assert(memcmp(chosen == NULL ? (const void *)"" : chosen,
		              alpns[_i / 2].chosen, len) == 0);
	}
	talk_free(&t);
}
END_TEST

START_TEST(a_client_that_trusts_nobody_is_told_of)
{
	struct talk t = talk_new("mta-sts.ec.example");
	X509_STORE *none = X509_STORE_new();

	SSL_set_max_proto_version(t.c, versions[_i]);
	SSL_set1_verify_cert_store(t.c, none);
	ck_assert_int_ne(shake_hands(&t), 1);
	ck_assert_int_eq(session_state(t.s), SESSION_FAILED);
	ck_assert_str_eq(session_why(t.s), UNTRUSTED);
	ck_assert_int_eq(session_write(t.s, "x", 1, true), -1);
	X509_STORE_free(none);
	talk_free(&t);
}
END_TEST

START_TEST(an_expired_pair_is_shown_for_the_client_to_refuse)
{
	struct talk t = talk_new("mta-sts.old.example");

	ck_assert_int_ne(shake_hands(&t), 1);
	ck_assert_int_eq(
	    SSL_get_verify_result(t.c), X509_V_ERR_CERT_HAS_EXPIRED);
	ck_assert_str_eq(session_why(t.s),
	    "the client did not trust the certificate (alert "
	    "certificate_expired)");
	talk_free(&t);
}
END_TEST

static const char *const ciphers[] = { "ECDHE-ECDSA-AES128-SHA",
	"ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256",
	"DHE-RSA-AES128-GCM-SHA256" };

START_TEST(rfc9325_no_cipher_without_forward_secrecy_and_aead)
{
	struct talk t = talk_new("mta-sts.ec.example");

	SSL_set_max_proto_version(t.c, TLS1_2_VERSION);
	ck_assert_int_eq(SSL_set_cipher_list(t.c, ciphers[_i]), 1);
	expect_alert(&t, SSL_AD_HANDSHAKE_FAILURE);
	ck_assert_str_eq(
	    session_why(t.s), "the client offered no cipher of ours");
	talk_free(&t);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	const char *why;
} garbage[] = {
	{ TEXT("GET / HTTP/1.1\r\n\r\n"), "the client spoke HTTP without TLS" },
	{ TEXT("EHLO example.org\r\n"), "the client did not speak TLS" },
	{ TEXT("\x16\3\1\0\4\0\0\0\0"), "the client broke TLS" },
	{ TEXT("\x15\3\1\0\2\1\0"), "the client broke TLS" },
};

START_TEST(garbage_fails_in_words)
{
	struct session *s = session_new(tls);

	(void)session_take(s, garbage[_i].bytes, garbage[_i].len);
	ck_assert_int_eq(session_state(s), SESSION_FAILED);
	ck_assert_str_eq(session_why(s), garbage[_i].why);
	ck_assert_int_eq(session_take(s, "x", 1), SESSION_FAILED);
	session_free(s);
}
END_TEST

static const struct {
	const char *alert;
	const char *why;
} alerts[] = {
	{ "\1\0", "the client broke off the handshake" },
	{ "\2\x30", UNTRUSTED },
	{ "\2\x28", "the client sent the alert handshake_failure" },
	{ "\2\x32", "the client sent an alert" },
};

START_TEST(an_alert_in_the_handshake_fails_in_words)
{
	struct hello h = make_hello(3, raws[0].ext, raws[0].len);
	struct session *s = session_new(tls);

	ck_assert_int_eq(session_take(s, h.bytes, h.len), SESSION_HANDSHAKE);
	(void)session_take(s, "\x15\3\3\0\2", 5);
	ck_assert_int_eq(session_take(s, alerts[_i].alert, 2), SESSION_FAILED);
	ck_assert_str_eq(session_why(s), alerts[_i].why);
	session_free(s);
}
END_TEST

START_TEST(a_record_that_was_changed_on_the_way_fails)
{
	struct talk t = talk_new("mta-sts.ec.example");
	unsigned char bytes[256];
	int len;

	ck_assert_int_eq(shake_hands(&t), 1);
	ck_assert_int_eq(SSL_write(t.c, "GET", 3), 3);
	len = BIO_read(t.out, bytes, sizeof(bytes));
	bytes[len - 1] ^= 1;
	ck_assert_int_eq(session_take(t.s, bytes, (size_t)len), SESSION_FAILED);
	ck_assert_str_eq(session_why(t.s), "the client broke TLS");
	talk_free(&t);
}
END_TEST

START_TEST(what_is_not_read_is_bounded)
{
	static const unsigned char kilobyte[1024];
	struct talk t = talk_new("mta-sts.ec.example");
	int sent = 0;

	ck_assert_int_eq(shake_hands(&t), 1);
	while (session_state(t.s) == SESSION_OPEN && sent < 1024) {
		ck_assert_int_eq(SSL_write(t.c, kilobyte, 1024), 1024);
		to_session(&t);
		sent++;
	}
	ck_assert_int_gt(sent, 48);
	ck_assert_int_lt(sent, 80);
	talk_free(&t);
}
END_TEST

START_TEST(a_small_cache_serves_all_the_same)
{
	struct err err;

	tls_free(tls);
	tls = tls_new(&calls, 0, &err);
	for (int i = 0; i < 12; i++) {
		struct talk t = talk_new(good[i % 6].host);

		ck_assert_int_eq(shake_hands(&t), 1);
		talk_free(&t);
	}
}
END_TEST

/* --- the challenge of a CA ---------------------------------------------- */

static void offer(struct talk *t, const char *list)
{
	ck_assert_int_eq(SSL_set_alpn_protos(t->c, (const unsigned char *)list,
	                     (unsigned)strlen(list)),
	    0);
}

/* As a CA comes: it trusts nobody, and reads what it is shown. */
static struct talk ask_challenge(const char *host, int version)
{
	struct talk t = talk_new(host);

	SSL_set_verify(t.c, SSL_VERIFY_NONE, NULL);
	SSL_set_max_proto_version(t.c, version);
	offer(&t, "\012acme-tls/1");
	return t;
}

static void expect_extensions(X509 *x, const char *host)
{
	static const unsigned char head[] = { 4, 32 };
	ASN1_OBJECT *id = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
	int at = X509_get_ext_by_OBJ(x, id, -1);
	X509_EXTENSION *e = X509_get_ext(x, at);
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
	GENERAL_NAMES *names;

	ck_assert_int_ge(at, 0);
	ck_assert_int_lt(X509_get_ext_by_OBJ(x, id, at), 0);
	ck_assert_int_eq(X509_EXTENSION_get_critical(e), 1);
	ck_assert_int_eq(ASN1_STRING_length(value), 34);
	ck_assert_mem_eq(ASN1_STRING_get0_data(value), head, 2);
	ck_assert_mem_eq(ASN1_STRING_get0_data(value) + 2, digest, 32);
	ASN1_OBJECT_free(id);

	names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	ck_assert_int_eq(sk_GENERAL_NAME_num(names), 1);
	ck_assert_int_eq(sk_GENERAL_NAME_value(names, 0)->type, GEN_DNS);
	ck_assert_int_eq(X509_check_host(x, host, 0,
	                     X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL),
	    1);
	GENERAL_NAMES_free(names);
}

static void expect_challenge_certificate(SSL *c, const char *host)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(c);
	X509 *x = sk_X509_value(chain, 0);

	ck_assert_int_eq(sk_X509_num(chain), 1);
	ck_assert_int_eq(X509_get_version(x), X509_VERSION_3);
	ck_assert_int_eq(X509_verify(x, X509_get0_pubkey(x)), 1);
	ck_assert_int_eq(
	    X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)),
	    0);
	ck_assert(X509_NAME_entry_count(X509_get_subject_name(x)) > 0);
	ck_assert_int_lt(X509_cmp_current_time(X509_get0_notBefore(x)), 0);
	ck_assert_int_gt(X509_cmp_current_time(X509_get0_notAfter(x)), 0);
	expect_extensions(x, host);
}

static bool is_challenge_certificate(X509 *x)
{
	ASN1_OBJECT *id = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
	bool is = x != NULL && X509_get_ext_by_OBJ(x, id, -1) >= 0;

	ASN1_OBJECT_free(id);
	return is;
}

/* Whether there is a pair of one kind, of another, or none yet. */
static const char *const challenged[] = { "mta-sts.ec.example",
	"mta-sts.rsa.example", "mta-sts.none.example" };

START_TEST(a2_rfc8737_a_ca_is_shown_the_challenge_and_no_more)
{
	const char *host = challenged[_i / 2];
	struct talk t = ask_challenge(host, versions[_i % 2]);
	const unsigned char *chosen;
	unsigned len;
	char byte;

	waits = true;
	ck_assert_int_eq(shake_hands(&t), 1);
	ck_assert_int_eq(session_state(t.s), SESSION_OPEN);
	ck_assert(session_is_challenge(t.s));
	ck_assert_str_eq(session_host(t.s), host);
	ck_assert_int_eq(session_sni(t.s), SNI_OK);
	SSL_get0_alpn_selected(t.c, &chosen, &len);
	ck_assert_uint_eq(len, strlen("acme-tls/1"));
	ck_assert_mem_eq(chosen, "acme-tls/1", len);
	expect_challenge_certificate(t.c, host);

	/* What it says after that is not even looked at. */
	ck_assert_int_eq(
	    session_take(t.s, "GET / HTTP/1.0\r\n\r\n", 18), SESSION_OPEN);
	ck_assert_int_eq(session_write(t.s, NULL, 0, true), 0);
	while (to_client(&t))
		continue;
	ck_assert_int_eq(SSL_read(t.c, &byte, 1), 0);
	ck_assert_int_eq(SSL_get_error(t.c, 0), SSL_ERROR_ZERO_RETURN);
	talk_free(&t);
}
END_TEST

/* A challenge waits for each host; none of these is a CA that asks for it. */
static const struct {
	const char *host, *offer;
	int alert; /* 0: it is shown the pair */
} ordinary[] = {
	{ "mta-sts.ec.example", NULL, 0 },
	{ "mta-sts.ec.example", "\010http/1.1", 0 },
	{ "mta-sts.ec.example", "\012acme-tls/1\010http/1.1", 0 },
	{ "mta-sts.ec.example", "\010http/1.1\012acme-tls/1", 0 },
	{ "mta-sts.rsa.example", "\012acme-tls/1\010http/1.1", 0 },
	{ "mta-sts.ec.example", "\012acme-tls/1\002h2",
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "mta-sts.ec.example", "\012acme-tls/1\012acme-tls/1",
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "mta-sts.ec.example", "\012ACME-TLS/1",
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "mta-sts.ec.example", "\012acme-tls/2",
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "mta-sts.ec.example", "\011acme-tls/",
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "mta-sts.p384.example", "\012acme-tls/1",
	    SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "mta-sts.none.example", NULL, SSL_AD_UNRECOGNIZED_NAME },
	{ "mta-sts.none.example", "\010http/1.1", SSL_AD_UNRECOGNIZED_NAME },
	{ "mta-sts.none.example", "\012acme-tls/1\010http/1.1",
	    SSL_AD_UNRECOGNIZED_NAME },
	/* not ours, whatever waits for it */
	{ "who.example", "\012acme-tls/1", SSL_AD_UNRECOGNIZED_NAME },
	{ NULL, "\012acme-tls/1", SSL_AD_UNRECOGNIZED_NAME },
};

START_TEST(a2_the_challenge_is_never_shown_to_anybody_else)
{
	struct talk t = talk_new(ordinary[_i / 2].host);

	waits = true;
	SSL_set_max_proto_version(t.c, versions[_i % 2]);
	if (ordinary[_i / 2].offer != NULL)
		offer(&t, ordinary[_i / 2].offer);
	if (ordinary[_i / 2].alert != 0) {
		expect_alert(&t, ordinary[_i / 2].alert);
		ck_assert_ptr_null(SSL_get0_peer_certificate(t.c));
	} else {
		ck_assert_int_eq(shake_hands(&t), 1);
		expect_chain(&t, ordinary[_i / 2].host);
	}
	ck_assert(!session_is_challenge(t.s));
	talk_free(&t);
}
END_TEST

START_TEST(without_a_challenge_a_ca_is_told_so)
{
	struct talk t = ask_challenge(challenged[_i], TLS1_3_VERSION);

	expect_alert(&t, SSL_AD_NO_APPLICATION_PROTOCOL);
	ck_assert_ptr_null(SSL_get0_peer_certificate(t.c));
	ck_assert_str_eq(
	    session_why(t.s), "no challenge waits for this host (acme-tls/1)");
	/* It is no knock at a host without a pair. */
	ck_assert_int_eq(session_sni(t.s), SNI_OK);
	talk_free(&t);
}
END_TEST

START_TEST(a_tls_without_challenges_answers_none)
{
	const struct tls_calls none = { find, NULL, NULL };
	struct err err;
	struct talk t;

	waits = true;
	tls_free(tls);
	tls = tls_new(&none, CACHE, &err);
	t = ask_challenge("mta-sts.ec.example", TLS1_3_VERSION);
	expect_alert(&t, SSL_AD_NO_APPLICATION_PROTOCOL);
	talk_free(&t);
}
END_TEST

/* The first hello's share is of no group of ours; the second asks anew. */
static const struct {
	const char *first, *second, *host;
	bool challenge;
} changes[] = {
	{ "\012acme-tls/1", "\010http/1.1", "mta-sts.ec.example", false },
	{ "\012acme-tls/1", "\010http/1.1", "mta-sts.rsa.example", false },
	{ "\010http/1.1", "\012acme-tls/1", "mta-sts.rsa.example", true },
	{ "\012acme-tls/1", "\012acme-tls/1", "mta-sts.ec.example", true },
};

START_TEST(a2_what_the_last_hello_asks_for_counts)
{
	struct talk t = talk_new(changes[_i].host);

	waits = true;
	SSL_set_verify(t.c, SSL_VERIFY_NONE, NULL);
	set_groups(t.c, "P-384:P-256");
	offer(&t, changes[_i].first);
	(void)SSL_do_handshake(t.c);
	to_session(&t);
	offer(&t, changes[_i].second);
	to_client(&t);
	ck_assert_int_eq(shake_hands(&t), 1);
	ck_assert_int_eq(t.flights, 3);
	ck_assert_int_eq(session_is_challenge(t.s), changes[_i].challenge);
	ck_assert_int_eq(
	    is_challenge_certificate(SSL_get0_peer_certificate(t.c)),
	    changes[_i].challenge);
	if (!changes[_i].challenge)
		expect_chain(&t, changes[_i].host);
	talk_free(&t);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

static void add_names(TCase *t)
{
	tcase_add_loop_test(t,
	    rfc8461_h10_no_certificate_for_a_name_that_is_not_ours, 0,
	    COUNT(snis));
	tcase_add_loop_test(t,
	    rfc6066_an_sni_that_is_not_one_host_name_is_refused, 0,
	    COUNT(raws));
	tcase_add_loop_test(t, an_sni_of_255_or_256_bytes_is_refused, 0, 2);
	tcase_add_loop_test(
	    t, rfc7301_http_1_1_or_no_alpn_at_all, 0, 2 * COUNT(alpns));
}

static void add_refusals(TCase *t)
{
	tcase_add_loop_test(t, rfc8461_h11_tls_1_1_and_1_0_are_refused, 1, 3);
	tcase_add_loop_test(
	    t, rfc8461_h11_no_ticket_is_sent_and_nothing_is_resumed, 0, 2);
	tcase_add_test(t, rfc8461_h11_renegotiation_is_refused);
	tcase_add_test(t, key_updates_are_counted);
	tcase_add_loop_test(t, a_client_that_trusts_nobody_is_told_of, 0, 2);
	tcase_add_test(t, an_expired_pair_is_shown_for_the_client_to_refuse);
	tcase_add_loop_test(t,
	    rfc9325_no_cipher_without_forward_secrecy_and_aead, 0,
	    COUNT(ciphers));
	tcase_add_loop_test(t, garbage_fails_in_words, 0, COUNT(garbage));
	tcase_add_loop_test(
	    t, an_alert_in_the_handshake_fails_in_words, 0, COUNT(alerts));
	tcase_add_test(t, a_record_that_was_changed_on_the_way_fails);
	tcase_add_test(t, what_is_not_read_is_bounded);
}

static void add_challenges(TCase *t)
{
	tcase_add_loop_test(t,
	    a2_rfc8737_a_ca_is_shown_the_challenge_and_no_more, 0,
	    2 * COUNT(challenged));
	tcase_add_loop_test(t, a2_the_challenge_is_never_shown_to_anybody_else,
	    0, 2 * COUNT(ordinary));
	tcase_add_loop_test(
	    t, without_a_challenge_a_ca_is_told_so, 0, COUNT(challenged));
	tcase_add_test(t, a_tls_without_challenges_answers_none);
	tcase_add_loop_test(
	    t, a2_what_the_last_hello_asks_for_counts, 0, COUNT(changes));
}

int main(void)
{
	Suite *s = suite_create("session");
	TCase *t = tcase_create("session");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, rfc8461_h8_h11_a_whole_session, 0, COUNT(good));
	tcase_add_test(t, what_comes_with_the_last_flight_is_read);
	tcase_add_loop_test(t,
	    a_group_with_a_share_is_taken_without_a_second_hello, 0,
	    COUNT(groups));
	tcase_add_test(t, a_small_cache_serves_all_the_same);
	add_names(t);
	add_refusals(t);
	add_challenges(t);
	suite_add_tcase(s, t);
	return suite_run(s);
}
