/* SPDX-License-Identifier: ISC */

/*
 * CAA of a policy host: will our CA issue for it again? Asked only where the
 * certificates are our business.
 */

#include "base/loop.h"
#include "caa.h"
#include "config/config.h"
#include "policy/catalog.h"
#include "preflight_ca.h"
#include "verify_part.h"

static const char *const words[] = {
	[CAA_ALLOWS] = "",
	[CAA_NOBODY] = "no CA may issue",
	[CAA_OTHERS] = "other CAs may issue, ours may not",
	[CAA_METHOD] = "our CA may, but not by our challenges",
	[CAA_CRITICAL] = "a critical property that CAs do not know",
	[CAA_MALFORMED] = "a malformed record",
};

/* Our CA's names; false: they are not known. */
static bool find_names(
    const struct verify_run *run, struct caa_names *ret_names)
{
	return caa_names_known(
	           run->config->settings.acme.directory, ret_names) ||
	       (run->ca != NULL && preflight_ca_names(run->ca, ret_names) &&
	           ret_names->count > 0);
}

/* What the set says of the challenges that are configured: the best. */
static enum caa_verdict judge(const struct acme *acme,
    const struct dns_answer *a, const struct caa_names *ca)
{
	enum caa_verdict v = CAA_ALLOWS;

	if (acme->hook != NULL) { /* by what method is the hook's business */
		v = caa_judge(a->records, a->count, ca, "dns-01");
		return v == CAA_METHOD ? CAA_ALLOWS : v;
	}
	if (acme->http_01)
		v = caa_judge(a->records, a->count, ca, "http-01");
	if (acme->tls_alpn_01 && (v != CAA_ALLOWS || !acme->http_01))
		v = caa_judge(a->records, a->count, ca, "tls-alpn-01");
	return v;
}

static void judge_set(
    struct verify_domain *d, const char *name, const struct dns_answer *a)
{
	const struct verify_run *run = d->run;
	struct verify_report *r = d->report;
	struct caa_names ca = { .count = 0 };
	bool known = true;
	enum caa_verdict v;

	if (caa_names_a_ca(a->records, a->count))
		known = find_names(run, &ca);
	v = judge(&run->config->settings.acme, a, &ca);
	if (v != CAA_ALLOWS)
		verify_add(r, "caa-forbids", name,
		    ca.count == 0 ? NULL : ca.at[0], words[v]);
	else if (!known)
		verify_skip(r, "caa", "what our CA calls itself is not known");
	else
		verify_add(r, "caa", name, NULL, NULL);
}

void verify_caa(struct verify_domain *d)
{
	const struct verify_run *run = d->run;
	struct verify_report *r = d->report;
	char name[HOST_MAX + 1];
	struct dns_answer a;

	if (r->entry == NULL || run->config == NULL ||
	    !run->config->settings.acme.configured ||
	    run->config->settings.acme.redirect != NULL)
		return;
	if (d->is_lost || clock_now_ms() >= d->deadline_ms) {
		verify_skip(r, "caa",
		    d->is_lost ? "the policy host cannot be looked up"
		               : "the time for this domain is over");
		return;
	}
	switch (caa_find(run->dns, d->host, verify_deadline(d), name, &a)) {
	case DNS_FAILED:
		verify_add(r, "caa-lookup", name, NULL, a.words);
		break;
	case DNS_FOUND:
		judge_set(d, name, &a);
		break;
	case DNS_NO_NAME:
	case DNS_NO_RECORD:
		verify_add(r, "caa", d->host, NULL, "none: any CA may issue");
		break;
	}
	dns_answer_fini(&a);
}
