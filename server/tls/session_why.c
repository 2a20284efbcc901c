/* SPDX-License-Identifier: ISC */

/*
 * OpenSSL's reasons in the words of one who reads a log: what the client did,
 * and not where in OpenSSL it was noticed.
 */

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "tls/session_part.h"

#define ALERT_MAX 255

static const struct {
	int reason;
	const char *words;
} reasons[] = {
	{ SSL_R_UNSUPPORTED_PROTOCOL, "the client offered no TLS 1.2 or 1.3" },
	{ SSL_R_NO_PROTOCOLS_AVAILABLE,
	    "the client offered no TLS 1.2 or 1.3" },
	{ SSL_R_VERSION_TOO_LOW, "the client offered no TLS 1.2 or 1.3" },
	{ SSL_R_WRONG_VERSION_NUMBER, "the client did not speak TLS" },
	{ SSL_R_HTTP_REQUEST, "the client spoke HTTP without TLS" },
	{ SSL_R_HTTPS_PROXY_REQUEST, "the client spoke HTTP without TLS" },
	{ SSL_R_NO_SHARED_CIPHER, "the client offered no cipher of ours" },
	{ SSL_R_NO_SHARED_GROUPS, "the client offered no group of ours" },
	{ SSL_R_NO_SUITABLE_KEY_SHARE, "the client offered no group of ours" },
	{ SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
	    "the client cannot verify the certificate's kind of key" },
	{ SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
	    "the client cannot verify the certificate's kind of key" },
	{ SSL_R_NO_APPLICATION_PROTOCOL, "the client's ALPN has no http/1.1" },
	{ SSL_R_INAPPROPRIATE_FALLBACK,
	    "the client fell back to an older TLS" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA,
	    "the client did not trust the certificate (alert unknown_ca)" },
	{ SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
	    "the client did not trust the certificate (alert "
	    "bad_certificate)" },
	{ SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
	    "the client did not trust the certificate (alert "
	    "unsupported_certificate)" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED,
	    "the client did not trust the certificate (alert "
	    "certificate_revoked)" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
	    "the client did not trust the certificate (alert "
	    "certificate_expired)" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
	    "the client did not trust the certificate (alert "
	    "certificate_unknown)" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
	    "the client sent the alert protocol_version" },
	{ SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
	    "the client sent the alert handshake_failure" },
	{ SSL_R_TLSV1_ALERT_USER_CANCELLED,
	    "the client sent the alert user_canceled" },
};

const char *why_failed(void)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);

	ERR_clear_error();
	if (code == 0)
		return "the client broke off";
	if (ERR_GET_LIB(code) != ERR_LIB_SSL)
		return "the client sent what cannot be decrypted";
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].words;
	if (reason > SSL_AD_REASON_OFFSET &&
	    reason <= SSL_AD_REASON_OFFSET + ALERT_MAX)
		return "the client sent an alert";
	return "the client broke TLS";
}
