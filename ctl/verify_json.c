/* SPDX-License-Identifier: ISC */

/*
 * JSON for programs, as ctl/mta-stsctl.1 documents it: keys are added, never
 * renamed, and every key is always there.
 */

#include <jansson.h>
#include <string.h>

#include "policy/catalog.h"
#include "seen.h"
#include "verify_show.h"

#define VERSION 1

/* What is one text, by ", ". */
static json_t *list(const char *from)
{
	json_t *all = json_array();
	size_t len;

	for (; from != NULL && from[0] != '\0'; from += len) {
		from += strspn(from, ", ");
		len = strcspn(from, ",");
		(void)json_array_append_new(all, seen_json_bytes(from, len));
	}
	return all;
}

static json_t *finding(const struct verify_finding *f)
{
	return json_pack("{so so so so so so so so so si}", "code",
	    seen_json(f->code->name), "check", seen_json(f->code->check),
	    "grade", seen_json(verify_grade_text(f->grade)), "about",
	    seen_json(f->about), "expected", seen_json(f->expected), "found",
	    seen_json(f->found), "words", seen_json(f->code->words), "advice",
	    seen_json(f->code->advice), "section", seen_json(f->code->section),
	    "more", (int)f->more);
}

static json_t *findings(
    const struct verify_report *r, const struct verify_manner *m)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->count; i++)
		if (!m->problems || verify_is_problem(r->findings[i].grade))
			(void)json_array_append_new(
			    all, finding(&r->findings[i]));
	return all;
}

static json_t *domain(
    const struct verify_report *r, const struct verify_manner *m)
{
	return json_pack("{so so so so so so so so so so}", "domain",
	    seen_json(r->domain), "verdict",
	    seen_json(verify_grade_text(r->verdict)), "configured",
	    json_boolean(r->entry != NULL), "txt", seen_json(r->txt), "cname",
	    seen_json(r->alias), "addresses", list(r->addresses), "policy",
	    seen_json_bytes(r->policy, r->policy_len), "mx", list(r->mx),
	    "tlsrpt", seen_json(r->tlsrpt), "findings", findings(r, m));
}

static json_t *whole(
    const struct verify_summary *s, const struct verify_manner *m)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->count; i++)
		if (!m->problems || verify_is_problem(s->at[i].verdict))
			(void)json_array_append_new(all, domain(&s->at[i], m));
	return json_pack("{si so si si si si si so si so}", "version", VERSION,
	    "verdict", seen_json(verify_grade_text(s->worst)), "count",
	    (int)s->count, "ok", (int)s->verdicts[VERIFY_OK], "pending",
	    (int)s->verdicts[VERIFY_PENDING], "warning",
	    (int)s->verdicts[VERIFY_WARNING], "broken",
	    (int)s->verdicts[VERIFY_BROKEN], "port_25_closed",
	    json_boolean(s->port_25_closed), "faults", (int)s->faults,
	    "domains", all);
}

int verify_show_json(
    FILE *to, const struct verify_summary *s, const struct verify_manner *m)
{
	return seen_json_print(to, whole(s, m), JSON_INDENT(2));
}
