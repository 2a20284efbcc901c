/* SPDX-License-Identifier: ISC */

/*
 * The line that Nagios and its kin take: a word, what is the matter with the
 * worst domains, and numbers behind a bar.
 */

#include "verify_show.h"

#define TOLD_MAX 5

static const struct verify_finding *worst(const struct verify_report *r)
{
	const struct verify_finding *w = &r->findings[0];

	for (size_t i = 1; i < r->count; i++)
		if (r->findings[i].grade > w->grade)
			w = &r->findings[i];
	return w;
}

static void show_problems(FILE *to, const struct verify_summary *s)
{
	size_t told = 0, all;

	all = s->verdicts[VERIFY_WARNING] + s->verdicts[VERIFY_BROKEN];
	for (int g = VERIFY_BROKEN; g >= VERIFY_WARNING; g--)
		for (size_t i = 0; i < s->count && told < TOLD_MAX; i++) {
			if ((int)s->at[i].verdict != g)
				continue;
			fprintf(to, "%s%s: %s", told == 0 ? "" : ", ",
			    s->at[i].domain, worst(&s->at[i])->code->name);
			told++;
		}
	if (all > told)
		fprintf(to, ", and %zu more", all - told);
}

void verify_show_nagios(FILE *to, const struct verify_summary *s)
{
	static const char *const words[] = {
		[VERIFY_OK] = "OK",
		[VERIFY_NOT_CHECKED] = "OK",
		[VERIFY_PENDING] = "OK",
		[VERIFY_WARNING] = "WARNING",
		[VERIFY_BROKEN] = "CRITICAL",
	};

	fprintf(to, "MTA-STS %s - ", words[verify_sum_grade(s)]);
	if (s->faults > 0)
		fprintf(to, "%zu fault%s in the configuration, ", s->faults,
		    s->faults == 1 ? "" : "s");
	if (verify_is_problem(s->worst))
		show_problems(to, s);
	else
		fprintf(to, "%zu of %zu domain%s well", s->verdicts[VERIFY_OK],
		    s->count, s->count == 1 ? "" : "s");
	fprintf(to,
	    " | domains=%zu ok=%zu pending=%zu warning=%zu;0 "
	    "broken=%zu;;0\n",
	    s->count, s->verdicts[VERIFY_OK], s->verdicts[VERIFY_PENDING],
	    s->verdicts[VERIFY_WARNING], s->verdicts[VERIFY_BROKEN]);
}
