/* SPDX-License-Identifier: ISC */

/*
 * Pairs from their files, judged as strictly as they will be used: each is
 * really attached to an SSL, so that what OpenSSL would refuse in a handshake
 * is refused here, in words, while the last good pair still serves.
 */

#include "tls/pair.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "policy/host.h"
#include "tls/pair_intern.h"
#include "tls/pair_parse.h"
#include "tls/pair_pem.h"

struct pair_reader {
	struct arena *arena;
	struct intern intern;
	struct parser *parser;
	SSL_CTX *ctx;
	SSL *ssl;
};

/* The two files, and where to tell which of them is at fault. */
struct files {
	const char *cert, *key;
	struct err *err;
};

struct pair_reader *pair_reader_new(struct arena *a)
{
	struct pair_reader *r = arena_alloc(a, sizeof(*r));

	r->arena = a;
	r->intern.arena = a;
	return r;
}

void pair_reader_free(struct pair_reader *r)
{
	if (r == NULL)
		return;
	SSL_free(r->ssl);
	SSL_CTX_free(r->ctx);
	parser_free(r->parser);
	r->ssl = NULL;
	r->ctx = NULL;
	r->parser = NULL;
}

/* Not before the first pair: copies need nothing of OpenSSL. */
static int set_up(struct pair_reader *r)
{
	if (r->ssl != NULL)
		return 0;
	r->parser = parser_new();
	r->ctx = SSL_CTX_new(TLS_server_method());
	if (r->parser != NULL && r->ctx != NULL) {
		SSL_CTX_set_security_level(r->ctx, PAIR_SECURITY_LEVEL);
		r->ssl = SSL_new(r->ctx);
	}
	if (r->ssl != NULL)
		return 0;
	ERR_clear_error();
	pair_reader_free(r);
	return -1;
}

/* EC on a curve that TLS 1.3 signs with (RFC 8446 section 4.2.3), or RSA. */
static int judge_kind(EVP_PKEY *key, const struct files *f)
{
	static const char *const curves[] = { "prime256v1", "secp384r1",
		"secp521r1" };
	int kind = key == NULL ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);
	char curve[64];
	int spelt_out = 0;
	size_t len;

	if (kind == EVP_PKEY_RSA)
		return 0;
	if (kind != EVP_PKEY_EC) {
		err_set(f->err, "%s: its key is neither EC nor RSA", f->cert);
		return -1;
	}
	/* Senders refuse that, whatever the curve (RFC 5480 section 2.1.1). */
	if (EVP_PKEY_get_int_param(key,
	        OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
	        &spelt_out) == 1 &&
	    spelt_out == 1) {
		err_set(f->err,
		    "%s: its key's curve is spelt out instead of named",
		    f->cert);
		return -1;
	}
	if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), &len) == 1)
		for (size_t i = 0; i < sizeof(curves) / sizeof(*curves); i++)
			if (strcmp(curve, curves[i]) == 0)
				return 0;
	err_set(f->err, "%s: its key's curve is none of P-256, P-384 and P-521",
	    f->cert);
	return -1;
}

/* Why OpenSSL did not attach a pair. */
static void tell_refusal(const struct files *f)
{
	static const struct {
		int reason;
		bool key;
		const char *words;
	} refusals[] = {
		{ SSL_R_PRIVATE_KEY_MISMATCH, true,
		    "is the key of another certificate" },
		{ SSL_R_EE_KEY_TOO_SMALL, false, "its key is too weak" },
		{ SSL_R_CA_KEY_TOO_SMALL, false,
		    "the key of an intermediate is too weak" },
		{ SSL_R_CA_MD_TOO_WEAK, false,
		    "is signed with a hash that is too weak" },
	};
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
		    ERR_GET_REASON(code) == refusals[i].reason) {
			err_set(f->err, "%s: %s",
			    refusals[i].key ? f->key : f->cert,
			    refusals[i].words);
			return;
		}
	err_set(f->err, "%s: OpenSSL refuses it (%s)", f->cert,
	    reason == NULL ? "it does not say why" : reason);
}

