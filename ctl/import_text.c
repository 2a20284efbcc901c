/* SPDX-License-Identifier: ISC */
/*
 * The configuration that import prints: policies by name, and domains in the
 * order in which they were given, each with what a person should know as a
 * comment. An entry that is only proposed is a comment as a whole. Nothing of
 * a stranger's gets out of a comment or a quoted value.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/moment.h"
#include "base/quote.h"
#include "import.h"
#include "import_part.h"
#include "import_write.h"

#define WIDTH     79  /* of comments */
#define FLOW      120 /* of an entry: one line a domain, if it can be */
#define ITEMS_MAX 6

struct out {
	FILE *to;
	struct arena *a;
};

struct item {
	const char *key, *value;
};

struct map {
	struct item items[ITEMS_MAX];
	size_t count;
};

static void put(struct map *m, const char *key, const char *value)
{
	m->items[m->count++] = (struct item){ key, value };
}

/* text without what is not seen as it is: it must not end a comment. */
static char *clean(struct arena *a, const char *text)
{
	char *copy = arena_string(a, text);
	size_t left = strlen(copy), n;

	for (char *c = copy; *c != '\0'; c += n, left -= n) {
		n = quote_seen_len(c, left);
		if (n == 0) {
			*c = '?';
			n = 1;
		}
	}
	return copy;
}

/* As a comment, in lines of the usual width. */
static void say(struct out *o, const char *indent, const char *text)
{
	char *copy = clean(o->a, text), *save = NULL;
	size_t column = 0;

	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save)) {
		size_t len = strlen(w);

		if (column > 0 && column + 1 + len > WIDTH) {
			fputc('\n', o->to);
			column = 0;
		}
		if (column == 0) {
			fprintf(o->to, "%s#", indent);
			column = strlen(indent) + 1;
		}
		fprintf(o->to, " %s", w);
		column += len + 1;
	}
	fputc('\n', o->to);
}

static void write_map(struct out *o, const char *before, const char *name,
    const struct map *m, const char *behind)
{
	size_t len = strlen(before) + strlen(name) + strlen(behind) + 6;

	for (size_t i = 0; i < m->count; i++)
		len += strlen(m->items[i].key) + strlen(m->items[i].value) + 4;
	fprintf(o->to, "%s%s:", before, name);
	if (len > FLOW) {
		fprintf(o->to, "%s\n", behind);
		for (size_t i = 0; i < m->count; i++)
			fprintf(o->to, "%s  %s: %s\n", before, m->items[i].key,
			    m->items[i].value);
		return;
	}
	for (size_t i = 0; i < m->count; i++)
		fprintf(o->to, "%s%s: %s", i == 0 ? " { " : ", ",
		    m->items[i].key, m->items[i].value);
	fprintf(o->to, " }%s\n", behind);
}

/* A list of names, or of values that want quotes. */
static const char *list(struct out *o, const char *const *items, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++) {
		const char *quote = strpbrk(items[i], "*:@,") ? "\"" : "";

		text = arena_format(o->a, "%s%s%s%s%s", text,
		    i == 0 ? "" : ", ", quote, items[i], quote);
	}
	return arena_format(o->a, "[%s]", text);
}

static void put_reports(struct out *o, struct map *m, const struct plan *p)
{
	if (p->report_count == 1)
		put(m, "tlsrpt", arena_format(o->a, "\"%s\"", p->reports[0]));
	else if (p->report_count > 1)
		put(m, "tlsrpt", list(o, p->reports, p->report_count));
}

static void put_policy(struct out *o, struct map *m, const struct policy *p)
{
	if (p->mx_count > 0)
		put(m, "mx", list(o, p->mx, p->mx_count));
	put(m, "max_age", arena_format(o->a, "%" PRIu32, p->max_age));
}

