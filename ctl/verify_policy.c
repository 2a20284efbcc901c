/* SPDX-License-Identifier: ISC */

/*
 * A policy's bytes as they were served: are they one, is there anything that
 * its owner would regret (RULES H), and is it the one that is configured.
 */

#include <libpsl.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "policy/catalog.h"
#include "policy/policy.h"
#include "span.h"
#include "verify_part.h"

#define LARGE_BYTES 4096
#define DAY_S       86400
#define WEEK_S      604800

static struct span next_line(struct span *rest)
{
	struct span line;
	bool has_end = span_cut(rest, '\n', &line);

	if (has_end && line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Keys that are none, each once; the policy has been read without a fault. */
static void judge_keys(struct verify_report *r)
{
	static const char *const known[] = {
		"version:", "mode:", "mx:", "max_age:"
	};
	struct span rest = { r->policy, r->policy_len };

	while (rest.len > 0) {
		struct span line = next_line(&rest);
		bool is_known = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (span_begins(line, known[i]))
				is_known = true;
		if (!is_known)
			verify_add(r, "policy-key", span_quote(line, r->arena),
			    "version, mode, mx, max_age", NULL);
	}
}

static bool is_broad(const char *pattern)
{
	const psl_ctx_t *psl = psl_builtin();

	return psl != NULL && strncmp(pattern, "*.", 2) == 0 &&
	       psl_is_public_suffix(psl, pattern + 2);
}

static void judge_patterns(struct verify_report *r, const struct policy *p)
{
	for (size_t i = 0; i < p->mx_count; i++) {
		size_t before = 0;

		while (before < i && strcmp(p->mx[before], p->mx[i]) != 0)
			before++;
		if (before < i)
			verify_add(r, "policy-mx-twice", p->mx[i], NULL, NULL);
		else if (is_broad(p->mx[i]))
			verify_add(r, "policy-mx-broad", p->mx[i], NULL, NULL);
	}
}

static void judge_age(struct verify_report *r, const struct policy *p)
{
	const char *found = arena_format(r->arena, "%u", p->max_age);

	if (p->mode == MODE_NONE) /* about to end: RULES H15 */
		return;
	if (p->max_age < DAY_S)
		verify_add(r, "policy-age-short", r->domain, NULL, found);
	else if (p->mode == MODE_ENFORCE && p->max_age < WEEK_S)
		verify_add(r, "policy-age-enforce", r->domain, NULL, found);
	else if (p->max_age == POLICY_MAX_AGE_MAX)
		verify_add(r, "policy-age-year", r->domain, NULL, NULL);
}

const struct policy *verify_judge_policy(struct verify_report *r)
{
	struct policy *p = arena_alloc(r->arena, sizeof(*p));
	const char *size = arena_format(r->arena, "%zu bytes", r->policy_len);
	size_t before = r->count;
	struct err err;

	if (policy_parse(r->policy, r->policy_len, r->arena, p, &err) != 0) {
		verify_add(r, "policy-syntax", r->domain, NULL, err.text);
		return NULL;
	}
	if (r->policy_len > POLICY_BYTES_MAX)
		verify_add(r, "policy-big", r->domain, NULL, size);
	else if (r->policy_len > LARGE_BYTES)
		verify_add(r, "policy-large", r->domain, NULL, size);
	judge_keys(r);
	judge_patterns(r, p);
	judge_age(r, p);
	if (r->count == before)
		verify_add(r, "policy", r->domain, NULL,
		    arena_format(r->arena, "mode %s, %zu mx, max_age %u",
		        mode_text(p->mode), p->mx_count, p->max_age));
	return p;
}

/* Where two policies part: the first line that differs, or how lines end. */
static void tell_difference(struct verify_report *r)
{
	struct span ours = { r->entry->policy, r->entry->policy_len };
	struct span live = { r->policy, r->policy_len }, a, b;

	while (ours.len > 0 && live.len > 0) {
		a = next_line(&ours);
		b = next_line(&live);
		if (a.len == b.len && memcmp(a.at, b.at, a.len) == 0)
			continue;
		verify_add(r, "ours-differs", r->domain,
		    span_quote(a, r->arena), span_quote(b, r->arena));
		return;
	}
	if (ours.len > 0)
		verify_add(r, "ours-differs", r->domain,
		    span_quote(next_line(&ours), r->arena), "the end");
	else if (live.len > 0)
		verify_add(r, "ours-differs", r->domain, "the end",
		    span_quote(next_line(&live), r->arena));
	else
		verify_add(r, "ours-differs", r->domain, "CR LF ends lines",
		    "lines end in another way");
}

void verify_judge_ours(struct verify_report *r, const char *id, bool is_asked)
{
	const struct catalog_entry *e = r->entry;
	const char *about = arena_format(r->arena, "_mta-sts.%s", r->domain);

	if (r->policy_len != e->policy_len ||
	    memcmp(r->policy, e->policy, e->policy_len) != 0) {
		tell_difference(r);
		if (is_asked)
			verify_skip(r, "id", "another policy is served");
		return;
	}
	verify_add(r, "ours", r->domain, NULL, NULL);
	if (!is_asked)
		return;
	if (id == NULL)
		verify_skip(r, "id", "there is no usable TXT record");
	else
		verify_add(r, strcmp(id, e->id) == 0 ? "id" : "id-differs",
		    about, e->id, id);
}
