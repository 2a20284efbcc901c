/* SPDX-License-Identifier: ISC */

/*
 * The policy, asked for at every address of its host, as a sender would (RFC
 * 8461 section 3.3). Where the host leads to another server that serves none,
 * that alone is told: what is wrong with that server is nobody's business.
 */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/loop.h"
#include "base/quote.h"
#include "config/config.h"
#include "fetch.h"
#include "policy/catalog.h"
#include "reach.h"
#include "trust.h"
#include "verify_codes.h"
#include "verify_part.h"

#define BODY_MAX  65536
#define STATUS_OK 200

/* What one address served. */
struct served {
	const char *about; /* the address */
	const char *code;
	const char *found;
	const char *body; /* of a policy, or what should be one; NULL: none */
	size_t len;
};

static void judge_handshake(
    struct arena *a, const struct trust_shown *t, struct served *s)
{
	s->found = t->words[0] == '\0' ? "closed, or no TLS" : t->words;
	if (t->fault != TRUST_WELL)
		s->code =
		    arena_format(a, "cert-%s", trust_fault_text(t->fault));
	else if (t->old)
		s->code = "tls-old";
	else if (t->refused)
		s->code = "tls-refused";
	else
		s->code = "tls-failed";
	s->found = arena_string(a, s->found);
}

static bool is_plain_text(const char *type)
{
	size_t len = strcspn(type, "; \t");

	return len == strlen("text/plain") &&
	       strncasecmp(type, "text/plain", len) == 0;
}

static void judge_answer(
    struct arena *a, const struct fetch_result *r, struct served *s)
{
	char quoted[QUOTE_MAX];

	if (r->location[0] != '\0') {
		quote_text(r->location, quoted);
		s->code = "http-redirect";
		s->found = arena_format(a, "%ld to %s", r->status, quoted);
	} else if (r->status != STATUS_OK) {
		s->code = "http-status";
		s->found = arena_format(a, "%ld", r->status);
	} else if (r->cut) {
		s->code = "http-too-big";
	} else if (r->type[0] == '\0') {
		s->code = "http-no-type";
	} else if (!is_plain_text(r->type)) {
		quote_text(r->type, quoted);
		s->code = "http-type";
		s->found = arena_string(a, quoted);
	} else {
		s->code = "https";
		s->body = arena_copy(a, r->len == 0 ? "" : r->body, r->len);
		s->len = r->len;
	}
}

static void judge(struct arena *a, const struct fetch_result *r,
    const struct trust_shown *t, struct served *s)
{
	if (r->end != FETCH_ANSWERED)
		s->found = arena_string(a, r->words);
	switch (r->end) {
	case FETCH_ANSWERED:
		judge_answer(a, r, s);
		break;
	case FETCH_NO_WAY:
		s->code = "https-unreachable";
		break;
	case FETCH_SILENT:
		s->code = "https-timeout";
		break;
	case FETCH_NONSENSE:
		if (t->judged && t->fault == TRUST_WELL)
			s->code = "https-closed";
		else
			judge_handshake(a, t, s);
		break;
	case FETCH_FAILED:
		break; /* not checked */
	}
}

static struct served ask(const struct verify_domain *d, const struct peer *at)
{
	struct arena *a = d->report->arena;
	struct trust_shown shown = { .trust = d->run->trust, .name = d->host };
	struct fetch_plan plan = {
		.at = at,
		.shown = &shown,
		.cap = BODY_MAX,
		.limit_ms = verify_deadline(d) - clock_now_ms(),
		.stop_fd = -1,
	};
	char about[ADDRESS_TEXT_MAX];
	struct served s = { .code = NULL };
	struct fetch_result r;

	peer_text(at, PEER_FULL, about);
	s.about = arena_string(a, about);
	if (plan.limit_ms <= 0) {
		s.found = "the time for this domain is over";
		return s;
	}
	plan.url = arena_format(
	    a, "https://%s:%u/.well-known/mta-sts.txt", d->host, d->run->port);
	fetch(&plan, &r);
	judge(a, &r, &shown, &s);
	fetch_result_fini(&r);
	return s;
}

static bool is_same(const struct served *s, const char *bytes, size_t len)
{
	return s->body != NULL && s->len == len &&
	       memcmp(s->body, bytes, len) == 0;
}

static bool is_ours(const struct catalog_entry *e, const struct served *s)
{
	return e != NULL && is_same(s, e->policy, e->policy_len);
}

/* The policy that counts: ours where any serves it, else the first. */
static const struct served *choose(
    const struct verify_report *r, const struct served *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_ours(r->entry, &all[i]))
			return &all[i];
	for (size_t i = 0; i < count; i++)
		if (all[i].body != NULL)
			return &all[i];
	return NULL;
}

static void compare(struct verify_report *r, const struct served *all,
    size_t count, const struct served *reference)
{
	size_t others = 0, before = r->count;

	for (size_t i = 0; i < count; i++) {
		if (all[i].body == NULL || &all[i] == reference)
			continue;
		others++;
		if (!is_same(&all[i], reference->body, reference->len))
			verify_add(r, "same-differs", all[i].about,
			    arena_format(
			        r->arena, "what %s serves", reference->about),
			    NULL);
	}
	if (others > 0 && r->count == before)
		verify_add(r, "same", r->domain, NULL, NULL);
}

