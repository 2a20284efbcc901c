/* SPDX-License-Identifier: ISC */

/*
 * Pairs as they lie on disks: what is taken, what is refused and in which
 * words, what is odd, and what the cache of parsed ones keeps.
 */

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "make_pair.h"
#include "tls/pair.h"

#include "suite.h"

#define MANY ((size_t)64 << 20)

static char dir[64], cert_path[96], key_path[96];
static struct arena *arena;
static struct pair_reader *reader;

static void set_up(void)
{
	strcpy(dir, "/tmp/check_pair.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", dir);
	snprintf(key_path, sizeof(key_path), "%s/key.pem", dir);
	arena = arena_new(true);
	reader = pair_reader_new(arena);
}

static void tear_down(void)
{
	ck_assert_uint_eq(ERR_peek_error(), 0);
	pair_reader_free(reader);
	arena_free(arena);
	unlink(cert_path);
	unlink(key_path);
	ck_assert_int_eq(rmdir(dir), 0);
}

static struct pair read_pair(void)
{
	unsigned odd;
	struct pair p;
	struct err err = { "" };

	ck_assert_msg(
	    pair_read(reader, cert_path, key_path, &p, &odd, &err) == 0, "%s",
	    err.text);
	p.name = "it";
	return p;
}

/* A client and a server of OpenSSL's own would shake hands with it. */
static void attach(struct pair_cache *cache, const struct pair *p, SSL *ssl)
{
	struct err err = { "" };
	unsigned char *der = NULL;
	int len;

	ck_assert_msg(pair_attach(cache, p, ssl, &err) == 0, "%s", err.text);
	len = i2d_X509(SSL_get_certificate(ssl), &der);
	ck_assert_mem_eq(der, p->leaf.bytes, (size_t)len);
	ck_assert_int_eq(SSL_check_private_key(ssl), 1);
	OPENSSL_free(der);
}

static const struct {
	struct recipe recipe;
	bool old_form;
	enum key_form form;
} goods[] = {
	{ { .names = "DNS:mta-sts.a.example" }, false, KEY_EC_PKCS8 },
	{ { .names = "DNS:mta-sts.a.example" }, true, KEY_EC },
	{ { .names = "DNS:mta-sts.a.example", .curve = "P-384" }, false,
	    KEY_EC_PKCS8 },
	{ { .names = "DNS:mta-sts.a.example", .curve = "P-521" }, true,
	    KEY_EC },
	{ { .names = "DNS:mta-sts.a.example", .kind = "RSA" }, false,
	    KEY_RSA_PKCS8 },
	{ { .names = "DNS:mta-sts.a.example", .kind = "RSA" }, true, KEY_RSA },
};

START_TEST(every_form_of_key_is_read_and_attached)
{
	struct made m = make_pair(&goods[_i].recipe);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl = SSL_new(ctx);
	struct pair_cache *cache = pair_cache_new(MANY, NULL);
	int64_t now = time(NULL);
	struct pair p;

	write_certs(cert_path, m.cert, NULL, NULL);
	(goods[_i].old_form ? write_old_key : write_key)(key_path, m.key);
	p = read_pair();
	ck_assert_int_eq(p.key_form, goods[_i].form);
	ck_assert_uint_eq(p.chain_count, 0);
	ck_assert_uint_eq(p.name_count, 1);
	ck_assert_str_eq(p.names[0], "mta-sts.a.example");
	ck_assert_int_ge(p.not_before, now - 60);
	ck_assert_int_le(p.not_before, now);
	ck_assert_int_eq(p.not_after - p.not_before, 90 * DAY);
	attach(cache, &p, ssl);
	pair_cache_free(cache);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	made_free(&m);
}
END_TEST

