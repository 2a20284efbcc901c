/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_ADDRESSES_H
#define CTL_DNS_ADDRESSES_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "dns.h"

#define DNS_ADDRESSES_MAX 16

/* A and AAAA together, sorted, without a port; those above the bound cut. */
struct dns_addresses {
	enum dns_outcome outcome; /* DNS_FOUND: one of both was found */
	char alias[DNS_ALIAS_MAX];
	/*
	 * Of DNS_FAILED; of DNS_FOUND where not every address is here, as the
	 * other lookup failed or there are too many. "": all are.
	 */
	char words[DNS_WORDS_MAX];
	struct peer at[DNS_ADDRESSES_MAX];
	size_t count;
};
void dns_addresses(struct dns *d, const char *host, int64_t deadline_ms,
    struct dns_addresses *ret_addresses);

#endif
