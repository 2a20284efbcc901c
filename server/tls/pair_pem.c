/* SPDX-License-Identifier: ISC */

/*
 * PEM files to DER (RFC 7468). Blocks are taken as they stand and nothing is
 * decrypted, so nobody is ever asked for a password. A file that was cut
 * while it was written is refused, even where what is left could be used: a
 * chain that is shown must be whole.
 */

#include "tls/pair_pem.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"

#define CERT_FILE_MAX ((size_t)256 << 10)
#define KEY_FILE_MAX  ((size_t)64 << 10)
#define FLAGS         (PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE)

struct file {
	char *text;
	size_t len;
	BIO *bio;
};

struct block {
	char *label, *header;
	unsigned char *bytes;
	long len;
};

static void close_file(struct file *f)
{
	BIO_free(f->bio);
	if (f->text != NULL)
		OPENSSL_cleanse(f->text, f->len);
	free(f->text);
}

static int open_file(const char *path, size_t cap, struct file *ret_file,
    struct file_id *ret_id, struct err *err)
{
	struct file f = { 0 };

	if (file_read(path, cap, &f.text, &f.len, ret_id, err) != 0)
		return -1;
	f.bio = BIO_new_mem_buf(f.text, (int)f.len);
	if (f.bio == NULL) {
		err_set(err, "%s: no memory", path);
		close_file(&f);
		return -1;
	}
	*ret_file = f;
	return 0;
}

static void free_block(struct block *b)
{
	OPENSSL_secure_free(b->label);
	OPENSSL_secure_free(b->header);
	OPENSSL_secure_clear_free(b->bytes, (size_t)b->len);
	*b = (struct block){ 0 };
}

/* A line after the last block that begins as one: the rest of it is to come. */
static bool is_cut(const struct file *f)
{
	const char *end = NULL, *at = f->text;

	while ((at = strstr(at, "-----END ")) != NULL)
		end = ++at;
	at = end == NULL ? f->text : strchr(end, '\n');
	if (end == NULL && f->len > 0 && f->text[0] == '-')
		return true;
	return at != NULL && strstr(at, "\n-") != NULL;
}

/* 1: a block; 0: no more of them; -1 and err. */
static int next_block(
    struct file *f, const char *path, struct block *ret_block, struct err *err)
{
	struct block b = { 0 };
	int none;

	ERR_clear_error();
	if (PEM_read_bio_ex(
	        f->bio, &b.label, &b.header, &b.bytes, &b.len, FLAGS) == 1) {
		*ret_block = b;
		return 1;
	}
	none = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	if (none && !is_cut(f))
		return 0;
	err_set(err, "%s: is cut short or garbled", path);
	return -1;
}

static int keep(struct der *ret_der, const struct block *b, const char *path,
    struct err *err)
{
	unsigned char *copy = OPENSSL_memdup(b->bytes, (size_t)b->len);

	if (copy == NULL) {
		err_set(err, "%s: no memory", path);
		return -1;
	}
	*ret_der = (struct der){ .bytes = copy, .len = (size_t)b->len };
	return 0;
}

static void drop(struct der *der)
{
	/* Its const is a promise to others; it is ours to free. */
	OPENSSL_clear_free((void *)(uintptr_t)der->bytes, der->len);
	*der = (struct der){ 0 };
}

void pem_certificates_free(struct pem_certificates *certs)
{
	while (certs->count > 0)
		drop(&certs->der[--certs->count]);
}

void pem_key_free(struct pem_key *key)
{
	drop(&key->der);
}

static bool is_certificate(const struct block *b)
{
	return b->len > 0 && (strcmp(b->label, PEM_STRING_X509) == 0 ||
	                         strcmp(b->label, PEM_STRING_X509_OLD) == 0);
}

static int add_certificate(struct pem_certificates *certs,
    const struct block *b, const char *path, struct err *err)
{
	if (certs->count == PEM_CERTIFICATES_MAX) {
		err_set(err, "%s: holds more than %d certificates", path,
		    PEM_CERTIFICATES_MAX);
		return -1;
	}
	if (keep(&certs->der[certs->count], b, path, err) != 0)
		return -1;
	certs->count++;
	return 0;
}