static void write_policy(struct out *o, const struct group *g)
{
	struct map m = { .count = 0 };

	put_policy(o, &m, &g->first->policy);
	if (g->shares_reports)
		put_reports(o, &m, g->first);
	write_map(o, "  ", g->name, &m, "");
}

static void write_entry(struct out *o, const struct plan *p)
{
	const struct group *g = p->group;
	bool named = g != NULL && g->name != NULL;
	const char *behind = "";
	struct map m = { .count = 0 };

	if (named)
		put(&m, "policy", g->name);
	put(&m, "mode", mode_text(p->policy.mode));
	if (!named)
		put_policy(o, &m, &p->policy);
	if (p->pin != NULL)
		put(&m, "id", p->pin);
	if (!named || !g->shares_reports)
		put_reports(o, &m, p);
	if (p->f->written != NULL)
		behind =
		    arena_format(o->a, "  # %s", clean(o->a, p->f->written));
	write_map(o, p->kind == PLAN_COMMENT ? "  # " : "  ", p->f->domain, &m,
	    behind);
}

static void write_plan(struct out *o, const struct plan *p)
{
	if (p->kind == PLAN_COMMENT)
		say(o, "  ",
		    arena_format(o->a, "%s is left out: %s%s", p->f->domain,
		        p->why, p->has_policy ? "; a proposal:" : ""));
	for (size_t i = 0; i < p->note_count; i++)
		say(o, "  ",
		    arena_format(o->a, "%s: %s", p->f->domain, p->notes[i]));
	if (p->has_policy)
		write_entry(o, p);
}

static void count_up(struct import_sum *sum, const struct plan *p)
{
	sum->live += p->kind == PLAN_LIVE;
	sum->pinned += p->kind == PLAN_LIVE && p->pin != NULL;
	sum->proposed += p->kind == PLAN_PROPOSED;
	sum->left_out += p->kind == PLAN_COMMENT;
	sum->troubled += p->kind == PLAN_COMMENT && p->troubled;
}

static void write_head(
    struct out *o, const struct import_sum *sum, size_t count, int64_t now)
{
	char at[MOMENT_MAX];

	moment_words(now, at);
	say(o, "",
	    arena_format(o->a,
	        "What was live on %s, for mta-stsd. Domains: %zu. Taken over "
	        "with their live policy: %zu, %zu of them with an id that is "
	        "pinned until the policy changes. Proposed in mode testing: "
	        "%zu. Left out, as comments that say why: %zu.",
	        at, count, sum->live, sum->pinned, sum->proposed,
	        sum->left_out));
	say(o, "",
	    "A configuration by itself, or a file for `include`. No TXT record "
	    "has to change for the move; one that is proposed does nothing "
	    "before there is a TXT record.");
}

const char *import_text(const struct facts *facts, size_t count, int64_t now,
    const char *const *taken, size_t taken_count, struct arena *a,
    struct import_sum *ret_sum)
{
	struct plan *plans = arena_array(a, count + 1, sizeof(*plans));
	struct import_sum sum = { .live = 0 };
	struct groups groups;
	char *bytes = NULL;
	const char *text;
	size_t len = 0;
	struct out o = { .to = open_memstream(&bytes, &len), .a = a };

	if (o.to == NULL)
		arena_no_memory();
	for (size_t i = 0; i < count; i++) {
		plan_judge(&plans[i], &facts[i], a);
		count_up(&sum, &plans[i]);
	}
	plans_group(plans, count, taken, taken_count, a, &groups);
	write_head(&o, &sum, count, now);
	if (groups.count > 0)
		fputs("\npolicies:\n", o.to);
	for (size_t i = 0; i < groups.count; i++)
		write_policy(&o, groups.at[i]);
	fputs("\ndomains:\n", o.to);
	for (size_t i = 0; i < count; i++)
		write_plan(&o, &plans[i]);
	if (fclose(o.to) != 0)
		arena_no_memory();
	text = arena_copy(a, bytes, len);
	free(bytes);
	*ret_sum = sum;
	return text;
}
