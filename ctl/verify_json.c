/* SPDX-License-Identifier: ISC */

/*
 * JSON for programs, as ctl/mta-stsctl.1 documents it: keys are added, never
 * renamed, and every key is always there.
 */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "policy/catalog.h"
#include "verify_show.h"

#define VERSION 1

/* Bytes that somebody else wrote; what is not UTF-8 becomes \xNN. */
static json_t *bytes(const char *from, size_t len)
{
	char *text, *to;
	json_t *result;

	if (from == NULL)
		return json_null();
	text = malloc(4 * len + 1);
	if (text == NULL)
		return NULL;
	for (to = text; len > 0;) {
		size_t n = quote_utf8_len(from, len);

		if (n == 0) {
			to += sprintf(to, "\\x%02x", (unsigned char)*from);
			n = 1;
		} else {
			memcpy(to, from, n);
			to += n;
		}
		from += n;
		len -= n;
	}
	result = json_stringn(text, (size_t)(to - text));
	free(text);
	return result;
}

static json_t *text(const char *from)
{
	return bytes(from, from == NULL ? 0 : strlen(from));
}

/* What is one text, by ", ". */
static json_t *list(const char *from)
{
	json_t *all = json_array();
	size_t len;

	for (; from != NULL && from[0] != '\0'; from += len) {
		from += strspn(from, ", ");
		len = strcspn(from, ",");
		(void)json_array_append_new(all, bytes(from, len));
	}
	return all;
}

static json_t *finding(const struct verify_finding *f)
{
	return json_pack("{so so so so so so so so so si}", "code",
	    text(f->code->name), "check", text(f->code->check), "grade",
	    text(verify_grade_text(f->grade)), "about", text(f->about),
	    "expected", text(f->expected), "found", text(f->found), "words",
	    text(f->code->words), "advice", text(f->code->advice), "section",
	    text(f->code->section), "more", (int)f->more);
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
	    text(r->domain), "verdict", text(verify_grade_text(r->verdict)),
	    "configured", json_boolean(r->entry != NULL), "txt", text(r->txt),
	    "cname", text(r->alias), "addresses", list(r->addresses), "policy",
	    bytes(r->policy, r->policy_len), "mx", list(r->mx), "tlsrpt",
	    text(r->tlsrpt), "findings", findings(r, m));
}

static json_t *whole(
    const struct verify_summary *s, const struct verify_manner *m)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->count; i++)
		if (!m->problems || verify_is_problem(s->at[i].verdict))
			(void)json_array_append_new(all, domain(&s->at[i], m));
	return json_pack("{si so si si si si si so si so}", "version", VERSION,
	    "verdict", text(verify_grade_text(s->worst)), "count",
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
	json_t *all = whole(s, m);

	if (all == NULL)
		return -1;
	(void)json_dumpf(all, to, JSON_INDENT(2)); /* main sees to to's fate */
	fputc('\n', to);
	json_decref(all);
	return 0;
}
