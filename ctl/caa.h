/* SPDX-License-Identifier: ISC */
#ifndef CTL_CAA_H
#define CTL_CAA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns.h"
#include "policy/host.h"

/*
 * May a CA issue for a host? CAA records (RFC 8659) with validationmethods
 * (RFC 8657), for names without a wildcard. accounturi is passed over: what
 * account there will be is not known here.
 */

/* What a CA calls itself in CAA. None: it does not say. */
struct caa_names {
	const char *const *at;
	size_t count;
};

/*
 * What the CA of an ACME directory calls itself, where that is known without
 * asking it. directory NULL: it is not decided yet, and most probably the one
 * that most people have. The names live for ever. False: it is not known.
 */
bool caa_names_known(const char *directory, struct caa_names *ret_names);

enum caa_verdict {
	CAA_ALLOWS,
	CAA_NOBODY,    /* no CA at all may issue */
	CAA_OTHERS,    /* other CAs may, this one may not */
	CAA_METHOD,    /* it may, but not by this method */
	CAA_CRITICAL,  /* a critical property that CAs do not know */
	CAA_MALFORMED, /* a record that is none */
};

/*
 * Judge a set of CAA rdata for a CA and a method, like "http-01". Of a CA
 * without names only what forbids all is known.
 */
enum caa_verdict caa_judge(const struct dns_record *records, size_t count,
    const struct caa_names *ca, const char *method);

/* Does one of them name a CA, so that it matters which one ours is? */
bool caa_names_a_ca(const struct dns_record *records, size_t count);

/*
 * The set that counts for host: its own, or that of the next name above it
 * that has one (RFC 8659 section 3). DNS_FOUND and *ret_name; DNS_NO_RECORD:
 * there is none, all may issue; DNS_FAILED and the answer's words: not known,
 * of *ret_name. ret_answer is to be given to dns_answer_fini.
 */
enum dns_outcome caa_find(struct dns *d, const char *host, int64_t deadline_ms,
    char ret_name[HOST_MAX + 1], struct dns_answer *ret_answer);

#endif