START_TEST(other_blocks_in_a_key_file_are_passed_over)
{
	struct made m = make_pair(&goods[0].recipe);
	BIO *b = BIO_new_file(key_path, "w");

	write_certs(cert_path, m.cert, NULL, NULL);
	BIO_puts(b, "some words\n-----BEGIN EC PARAMETERS-----\n"
	            "BggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n");
	PEM_write_bio_X509(b, m.cert);
	PEM_write_bio_PrivateKey_traditional(
	    b, m.key, NULL, NULL, 0, NULL, NULL);
	BIO_free(b);
	ck_assert_int_eq(read_pair().key_form, KEY_EC);
	made_free(&m);
}
END_TEST

START_TEST(rfc9525_dns_names_alone_count_lowered_and_only_host_names)
{
	struct recipe r = { .names = "DNS:MTA-STS.A.example,DNS:*.b.Example,"
		                     "IP:192.0.2.1,email:x@c.example,"
		                     "DNS:_odd.example,DNS:*,DNS:one,"
		                     "DNS:a.*.example,DNS:dot.example.",
		.subject = "cn.example" };
	struct made m = make_pair(&r);
	struct pair p;

	write_certs(cert_path, m.cert, NULL, NULL);
	write_key(key_path, m.key);
	p = read_pair();
	ck_assert_uint_eq(p.name_count, 2);
	ck_assert_str_eq(p.names[0], "mta-sts.a.example");
	ck_assert_str_eq(p.names[1], "*.b.example");
	ck_assert(pair_covers(&p, "mta-sts.a.example"));
	ck_assert(pair_covers(&p, "mta-sts.b.example"));
	ck_assert(!pair_covers(&p, "b.example"));
	ck_assert(!pair_covers(&p, "x.y.b.example"));
	ck_assert(!pair_covers(&p, "cn.example"));
	made_free(&m);
}
END_TEST

enum fault {
	NO_CERT_FILE,
	NO_KEY_FILE,
	NO_CERT,
	EMPTY_CERT,
	DER_CERT,
	NO_KEY,
	ENCRYPTED,
	ENCRYPTED_OLD,
	OTHER_KEY,
	OTHER_KIND,
	GARBLED_KEY,
	GARBLED_CERT,
	GARBLED_CHAIN,
	ED25519_PAIR,
	PUBLIC_KEY,
	RSA_1024,
	WEAK_CHAIN,
	OLD_HASH,
	ODD_CURVE,
	SPELT_OUT_CURVE,
	NO_NAME,
	MANY_CERTS,
};

static const struct {
	enum fault fault;
	const char *file, *words;
} bads[] = {
	{ NO_CERT_FILE, "cert.pem", "No such file or directory" },
	{ NO_KEY_FILE, "key.pem", "No such file or directory" },
	{ NO_CERT, "cert.pem", "holds no certificate" },
	{ EMPTY_CERT, "cert.pem", "holds no certificate" },
	{ DER_CERT, "cert.pem", "holds no certificate" },
	{ NO_KEY, "key.pem", "holds no private key" },
	{ ENCRYPTED, "key.pem", "is encrypted" },
	{ ENCRYPTED_OLD, "key.pem", "is encrypted" },
	{ OTHER_KEY, "key.pem", "is the key of another certificate" },
	{ OTHER_KIND, "key.pem", "is the key of another certificate" },
	{ GARBLED_KEY, "key.pem", "its key is garbled" },
	{ GARBLED_CERT, "cert.pem", "its certificate is garbled" },
	{ GARBLED_CHAIN, "cert.pem", "an intermediate is garbled" },
	{ ED25519_PAIR, "key.pem", "is neither an EC nor an RSA key" },
	{ PUBLIC_KEY, "key.pem", "holds no private key" },
	{ RSA_1024, "cert.pem", "its key is too weak" },
	{ WEAK_CHAIN, "cert.pem", "the key of an intermediate is too weak" },
	{ OLD_HASH, "cert.pem", "is signed with a hash that is too weak" },
	{ ODD_CURVE, "cert.pem",
	    "its key's curve is none of P-256, P-384 and P-521" },
	{ SPELT_OUT_CURVE, "cert.pem",
	    "its key's curve is spelt out instead of named" },
	{ NO_NAME, "cert.pem", "is for no host (it has no dNSName)" },
	{ MANY_CERTS, "cert.pem", "holds more than 16 certificates" },
};

