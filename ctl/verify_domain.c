/* SPDX-License-Identifier: ISC */

/*
 * One domain, check after check. Where one finds no ground for the next, that
 * one says so and no more, so that each fault is told once (RULES C7).
 */

#include <string.h>

#include "base/arena.h"
#include "base/loop.h"
#include "mx.h"
#include "policy/catalog.h"
#include "policy/host.h"
#include "policy/policy.h"
#include "txt.h"
#include "verify_part.h"

enum { TXT, TLSRPT, MX, QUESTIONS };

int64_t verify_deadline(const struct verify_domain *d)
{
	int64_t limit_ms = clock_now_ms() + VERIFY_CHECK_MS;

	return limit_ms < d->deadline_ms ? limit_ms : d->deadline_ms;
}

static void skip_policy(struct verify_domain *d, const char *why)
{
	if (!d->run->policy_only || d->report->entry == NULL)
		verify_skip(d->report, "policy", why);
	if (d->report->entry == NULL)
		return;
	verify_skip(d->report, "ours", why);
	if (!d->run->policy_only)
		verify_skip(d->report, "id", why);
}

static void check_txt(struct verify_domain *d, const struct dns_answer *a)
{
	struct verify_report *r = d->report;
	const char *expected = NULL;

	if (r->entry != NULL)
		expected =
		    arena_format(r->arena, "\"v=STSv1; id=%s;\"", r->entry->id);
	if (a->outcome == DNS_FAILED)
		verify_add(r, "txt-lookup",
		    arena_format(r->arena, "_mta-sts.%s", r->domain), expected,
		    a->words);
	else
		d->id = verify_judge_txt(r,
		    txt_join(a->records, a->count, r->arena), a->count,
		    expected);
}

/* False: the policy host has no address. */
static bool find_host(struct verify_domain *d, struct dns_addresses *ret_found)
{
	struct verify_report *r = d->report;
	const char *home = r->entry == NULL || d->run->home.count == 0
	                       ? NULL
	                       : verify_home(d->run);
	const char *found = NULL;
	const char *code;

	dns_addresses(d->run->dns, d->host, verify_deadline(d), ret_found);
	if (ret_found->count != 0)
		return true;
	if (ret_found->alias[0] != '\0')
		r->alias = arena_string(r->arena, ret_found->alias);
	if (ret_found->outcome == DNS_FAILED) {
		code = "host-lookup";
		d->is_lost = true;
		found = ret_found->words;
	} else {
		code = r->alias == NULL ? "host-missing" : "host-dangling";
		found = r->alias == NULL ? "nothing" : r->alias;
	}
	verify_add(r, code, d->host, home, found);
	return false;
}

static void compare(struct verify_domain *d)
{
	struct verify_report *r = d->report;
	const char *why = NULL;

	if (d->policy == NULL && !d->run->policy_only)
		why = "the policy is malformed";
	else if (!d->is_ours)
		why = "the policy host leads elsewhere";
	if (why == NULL) {
		verify_judge_ours(r, d->id, !d->run->policy_only);
		return;
	}
	verify_skip(r, "ours", why);
	if (!d->run->policy_only)
		verify_skip(r, "id", why);
}

static void check_content(struct verify_domain *d)
{
	struct verify_report *r = d->report;

	if (r->policy == NULL) {
		skip_policy(d, "there is no policy to be had");
		return;
	}
	/* Are they our bytes, is asked then, not whether those are wise. */
	if (!d->run->policy_only || r->entry == NULL)
		d->policy = verify_judge_policy(r);
	if (r->entry != NULL)
		compare(d);
}

static void check_policy(struct verify_domain *d)
{
	struct dns_addresses at;

	if (find_host(d, &at)) {
		verify_fetch(d, &at);
	} else {
		verify_skip(
		    d->report, "https", "the policy host has no address");
	}
	check_content(d);
}

/* The domain's MX hosts; none: it was told why. */
static void find_mx(
    struct verify_domain *d, const struct dns_answer *a, struct mx *ret_mx)
{
	struct verify_report *r = d->report;
	const char *code = NULL, *found = NULL;
	struct dns_addresses at;
	struct mx mx;

