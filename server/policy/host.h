/* SPDX-License-Identifier: ISC */
#ifndef POLICY_HOST_H
#define POLICY_HOST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Host names as MTA-STS knows them: labels of letters, digits and hyphens,
 * 1 to 63 bytes each, no hyphen at an end, 253 bytes in all, at least two
 * labels, lower case, no trailing dot (RFC 8461 section 3.2, RFC 5890).
 */

#define HOST_MAX   253
#define DOMAIN_MAX 244 /* so that "_mta-sts." fits before it: RULES H17 */
/* So that "_smtp._tls." does: above it no TLS reports can be asked for. */
#define DOMAIN_REPORTED_MAX 242

struct err;

/* Is this a host name in the form above, lower case, A-labels? */
bool host_is_valid(const char *name, size_t len);

/*
 * A name as a person or a peer wrote it, to the form above: upper case is
 * lowered, U-labels become A-labels (UTS 46, non-transitional). One trailing
 * dot, an underscore, an IP address, a single label, a URL are refused, in
 * words. 0 and a string; or -1 and err.
 */
int host_from_text(
    const char *text, char ret_host[HOST_MAX + 1], struct err *err);

/*
 * A name as it came on the wire (SNI, Host), len bytes: lowered, one trailing
 * dot passed over. False: it is no host name (a NUL, an address, too long).
 */
bool host_from_wire(const char *name, size_t len, char ret_host[HOST_MAX + 1]);

/*
 * An mx pattern: a host name, or "*." and one (section 4.1). As host_from_text.
 */
int pattern_from_text(
    const char *text, char ret_pattern[HOST_MAX + 1], struct err *err);

/*
 * Does pattern (a name, or "*." and a name, lower case) cover host? The star
 * stands for exactly one whole label (RFC 8461 section 4.1, RFC 9525).
 */
bool pattern_covers(const char *pattern, const char *host);

/* Is host a name below domain, and not domain itself? */
bool host_is_below(const char *host, const char *domain);

#endif