static const char garbled[] =
    "-----BEGIN %s-----\nMAMCAQA=\n-----END %s-----\n";

static void spoil_text(enum fault fault, const struct made *m)
{
	char text[256];
	FILE *f;
	int len;

	switch (fault) {
	case NO_CERT:
		write_text(cert_path, "words\n", 6);
		break;
	case EMPTY_CERT:
		write_text(cert_path, "", 0);
		break;
	case NO_KEY:
		write_certs(key_path, m->cert, NULL, NULL);
		break;
	case GARBLED_KEY:
		len = snprintf(text, sizeof(text), garbled, "EC PRIVATE KEY",
		    "EC PRIVATE KEY");
		write_text(key_path, text, (size_t)len);
		break;
	case GARBLED_CERT:
		len = snprintf(
		    text, sizeof(text), garbled, "CERTIFICATE", "CERTIFICATE");
		write_text(cert_path, text, (size_t)len);
		break;
	case GARBLED_CHAIN:
		f = fopen(cert_path, "a");
		fprintf(f, garbled, "CERTIFICATE", "CERTIFICATE");
		fclose(f);
		break;
	case MANY_CERTS:
		f = fopen(cert_path, "a");
		for (int i = 0; i < 16; i++)
			PEM_write_X509(f, m->cert);
		fclose(f);
		break;
	default:
		break;
	}
}

static void spoil_key(enum fault fault, const struct made *m)
{
	struct recipe other = { .kind = fault == OTHER_KIND ? "RSA" : "EC" };
	char secret[] = "secret";
	EVP_PKEY *key;
	FILE *f;
	BIO *b;

	switch (fault) {
	case ENCRYPTED:
		f = fopen(key_path, "w");
		PEM_write_PKCS8PrivateKey(f, m->key, EVP_aes_128_cbc(), secret,
		    (int)strlen(secret), NULL, NULL);
		fclose(f);
		break;
	case ENCRYPTED_OLD:
		b = BIO_new_file(key_path, "w");
		PEM_write_bio_PrivateKey_traditional(b, m->key,
		    EVP_aes_128_cbc(), (unsigned char *)secret,
		    (int)strlen(secret), NULL, NULL);
		BIO_free(b);
		break;
	case OTHER_KEY:
	case OTHER_KIND:
		key = make_key(&other);
		write_key(key_path, key);
		EVP_PKEY_free(key);
		break;
	case PUBLIC_KEY:
		f = fopen(key_path, "w");
		PEM_write_PUBKEY(f, m->key);
		fclose(f);
		break;
	case NO_CERT_FILE:
		unlink(cert_path);
		break;
	case NO_KEY_FILE:
		unlink(key_path);
		break;
	case DER_CERT:
		b = BIO_new_file(cert_path, "w");
		i2d_X509_bio(b, m->cert);
		BIO_free(b);
		break;
	default:
		spoil_text(fault, m);
	}
}

/* As a bad one will be, but for what is bad about it. */
static void read_good_twins(const struct made *issuer)
{
	const struct recipe ca = {
		.subject = "strong", .kind = "RSA", .is_ca = true
	};
	struct made strong = make_pair(&ca);
	struct recipe r = { .names = "DNS:mta-sts.b.example" };

	struct made m;

	for (int i = 0; i < 2; i++) {
		r.issuer = i == 0 ? &strong : issuer;
		if (r.issuer == NULL)
			break;
		m = make_pair(&r);
		write_certs(cert_path, m.cert, r.issuer->cert, NULL);
		write_key(key_path, m.key);
		(void)read_pair();
		made_free(&m);
	}
	made_free(&strong);
}

