/* SPDX-License-Identifier: ISC */

/*
 * The certificate that answers tls-alpn-01 (RFC 8737 section 3): it signs
 * itself, names the one host, and carries the digest in a critical extension.
 * It is made for one handshake and proves nothing to anybody else.
 */

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tls/session_part.h"

#define ACME_IDENTIFIER "1.3.6.1.5.5.7.1.31"
#define DAY_S           86400L /* our clock or theirs may be wrong */
#define DIGEST_LEN      32

bool challenge_is_asked(SSL *ssl)
{
	static const char only[] = "\0\013\012" ACME_TLS_1;
	const unsigned char *ext;
	size_t len;

	return SSL_client_hello_get0_ext(ssl,
	           TLSEXT_TYPE_application_layer_protocol_negotiation, &ext,
	           &len) == 1 &&
	       len == sizeof(only) - 1 && memcmp(ext, only, len) == 0;
}

static bool add_host(X509 *x, const char *host)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	bool ok = names != NULL && name != NULL && text != NULL &&
	          ASN1_STRING_set(text, host, -1) == 1;

	if (ok) {
		GENERAL_NAME_set0_value(name, GEN_DNS, text);
		text = NULL;
		ok = sk_GENERAL_NAME_push(names, name) > 0;
	}
	if (ok) {
		name = NULL;
		ok = X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) ==
		     1;
	}
	ASN1_IA5STRING_free(text);
	GENERAL_NAME_free(name);
	GENERAL_NAMES_free(names);
	return ok;
}

/* The extension's value is an OCTET STRING, in DER, in an OCTET STRING. */
static bool add_digest(X509 *x, const unsigned char digest[DIGEST_LEN])
{
	unsigned char der[2 + DIGEST_LEN] = { V_ASN1_OCTET_STRING, DIGEST_LEN };
	ASN1_OBJECT *id = OBJ_txt2obj(ACME_IDENTIFIER, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e = NULL;
	bool ok = false;

	memcpy(der + 2, digest, DIGEST_LEN);
	if (id != NULL && value != NULL &&
	    ASN1_OCTET_STRING_set(value, der, sizeof(der)) == 1)
		e = X509_EXTENSION_create_by_OBJ(NULL, id, 1, value);
	if (e != NULL)
		ok = X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(id);
	return ok;
}

static bool fill(X509 *x, EVP_PKEY *key, const char *host,
    const unsigned char digest[DIGEST_LEN])
{
	static const unsigned char words[] = "ACME challenge";
	X509_NAME *name = X509_get_subject_name(x);

	return X509_set_version(x, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(x), -DAY_S) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(x), DAY_S) != NULL &&
	       X509_NAME_add_entry_by_NID(
	           name, NID_commonName, MBSTRING_ASC, words, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, name) == 1 &&
	       X509_set_pubkey(x, key) == 1 && add_host(x, host) &&
	       add_digest(x, digest) && X509_sign(x, key, EVP_sha256()) > 0;
}

int challenge_attach(
    SSL *ssl, const char *host, const unsigned char digest[DIGEST_LEN])
{
	EVP_PKEY *key;
	X509 *x;
	int result = -1;

	ERR_clear_error();
	key = EVP_EC_gen("P-256");
	x = X509_new();
	/* A first hello may have asked for something else. */
	SSL_certs_clear(ssl);
	if (key != NULL && x != NULL && fill(x, key, host, digest) &&
	    SSL_use_cert_and_key(ssl, x, key, NULL, 1) == 1)
		result = 0;
	X509_free(x);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return result;
}