static int judge_attached(
    struct pair_reader *r, const struct parsed *parsed, const struct files *f)
{
	int result = 0;

	ERR_clear_error();
	if (SSL_use_cert_and_key(
	        r->ssl, parsed->leaf, parsed->key, parsed->chain, 1) != 1) {
		tell_refusal(f);
		result = -1;
	}
	SSL_certs_clear(r->ssl);
	ERR_clear_error();
	return result;
}

static int take_dates(X509 *leaf, struct pair *p, const struct files *f)
{
	struct tm from, to;

	if (ASN1_TIME_to_tm(X509_get0_notBefore(leaf), &from) != 1 ||
	    ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &to) != 1) {
		err_set(f->err, "%s: its dates cannot be read", f->cert);
		return -1;
	}
	p->not_before = (int64_t)timegm(&from);
	p->not_after = (int64_t)timegm(&to);
	return 0;
}

/* A dNSName as policy/host.h has it, perhaps after "*."; NULL: no host's. */
static const char *take_name(struct arena *a, const GENERAL_NAME *name)
{
	char host[HOST_MAX + 3];
	const unsigned char *bytes;
	size_t len, star;

	if (name->type != GEN_DNS)
		return NULL;
	bytes = ASN1_STRING_get0_data(name->d.dNSName);
	len = (size_t)ASN1_STRING_length(name->d.dNSName);
	if (len == 0 || len > HOST_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++)
		host[i] = (char)(bytes[i] >= 'A' && bytes[i] <= 'Z'
		                     ? bytes[i] - 'A' + 'a'
		                     : bytes[i]);
	star = len > 2 && memcmp(host, "*.", 2) == 0 ? 2 : 0;
	if (!host_is_valid(host + star, len - star))
		return NULL;
	return arena_copy(a, host, len);
}

static int take_names(
    struct arena *a, X509 *leaf, struct pair *p, const struct files *f)
{
	GENERAL_NAMES *all =
	    X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int count = all == NULL ? 0 : sk_GENERAL_NAME_num(all);
	const char **names = arena_array(a, (size_t)count, sizeof(*names));
	size_t taken = 0;

	for (int i = 0; i < count; i++) {
		names[taken] = take_name(a, sk_GENERAL_NAME_value(all, i));
		if (names[taken] != NULL)
			taken++;
	}
	GENERAL_NAMES_free(all);
	if (taken == 0) {
		err_set(
		    f->err, "%s: is for no host (it has no dNSName)", f->cert);
		return -1;
	}
	p->names = names;
	p->name_count = taken;
	return 0;
}

/* status_request is 5 (RFC 6066), its second version 17 (RFC 6961). */
static bool must_staple(X509 *leaf)
{
	TLS_FEATURE *features =
	    X509_get_ext_d2i(leaf, NID_tlsfeature, NULL, NULL);
	bool found = false;

	for (int i = 0; features != NULL && i < sk_ASN1_INTEGER_num(features);
	     i++) {
		long n = ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i));

		found = found || n == 5 || n == 17;
	}
	TLS_FEATURE_free(features);
	return found;
}

static unsigned find_oddities(X509 *leaf, bool readable)
{
	uint32_t usage = X509_get_extended_key_usage(leaf);
	unsigned odd = readable ? PAIR_KEY_READABLE : 0;

	if ((usage & (XKU_SSL_SERVER | XKU_ANYEKU)) == 0)
		odd |= PAIR_NO_SERVER_AUTH;
	if (must_staple(leaf))
		odd |= PAIR_MUST_STAPLE;
	return odd;
}