START_TEST(a_bad_pair_is_refused_in_words)
{
	const size_t row = (size_t)_i % (sizeof(bads) / sizeof(*bads));
	const bool has_twin = row != (size_t)_i;
	enum fault fault = bads[row].fault;
	struct recipe r = { .names = "DNS:mta-sts.a.example" };
	struct recipe weak = {
		.subject = "issuer", .kind = "RSA", .bits = 1024, .is_ca = true
	};
	const struct recipe ca = { .subject = "issuer", .is_ca = true };
	struct made m, issuer = { NULL, NULL };
	char expected[256];
	struct pair p;
	struct err err = { "" };
	unsigned odd = 77;

	if (fault == ED25519_PAIR)
		r.kind = "ED25519";
	if (fault == RSA_1024) {
		r.kind = "RSA";
		r.bits = 1024;
	}
	if (fault == OLD_HASH)
		r.hash = EVP_sha1();
	if (fault == ODD_CURVE)
		r.curve = "secp256k1";
	r.spelt_out = fault == SPELT_OUT_CURVE;
	if (fault == NO_NAME)
		r.names = "IP:192.0.2.1";
	if (fault == OLD_HASH)
		weak.bits = 2048;
	if (fault == WEAK_CHAIN || fault == OLD_HASH || has_twin) {
		issuer = make_pair(
		    fault == WEAK_CHAIN || fault == OLD_HASH ? &weak : &ca);
		r.issuer = &issuer;
	}
	if (has_twin)
		read_good_twins(fault == WEAK_CHAIN ? NULL : &issuer);
	m = make_pair(&r);
	write_certs(cert_path, m.cert, issuer.cert, NULL);
	write_key(key_path, m.key);
	spoil_key(fault, &m);
	snprintf(expected, sizeof(expected), "%s/%s: %s", dir, bads[row].file,
	    bads[row].words);
	ck_assert_int_eq(
	    pair_read(reader, cert_path, key_path, &p, &odd, &err), -1);
	ck_assert_str_eq(err.text, expected);
	ck_assert_uint_eq(odd, 77);
	made_free(&m);
	made_free(&issuer);

	/* And the reader is none the worse for it. */
	m = make_pair(&goods[0].recipe);
	write_certs(cert_path, m.cert, NULL, NULL);
	write_old_key(key_path, m.key);
	(void)read_pair();
	made_free(&m);
}
END_TEST

/* OpenSSL does not ask how a leaf is signed that signs itself. */
START_TEST(what_is_let_pass_for_itself_is_not_for_others)
{
	const struct recipe ca = { .subject = "issuer", .is_ca = true };
	struct made issuer = make_pair(&ca), m;
	struct recipe r = { .names = "DNS:mta-sts.a.example",
		.hash = EVP_sha1() };
	struct err err = { "" };
	struct pair p;
	unsigned odd;

	m = make_pair(&r);
	write_certs(cert_path, m.cert, NULL, NULL);
	write_key(key_path, m.key);
	(void)read_pair();
	made_free(&m);
	r.issuer = &issuer;
	m = make_pair(&r);
	write_certs(cert_path, m.cert, NULL, NULL);
	write_key(key_path, m.key);
	ck_assert_int_eq(
	    pair_read(reader, cert_path, key_path, &p, &odd, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "a hash that is too weak"));
	made_free(&m);
	made_free(&issuer);
}
END_TEST

START_TEST(an_ed25519_certificate_is_neither_ec_nor_rsa)
{
	struct recipe r = { .names = "DNS:a.b.example", .kind = "ED25519" };
	struct made m = make_pair(&r), ec = make_pair(&goods[0].recipe);
	struct pair p;
	struct err err;
	unsigned odd;

	write_certs(cert_path, m.cert, NULL, NULL);
	write_key(key_path, ec.key);
	ck_assert_int_eq(
	    pair_read(reader, cert_path, key_path, &p, &odd, &err), -1);
	ck_assert_ptr_nonnull(
	    strstr(err.text, "/cert.pem: its key is neither EC nor RSA"));
	made_free(&m);
	made_free(&ec);
}
END_TEST

