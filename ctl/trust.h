/* SPDX-License-Identifier: ISC */
#ifndef CTL_TRUST_H
#define CTL_TRUST_H

#include <curl/curl.h>
#include <openssl/types.h>
#include <stdbool.h>

/*
 * Certificates that servers show, judged as senders of mail judge them (RULES
 * C1): a chain to a CA that is trusted, in date, and the name as a DNS-ID, "*"
 * one whole label; never the CN. For any number of threads.
 */

struct err;
struct trust; /* the CAs that are trusted */

enum trust_fault {
	TRUST_WELL,
	TRUST_EXPIRED,
	TRUST_FUTURE,
	TRUST_NAME,
	TRUST_CN_ONLY, /* the name stands in the CN, and no other does */
	TRUST_SELF_SIGNED,
	TRUST_CHAIN, /* its issuer's was not sent along */
	TRUST_UNTRUSTED,
	TRUST_INVALID,
};

#define TRUST_WORDS_MAX 256

/* What a handshake is asked for, and what it showed. */
struct trust_shown {
	const struct trust *trust; /* NULL: any certificate is well */
	const char *name;
	bool keeps_leaf;
	/* Zeroed by whoever asks: */
	bool judged; /* a certificate was shown */
	enum trust_fault fault;
	char words[TRUST_WORDS_MAX]; /* of a fault, or an alert; or "" */
	bool old;     /* the peer knows nothing as new as TLS 1.2 */
	bool refused; /* alert unrecognized_name */
	X509 *leaf; /* if asked to keep it, a good one; the caller's to free */
};

/*
 * Those of the PEM file at path; NULL: the system's. NULL and err: there are
 * none to be had.
 */
struct trust *trust_new(const char *path, struct err *err);
void trust_free(struct trust *t);

/* "expired", "cn-only"; of TRUST_WELL "". */
const char *trust_fault_text(enum trust_fault f);

/* Is a good leaf good for this name too? */
bool trust_leaf_names(X509 *leaf, const char *name);

/* Let it judge the handshakes of a handle, instead of libcurl. */
CURLcode trust_judge(CURL *c, struct trust_shown *s);

#endif
