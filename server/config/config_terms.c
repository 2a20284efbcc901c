/* SPDX-License-Identifier: ISC */

/*
 * The keys of a policy as they are written: in defaults, in a named policy, in
 * a domain's entry. Each value is judged where it stands; what they come to
 * together is for config_entry.c.
 */

#include "config/config_terms.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/quote.h"
#include "config/config_values.h"
#include "policy/host.h"

#define PIN_MIN     4  /* letters behind the @ of an id */
#define REPORTS_MAX 16 /* more would not fit into a record */

static const struct word modes[] = {
	{ "none", MODE_NONE },
	{ "testing", MODE_TESTING },
	{ "enforce", MODE_ENFORCE },
	{ NULL, 0 },
};

static void read_mode(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct terms *t = target;
	int mode;

	t->mode_at = n;
	if (word_of(r, k, n, &mode))
		t->mode = (enum mode)mode;
}

static void read_max_age(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct terms *t = target;

	t->max_age_at = n;
	read_time(r, k, n, &t->max_age_s);
}

static bool is_among(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

static void read_mx(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct terms *t = target;
	struct names list;
	const char **mx;
	size_t count = 0;

	t->mx_at = n;
	if (list_of(r, k, n, &list) != 0)
		return;
	mx = arena_array(r->scratch, list.count, sizeof(*mx));
	for (size_t i = 0; i < list.count; i++) {
		const struct node *item = list.at[i];
		char pattern[HOST_MAX + 1];
		struct err err;

		if (pattern_from_text(item->text, pattern, &err) != 0) {
			complain(r, k, item, SEVERITY_FAULT, " %s", err.text);
			continue;
		}
		/* A longer list makes no policy: it is refused later. */
		if (count < POLICY_BYTES_MAX / 10 &&
		    is_among(mx, count, pattern))
			complain(r, k, item, SEVERITY_WARNING,
			    " %s is there twice", pattern);
		mx[count++] = arena_string(r->scratch, pattern);
	}
	t->mx = mx;
	t->mx_count = count;
}

/* What is wrong with a URI for reports, or NULL (RFC 8460 section 3). */
static const char *report_fault(const char *uri)
{
	static const char refused[] = " \"\\<>^`{|}";
	const char *at = strchr(uri, '@');

	if (strpbrk(uri, refused) != NULL)
		return "has a character that no URI may have";
	for (const char *c = uri; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			return "has a character that no URI may have";
	if (strncmp(uri, "mailto:", 7) == 0)
		return at == NULL || at == uri + 7 || at[1] == '\0'
		           ? "has no mail address behind mailto:"
		           : NULL;
	if (strncmp(uri, "https://", 8) == 0)
		return strchr("/?#", uri[8]) ? "names no host" : NULL;
	return "begins neither with mailto: nor with https://";
}

/* uri with what divides the record's fields written as %XX. */
static const char *escape(struct arena *a, const char *uri)
{
	char *text = arena_alloc(a, 3 * strlen(uri) + 1), *to = text;

	for (; *uri != '\0'; uri++) {
		if (strchr(",!;", *uri) == NULL)
			*to++ = *uri;
		else
			to += snprintf(to, 4, "%%%02X", (unsigned)*uri);
	}
	return text;
}

static void tell_report(struct reading *r, const struct key *k,
    const struct node *n, const char *words)
{
	char quoted[QUOTE_MAX], meant[QUOTE_MAX];
	bool bare = strchr(n->text, '@') != NULL && !strchr(n->text, ':');

	quote_text(n->text, quoted);
	quote_text(arena_format(r->scratch, "mailto:%s", n->text), meant);
	if (bare)
		complain(r, k, n, SEVERITY_FAULT, " %s %s: did you mean %s?",
		    quoted, words, meant);
	else
		complain(r, k, n, SEVERITY_FAULT, " %s %s (RFC 8460 section 3)",
		    quoted, words);
}

static void read_tlsrpt(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct terms *t = target;
	struct names list;
	const char *all = NULL;

	t->tlsrpt_at = n;
	if (n->kind == NODE_SCALAR && strcmp(n->text, "off") == 0)
		return;
	if (list_of(r, k, n, &list) != 0)
		return;
	if (list.count > REPORTS_MAX) {
		complain(r, k, n, SEVERITY_FAULT, " has more than %d addresses",
		    REPORTS_MAX);
		return;
	}
	for (size_t i = 0; i < list.count; i++) {
		const char *words = report_fault(list.at[i]->text);
		const char *uri = escape(r->scratch, list.at[i]->text);

		if (words != NULL)
			tell_report(r, k, list.at[i], words);
		all = all == NULL ? uri
		                  : arena_format(r->scratch, "%s,%s", all, uri);
	}
	t->tlsrpt = all;
}

static void read_policy(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct entry *e = target;

	e->policy_at = n;
	e->policy = scalar_of(r, k, n);
}

static void read_id(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct entry *e = target;
	const char *at;
	char quoted[QUOTE_MAX];
	size_t len, rest;

	e->id_at = n;
	e->id = scalar_of(r, k, n);
	at = e->id != NULL ? strchr(e->id, '@') : NULL;
	if (at == NULL)
		return;
	len = (size_t)(at - e->id);
	rest = strlen(at + 1);
	quote_text(e->id, quoted);
	if (!policy_id_is_valid(e->id, len))
		complain(r, k, n, SEVERITY_FAULT,
		    " %s: before the @ there are 1 to %d letters and digits "
		    "(RFC 8461 section 3.1)",
		    quoted, POLICY_ID_MAX);
	if (rest < PIN_MIN || rest > POLICY_ID_LEN ||
	    !policy_id_is_valid(at + 1, rest))
		complain(r, k, n, SEVERITY_FAULT,
		    " %s: behind the @ there are %d to %d letters and digits, "
		    "the beginning of the computed id",
		    quoted, PIN_MIN, POLICY_ID_LEN);
}

static void read_delegated(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct entry *e = target;

	e->delegated_at = n;
	read_flag(r, k, n, &e->delegated);
}

/* clang-format off */
#define TERMS_KEYS \
	{ .name = "mode", .read = read_mode, .words = modes }, \
	{ .name = "mx", .read = read_mx }, \
	{ .name = "max_age", .read = read_max_age, \
	  .high = POLICY_MAX_AGE_MAX, .unit = " (RFC 8461 section 3.2)" }, \
	{ .name = "tlsrpt", .read = read_tlsrpt }

const struct key terms_keys[] = {
	TERMS_KEYS,
	{ .name = NULL },
};

const struct key entry_keys[] = {
	TERMS_KEYS,
	{ .name = "policy", .read = read_policy },
	{ .name = "id", .read = read_id },
	{ .name = "delegated", .read = read_delegated, .words = on_off },
	{ .name = NULL },
};
/* clang-format on */

void read_defaults(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct terms **t = target;
	const char *section = r->section;

	*t = arena_alloc(r->scratch, sizeof(**t));
	if (!is_map(r, k, n))
		return;
	r->section = "defaults.";
	map_read(r, terms_keys, n, *t);
	r->section = section;
}
