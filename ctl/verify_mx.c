/* SPDX-License-Identifier: ISC */

/*
 * A domain's MX hosts beside the patterns of its policy (RFC 8461 section
 * 4.1): each host is covered, each pattern is of use.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "policy/host.h"
#include "policy/policy.h"
#include "verify_part.h"

#define LABEL_MAX 63
#define NAMED_MAX 10 /* patterns of a policy: it may have thousands */

struct mx {
	unsigned preference;
	const char *host;
};

/* No host's name has another byte, and a terminal may obey one. */
static char lower(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + 'a' - 'A');
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_')
		return (char)c;
	return '?';
}

/* A name on the wire as text, lower case, without a last dot; the root ".". */
static const char *read_name(
    const unsigned char *bytes, size_t len, struct arena *a)
{
	char *name = arena_alloc(a, len + 2);
	size_t at = 0, to = 0, label;

	while (at < len && (label = bytes[at++]) != 0) {
		if (label > LABEL_MAX || label > len - at)
			return NULL;
		if (to > 0)
			name[to++] = '.';
		for (; label > 0; label--)
			name[to++] = lower(bytes[at++]);
	}
	if (to == 0)
		name[to++] = '.';
	return name;
}

static int compare(const void *left, const void *right)
{
	const struct mx *a = left, *b = right;

	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	return strcmp(a->host, b->host);
}

const char **verify_read_mx(const struct dns_answer *from, struct arena *a)
{
	struct mx *all = arena_array(a, from->count + 1, sizeof(*all));
	const char **hosts = arena_array(a, from->count + 1, sizeof(*hosts));
	size_t count = 0, to = 0;

	for (size_t i = 0; i < from->count; i++) {
		const struct dns_record *r = &from->records[i];

		if (r->len < 3)
			continue;
		all[count].preference =
		    (unsigned)r->data[0] << 8 | (unsigned)r->data[1];
		all[count].host = read_name(r->data + 2, r->len - 2, a);
		if (all[count].host != NULL)
			count++;
	}
	qsort(all, count, sizeof(*all), compare);
	for (size_t i = 0; i < count; i++) {
		size_t before = 0;

		while (before < to && strcmp(hosts[before], all[i].host) != 0)
			before++;
		if (before == to)
			hosts[to++] = all[i].host;
	}
	return hosts;
}

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
	struct verify_finding *f;
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
		f = verify_add(r, "mx-uncovered", hosts[i], patterns, hosts[i]);
		if (p->mode == MODE_TESTING)
			f->grade = VERIFY_WARNING;
	}
	/* Where a host is uncovered the unused pattern was meant for it. */
	for (size_t i = 0; all && i < p->mx_count; i++)
		if (!is_used(p->mx[i], hosts, count) && !is_told(r, p->mx[i]))
			verify_add(r, "mx-unused", p->mx[i], NULL, NULL);
}
