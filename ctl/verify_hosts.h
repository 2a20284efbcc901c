/* SPDX-License-Identifier: ISC */
#ifndef CTL_VERIFY_HOSTS_H
#define CTL_VERIFY_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns_addresses.h"
#include "smtp.h"

/*
 * MX hosts, which many domains share: each is looked up, and each address
 * asked, once a run, by whoever comes first; the others wait for what it finds
 * (RULES C3). An address is asked again under another name only where its
 * certificate is not good for that name, as it may have one for each.
 */

struct verify_hosts;

struct verify_host {
	const char *name;
	struct dns_addresses addresses;
	size_t tlsa; /* TLSA records beside: DANE */
	struct smtp_result results[DNS_ADDRESSES_MAX]; /* of the addresses */
};

/* NULL: no memory. */
struct verify_hosts *verify_hosts_new(
    struct dns *dns, const struct trust *trust, int64_t limit_ms);
void verify_hosts_free(struct verify_hosts *h);

/*
 * What is known of the host, which lives as long as h. NULL: not before the
 * deadline.
 */
const struct verify_host *verify_hosts_ask(
    struct verify_hosts *h, const char *name, int64_t deadline_ms);

/*
 * Did all that were asked, and some were, take no connection? Then port 25
 * may be closed on the way out.
 */
bool verify_hosts_all_closed(struct verify_hosts *h);

#endif
