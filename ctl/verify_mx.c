/* SPDX-License-Identifier: ISC */

/*
 * A domain's MX hosts beside the patterns of its policy (RFC 8461 section
 * 4.1): each host is covered, each pattern is of use.
 */

#include <string.h>

#include "base/arena.h"
#include "policy/host.h"
#include "policy/policy.h"
#include "verify_part.h"

#define NAMED_MAX 10 /* patterns of a policy: it may have thousands */

static bool is_covered(const struct policy *p, const char *host)
{
	for (size_t i = 0; i < p->mx_count; i++)
		if (pattern_covers(p->mx[i], host))
			return true;
	return false;
}

static bool is_used(const char *pattern, const char *const *hosts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pattern_covers(pattern, hosts[i]))
			return true;
	return false;
}

/* Has the pattern a finding of its own already? */
static bool is_told(const struct verify_report *r, const char *pattern)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->findings[i].code->check, "policy") == 0 &&
		    strcmp(r->findings[i].about, pattern) == 0)
			return true;
	return false;
}

static const char *list_patterns(struct arena *a, const struct policy *p)
{
	const char *all = p->mx_count == 0 ? "" : p->mx[0];

	for (size_t i = 1; i < p->mx_count && i < NAMED_MAX; i++)
		all = arena_format(a, "%s, %s", all, p->mx[i]);
	if (p->mx_count > NAMED_MAX)
		all = arena_format(
		    a, "%s and %zu more", all, p->mx_count - NAMED_MAX);
	return all;
}

void verify_judge_mx(struct verify_report *r, const struct policy *p,
    const char *const *hosts, size_t count)
{
	const char *patterns = NULL;
	bool all = true;

	if (p == NULL || p->mode == MODE_NONE) {
		verify_skip(r, "mx",
		    p == NULL ? "there is no policy to be had"
		              : "mode none asks nothing of MX hosts");
		return;
	}
	patterns = list_patterns(r->arena, p);
	for (size_t i = 0; i < count; i++) {
		if (is_covered(p, hosts[i])) {
			verify_add(r, "mx", hosts[i], NULL, NULL);
			continue;
		}
		all = false;
		verify_add_mild(r, "mx-uncovered",
		    p->mode == MODE_TESTING ? VERIFY_WARNING : VERIFY_BROKEN,
		    hosts[i], patterns, hosts[i]);
	}
	/* Where a host is uncovered the unused pattern was meant for it. */
	for (size_t i = 0; all && i < p->mx_count; i++)
		if (!is_used(p->mx[i], hosts, count) && !is_told(r, p->mx[i]))
			verify_add(r, "mx-unused", p->mx[i], NULL, NULL);
}
