/* SPDX-License-Identifier: ISC */
/*
 * What is live of one domain, in its own thread. DNS is asked for all of it at
 * once, and then the policy host, an address after the other until one
 * answers, with a certificate that senders accept: what others would not have
 * taken is no policy of the domain's.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/loop.h"
#include "base/quote.h"
#include "caa.h"
#include "dns_addresses.h"
#include "fetch.h"
#include "import.h"
#include "policy/host.h"
#include "trust.h"

#define DNS_MS    10000 /* for all of DNS */
#define HTTPS_MS  10000 /* for all of the policy */
#define ONE_MS    5000  /* for one address, where there are several */
#define BODY_MAX  65536 /* RULES C2 */
#define STATUS_OK 200

struct look {
	struct facts *f;
	struct dns *dns;
	const struct trust *trust;
	const struct caa_names *ca;
	struct arena *a;
	int64_t dns_deadline_ms;
	const char *host; /* mta-sts.DOMAIN */
};

static const char *quoted(struct look *l, const char *text)
{
	char words[QUOTE_MAX];

	quote_text(text, words);
	return arena_string(l->a, words);
}

/* Is there an answer to be read? If that is not known, why, is a fault. */
static bool has_answer(
    struct look *l, const struct dns_answer *a, const char **ret_fault)
{
	if (a->outcome == DNS_FAILED)
		*ret_fault = arena_string(l->a, a->words);
	return a->outcome == DNS_FOUND;
}

static void ask_dns(struct look *l)
{
	enum { STS, TLSRPT, MX, COUNT };
	const char *d = l->f->domain;
	const struct dns_question questions[COUNT] = {
		[STS] = { arena_format(l->a, "_mta-sts.%s", d), DNS_TXT },
		[TLSRPT] = { arena_format(l->a, "_smtp._tls.%s", d), DNS_TXT },
		[MX] = { d, DNS_MX },
	};
	struct dns_answer a[COUNT];

	dns_lookups(l->dns, questions, COUNT, l->dns_deadline_ms, a);
	l->f->txt_unasked = a[STS].outcome == DNS_FAILED;
	if (has_answer(l, &a[STS], &l->f->txt_fault))
		import_take_sts(l->f, a[STS].records, a[STS].count, l->a);
	if (has_answer(l, &a[TLSRPT], &l->f->tlsrpt_fault))
		import_take_tlsrpt(
		    l->f, a[TLSRPT].records, a[TLSRPT].count, l->a);
	if (has_answer(l, &a[MX], &l->f->mx_fault))
		import_take_mx(l->f, a[MX].records, a[MX].count, l->a);
	else if (a[MX].outcome == DNS_NO_NAME)
		l->f->mx_fault = "no such domain";
	for (size_t i = 0; i < COUNT; i++)
		dns_answer_fini(&a[i]);
}

static const char *caa_words(struct look *l, const char *name,
    const struct dns_answer *answer, const struct caa_names *names)
{
	static const char *const methods[] = { "http-01", "tls-alpn-01" };
	enum caa_verdict v = CAA_ALLOWS;

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		v = caa_judge(
		    answer->records, answer->count, names, methods[i]);
		if (v == CAA_ALLOWS)
			break;
	}
	if (v == CAA_ALLOWS && names->count == 0 &&
	    caa_names_a_ca(answer->records, answer->count))
		return arena_format(
		    l->a, "CAA of %s names CAs: is yours among them?", name);
	switch (v) {
	case CAA_ALLOWS:
		return NULL;
	case CAA_NOBODY:
		return arena_format(
		    l->a, "CAA of %s does not allow any CA", name);
	case CAA_OTHERS:
		return arena_format(l->a, "CAA of %s does not allow %s", name,
		    names->count == 0 ? "our CA" : names->at[0]);
	case CAA_METHOD:
		return arena_format(l->a,
		    "CAA of %s does not allow http-01 or tls-alpn-01", name);
	case CAA_CRITICAL:
	case CAA_MALFORMED:
		break;
	}
	return arena_format(l->a,
	    "CAA of %s has a record that no CA understands: none will issue",
	    name);
}