	mx_read(a->records, a->count, r->arena, &mx);
	if (a->outcome == DNS_FAILED) {
		code = "mx-lookup";
		found = a->words;
	} else if (mx.malformed > 0) {
		code = "mx-malformed";
		found = arena_format(
		    r->arena, "%zu of %zu records", mx.malformed, a->count);
	} else if (mx.count == 0) {
		dns_addresses(d->run->dns, r->domain, verify_deadline(d), &at);
		code = at.count > 0 || at.outcome == DNS_FAILED ? "mx-implicit"
		                                                : "mx-nowhere";
		if (strcmp(code, "mx-implicit") == 0)
			mx.hosts[mx.count++] = r->domain;
	} else if (strcmp(mx.hosts[0], ".") == 0 && mx.count == 1) {
		code = "mx-null";
		mx.count = 0;
	}
	if (code != NULL)
		verify_add(r, code, r->domain, NULL, found);
	*ret_mx = mx;
}

static const char *list_hosts(struct arena *a, const struct mx *mx)
{
	size_t len = 1;
	char *text, *to;

	for (size_t i = 0; i < mx->count; i++)
		len += strlen(mx->hosts[i]) + 2;
	text = to = arena_alloc(a, len);
	for (size_t i = 0; i < mx->count; i++)
		to = stpcpy(stpcpy(to, i == 0 ? "" : ", "), mx->hosts[i]);
	return text;
}

static void check_mail(struct verify_domain *d, const struct dns_answer *a)
{
	struct verify_report *r = d->report;
	struct mx mx;

	find_mx(d, a, &mx);
	if (mx.count == 0)
		return;
	r->mx = list_hosts(r->arena, &mx);
	verify_judge_mx(r, d->policy, mx.hosts, mx.count);
	if (d->run->hosts == NULL)
		verify_skip(r, "smtp", "as told by --no-smtp");
	else
		verify_smtp(d, mx.hosts, mx.count);
}

static void check_reports(struct verify_domain *d, const struct dns_answer *a)
{
	struct verify_report *r = d->report;
	bool wanted = (r->entry != NULL && r->entry->tlsrpt != NULL) ||
	              (d->policy != NULL && d->policy->mode == MODE_TESTING);

	if (strlen(r->domain) > DOMAIN_REPORTED_MAX)
		verify_skip(
		    r, "tlsrpt", "there is no room for _smtp._tls. before it");
	else if (a->outcome == DNS_FAILED)
		verify_add(r, "tlsrpt-lookup",
		    arena_format(r->arena, "_smtp._tls.%s", r->domain), NULL,
		    a->words);
	else
		verify_judge_tlsrpt(r, txt_join(a->records, a->count, r->arena),
		    a->count, wanted);
}

/* False: there is nothing to be checked. */
static bool check_dns(struct verify_domain *d, const struct dns_answer *a)
{
	static const char *const before[] = { "txt", "host", "https" };
	static const char *const after[] = { "mx", "smtp", "tlsrpt" };
	const char *why = "there is no DNS to go by";
	const char *code = "dns", *found = NULL;

	if (a[TXT].outcome == DNS_FAILED && a[TLSRPT].outcome == DNS_FAILED &&
	    a[MX].outcome == DNS_FAILED) {
		code = "dns-silent";
		found = a[MX].words;
	} else if (a[MX].outcome == DNS_NO_NAME &&
	           a[TXT].outcome != DNS_FOUND) {
		code = "domain-missing";
		found = "no such name";
	}
	verify_add(d->report, code, d->report->domain, NULL, found);
	if (strcmp(code, "dns") == 0)
		return true;
	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
		verify_skip(d->report, before[i], why);
	skip_policy(d, why);
	for (size_t i = 0; i < sizeof(after) / sizeof(*after); i++)
		verify_skip(d->report, after[i], why);
	return false;
}

void verify_check(const struct verify_run *run, struct verify_report *r)
{
	struct verify_domain d = {
		.run = run,
		.report = r,
		.deadline_ms = clock_now_ms() + VERIFY_DOMAIN_MS,
		.host = arena_format(r->arena, "mta-sts.%s", r->domain),
	};
	const struct dns_question questions[QUESTIONS] = {
		[TXT] = { arena_format(r->arena, "_mta-sts.%s", r->domain),
		    DNS_TXT },
		[TLSRPT] = { arena_format(r->arena, "_smtp._tls.%s", r->domain),
		    DNS_TXT },
		[MX] = { r->domain, DNS_MX },
	};
	struct dns_answer answers[QUESTIONS];

	if (run->policy_only) {
		check_policy(&d);
		return;
	}
	dns_lookups(
	    run->dns, questions, QUESTIONS, verify_deadline(&d), answers);
	if (check_dns(&d, answers)) {
		check_txt(&d, &answers[TXT]);
		check_policy(&d);
		check_mail(&d, &answers[MX]);
		verify_caa(&d);
		check_reports(&d, &answers[TLSRPT]);
	}
	for (size_t i = 0; i < QUESTIONS; i++)
		dns_answer_fini(&answers[i]);
}
