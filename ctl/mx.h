/* SPDX-License-Identifier: ISC */
#ifndef CTL_MX_H
#define CTL_MX_H

#include <stddef.h>

/* MX records, as they came (RFC 1035 section 3.3.9, RFC 7505). */

struct arena;
struct dns_record;

struct mx {
	/*
	 * Names, the best first, each once, in lower case, then NULL. "." is a
	 * null MX; "?" stands for a byte that no host's name has.
	 */
	const char **hosts;
	size_t count;
	size_t malformed; /* records that hold no name */
};

/* In a. */
void mx_read(const struct dns_record *records, size_t count, struct arena *a,
    struct mx *ret_mx);

#endif
