/* SPDX-License-Identifier: ISC */

/*
 * The table for people: a line a domain, and below it a line a finding; what
 * is not well has three more, of what was expected, what was found, and what
 * to do.
 */

#include <string.h>

#include "policy/catalog.h"
#include "seen.h"
#include "verify_show.h"

#define GRADE_WIDTH 12
#define CODE_WIDTH  21

static const char *colour_of(enum verify_grade g)
{
	static const char *const codes[] = {
		[VERIFY_OK] = "\033[32m",
		[VERIFY_NOT_CHECKED] = "\033[2m",
		[VERIFY_PENDING] = "\033[36m",
		[VERIFY_WARNING] = "\033[33m",
		[VERIFY_BROKEN] = "\033[31m",
	};

	return codes[g];
}

static void show_grade(
    FILE *to, enum verify_grade g, int width, const struct verify_manner *m)
{
	fprintf(to, "%s%-*s%s", m->colour ? colour_of(g) : "", width,
	    verify_grade_text(g), m->colour ? "\033[0m" : "");
}

static void show_detail(FILE *to, const char *what, const char *text)
{
	if (text[0] == '\0')
		return;
	fprintf(to, "  %*s%-9s ", GRADE_WIDTH, "", what);
	seen_put(to, text);
	fputc('\n', to);
}

static void show_finding(
    FILE *to, const struct verify_finding *f, const struct verify_manner *m)
{
	fputs("  ", to);
	show_grade(to, f->grade, GRADE_WIDTH, m);
	fprintf(to, "%-*s ", CODE_WIDTH, f->code->name);
	seen_put(to, f->about);
	if (f->more > 0)
		fprintf(to, " (and %zu more like it)", f->more);
	if (f->grade <= VERIFY_OK) {
		if (f->found[0] != '\0')
			fputs(": ", to);
		seen_put(to, f->found);
		fputc('\n', to);
		return;
	}
	fputc('\n', to);
	fprintf(to, "  %*s%s (%s)\n", GRADE_WIDTH, "", f->code->words,
	    f->code->section);
	show_detail(to, "expected:", f->expected);
	show_detail(to, "found:", f->found);
	show_detail(to, "to do:", f->code->advice);
}

static bool is_told(
    const struct verify_finding *f, const struct verify_manner *m)
{
	if (m->problems)
		return verify_is_problem(f->grade);
	return m->checks || f->grade > VERIFY_OK;
}

static size_t widest(const struct verify_summary *s)
{
	size_t width = 0, len;

	for (size_t i = 0; i < s->count; i++) {
		len = strlen(s->at[i].domain);
		width = len > width ? len : width;
	}
	return width;
}

static void show_domain(FILE *to, const struct verify_report *r, size_t width,
    const struct verify_manner *m)
{
	fprintf(to, "%-*s  ", (int)width, r->domain);
	show_grade(to, r->verdict, 0, m);
	if (r->entry == NULL)
		fputs("  (not configured)", to);
	fputc('\n', to);
	for (size_t i = 0; i < r->count; i++)
		if (is_told(&r->findings[i], m))
			show_finding(to, &r->findings[i], m);
}

static void show_sum(FILE *to, const struct verify_summary *s)
{
	fprintf(to, "%zu domain%s:", s->count, s->count == 1 ? "" : "s");
	for (size_t g = VERIFY_OK; g <= VERIFY_BROKEN; g++)
		if (s->verdicts[g] != 0 || g == VERIFY_OK)
			fprintf(to, "%s %zu %s", g == VERIFY_OK ? "" : ",",
			    s->verdicts[g],
			    verify_grade_text((enum verify_grade)g));
	fputc('\n', to);
}

enum verify_grade verify_sum_grade(const struct verify_summary *s)
{
	return s->faults > 0 && s->worst < VERIFY_WARNING ? VERIFY_WARNING
	                                                  : s->worst;
}

bool verify_is_problem(enum verify_grade g)
{
	return g >= VERIFY_WARNING;
}

void verify_show_table(
    FILE *to, const struct verify_summary *s, const struct verify_manner *m)
{
	size_t width = widest(s);

	for (size_t i = 0; i < s->count; i++)
		if (!m->problems || verify_is_problem(s->at[i].verdict))
			show_domain(to, &s->at[i], width, m);
	if (!m->problems || verify_is_problem(s->worst))
		show_sum(to, s);
}
