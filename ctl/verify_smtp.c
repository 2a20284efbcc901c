/* SPDX-License-Identifier: ISC */

/*
 * What each MX host of a domain says for itself: addresses, STARTTLS, its
 * certificate (RFC 8461 section 4.2), and whether DANE stands beside.
 */

#include <string.h>

#include "base/arena.h"
#include "policy/policy.h"
#include "verify_hosts.h"
#include "verify_part.h"

static const char *code_of(struct arena *a, const struct smtp_result *s)
{
	static const char *const codes[] = {
		[SMTP_WELL] = "smtp",
		[SMTP_UNREACHABLE] = "smtp-unreachable",
		[SMTP_SILENT] = "smtp-silent",
		[SMTP_REFUSED] = "smtp-refused",
		[SMTP_NO_STARTTLS] = "smtp-no-starttls",
		[SMTP_TLS_OLD] = "smtp-tls-old",
		[SMTP_TLS_FAILED] = "smtp-tls-failed",
		[SMTP_UNASKED] = "smtp",
	};

	if (s->end == SMTP_CERTIFICATE)
		return arena_format(
		    a, "smtp-cert-%s", trust_fault_text(s->fault));
	return codes[s->end];
}

static void tell_address(const struct verify_domain *d, const char *host,
    const struct peer *at, const struct smtp_result *s)
{
	struct verify_report *r = d->report;
	char address[ADDRESS_TEXT_MAX];
	enum verify_grade at_most = VERIFY_BROKEN;

	peer_text(at, PEER_FULL, address);
	if (s->end == SMTP_UNASKED)
		at_most = VERIFY_NOT_CHECKED;
	else if (d->policy != NULL && d->policy->mode == MODE_TESTING)
		at_most = VERIFY_WARNING;
	verify_add_mild(r, code_of(r->arena, s), at_most,
	    arena_format(r->arena, "%s [%s]", host, address), NULL, s->words);
}

static void tell_host(const struct verify_domain *d, const char *name,
    const struct verify_host *k)
{
	struct verify_report *r = d->report;

	if (k == NULL) {
		verify_add_mild(r, "smtp", VERIFY_NOT_CHECKED, name, NULL,
		    "the time for this domain is over");
		return;
	}
	if (k->addresses.outcome == DNS_FAILED)
		verify_add(r, "smtp-lookup", name, NULL, k->addresses.words);
	else if (k->addresses.count == 0)
		verify_add(r, "smtp-no-address", name, NULL,
		    k->addresses.outcome == DNS_NO_NAME ? "no such name"
		                                        : "neither A nor AAAA");
	else if (k->addresses.words[0] != '\0')
		verify_add(r, "smtp-part", name, NULL, k->addresses.words);
	for (size_t i = 0; i < k->addresses.count; i++)
		tell_address(d, name, &k->addresses.at[i], &k->results[i]);
	if (k->tlsa > 0)
		verify_add(r, "dane", name, NULL,
		    arena_format(r->arena, "%zu TLSA", k->tlsa));
}

void verify_smtp(
    struct verify_domain *d, const char *const *hosts, size_t count)
{
	if (d->policy != NULL && d->policy->mode == MODE_NONE) {
		verify_skip(
		    d->report, "smtp", "mode none asks nothing of MX hosts");
		return;
	}
	for (size_t i = 0; i < count; i++)
		tell_host(d, hosts[i],
		    verify_hosts_ask(d->run->hosts, hosts[i], d->deadline_ms));
}
