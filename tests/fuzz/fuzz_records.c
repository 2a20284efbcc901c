/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as the records that DNS answers with, of every type that is
 * looked at. What is read is a host's, an id or an address and nothing else;
 * what is shown is one line; and the order of a set, which is not the
 * sender's to choose, decides nothing.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "ctl/caa.h"
#include "ctl/dns.h"
#include "ctl/import.h"
#include "ctl/mx.h"
#include "ctl/rr_live.h"
#include "ctl/txt.h"
#include "ctl/verify_judge.h"
#include "pieces.h"
#include "policy/host.h"
#include "policy/policy.h"
#include "truths.h"

#define RECORDS_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_inside(struct span part, struct span whole)
{
	assert(
	    part.len == 0 || (part.at >= whole.at &&
	                         part.at + part.len <= whole.at + whole.len));
}

/* An id that is taken is taken again from the record that we would write. */
static const char *id_of(struct span record, struct arena *a)
{
	struct span id, again;
	const char *why = NULL, *text;
	enum txt_fault f = txt_read_sts(record, &id, &why);

	assert((f == TXT_SYNTAX) == (why != NULL));
	if (f == TXT_SYNTAX || f == TXT_NO_ID)
		return NULL;
	must_be_inside(id, record);
	assert(policy_id_is_valid(id.at, id.len) == (f == TXT_WELL));
	if (f != TXT_WELL)
		return NULL;
	text = arena_copy(a, id.at, id.len);
	record.at = arena_format(a, TXT_STS "; id=%s;", text);
	record.len = strlen(record.at);
	assert(txt_read_sts(record, &again, &why) == TXT_WELL);
	assert(span_is(again, text));
	return text;
}

static void try_reports(struct span record)
{
	struct span list, uri;
	const char *why = txt_read_tlsrpt(record, &list);
	bool more = why == NULL;

	if (more)
		must_be_inside(list, record);
	while (more) {
		more = txt_cut_uri(&list, &uri);
		must_be_inside(uri, record);
	}
}

static struct txt_sorted sort(
    const struct span *all, size_t count, const char *version)
{
	struct txt_sorted s = txt_sort(all, count, version);

	assert(s.valid_count + s.near_count + s.foreign_count == count);
	assert(s.valid_count == 0 || span_begins(s.valid, version));
	return s;
}

static void must_be_told(const struct verify_report *r)
{
	assert(r->count > 0);
	for (size_t i = 0; i < r->count; i++) {
		must_be_seen(r->findings[i].about);
		must_be_seen(r->findings[i].expected);
		must_be_seen(r->findings[i].found);
	}
}

/* import and verify must take the same record for live. */
static void try_texts(
    const struct dns_record *records, size_t count, struct arena *a)
{
	struct verify_report r = { .domain = "a.example", .arena = a };
	struct facts f = { .domain = "a.example" };
	const struct span *all = txt_join(records, count, a);
	struct txt_sorted sts = sort(all, count, TXT_STS);
	struct txt_sorted reports = sort(all, count, TXT_TLSRPT);
	const char *id = NULL, *found;

	if (sts.valid_count > 0)
		id = id_of(sts.valid, a);
	if (reports.valid_count > 0)
		try_reports(reports.valid);
	found = verify_judge_txt(&r, all, count, "1");
	verify_judge_tlsrpt(&r, all, count, true);
	must_be_told(&r);
	import_take_sts(&f, records, count, a);
	import_take_tlsrpt(&f, records, count, a);
	assert((found == NULL) == (f.id == NULL));
	assert((f.id != NULL) == (sts.valid_count == 1 && id != NULL));
	assert(f.id == NULL || (!strcmp(f.id, found) && !strcmp(f.id, id)));
	assert(f.id == NULL || f.txt_fault == NULL);
	assert(f.tlsrpt == NULL || f.tlsrpt_fault == NULL);
	if (f.txt_fault != NULL)
		must_be_seen(f.txt_fault);
	if (f.tlsrpt_fault != NULL)
		must_be_seen(f.tlsrpt_fault);
}

static void try_values(const struct dns_record *r, struct arena *a)
{
	static const enum rr_type types[] = { RR_A, RR_AAAA, RR_CNAME, RR_TXT,
		RR_CAA };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		const char *text = rr_from_wire(types[i], r->data, r->len, a);

		if (text == NULL)
			continue;
		for (const char *c = text; *c != '\0'; c++)
			assert(*c >= ' ' && *c <= '~');
		assert(rr_same(types[i], text, text));
		if (types[i] == RR_TXT)
			assert(rr_same(
			    RR_TXT, arena_format(a, "%s ;", text), text));
	}
}

static void try_mx(
    const struct dns_record *records, size_t count, struct arena *a)
{
	static const char hosts[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.?";
	struct facts f = { .domain = "a.example" };
	struct mx mx;

	mx_read(records, count, a, &mx);
	assert(mx.count + mx.malformed <= count && mx.hosts[mx.count] == NULL);
	for (size_t i = 0; i < mx.count; i++) {
		assert(strspn(mx.hosts[i], hosts) == strlen(mx.hosts[i]));
		for (size_t j = 0; j < i; j++)
			assert(strcmp(mx.hosts[i], mx.hosts[j]) != 0);
	}
	import_take_mx(&f, records, count, a);
	for (size_t i = 0; i < f.mx_count; i++)
		assert(host_is_valid(f.mx[i], strlen(f.mx[i])));
}

/* text: a directory of a CA, as the configuration has it. */
static void try_caa(
    const struct dns_record *records, size_t count, const char *text)
{
	struct dns_record reversed[RECORDS_MAX];
	struct caa_names ca, none = { NULL, 0 };
	enum caa_verdict v;

	for (size_t i = 0; i < count; i++)
		reversed[i] = records[count - 1 - i];
	assert(!caa_names_known(text, &ca) || ca.count == 1);
	assert(caa_names_known(NULL, &ca));
	v = caa_judge(records, count, &ca, "http-01");
	assert(v == caa_judge(reversed, count, &ca, "http-01"));
	assert(
	    caa_names_a_ca(records, count) == caa_names_a_ca(reversed, count));
	/* Who is told no name is told no more than that nobody may. */
	if (v == CAA_ALLOWS)
		assert(
		    caa_judge(records, count, &none, "http-01") == CAA_ALLOWS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(false);
	struct dns_record records[RECORDS_MAX];
	struct pieces p;

	pieces_cut(data, size, RECORDS_MAX, &p);
	for (size_t i = 0; i < p.count; i++) {
		records[i].data = (const unsigned char *)p.at[i].bytes;
		records[i].len = p.at[i].len;
		try_values(&records[i], a);
	}
	try_texts(records, p.count, a);
	try_mx(records, p.count, a);
	try_caa(records, p.count, p.at[0].bytes);
	pieces_free(&p);
	arena_free(a);
	return 0;
}