/* Where a copy in place stands still for a moment. */
START_TEST(a_file_cut_anywhere_is_refused_or_whole)
{
	struct recipe ca = { .is_ca = true, .subject = "issuer" };
	struct made issuer = make_pair(&ca), m;
	struct recipe r = { .names = "DNS:a.b.example", .issuer = &issuer };
	size_t len, first, taken = 0;
	struct err err;
	char *text;

	m = make_pair(&r);
	write_certs(cert_path, m.cert, NULL, NULL);
	ck_assert_int_eq(
	    file_read(cert_path, 9999, &text, &first, NULL, &err), 0);
	free(text);
	write_certs(cert_path, m.cert, issuer.cert, NULL);
	write_key(key_path, m.key);
	ck_assert_int_eq(
	    file_read(cert_path, 9999, &text, &len, NULL, &err), 0);
	for (size_t cut = 0; cut <= len; cut++) {
		struct pair p;
		unsigned odd;

		write_text(cert_path, text, cut);
		if (pair_read(reader, cert_path, key_path, &p, &odd, &err) != 0)
			continue;
		taken++;
		ck_assert_msg(cut == (p.chain_count == 0 ? first : len) ||
		                  cut + 1 == (p.chain_count == 0 ? first : len),
		    "cut after %zu of %zu", cut, len);
	}
	ck_assert_uint_ge(taken, 2);
	free(text);
	made_free(&m);
	made_free(&issuer);
}
END_TEST

START_TEST(rfc8461_h8_the_chain_is_kept_in_order_and_equal_ones_once)
{
	struct recipe root_recipe = { .is_ca = true, .subject = "root" };
	struct made root = make_pair(&root_recipe), middle, a, b;
	struct recipe recipe = { .is_ca = true, .issuer = &root };
	struct pair pa, pb;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl = SSL_new(ctx);
	struct pair_cache *cache = pair_cache_new(MANY, NULL);
	STACK_OF(X509) * chain_a, *chain_b;

	middle = make_pair(&recipe);
	recipe =
	    (struct recipe){ .names = "DNS:a.b.example", .issuer = &middle };
	a = make_pair(&recipe);
	b = make_pair(&recipe);
	write_certs(cert_path, a.cert, middle.cert, root.cert);
	write_key(key_path, a.key);
	pa = read_pair();
	write_certs(cert_path, b.cert, middle.cert, root.cert);
	write_key(key_path, b.key);
	pb = read_pair();
	ck_assert_uint_eq(pa.chain_count, 2);
	ck_assert_ptr_eq(pa.chain[0].bytes, pb.chain[0].bytes);
	ck_assert_ptr_eq(pa.chain[1].bytes, pb.chain[1].bytes);
	ck_assert_ptr_ne(pa.chain[0].bytes, pa.chain[1].bytes);
	attach(cache, &pa, ssl);
	SSL_get0_chain_certs(ssl, &chain_a);
	ck_assert_int_eq(sk_X509_num(chain_a), 2);
	ck_assert_int_eq(X509_cmp(sk_X509_value(chain_a, 0), middle.cert), 0);
	ck_assert_int_eq(X509_cmp(sk_X509_value(chain_a, 1), root.cert), 0);
	chain_a = X509_chain_up_ref(chain_a);
	attach(cache, &pb, ssl);
	SSL_get0_chain_certs(ssl, &chain_b);
	ck_assert_ptr_eq(sk_X509_value(chain_a, 0), sk_X509_value(chain_b, 0));
	sk_X509_pop_free(chain_a, X509_free);
	pair_cache_free(cache);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	made_free(&a);
	made_free(&b);
	made_free(&middle);
	made_free(&root);
}
END_TEST