/* *p holds DER; judge it and fill in what the leaf says. */
static int judge(struct pair_reader *r, struct pair *p, const struct files *f,
    bool readable, unsigned *ret_oddities)
{
	struct parsed parsed = { 0 };
	int result = -1;

	parsed.leaf = parse_certificate(&p->leaf);
	if (parsed.leaf == NULL) {
		err_set(f->err, "%s: its certificate is garbled", f->cert);
		goto out;
	}
	if (judge_kind(X509_get0_pubkey(parsed.leaf), f) != 0)
		goto out;
	parsed.chain =
	    parse_chain(r->parser, p->chain, p->chain_count, &parsed.size);
	if (parsed.chain == NULL) {
		err_set(f->err, "%s: an intermediate is garbled", f->cert);
		goto out;
	}
	parsed.key = parse_key(r->parser, &p->key, p->key_form);
	if (parsed.key == NULL) {
		err_set(f->err, "%s: its key is garbled", f->key);
		goto out;
	}
	if (judge_attached(r, &parsed, f) != 0 ||
	    take_dates(parsed.leaf, p, f) != 0 ||
	    take_names(r->arena, parsed.leaf, p, f) != 0)
		goto out;
	*ret_oddities = find_oddities(parsed.leaf, readable);
	result = 0;
out:
	parsed_free(&parsed);
	ERR_clear_error();
	return result;
}

static struct der copy_der(struct arena *a, const struct der *der)
{
	return (struct der){
		.bytes =
		    (const unsigned char *)arena_copy(a, der->bytes, der->len),
		.len = der->len,
	};
}

static void take_chain(struct pair_reader *r, const struct der *chain,
    size_t count, struct pair *p)
{
	struct der *kept = arena_array(r->arena, count, sizeof(*kept));

	for (size_t i = 0; i < count; i++)
		kept[i] = intern_der(&r->intern, &chain[i]);
	p->chain = kept;
	p->chain_count = count;
}

int pair_read(struct pair_reader *r, const char *cert_path,
    const char *key_path, struct pair *ret_pair, unsigned *ret_oddities,
    struct err *err)
{
	struct files files = { .cert = cert_path, .key = key_path, .err = err };
	struct pem_certificates certs = { 0 };
	struct pem_key key = { 0 };
	struct pair p = { 0 };
	int result = -1;

	if (set_up(r) != 0) {
		err_set(err, "%s: OpenSSL cannot be set up", cert_path);
		return -1;
	}
	if (pem_read_certificates(cert_path, &certs, err) != 0 ||
	    pem_read_key(key_path, &key, err) != 0)
		goto out;
	p.leaf = certs.der[0];
	p.key = key.der;
	p.key_form = key.form;
	take_chain(r, certs.der + 1, certs.count - 1, &p);
	if (judge(r, &p, &files, key.readable, ret_oddities) != 0)
		goto out;
	p.leaf = copy_der(r->arena, &p.leaf);
	p.key = copy_der(r->arena, &p.key);
	*ret_pair = p;
	result = 0;
out:
	pem_certificates_free(&certs);
	pem_key_free(&key);
	return result;
}

void pair_copy(
    struct pair_reader *r, const struct pair *from, struct pair *ret_pair)
{
	struct pair p = *from;
	const char **names =
	    arena_array(r->arena, from->name_count, sizeof(*names));

	p.name = from->name == NULL ? NULL : arena_string(r->arena, from->name);
	p.leaf = copy_der(r->arena, &from->leaf);
	p.key = copy_der(r->arena, &from->key);
	take_chain(r, from->chain, from->chain_count, &p);
	for (size_t i = 0; i < from->name_count; i++)
		names[i] = arena_string(r->arena, from->names[i]);
	p.names = names;
	*ret_pair = p;
}

static bool same_der(const struct der *a, const struct der *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool pair_same(const struct pair *a, const struct pair *b)
{
	if (strcmp(a->name, b->name) != 0 || !same_der(&a->leaf, &b->leaf) ||
	    !same_der(&a->key, &b->key) || a->chain_count != b->chain_count)
		return false;
	for (size_t i = 0; i < a->chain_count; i++)
		if (!same_der(&a->chain[i], &b->chain[i]))
			return false;
	return true;
}

bool pair_covers(const struct pair *p, const char *host)
{
	for (size_t i = 0; i < p->name_count; i++)
		if (pattern_covers(p->names[i], host))
			return true;
	return false;
}
