/* SPDX-License-Identifier: ISC */

/*
 * libcurl leaves the handshake to OpenSSL, and here OpenSSL is told what to
 * look at. Libcurl's own check of the name is switched off, since it accepts
 * a name that stands in the CN alone; and the CAs are read once, since
 * reading them costs more than all the rest of a fetch.
 */

#include "trust.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/quote.h"

#define NAMES_TOLD 3
#define TIME_MAX   32
#define NAME_FLAGS                                                             \
	(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |                                 \
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)

struct trust {
	X509_STORE *store;
};

static int load(struct trust *t, const char *path, struct err *err)
{
	const char *bundle = curl_version_info(CURLVERSION_NOW)->cainfo;

	if (path != NULL) {
		if (X509_STORE_load_file(t->store, path) == 1)
			return 0;
		err_set(err, "%s: no certificates in PEM can be read", path);
		return -1;
	}
	if (getenv("SSL_CERT_FILE") == NULL && getenv("SSL_CERT_DIR") == NULL &&
	    bundle != NULL && X509_STORE_load_file(t->store, bundle) == 1)
		return 0;
	if (X509_STORE_set_default_paths(t->store) == 1)
		return 0;
	err_set(err, "the system's CA certificates cannot be read");
	return -1;
}

struct trust *trust_new(const char *path, struct err *err)
{
	struct trust *t = calloc(1, sizeof(*t));
	int result = -1;

	(void)curl_global_init(CURL_GLOBAL_DEFAULT); /* handles fail then */
	if (t != NULL)
		t->store = X509_STORE_new();
	if (t == NULL || t->store == NULL)
		err_set(err, "no memory for CA certificates");
	else
		result = load(t, path, err);
	ERR_clear_error();
	if (result == 0)
		return t;
	trust_free(t);
	return NULL;
}

void trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	X509_STORE_free(t->store);
	free(t);
}

const char *trust_fault_text(enum trust_fault f)
{
	static const char *const texts[] = {
		[TRUST_WELL] = "",
		[TRUST_EXPIRED] = "expired",
		[TRUST_FUTURE] = "future",
		[TRUST_NAME] = "name",
		[TRUST_CN_ONLY] = "cn-only",
		[TRUST_SELF_SIGNED] = "self-signed",
		[TRUST_CHAIN] = "chain",
		[TRUST_UNTRUSTED] = "untrusted",
		[TRUST_INVALID] = "invalid",
	};

	return texts[f];
}

static void tell_time(const ASN1_TIME *time, char ret_text[TIME_MAX])
{
	struct tm tm;

	ret_text[0] = '\0';
	if (ASN1_TIME_to_tm(time, &tm) == 1)
		(void)strftime(ret_text, TIME_MAX, "%Y-%m-%d %H:%M UTC", &tm);
}

static void tell_names(const X509 *x, char *ret_words, size_t cap)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char quoted[QUOTE_MAX];
	size_t len, told = 0;

	(void)snprintf(ret_words, cap, "it names");
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type != GEN_DNS)
			continue;
		len = strlen(ret_words);
		quote_bytes((const char *)ASN1_STRING_get0_data(n->d.dNSName),
		    (size_t)ASN1_STRING_length(n->d.dNSName), quoted);
		(void)snprintf(ret_words + len, cap - len, "%s%s",
		    told == 0 ? " " : ", ", told < NAMES_TOLD ? quoted : "...");
		if (told++ == NAMES_TOLD)
			break;
	}
	if (told == 0)
		(void)snprintf(ret_words, cap, "it names no host");
	GENERAL_NAMES_free(names);
}

/* The CN, or what else a name ends with. */
static void tell_name(const X509_NAME *name, char ret_quoted[QUOTE_MAX])
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *text;

	if (at < 0)
		at = X509_NAME_entry_count(name) - 1;
	if (at < 0) {
		quote_text("", ret_quoted);
		return;
	}
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	quote_bytes((const char *)ASN1_STRING_get0_data(text),
	    (size_t)ASN1_STRING_length(text), ret_quoted);
}

/* Is there no DNS-ID at all, but the name as CN? */
static bool is_cn_only(X509 *x, const char *name)
{
	return X509_check_host(
	           x, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

static enum trust_fault name_fault(
    int error, int depth, X509 *leaf, const char *name)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return depth == 0 ? TRUST_EXPIRED : TRUST_INVALID;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return depth == 0 ? TRUST_FUTURE : TRUST_INVALID;
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return is_cn_only(leaf, name) ? TRUST_CN_ONLY : TRUST_NAME;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return TRUST_SELF_SIGNED;
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return TRUST_CHAIN;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
		return depth == 0 ? TRUST_CHAIN : TRUST_UNTRUSTED;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return TRUST_UNTRUSTED;
	default:
		return TRUST_INVALID;
	}
}