/*
 * The set of the domain, not of its policy host: what stands there, or where
 * its CNAME leads, goes with the move.
 */
static void ask_caa(struct look *l)
{
	char name[HOST_MAX + 1];
	struct dns_answer a;

	switch (caa_find(l->dns, l->f->domain, l->dns_deadline_ms, name, &a)) {
	case DNS_FOUND:
		l->f->caa = caa_words(l, name, &a, l->ca);
		break;
	case DNS_FAILED:
		l->f->caa = arena_format(l->a, "CAA of %s: %s", name, a.words);
		break;
	case DNS_NO_NAME:
	case DNS_NO_RECORD:
		break;
	}
	dns_answer_fini(&a);
}

static bool is_plain_text(const char *type)
{
	size_t len = strcspn(type, "; \t");

	return len == strlen("text/plain") &&
	       strncasecmp(type, "text/plain", len) == 0;
}

/* What was answered; NULL: the policy, or what should be one. */
static const char *judge_answer(struct look *l, const struct fetch_result *r)
{
	if (r->location[0] != '\0')
		return arena_format(l->a, "%s redirects to %s", l->host,
		    quoted(l, r->location));
	if (r->status != STATUS_OK)
		return arena_format(
		    l->a, "%s answers with status %ld", l->host, r->status);
	if (r->cut)
		return arena_format(l->a, "%s sends more than 64 KiB", l->host);
	if (!is_plain_text(r->type))
		return arena_format(l->a, "%s sends media type %s", l->host,
		    r->type[0] == '\0' ? "none" : quoted(l, r->type));
	return NULL;
}

/* Ask one address. True: somebody is there, good or bad. */
static bool ask_address(
    struct look *l, const struct peer *at, int64_t deadline_ms)
{
	struct trust_shown shown = { .trust = l->trust, .name = l->host };
	int64_t left = deadline_ms - clock_now_ms();
	struct fetch_plan plan = {
		.url = arena_format(
		    l->a, "https://%s/.well-known/mta-sts.txt", l->host),
		.at = at,
		.shown = &shown,
		.cap = BODY_MAX,
		.limit_ms = left < 1        ? 1
		            : left > ONE_MS ? ONE_MS
		                            : left,
		.stop_fd = -1,
	};
	struct facts *f = l->f;
	struct fetch_result r;
	bool there;

	fetch(&plan, &r);
	there = r.end == FETCH_ANSWERED || r.end == FETCH_NONSENSE;
	if (r.end == FETCH_ANSWERED)
		f->policy_fault = judge_answer(l, &r);
	else
		f->policy_fault = arena_format(l->a, "%s%s: %s", l->host,
		    shown.fault != TRUST_WELL
		        ? " has no certificate that senders take"
		        : "",
		    shown.words[0] != '\0' ? shown.words : r.words);
	if (f->policy_fault == NULL) {
		f->policy = arena_copy(l->a, r.len == 0 ? "" : r.body, r.len);
		f->policy_len = r.len;
	}
	fetch_result_fini(&r);
	return there;
}

static void ask_policy(struct look *l)
{
	int64_t deadline_ms;
	struct dns_addresses at;

	dns_addresses(l->dns, l->host, l->dns_deadline_ms, &at);
	if (at.outcome == DNS_FAILED) {
		l->f->policy_fault =
		    arena_format(l->a, "%s: %s", l->host, at.words);
		l->f->host_unasked = true;
		return;
	}
	deadline_ms = clock_now_ms() + HTTPS_MS;
	for (size_t i = 0; i < at.count; i++)
		if (ask_address(l, &at.at[i], deadline_ms) ||
		    clock_now_ms() >= deadline_ms)
			return;
}

void import_look(struct facts *f, struct dns *dns, const struct trust *trust,
    const struct caa_names *ca, struct arena *a)
{
	struct look l = {
		.f = f,
		.dns = dns,
		.trust = trust,
		.ca = ca,
		.a = a,
		.dns_deadline_ms = clock_now_ms() + DNS_MS,
		.host = arena_format(a, "mta-sts.%s", f->domain),
	};

	ask_dns(&l);
	ask_caa(&l);
	ask_policy(&l);
}
