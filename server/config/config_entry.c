/* SPDX-License-Identifier: ISC */

/*
 * One domain's entry: what it says itself, else what its policy says, else
 * what defaults say, made into the bytes that are served and their id. What a
 * sender or a person would regret is a warning here.
 */

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/quote.h"
#include "config/config_domains.h"
#include "policy/catalog.h"
#include "policy/host.h"

#define DAY              86400
#define WEEK             604800
#define POLICY_BYTES_BIG 4096 /* RULES H9 */

/* Where each key of one domain comes from; NULL: from nowhere. */
struct sources {
	struct terms *mode, *mx, *max_age, *tlsrpt;
};

static void tell(
    struct domains *d, enum severity s, struct place at, const char *words)
{
	faults_add(d->r->faults, s, at, d->r->subject, "%s", words);
}

static struct sources find_sources(struct terms *const from[3])
{
	struct sources s = { NULL, NULL, NULL, NULL };

	/* The nearest last, that it stays. */
	for (size_t i = 3; i-- > 0;) {
		struct terms *t = from[i];

		if (t == NULL)
			continue;
		if (t->mode_at != NULL)
			s.mode = t;
		if (t->mx_at != NULL)
			s.mx = t;
		if (t->max_age_at != NULL)
			s.max_age = t;
		if (t->tlsrpt_at != NULL)
			s.tlsrpt = t;
	}
	return s;
}

/* A policy's own words or a map; what they name is told where it is wrong. */
static int read_value(struct domains *d, const struct draft *draft,
    struct entry *e, struct named **ret_policy)
{
	struct reading *r = d->r;
	size_t before = faults_count(r->faults, SEVERITY_FAULT);
	const struct node *n = draft->value;
	bool empty = n->kind == NODE_SCALAR && (n->plain_null || !n->text[0]);

	*ret_policy = NULL;
	if (n->kind == NODE_LIST || empty) {
		tell(d, SEVERITY_FAULT, n->at,
		    empty
		        ? "has no value: a policy's name or a map belongs here"
		        : "a policy's name or a map belongs here, not a list");
		return -1;
	}
	if (n->kind == NODE_SCALAR) {
		e->policy_at = n;
		e->policy = n->text;
	} else {
		map_read(r, entry_keys, n, &e->terms);
	}
	if (e->policy != NULL)
		*ret_policy = policies_find(d, e->policy_at, e->policy);
	if (faults_count(r->faults, SEVERITY_FAULT) > before)
		return -1;
	return *ret_policy != NULL && (*ret_policy)->wrong ? -1 : 0;
}

static int render(struct domains *d, const struct draft *draft,
    const struct sources *s, struct policy *ret_policy,
    struct catalog_entry *ret_entry)
{
	struct place at = s->mx != NULL ? s->mx->mx_at->at : draft->at;
	struct policy p = { .max_age = WEEK };
	struct err err;

	if (s->mode == NULL) {
		tell(d, SEVERITY_FAULT, draft->at,
		    "has no mode, neither here nor from a policy or defaults: "
		    "begin with \"mode: testing\"");
		return -1;
	}
	p.mode = s->mode->mode;
	if (s->max_age != NULL)
		p.max_age = (uint32_t)s->max_age->max_age_s;
	if (s->mx != NULL) {
		p.mx = s->mx->mx;
		p.mx_count = s->mx->mx_count;
	}
	if (policy_render(&p, d->r->scratch, &ret_entry->policy,
	        &ret_entry->policy_len, &err) != 0) {
		tell(d, SEVERITY_FAULT, at, err.text);
		return -1;
	}
	*ret_policy = p;
	return 0;
}

static void warn_max_age(
    struct domains *d, struct terms *t, const struct policy *p)
{
	struct place at = t->max_age_at->at;

	if (t->age_told)
		return;
	t->age_told = true;
	if (p->mode != MODE_NONE && p->max_age < DAY)
		faults_add(d->r->faults, SEVERITY_WARNING, at, d->r->subject,
		    "max_age %" PRIu32 " is under a day: large senders ignore "
		    "such a policy",
		    p->max_age);
	else if (p->max_age == POLICY_MAX_AGE_MAX)
		tell(d, SEVERITY_WARNING, at,
		    "max_age 31557600 is taken for a day by a large sender: "
		    "write 31557599 or less");
	else if (p->mode == MODE_ENFORCE && p->max_age < WEEK)
		faults_add(d->r->faults, SEVERITY_WARNING, at, d->r->subject,
		    "max_age %" PRIu32 " is under a week, which is little for "
		    "mode enforce",
		    p->max_age);
	else
		t->age_told = false;
}

