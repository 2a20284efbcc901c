/* SPDX-License-Identifier: ISC */
#ifndef CTL_SMTP_H
#define CTL_SMTP_H

#include <stdint.h>

#include "trust.h"

/*
 * Is a mail host as MTA-STS asks for it (RFC 8461 section 4.2): STARTTLS, and
 * a certificate that is valid for its name? No mail is sent. By any number of
 * threads at once.
 */

struct peer;

#define SMTP_PORT      25
#define SMTP_WORDS_MAX TRUST_WORDS_MAX

struct smtp_plan {
	const char *name;      /* of the MX host */
	const struct peer *at; /* the address to ask; its port does not count */
	const struct trust *trust;
	int64_t limit_ms; /* for all of it */
};

enum smtp_end {
	SMTP_WELL,
	SMTP_UNREACHABLE, /* no connection */
	SMTP_SILENT,      /* a connection, but no SMTP */
	SMTP_REFUSED,     /* it declines to talk to us */
	SMTP_NO_STARTTLS,
	SMTP_TLS_OLD,
	SMTP_TLS_FAILED,
	SMTP_CERTIFICATE, /* it is not valid: fault */
	SMTP_UNASKED,     /* it could not be asked */
};

struct smtp_result {
	enum smtp_end end;
	enum trust_fault fault;
	char words[SMTP_WORDS_MAX];
	X509 *leaf; /* of SMTP_WELL: its certificate, the caller's to free */
};

void smtp_ask(const struct smtp_plan *p, struct smtp_result *ret_result);

#endif
