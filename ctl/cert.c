/* SPDX-License-Identifier: ISC */
/*
 * The certificates of selfsign: all that OpenSSL is asked to make, read and
 * write for it. Nothing here is fit to be trusted but in a test.
 */
#include "cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/err.h"
#include "base/file.h"

#define PEM_BYTES_MAX 65536
#define CN_MAX        64 /* RFC 5280, ub-common-name */
#define ORGANIZATION  "mta-stsctl selfsign, throw-away"

struct extension {
	int nid;
	const char *value;
};

#define EXTENSIONS_MAX 6

static const struct extension extensions[][EXTENSIONS_MAX] = {
	[CERT_ROOT] = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
		{ NID_subject_key_identifier, "hash" },
	},
	[CERT_INTERMEDIATE] = {
		{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
		{ NID_ext_key_usage, "serverAuth" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid" },
	},
	[CERT_LEAF] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "serverAuth" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid" },
		{ NID_subject_alt_name, NULL }, /* the name */
	},
};

/* OpenSSL's last word goes behind what; its queue is emptied. */
static int refuse(struct err *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	if (reason == NULL)
		err_set(err, "OpenSSL cannot %s", what);
	else
		err_set(err, "OpenSSL cannot %s: %s", what, reason);
	return -1;
}

void cert_fini(struct cert *c)
{
	X509_free(c->x);
	EVP_PKEY_free(c->key);
	*c = (struct cert){ 0 };
}

static int set_subject(X509 *x, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x);
	const unsigned char *o = (const unsigned char *)ORGANIZATION;
	const unsigned char *cn = (const unsigned char *)name;

	if (X509_NAME_add_entry_by_txt(
	        subject, "O", MBSTRING_ASC, o, -1, -1, 0) != 1)
		return -1;
	/* A longer name stands in subjectAltName alone. */
	if (strlen(name) <= CN_MAX && X509_NAME_add_entry_by_txt(subject, "CN",
	                                  MBSTRING_ASC, cn, -1, -1, 0) != 1)
		return -1;
	return 0;
}

static int set_serial(X509 *x)
{
	unsigned char bytes[16];
	BIGNUM *n;
	int set;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return -1;
	bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, of one length */
	n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	set = n != NULL &&
	      BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return set ? 0 : -1;
}

static int add_extensions(
    X509 *x, X509 *issuer, enum cert_kind kind, const char *name)
{
	const struct extension *at = extensions[kind];
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	char san[300];
	int i, added;

	(void)snprintf(san, sizeof(san), "DNS:%s", name); /* 253 and 4 fit */
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	for (i = 0; i < EXTENSIONS_MAX && at[i].nid != 0; i++) {
		e = X509V3_EXT_conf_nid(NULL, &ctx, at[i].nid,
		    at[i].value != NULL ? at[i].value : san);
		added = e != NULL && X509_add_ext(x, e, -1) == 1;
		X509_EXTENSION_free(e);
		if (!added)
			return -1;
	}
	return 0;
}

int cert_make(struct cert *c, enum cert_kind kind, const char *name, bool rsa,
    long from_s, long until_s, const struct cert *issuer, struct err *err)
{
	struct cert made = { 0 };
	const struct cert *by = issuer != NULL ? issuer : &made;

	made.key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	made.x = X509_new();
	if (made.key == NULL || made.x == NULL ||
	    X509_set_version(made.x, X509_VERSION_3) != 1 ||
	    set_serial(made.x) != 0 || set_subject(made.x, name) != 0 ||
	    X509_set_issuer_name(made.x, X509_get_subject_name(by->x)) != 1 ||
	    !X509_gmtime_adj(X509_getm_notBefore(made.x), from_s) ||
	    !X509_gmtime_adj(X509_getm_notAfter(made.x), until_s) ||
	    X509_set_pubkey(made.x, made.key) != 1 ||
	    add_extensions(made.x, by->x, kind, name) != 0 ||
	    X509_sign(made.x, by->key, EVP_sha256()) == 0) {
		cert_fini(&made);
		return refuse(err, "make a certificate");
	}
	*c = made;
	return 0;
}

/* An encrypted key would have OpenSSL ask on the terminal. */
static int refuse_password(char *buffer, int size, int writing, void *cookie)
{
	(void)buffer, (void)size, (void)writing, (void)cookie;
	return -1;
}

/* The first certificate in path, or where key is set the first key. */
static int read_part(
    struct cert *c, bool key, const char *path, struct err *err)
{
	char *bytes;
	size_t len;
	BIO *b;

	if (file_read(path, PEM_BYTES_MAX, &bytes, &len, NULL, err) != 0)
		return -1;
	b = BIO_new_mem_buf(bytes, (int)len);
	if (b != NULL && key)
		c->key =
		    PEM_read_bio_PrivateKey(b, NULL, refuse_password, NULL);
	else if (b != NULL)
		c->x = PEM_read_bio_X509(b, NULL, refuse_password, NULL);
	BIO_free(b);
	explicit_bzero(bytes, len);
	free(bytes);
	if (key ? c->key != NULL : c->x != NULL)
		return 0;
	(void)refuse(err, key ? "read the key" : "read the certificate");
	err_prefix(err, "%s", path);
	return -1;
}

int cert_read(struct cert *c, const char *cert_path, const char *key_path,
    struct err *err)
{
	struct cert got = { 0 };

	if (read_part(&got, false, cert_path, err) != 0 ||
	    read_part(&got, true, key_path, err) != 0)
		goto out;
	if (X509_check_private_key(got.x, got.key) != 1) {
		ERR_clear_error();
		err_set(err, "%s is not the key of %s", key_path, cert_path);
		goto out;
	}
	*c = got;
	return 0;
out:
	cert_fini(&got);
	return -1;
}

/* What was written to b, where it was; b is freed. */
static char *take_text(BIO *b, bool written)
{
	char *bytes, *text = NULL;
	long len;

	if (written && (len = BIO_get_mem_data(b, &bytes)) > 0)
		text = strndup(bytes, (size_t)len);
	BIO_free(b);
	ERR_clear_error();
	return text;
}

char *cert_text(const struct cert *c, const struct cert *after)
{
	BIO *b = BIO_new(BIO_s_mem());

	return take_text(
	    b, b != NULL && PEM_write_bio_X509(b, c->x) == 1 &&
	           (after == NULL || PEM_write_bio_X509(b, after->x) == 1));
}

char *cert_key_text(const struct cert *c)
{
	BIO *b = BIO_new(BIO_s_mem());

	return take_text(b, b != NULL && PEM_write_bio_PrivateKey(b, c->key,
	                                     NULL, NULL, 0, NULL, NULL) == 1);
}

bool cert_lasts(const struct cert *c, int days)
{
	time_t end = time(NULL) + (time_t)days * 86400;

	return X509_cmp_current_time(X509_get0_notBefore(c->x)) < 0 &&
	       X509_cmp_current_time(X509_get0_notAfter(c->x)) > 0 &&
	       X509_cmp_time(X509_get0_notAfter(c->x), &end) > 0;
}

bool cert_is_foreign(const char *path)
{
	char o[sizeof(ORGANIZATION) + 1];
	struct cert c = { 0 };
	bool ours;

	if (read_part(&c, false, path, NULL) != 0)
		return false;
	ours = X509_NAME_get_text_by_NID(X509_get_subject_name(c.x),
	           NID_organizationName, o, sizeof(o)) > 0 &&
	       strcmp(o, ORGANIZATION) == 0;
	cert_fini(&c);
	return !ours;
}
