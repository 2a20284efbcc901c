/* SPDX-License-Identifier: ISC */

/*
 * A pair is judged as strictly as it will be used: it is really attached to
 * an SSL, so that what OpenSSL would refuse in a handshake is refused here, in
 * words, while the last good pair still serves. Most of that time OpenSSL 3.0
 * spends on finding out how to read the certificate's public key. So where
 * that is, byte for byte, the key's own, and a pair of the same kind was
 * attached before, OpenSSL has nothing left to refuse, and is not asked.
 */

#include "tls/pair_judge.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tls/pair_leaf.h"
#include "tls/pair_parse.h"

#define KINDS_MAX 16

/* All that OpenSSL looks at, of a pair with an EC key, but the key itself. */
struct kind {
	int curve;
	int signature; /* its algorithm, which names its hash */
	const struct der *chain;
	size_t chain_count;
};

struct judge {
	struct parser *parser;
	SSL_CTX *ctx;
	SSL *ssl;
	struct kind attached[KINDS_MAX];
	size_t next;
};

void judge_free(struct judge *j)
{
	if (j == NULL)
		return;
	SSL_free(j->ssl);
	SSL_CTX_free(j->ctx);
	parser_free(j->parser);
	free(j);
}

struct judge *judge_new(void)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->parser = parser_new();
	j->ctx = SSL_CTX_new(TLS_server_method());
	if (j->parser != NULL && j->ctx != NULL) {
		SSL_CTX_set_security_level(j->ctx, PAIR_SECURITY_LEVEL);
		j->ssl = SSL_new(j->ctx);
	}
	if (j->ssl != NULL)
		return j;
	ERR_clear_error();
	judge_free(j);
	return NULL;
}

/* EC on a curve that TLS 1.3 signs with (RFC 8446 section 4.2.3), or RSA. */
static int judge_key(EVP_PKEY *key, const struct judged *f)
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
static void tell_refusal(const struct judged *f)
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

/* NID_undef: its curve has no name, or there is none. */
static int curve_of(const EVP_PKEY *key)
{
	char name[64];
	size_t len;

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), &len) != 1)
		return NID_undef;
	return OBJ_sn2nid(name);
}

/* The same named curve, and the same point of it. */
static bool is_key_of(const X509 *leaf, const EVP_PKEY *key)
{
	unsigned char own[160]; /* P-521 takes 133 */
	const unsigned char *point;
	const ASN1_OBJECT *kind;
	const void *curve;
	X509_ALGOR *algorithm;
	int point_len, type;
	size_t len;

	if (X509_PUBKEY_get0_param(NULL, &point, &point_len, &algorithm,
	        X509_get_X509_PUBKEY(leaf)) != 1)
		return false;
	X509_ALGOR_get0(&kind, &type, &curve, algorithm);
	return OBJ_obj2nid(kind) == NID_X9_62_id_ecPublicKey &&
	       type == V_ASN1_OBJECT && OBJ_obj2nid(curve) == curve_of(key) &&
	       EVP_PKEY_get_octet_string_param(
	           key, OSSL_PKEY_PARAM_PUB_KEY, own, sizeof(own), &len) == 1 &&
	       len == (size_t)point_len && memcmp(own, point, len) == 0;
}

static struct kind kind_of(
    const X509 *leaf, const EVP_PKEY *key, const struct pair *p)
{
	int hash = NID_undef, signature = X509_get_signature_nid(leaf);

	if (OBJ_find_sigid_algs(signature, &hash, NULL) != 1 ||
	    hash == NID_undef)
		signature = NID_undef; /* its parameters name the hash */
	return (struct kind){
		.curve = curve_of(key),
		.signature = signature,
		.chain = p->chain,
		.chain_count = p->chain_count,
	};
}

static bool same_kind(const struct kind *a, const struct kind *b)
{
	if (a->curve != b->curve || a->signature != b->signature ||
	    a->chain_count != b->chain_count)
		return false;
	for (size_t i = 0; i < a->chain_count; i++)
		if (a->chain[i].bytes != b->chain[i].bytes)
			return false;
	return true;
}

static bool was_attached(const struct judge *j, const struct kind *kind)
{
	if (kind->curve == NID_undef || kind->signature == NID_undef)
		return false;
	for (size_t i = 0; i < KINDS_MAX; i++)
		if (same_kind(&j->attached[i], kind))
			return true;
	return false;
}

static void remember(
    struct judge *j, const struct pair *p, X509 *leaf, const EVP_PKEY *key)
{
	struct kind kind = kind_of(leaf, key, p);

	/* Of a leaf that signs itself OpenSSL asks less. */
	if ((X509_get_extension_flags(leaf) & EXFLAG_SS) == 0 &&
	    !was_attached(j, &kind))
		j->attached[j->next++ % KINDS_MAX] = kind;
}

static int judge_attached(struct judge *j, const struct pair *p,
    const struct parsed *parsed, const struct judged *f)
{
	int result = -1;

	ERR_clear_error();
	if (SSL_use_cert_and_key(
	        j->ssl, parsed->leaf, parsed->key, parsed->chain, 1) == 1) {
		remember(j, p, parsed->leaf, parsed->key);
		result = 0;
	} else {
		tell_refusal(f);
	}
	SSL_certs_clear(j->ssl);
	ERR_clear_error();
	return result;
}

/* All of it, and every fault by its name. */
static int judge_whole(struct judge *j, const struct pair *p,
    struct parsed *parsed, const struct judged *f)
{
	parsed->leaf = parse_certificate(&p->leaf);
	if (parsed->leaf == NULL) {
		err_set(f->err, "%s: its certificate is garbled", f->cert);
		return -1;
	}
	if (judge_key(X509_get0_pubkey(parsed->leaf), f) != 0)
		return -1;
	parsed->chain =
	    parse_chain(j->parser, p->chain, p->chain_count, &parsed->size);
	if (parsed->chain == NULL) {
		err_set(f->err, "%s: an intermediate is garbled", f->cert);
		return -1;
	}
	if (parsed->key == NULL) {
		err_set(f->err, "%s: its key is garbled", f->key);
		return -1;
	}
	return judge_attached(j, p, parsed, f);
}

static bool is_sure(
    const struct judge *j, const struct pair *p, const struct parsed *parsed)
{
	struct kind kind;

	if (parsed->leaf == NULL || parsed->key == NULL ||
	    !is_key_of(parsed->leaf, parsed->key))
		return false;
	kind = kind_of(parsed->leaf, parsed->key, p);
	return was_attached(j, &kind);
}

int judge_pair(struct judge *j, const struct judged *f, struct pair *p,
    unsigned *ret_oddities)
{
	struct parsed parsed = {
		.leaf = parse_certificate_alone(j->parser, &p->leaf),
		.key = parse_key(j->parser, &p->key, p->key_form),
	};
	int result = -1;

	if (!is_sure(j, p, &parsed)) {
		X509_free(parsed.leaf);
		if (judge_whole(j, p, &parsed, f) != 0)
			goto out;
	}
	result = leaf_read(parsed.leaf, f, p, ret_oddities);
out:
	parsed_free(&parsed);
	ERR_clear_error();
	return result;
}
