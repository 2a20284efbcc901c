/* SPDX-License-Identifier: ISC */
#ifndef UNIT_MAKE_PAIR_H
#define UNIT_MAKE_PAIR_H

#include <check.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Certificates and keys made while a test runs, each as its recipe says, and
 * written as PEM in the forms that are met outside. What fails ends the test.
 */

#define DAY 86400L

struct made {
	EVP_PKEY *key;
	X509 *cert;
};

/* What is NULL or 0 is left out, or ordinary. */
struct recipe {
	const char *names; /* as "DNS:a.example,DNS:b.example" */
	const char *subject;
	const struct made *issuer; /* else it signs itself */
	const struct made *key_of; /* else it gets a key of its own */
	const char *kind;          /* "EC" (P-256), "RSA", or another */
	const char *curve;
	unsigned bits;
	long from, to; /* seconds from now; to 0: 90 days */
	const char *usage, *feature;
	bool is_ca, spelt_out; /* its curve's numbers instead of its name */
	const EVP_MD *hash;
};

static inline EVP_PKEY *make_key(const struct recipe *r)
{
	const char *kind = r->kind == NULL ? "EC" : r->kind;
	EVP_PKEY *key;

	if (r->key_of != NULL) {
		EVP_PKEY_up_ref(r->key_of->key);
		return r->key_of->key;
	}
	if (strcmp(kind, "EC") == 0)
		key = EVP_EC_gen(r->curve == NULL ? "P-256" : r->curve);
	else if (strcmp(kind, "RSA") == 0)
		key = EVP_RSA_gen(r->bits == 0 ? 2048 : r->bits);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	ck_assert_ptr_nonnull(key);
	ck_assert(
	    !r->spelt_out || EVP_PKEY_set_utf8_string_param(key,
	                         OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1);
	return key;
}

static inline void add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e;

	if (value == NULL)
		return;
	e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static inline struct made make_pair(const struct recipe *r)
{
	static long serial = 1;
	struct made m = { .key = make_key(r), .cert = X509_new() };
	const char *subject = r->subject == NULL ? "leaf" : r->subject;
	const EVP_MD *hash = r->hash == NULL ? EVP_sha256() : r->hash;
	const EVP_PKEY *signer = r->issuer ? r->issuer->key : m.key;
	X509_NAME *name;

	ck_assert_ptr_nonnull(m.cert);
	X509_set_version(m.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m.cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(m.cert), r->from);
	X509_gmtime_adj(
	    X509_getm_notAfter(m.cert), r->to == 0 ? 90 * DAY : r->to);
	X509_set_pubkey(m.cert, m.key);
	name = X509_get_subject_name(m.cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)subject, -1, -1, 0);
	X509_set_issuer_name(
	    m.cert, r->issuer ? X509_get_subject_name(r->issuer->cert) : name);
	add_extension(m.cert, NID_subject_alt_name, r->names);
	add_extension(m.cert, NID_ext_key_usage, r->usage);
	add_extension(m.cert, NID_tlsfeature, r->feature);
	add_extension(m.cert, NID_basic_constraints,
	    r->is_ca ? "critical,CA:TRUE" : NULL);
	if (EVP_PKEY_is_a(signer, "ED25519"))
		hash = NULL;
	ck_assert_int_gt(
	    X509_sign(m.cert, r->issuer ? r->issuer->key : m.key, hash), 0);
	return m;
}

static inline void made_free(struct made *m)
{
	EVP_PKEY_free(m->key);
	X509_free(m->cert);
}

static inline FILE *open_to_write(const char *path, mode_t mode)
{
	FILE *f = fopen(path, "w");

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_int_eq(fchmod(fileno(f), mode), 0);
	return f;
}

static inline void write_text(const char *path, const char *text, size_t len)
{
	FILE *f = open_to_write(path, 0600);

	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

/* Up to three certificates; NULL ends them. */
static inline void write_certs(const char *path, X509 *a, X509 *b, X509 *c)
{
	FILE *f = open_to_write(path, 0644);

	if (a != NULL)
		ck_assert_int_eq(PEM_write_X509(f, a), 1);
	if (b != NULL)
		ck_assert_int_eq(PEM_write_X509(f, b), 1);
	if (c != NULL)
		ck_assert_int_eq(PEM_write_X509(f, c), 1);
	ck_assert_int_eq(fclose(f), 0);
}

static inline void write_key(const char *path, EVP_PKEY *key)
{
	FILE *f = open_to_write(path, 0600);

	ck_assert_int_eq(
	    PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	ck_assert_int_eq(fclose(f), 0);
}

/* As OpenSSL wrote them before PKCS#8: "EC PRIVATE KEY" and so on. */
static inline void write_old_key(const char *path, EVP_PKEY *key)
{
	BIO *b = BIO_new_file(path, "w");

	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(PEM_write_bio_PrivateKey_traditional(
	                     b, key, NULL, NULL, 0, NULL, NULL),
	    1);
	BIO_free(b);
	ck_assert_int_eq(chmod(path, 0600), 0);
}

#endif