/* A longer name cannot be (RFC 1035): there is no record then. */
static const char *choose_tlsrpt(
    struct domains *d, const struct draft *draft, const struct terms *from)
{
	if (from == NULL || from->tlsrpt == NULL)
		return NULL;
	if (draft->domain == NULL ||
	    strlen(draft->domain) <= DOMAIN_REPORTED_MAX)
		return from->tlsrpt;
	faults_add(d->r->faults, SEVERITY_WARNING, draft->at, d->r->subject,
	    "tlsrpt has no effect: the domain has %zu bytes, and above %d "
	    "there is no room for _smtp._tls. before it",
	    strlen(draft->domain), DOMAIN_REPORTED_MAX);
	return NULL;
}

static void warn(struct domains *d, const struct draft *draft,
    const struct sources *s, const struct policy *p,
    const struct catalog_entry *e)
{
	if (s->max_age != NULL)
		warn_max_age(d, s->max_age, p);
	if (e->policy_len > POLICY_BYTES_BIG && s->mx != NULL &&
	    !s->mx->size_told) {
		s->mx->size_told = true;
		faults_add(d->r->faults, SEVERITY_WARNING, s->mx->mx_at->at,
		    d->r->subject,
		    "the policy has %zu bytes; above 4096 it is a burden to "
		    "senders",
		    e->policy_len);
	}
	if (p->mode == MODE_TESTING &&
	    (s->tlsrpt == NULL || s->tlsrpt->tlsrpt == NULL) &&
	    d->unreported_count++ == 0)
		d->unreported = draft;
}

/* The id in force: pinned while the policy is the one it was pinned to. */
static const char *choose_id(
    struct domains *d, const struct entry *e, const char *computed)
{
	const char *at = e->id != NULL ? strchr(e->id, '@') : NULL;
	char quoted[QUOTE_MAX];

	if (e->id == NULL)
		return computed;
	if (at != NULL && strncmp(computed, at + 1, strlen(at + 1)) == 0)
		return arena_copy(d->r->scratch, e->id, (size_t)(at - e->id));
	quote_text(e->id, quoted);
	if (at != NULL)
		faults_add(d->r->faults, SEVERITY_WARNING, e->id_at->at,
		    d->r->subject,
		    "id %s no longer holds, since the policy is another one: "
		    "the id is now %s",
		    quoted, computed);
	else if (policy_id_is_valid(e->id, strlen(e->id)))
		faults_add(d->r->faults, SEVERITY_WARNING, e->id_at->at,
		    d->r->subject,
		    "id %s has no effect, the id is %s: to hold it until the "
		    "policy changes write %s@%.8s",
		    quoted, computed, e->id, computed);
	else
		faults_add(d->r->faults, SEVERITY_WARNING, e->id_at->at,
		    d->r->subject,
		    "id %s has no effect, the id is %s: an id is 1 to %d "
		    "letters and digits (RFC 8461 section 3.1)",
		    quoted, computed, POLICY_ID_MAX);
	return computed;
}

/* Where the zone is named, but wrong, that is told already. */
static int judge_delegated(struct domains *d, const struct entry *e)
{
	if (e->delegated_at == NULL || !e->delegated ||
	    node_get(d->r->root, "delegated") != NULL)
		return 0;
	tell(d, SEVERITY_FAULT, e->delegated_at->at,
	    "delegated asks for the zone that its record lives in: name it "
	    "with the key delegated of the main file");
	return -1;
}

int entry_add(struct domains *d, const struct draft *draft)
{
	struct reading *r = d->r;
	struct entry e = { .policy = NULL };
	struct catalog_entry entry = { .domain = draft->domain,
		.origin = draft->origin };
	char computed[POLICY_ID_LEN + 1];
	struct named *named;
	struct policy policy;
	struct sources s;
	int result;

	if (draft->value == NULL)
		return -1;
	result = read_value(d, draft, &e, &named);
	if (judge_delegated(d, &e) != 0 || result != 0)
		return -1;
	s = find_sources((struct terms *const[3]){
	    &e.terms, named != NULL ? &named->terms : NULL, r->defaults });
	if (render(d, draft, &s, &policy, &entry) != 0)
		return -1;
	policy_id(entry.policy, entry.policy_len, computed);
	entry.mode = policy.mode;
	entry.id = choose_id(d, &e, computed);
	entry.tlsrpt = choose_tlsrpt(d, draft, s.tlsrpt);
	entry.delegated = r->c.settings.delegated != NULL &&
	                  (e.delegated_at == NULL || e.delegated);
	warn(d, draft, &s, &policy, &entry);
	if (draft->wrong || draft->domain == NULL)
		return -1;
	return catalog_add(r->c.catalog, &entry);
}