static const struct {
	const char *usage, *feature;
	mode_t mode;
	unsigned oddities;
} odds[] = {
	{ NULL, NULL, 0600, 0 },
	{ NULL, NULL, 0640, 0 },
	{ NULL, NULL, 0644, PAIR_KEY_READABLE },
	{ "serverAuth,clientAuth", NULL, 0600, 0 },
	{ "anyExtendedKeyUsage", NULL, 0600, 0 },
	{ "clientAuth", NULL, 0600, PAIR_NO_SERVER_AUTH },
	{ NULL, "status_request", 0600, PAIR_MUST_STAPLE },
	{ NULL, "status_request_v2", 0600, PAIR_MUST_STAPLE },
	{ NULL, "7", 0600, 0 },
	{ "emailProtection", "5", 0604,
	    PAIR_MUST_STAPLE | PAIR_NO_SERVER_AUTH | PAIR_KEY_READABLE },
};

START_TEST(what_is_odd_is_told)
{
	struct recipe r = { .names = "DNS:a.b.example",
		.usage = odds[_i].usage,
		.feature = odds[_i].feature };
	struct made m = make_pair(&r);
	struct pair p;
	struct err err;
	unsigned odd;

	write_certs(cert_path, m.cert, NULL, NULL);
	write_key(key_path, m.key);
	ck_assert_int_eq(chmod(key_path, odds[_i].mode), 0);
	ck_assert_int_eq(
	    pair_read(reader, cert_path, key_path, &p, &odd, &err), 0);
	ck_assert_uint_eq(odd, odds[_i].oddities);
	made_free(&m);
}
END_TEST

START_TEST(a_copy_is_the_same_and_stands_alone)
{
	struct made m = make_pair(&goods[0].recipe);
	struct made n = make_pair(&goods[0].recipe);
	struct arena *other = arena_new(true);
	struct pair_reader *r = pair_reader_new(other);
	struct pair p, q, copy;

	write_certs(cert_path, m.cert, n.cert, NULL);
	write_key(key_path, m.key);
	p = read_pair();
	write_certs(cert_path, m.cert, m.cert, NULL);
	q = read_pair();
	pair_copy(r, &p, &copy);
	ck_assert(pair_same(&p, &copy));
	ck_assert(!pair_same(&q, &copy));
	tear_down();
	set_up();
	ck_assert_str_eq(copy.name, "it");
	ck_assert_str_eq(copy.names[0], "mta-sts.a.example");
	ck_assert_uint_eq(copy.chain_count, 1);
	pair_reader_free(r);
	arena_free(other);
	made_free(&m);
	made_free(&n);
}
END_TEST

/* The X509 that is shown tells whether it was parsed anew. */
static X509 *shown(struct pair_cache *cache, const struct pair *p, SSL *ssl)
{
	X509 *x;

	attach(cache, p, ssl);
	x = SSL_get_certificate(ssl);
	X509_up_ref(x);
	return x;
}

START_TEST(the_cache_keeps_what_was_used_last)
{
	struct pair p[3];
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl = SSL_new(ctx);
	struct pair_cache *cache = pair_cache_new((size_t)16 << 10, NULL);
	static const int order[] = { 0, 1, 0, 2, 0, 1 };
	X509 *x[6];

	for (int i = 0; i < 3; i++) {
		struct made m = make_pair(&goods[0].recipe);

		write_certs(cert_path, m.cert, NULL, NULL);
		write_key(key_path, m.key);
		p[i] = read_pair();
		made_free(&m);
	}
	for (int i = 0; i < 6; i++)
		x[i] = shown(cache, &p[order[i]], ssl);
	ck_assert_ptr_eq(x[0], x[2]);
	ck_assert_ptr_eq(x[0], x[4]); /* the third drove out the second */
	ck_assert_ptr_ne(x[1], x[5]);
	for (int i = 0; i < 6; i++)
		X509_free(x[i]);
	pair_cache_free(cache);

	cache = pair_cache_new(0, NULL);
	x[0] = shown(cache, &p[0], ssl);
	x[1] = shown(cache, &p[0], ssl);
	ck_assert_ptr_ne(x[0], x[1]);
	X509_free(x[0]);
	X509_free(x[1]);
	pair_cache_free(cache);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}
