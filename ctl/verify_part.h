/* SPDX-License-Identifier: ISC */
#ifndef CTL_VERIFY_PART_H
#define CTL_VERIFY_PART_H

#include <stdint.h>

#include "dns_addresses.h"
#include "verify_judge.h"

/* What the checks of verify share, and the checks, in their order. */

struct config;
struct policy;
struct preflight_ca;
struct trust;
struct verify_hosts;

#define VERIFY_CHECK_MS  10000 /* for one check */
#define VERIFY_DOMAIN_MS 60000 /* for all checks of a domain */

/* A run: nothing of it is written while domains are checked. */
struct verify_run {
	const struct config *config; /* NULL: none */
	struct dns *dns;
	const struct trust *trust;
	struct verify_hosts *hosts; /* MX hosts; NULL: they are not asked */
	unsigned port;              /* for HTTPS */
	bool policy_only;
	struct dns_addresses home; /* `host:`, where it is configured */
	struct preflight_ca *ca;   /* whose certificates are ours; NULL: none */
};

/* One domain as it is checked. */
struct verify_domain {
	const struct verify_run *run;
	struct verify_report *report;
	int64_t deadline_ms; /* for all of it */
	const char *host;    /* mta-sts.DOMAIN */
	bool is_lost;        /* it cannot be looked up */
	const char *id;      /* of the TXT record; NULL: there is none */
	bool is_ours;        /* its host leads to us, as far as can be told */
	const struct policy *policy; /* NULL: there is none */
};

/* All checks of a report's domain; it is not concluded yet. */
void verify_check(const struct verify_run *run, struct verify_report *r);

/* The deadline for a check that begins now. */
int64_t verify_deadline(const struct verify_domain *d);

/* The name that policy hosts should lead to. NULL: none. */
const char *verify_home(const struct verify_run *run);

/* Ask each address for the policy; report->policy, the one that counts. */
void verify_fetch(struct verify_domain *d, const struct dns_addresses *at);
void verify_smtp(
    struct verify_domain *d, const char *const *hosts, size_t count);
void verify_caa(struct verify_domain *d);

#endif