static void tell(X509_STORE_CTX *ctx, struct trust_shown *s)
{
	const X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
	const X509 *at = X509_STORE_CTX_get_current_cert(ctx);
	char when[TIME_MAX], name[QUOTE_MAX];

	switch (s->fault) {
	case TRUST_WELL:
		break;
	case TRUST_EXPIRED:
		tell_time(X509_get0_notAfter(leaf), when);
		(void)snprintf(s->words, sizeof(s->words), "it ended %s", when);
		break;
	case TRUST_FUTURE:
		tell_time(X509_get0_notBefore(leaf), when);
		(void)snprintf(
		    s->words, sizeof(s->words), "it begins %s", when);
		break;
	case TRUST_NAME:
		tell_names(leaf, s->words, sizeof(s->words));
		break;
	case TRUST_CN_ONLY:
	case TRUST_SELF_SIGNED:
		tell_name(X509_get_subject_name(leaf), name);
		(void)snprintf(
		    s->words, sizeof(s->words), "its CN is %s", name);
		break;
	case TRUST_CHAIN:
	case TRUST_UNTRUSTED:
		tell_name(X509_get_issuer_name(at == NULL ? leaf : at), name);
		(void)snprintf(s->words, sizeof(s->words),
		    "the certificate of %s was not sent, nor is it trusted",
		    name);
		break;
	case TRUST_INVALID:
		tell_name(X509_get_subject_name(at == NULL ? leaf : at), name);
		(void)snprintf(s->words, sizeof(s->words), "%s: %s", name,
		    X509_verify_cert_error_string(
		        X509_STORE_CTX_get_error(ctx)));
		break;
	}
}

static int on_certificate(X509_STORE_CTX *ctx, void *cookie)
{
	struct trust_shown *s = cookie;
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);

	X509_VERIFY_PARAM_set_hostflags(p, NAME_FLAGS);
	if (X509_VERIFY_PARAM_set1_host(p, s->name, 0) != 1)
		return 0;
	s->judged = true;
	if (s->trust == NULL)
		return 1;
	if (X509_verify_cert(ctx) != 1) {
		s->fault = name_fault(X509_STORE_CTX_get_error(ctx),
		    X509_STORE_CTX_get_error_depth(ctx), leaf, s->name);
		tell(ctx, s);
		return 0;
	}
	if (s->keeps_leaf && s->leaf == NULL && X509_up_ref(leaf) == 1)
		s->leaf = leaf;
	return 1;
}

bool trust_leaf_names(X509 *leaf, const char *name)
{
	return X509_check_host(leaf, name, 0, NAME_FLAGS, NULL) == 1;
}

static int slot; /* of a context: whose handshakes it is for */

static void take_slot(void)
{
	slot = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* What the peer, or OpenSSL, says as it gives up. */
static void on_info(const SSL *ssl, int where, int value)
{
	struct trust_shown *s = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), slot);
	bool theirs = (where & SSL_CB_READ) != 0;
	int alert = value & 0xff;

	if (s == NULL || (where & SSL_CB_ALERT) == 0 || s->judged)
		return;
	s->old = alert == SSL_AD_PROTOCOL_VERSION;
	s->refused = theirs && alert == SSL_AD_UNRECOGNIZED_NAME;
	if (s->old)
		(void)snprintf(s->words, sizeof(s->words),
		    "it knows neither TLS 1.2 nor 1.3");
	else if (theirs)
		(void)snprintf(s->words, sizeof(s->words), "alert \"%s\"",
		    SSL_alert_desc_string_long(value));
}

static CURLcode on_context(CURL *c, void *context, void *cookie)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct trust_shown *s = cookie;
	SSL_CTX *ctx = context;

	(void)c;
	(void)pthread_once(&once, take_slot);
	if (slot < 0 || SSL_CTX_set_ex_data(ctx, slot, s) != 1 ||
	    (s->trust != NULL &&
	        SSL_CTX_set1_verify_cert_store(ctx, s->trust->store) != 1) ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		return CURLE_OUT_OF_MEMORY;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_certificate, s);
	SSL_CTX_set_info_callback(ctx, on_info);
	return CURLE_OK;
}

CURLcode trust_judge(CURL *c, struct trust_shown *s)
{
	CURLcode code;

	/* It is ours to check the name, and the CAs are ours. */
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
	(void)curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	(void)curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	code = curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, s);
	if (code == CURLE_OK)
		code =
		    curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, on_context);
	return code;
}