END_TEST

static const struct recipe kinds[] = {
	{ .names = "DNS:a.b.example" },
	{ .names = "DNS:a.b.example", .kind = "RSA" },
	{ .names = "DNS:a.b.example" },
};

START_TEST(only_the_last_attached_pair_is_shown)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl = SSL_new(ctx);
	struct pair_cache *cache = pair_cache_new(MANY, NULL);

	for (int i = 0; i < 3; i++) {
		struct made m = make_pair(&kinds[i]);
		struct pair *p = arena_alloc(arena, sizeof(*p));
		int count = 0;

		write_certs(cert_path, m.cert, NULL, NULL);
		write_key(key_path, m.key);
		*p = read_pair();
		attach(cache, p, ssl);
		for (long at = SSL_set_current_cert(ssl, SSL_CERT_SET_FIRST);
		     at == 1; at = SSL_set_current_cert(ssl, SSL_CERT_SET_NEXT))
			count++;
		ck_assert_int_eq(count, 1);
		made_free(&m);
	}
	pair_cache_free(cache);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}
END_TEST

/* OpenSSL's allocations until one fails; 0: none does. */
static long until_failure;

static bool fails_now(void)
{
	return until_failure > 0 && --until_failure == 0;
}

static void *give(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails_now() ? NULL : malloc(size);
}

static void *change(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails_now() ? NULL : realloc(old, size);
}

static void take(void *old, const char *file, int line)
{
	(void)file;
	(void)line;
	free(old);
}

/* Every third allocation fails in its turn: the next time it is well. */
START_TEST(a_moment_without_memory_passes)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct made m = make_pair(&goods[_i].recipe);
	long failed = 0, n = 0;
	struct pair p;

	write_certs(cert_path, m.cert, NULL, NULL);
	(goods[_i].old_form ? write_old_key : write_key)(key_path, m.key);
	p = read_pair();
	do {
		struct pair_cache *cache = pair_cache_new(MANY, NULL);
		SSL *ssl = SSL_new(ctx);

		until_failure = n += 3;
		failed += pair_attach(cache, &p, ssl, NULL) != 0;
		if (until_failure > 0)
			n = 0; /* there are not so many */
		until_failure = 0;
		attach(cache, &p, ssl);
		SSL_free(ssl);
		pair_cache_free(cache);
	} while (n > 0);
	ck_assert_int_gt(failed, 20);
	SSL_CTX_free(ctx);
	made_free(&m);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

int main(void)
{
	Suite *s = suite_create("pair");
	TCase *t = tcase_create("pair");

	if (CRYPTO_set_mem_functions(give, change, take) != 1)
		return EXIT_FAILURE;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
	    t, every_form_of_key_is_read_and_attached, 0, COUNT(goods));
	tcase_add_test(t, other_blocks_in_a_key_file_are_passed_over);
	tcase_add_test(
	    t, rfc9525_dns_names_alone_count_lowered_and_only_host_names);
	tcase_add_test(t, what_is_let_pass_for_itself_is_not_for_others);
	tcase_add_loop_test(
	    t, a_bad_pair_is_refused_in_words, 0, 2 * COUNT(bads));
	tcase_add_test(t, an_ed25519_certificate_is_neither_ec_nor_rsa);
	tcase_add_test(t, a_file_cut_anywhere_is_refused_or_whole);
	tcase_add_test(
	    t, rfc8461_h8_the_chain_is_kept_in_order_and_equal_ones_once);
	tcase_add_loop_test(t, what_is_odd_is_told, 0, COUNT(odds));
	tcase_add_test(t, a_copy_is_the_same_and_stands_alone);
	tcase_add_test(t, the_cache_keeps_what_was_used_last);
	tcase_add_test(t, only_the_last_attached_pair_is_shown);
	tcase_add_loop_test(t, a_moment_without_memory_passes, 0, 2);
	suite_add_tcase(s, t);
	return suite_run(s);
}