int pem_read_certificates(
    const char *path, struct pem_certificates *ret_certs, struct err *err)
{
	struct pem_certificates certs = { 0 };
	struct block b = { 0 };
	struct file f;
	int more, result = -1;

	if (open_file(path, CERT_FILE_MAX, &f, NULL, err) != 0)
		return -1;
	while ((more = next_block(&f, path, &b, err)) > 0) {
		if (is_certificate(&b) &&
		    add_certificate(&certs, &b, path, err) != 0)
			goto out;
		free_block(&b);
	}
	if (more < 0)
		goto out;
	if (certs.count == 0) {
		err_set(err, "%s: holds no certificate", path);
		goto out;
	}
	*ret_certs = certs;
	result = 0;
out:
	if (result != 0)
		pem_certificates_free(&certs);
	free_block(&b);
	close_file(&f);
	return result;
}

/* The kind of key in a PKCS#8 block (RFC 5958), without decoding it. */
static int peek_algorithm(const struct block *b)
{
	const unsigned char *p = b->bytes;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, b->len);
	const ASN1_OBJECT *algorithm = NULL;
	int kind = NID_undef;

	if (info != NULL && PKCS8_pkey_get0(&algorithm, NULL, NULL, NULL, info))
		kind = OBJ_obj2nid(algorithm);
	PKCS8_PRIV_KEY_INFO_free(info);
	ERR_clear_error();
	return kind;
}

static int find_form(const struct block *b, enum key_form *ret_form)
{
	int kind;

	if (strcmp(b->label, PEM_STRING_ECPRIVATEKEY) == 0) {
		*ret_form = KEY_EC;
		return 0;
	}
	if (strcmp(b->label, PEM_STRING_RSA) == 0) {
		*ret_form = KEY_RSA;
		return 0;
	}
	if (strcmp(b->label, PEM_STRING_PKCS8INF) != 0)
		return -1;
	kind = peek_algorithm(b);
	if (kind != NID_X9_62_id_ecPublicKey && kind != NID_rsaEncryption)
		return -1;
	*ret_form = kind == NID_rsaEncryption ? KEY_RSA_PKCS8 : KEY_EC_PKCS8;
	return 0;
}

static bool is_key(const struct block *b)
{
	static const char word[] = "PRIVATE KEY";
	size_t len = strlen(b->label);

	return len >= sizeof(word) - 1 && b->len > 0 &&
	       strcmp(b->label + len - (sizeof(word) - 1), word) == 0;
}

static int take_key(const struct block *b, const char *path,
    struct pem_key *ret_key, struct err *err)
{
	struct pem_key key = { 0 };

	if (strcmp(b->label, PEM_STRING_PKCS8) == 0 ||
	    strstr(b->header, "ENCRYPTED") != NULL) {
		err_set(err, "%s: is encrypted", path);
		return -1;
	}
	if (find_form(b, &key.form) != 0) {
		err_set(err, "%s: is neither an EC nor an RSA key", path);
		return -1;
	}
	if (keep(&key.der, b, path, err) != 0)
		return -1;
	*ret_key = key;
	return 0;
}

int pem_read_key(const char *path, struct pem_key *ret_key, struct err *err)
{
	struct block b = { 0 };
	struct file_id id;
	struct file f;
	int more, result = -1;

	if (open_file(path, KEY_FILE_MAX, &f, &id, err) != 0)
		return -1;
	/* "EC PARAMETERS" and certificates may stand before it. */
	while ((more = next_block(&f, path, &b, err)) > 0 && !is_key(&b))
		free_block(&b);
	if (more < 0)
		goto out;
	if (more == 0) {
		err_set(err, "%s: holds no private key", path);
		goto out;
	}
	result = take_key(&b, path, ret_key, err);
	if (result == 0)
		ret_key->readable = (id.mode & 04) != 0;
out:
	free_block(&b);
	close_file(&f);
	return result;
}
