/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as the policy that a host serves, the one that is configured and
 * the records beside them. It is judged as policy_parse judges it; it is ours
 * where it is so to the last byte; and all that is told of it stays in its
 * place in every format, which JSON and tables prove by being read back.
 */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/quote.h"
#include "ctl/csv.h"
#include "ctl/dns.h"
#include "ctl/mx.h"
#include "ctl/seen.h"
#include "ctl/txt.h"
#include "ctl/verify_judge.h"
#include "ctl/verify_show.h"
#include "pieces.h"
#include "policy/catalog.h"

/* What each piece is. RUA: where ours are to go. */
enum { LIVE, OURS, TXT, TXT_TOO, TLSRPT, MX, MX_TOO, TLSRPT_TOO, RUA, PIECES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dns_record record(const struct pieces *p, size_t at)
{
	return (struct dns_record){ (const unsigned char *)p->at[at].bytes,
		p->at[at].len };
}

/* The entry of a configuration, where the piece is a policy. */
static const struct catalog_entry *configured(
    const struct pieces *p, struct arena *a)
{
	struct catalog_entry *e = arena_alloc(a, sizeof(*e));
	char id[POLICY_ID_LEN + 1];
	struct policy ours;

	if (policy_parse(p->at[OURS].bytes, p->at[OURS].len, a, &ours, NULL) !=
	        0 ||
	    policy_render(&ours, a, &e->policy, &e->policy_len, NULL) != 0)
		return NULL;
	policy_id(e->policy, e->policy_len, id);
	e->id = arena_string(a, id);
	e->mode = ours.mode;
	if (p->at[RUA].len > 0)
		e->tlsrpt = p->at[RUA].bytes;
	return e;
}

static bool has(const struct verify_report *r, const char *code)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->findings[i].code->name, code) == 0)
			return true;
	return false;
}

static void judge(struct verify_report *r, const struct pieces *p)
{
	struct dns_record txt[] = { record(p, TXT), record(p, TXT_TOO) };
	struct dns_record tlsrpt[] = { record(p, TLSRPT),
		record(p, TLSRPT_TOO) };
	struct dns_record exchangers[] = { record(p, MX), record(p, MX_TOO) };
	size_t txts = p->at[TXT_TOO].len > 0 ? 2 : p->at[TXT].len > 0;
	size_t reports = p->at[TLSRPT_TOO].len > 0 ? 2 : p->at[TLSRPT].len > 0;
	size_t mxs = p->at[MX_TOO].len > 0 ? 2 : 1;
	const struct policy *live;
	struct policy again;
	struct mx mx;
	const char *id;

	id = verify_judge_txt(r, txt_join(txt, txts, r->arena), txts, NULL);
	verify_judge_tlsrpt(
	    r, txt_join(tlsrpt, reports, r->arena), reports, true);
	assert(r->count == 2);
	mx_read(exchangers, mxs, r->arena, &mx);
	r->mx = mx.count > 1
	            ? arena_format(r->arena, "%s, %s", mx.hosts[0], mx.hosts[1])
	            : mx.hosts[0];
	live = verify_judge_policy(r);
	assert((live == NULL) == has(r, "policy-syntax"));
	assert((live != NULL) == (policy_parse(r->policy, r->policy_len,
	                              r->arena, &again, NULL) == 0));
	if (r->entry != NULL)
		verify_judge_ours(r, id, true);
	if (r->entry != NULL)
		assert(has(r, "ours") ==
		       (r->policy_len == r->entry->policy_len &&
		           memcmp(r->policy, r->entry->policy, r->policy_len) ==
		               0));
	verify_judge_mx(r, live, mx.hosts, mx.count);
	verify_conclude(r);
	for (size_t i = 0; i < r->count; i++)
		assert(r->findings[i].grade <= r->verdict);
}

static void read_json(const char *text, const struct verify_report *r)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *d;

	assert(root != NULL);
	d = json_array_get(json_object_get(root, "domains"), 0);
	assert(strcmp(json_string_value(json_object_get(d, "domain")),
	           r->domain) == 0);
	assert(json_array_size(json_object_get(d, "findings")) == r->count);
	json_decref(root);
}

static void read_csv(const char *text, size_t len, struct arena *a)
{
	struct csv_row *row = arena_alloc(a, sizeof(*row));
	struct csv c;

	csv_init(&c, text, len, ';');
	assert(csv_next(&c, a, row, NULL) == 1 && row->count == 9);
	assert(csv_next(&c, a, row, NULL) == 1);
	assert(strcmp(row->fields[0].text, "a.example") == 0);
	for (size_t i = 0; i < row->count; i++)
		assert(row->fields[i].text[0] == '\0' ||
		       strchr("=+-@\t\r", row->fields[i].text[0]) == NULL);
	assert(csv_next(&c, a, row, NULL) == 0);
}

static void read_lines(const char *text, size_t len, size_t most)
{
	size_t lines = 0, n;

	for (; len > 0; text += n, len -= n) {
		lines += *text == '\n';
		n = *text == '\n' ? 1 : quote_seen_len(text, len);
		assert(n > 0);
	}
	assert(lines <= most);
}

/* The last: what a host serves, as it is put on a terminal. */
enum form { FORM_JSON, FORM_CSV, FORM_TABLE, FORM_NAGIOS, FORM_BYTES, FORMS };

static void show(const struct verify_summary *s, enum form form)
{
	static const size_t most[] = {
		[FORM_TABLE] = SIZE_MAX, [FORM_NAGIOS] = 1, [FORM_BYTES] = 0
	};
	const struct verify_manner m = { .checks = true };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert(out != NULL);
	if (form == FORM_JSON)
		assert(verify_show_json(out, s, &m) == 0);
	else if (form == FORM_CSV)
		verify_show_csv(out, s, &m);
	else if (form == FORM_TABLE)
		verify_show_table(out, s, &m);
	else if (form == FORM_NAGIOS)
		verify_show_nagios(out, s);
	else
		seen_put(out, s->at[0].policy);
	assert(fclose(out) == 0);
	if (form == FORM_JSON)
		read_json(text, &s->at[0]);
	else if (form == FORM_CSV)
		read_csv(text, len, s->at[0].arena);
	else
		read_lines(text, len, most[form]);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct verify_report r = { .domain = "a.example",
		.arena = arena_new(false) };
	struct verify_summary sum = { .at = &r, .count = 1 };
	struct pieces p;

	pieces_cut(data, size, PIECES, &p);
	r.policy = p.at[LIVE].bytes;
	r.policy_len = p.at[LIVE].len;
	r.entry = configured(&p, r.arena);
	r.txt = p.at[TXT].bytes;
	r.tlsrpt = p.at[TLSRPT].bytes;
	judge(&r, &p);
	sum.verdicts[r.verdict]++;
	sum.worst = r.verdict;
	for (enum form f = FORM_JSON; f < FORMS; f++)
		show(&sum, f);
	pieces_free(&p);
	arena_free(r.arena);
	return 0;
}