/*
 * What was not asked harms no verdict, but where each address was to be asked
 * before records are published (--policy-only).
 */
static void tell_addresses(
    const struct verify_domain *d, const struct served *all, size_t count)
{
	const char *unasked = d->run->policy_only ? "https-unasked" : "https";
	bool is_mild;

	for (size_t i = 0; i < count; i++) {
		is_mild = all[i].code == NULL && !d->run->policy_only;
		verify_add_mild(d->report,
		    all[i].code == NULL ? unasked : all[i].code,
		    is_mild ? VERIFY_NOT_CHECKED : VERIFY_BROKEN, all[i].about,
		    NULL, all[i].found);
	}
}

static bool shares_address(
    const struct dns_addresses *a, const struct dns_addresses *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++)
			if (memcmp(a->at[i].ip, b->at[j].ip,
			        sizeof(a->at[i].ip)) == 0)
				return true;
	return false;
}

const char *verify_home(const struct verify_run *run)
{
	return run->config == NULL ? NULL : run->config->settings.host;
}

enum way { WAY_WELL, WAY_NO_CNAME, WAY_ELSEWHERE };

/* Does the policy host lead to `host:`? */
static enum way judge_way(
    const struct verify_domain *d, const struct dns_addresses *a)
{
	const struct dns_addresses *home = &d->run->home;
	const char *name;

	if (d->report->entry == NULL || home->count == 0 || d->run->policy_only)
		return WAY_WELL;
	name = home->alias[0] != '\0' ? home->alias : verify_home(d->run);
	if (strcasecmp(a->alias, name) == 0)
		return WAY_WELL;
	if (!shares_address(a, home))
		return WAY_ELSEWHERE;
	return a->alias[0] == '\0' ? WAY_NO_CNAME : WAY_WELL;
}

/* False: no policy is there, and this finding tells it all. */
static bool tell_host(const struct verify_domain *d, enum way way,
    const struct served *first, bool any)
{
	struct verify_report *r = d->report;
	const char *to = r->alias != NULL ? r->alias : r->addresses;
	const char *home = verify_home(d->run);

	if (way == WAY_WELL || way == WAY_NO_CNAME) {
		verify_add(r, way == WAY_WELL ? "host" : "host-no-cname",
		    d->host, way == WAY_WELL ? NULL : home, to);
		return true;
	}
	if (!any && first->code != NULL) {
		to = arena_format(r->arena, "%s: %s%s%s", to,
		    verify_code_find(first->code)->words,
		    first->found == NULL ? "" : ": ",
		    first->found == NULL ? "" : first->found);
		verify_add(r, "host-wrong", d->host, home, to);
		return false;
	}
	verify_add(r, "host-elsewhere", d->host, home, to);
	return true;
}

static void list_addresses(
    struct verify_report *r, const struct served *all, size_t count)
{
	const char *text = all[0].about;

	for (size_t i = 1; i < count; i++)
		text = arena_format(r->arena, "%s, %s", text, all[i].about);
	r->addresses = text;
}

/* Some address has to be asked, whatever this machine thinks of it. */
static bool any_in_reach(const struct dns_addresses *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (!reach_lacks_ipv6(&a->at[i]))
			return true;
	return false;
}

static void ask_all(const struct verify_domain *d,
    const struct dns_addresses *a, struct served *all)
{
	bool reach = any_in_reach(a);
	char about[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < a->count; i++) {
		if (!reach || !reach_lacks_ipv6(&a->at[i])) {
			all[i] = ask(d, &a->at[i]);
			continue;
		}
		peer_text(&a->at[i], PEER_FULL, about);
		all[i].about = arena_string(d->report->arena, about);
		all[i].found = REACH_WORDS;
	}
}

void verify_fetch(struct verify_domain *d, const struct dns_addresses *a)
{
	struct verify_report *r = d->report;
	struct served all[DNS_ADDRESSES_MAX] = { { .about = NULL } };
	const struct served *reference;
	enum way way = judge_way(d, a);

	if (a->alias[0] != '\0')
		r->alias = arena_string(r->arena, a->alias);
	ask_all(d, a, all);
	list_addresses(r, all, a->count);
	if (a->words[0] != '\0')
		verify_add(r, "host-part", d->host, NULL, a->words);
	reference = choose(r, all, a->count);
	d->is_ours = way != WAY_ELSEWHERE ||
	             (reference != NULL && is_ours(r->entry, reference));
	if (!tell_host(d, way, &all[0], reference != NULL)) {
		verify_skip(r, "https", "the policy host leads elsewhere");
		return;
	}
	tell_addresses(d, all, a->count);
	if (reference == NULL)
		return;
	compare(r, all, a->count, reference);
	r->policy = reference->body;
	r->policy_len = reference->len;
}
