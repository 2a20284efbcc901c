/* SPDX-License-Identifier: ISC */

/* TXT records as senders read them: RULES T1 to T3, R1. */

#include "suite.h"

#include <string.h>

#include "base/arena.h"
#include "ctl/dns.h"
#include "ctl/txt.h"

#define COUNT(a)   ((int)(sizeof(a) / sizeof((a)[0])))
#define SPAN(text) ((struct span){ (text), strlen(text) })

START_TEST(rfc8461_t3_strings_are_joined_without_a_space)
{
	static const unsigned char bytes[] = "\003v=S\000\014TSv1; id=123"
	                                     "\001;\377cut";
	struct dns_record record = { bytes, sizeof(bytes) - 1 };
	struct arena *arena = arena_new(false);
	const struct span *all = txt_join(&record, 1, arena);

	ck_assert_uint_eq(all[0].len, strlen("v=STSv1; id=123;cut"));
	ck_assert_mem_eq(all[0].at, "v=STSv1; id=123;cut", all[0].len);
	arena_free(arena);
}
END_TEST

/* Kinds: V valid, N near, F foreign, in their order. */
static const struct {
	const char *text, *version;
	char kind;
} kinds[] = {
	{ "v=STSv1; id=1", TXT_STS, 'V' },
	{ "v=STSv1", TXT_STS, 'V' },
	{ "v=STSv1 ; id=1", TXT_STS, 'V' },
	{ "v=STSv1,id=1", TXT_STS, 'V' },
	{ "v=STSv10; id=1", TXT_STS, 'N' },
	{ "v=STSv2; id=1", TXT_STS, 'N' },
	{ "v=stsv1; id=1", TXT_STS, 'N' },
	{ " v=STSv1; id=1", TXT_STS, 'N' },
	{ "\"v=STSv1; id=1\"", TXT_STS, 'N' },
	{ "", TXT_STS, 'F' },
	{ "v=STS", TXT_STS, 'F' },
	{ "id=1; v=STSv1", TXT_STS, 'F' },
	{ "v=TLSRPTv1; rua=x", TXT_STS, 'F' },
	{ "v=TLSRPTv1; rua=x", TXT_TLSRPT, 'V' },
	{ "v=TLSRPTV1; rua=x", TXT_TLSRPT, 'N' },
};

START_TEST(rfc8461_t2_what_begins_with_the_version_counts)
{
	const struct span all[] = { SPAN("other"), SPAN(kinds[_i].text),
		SPAN(kinds[_i].text) };
	struct txt_sorted s = txt_sort(all, 3, kinds[_i].version);

	ck_assert_uint_eq(s.valid_count, kinds[_i].kind == 'V' ? 2 : 0);
	ck_assert_uint_eq(s.near_count, kinds[_i].kind == 'N' ? 2 : 0);
	ck_assert_uint_eq(s.foreign_count, kinds[_i].kind == 'F' ? 3 : 1);
	if (kinds[_i].kind == 'V')
		ck_assert_ptr_eq(s.valid.at, kinds[_i].text);
	if (kinds[_i].kind == 'N')
		ck_assert_ptr_eq(s.near.at, kinds[_i].text);
	ck_assert_ptr_eq(s.foreign.at, all[0].at);
}
END_TEST

static const struct {
	const char *text;
	enum txt_fault fault;
	const char *id;
} records[] = {
	{ "v=STSv1; id=a;", TXT_WELL, "a" },
	{ "v=STSv1;x=y \t; id=a", TXT_WELL, "a" },
	{ "v=STSv1; id=a; id=b-c", TXT_WELL, "a" },
	{ "v=STSv1", TXT_NO_ID, NULL },
	{ "v=STSv1; ID=a", TXT_NO_ID, NULL },
	{ "v=STSv1; id=a-b", TXT_ODD_ID, "a-b" },
	{ "v=STSv1; id=", TXT_ODD_ID, "" },
	{ "v=STSv1 ; id=a", TXT_SYNTAX, NULL },
	{ "v=STSv1; id=a; x", TXT_SYNTAX, NULL },
	{ "v=STSv1;; id=a", TXT_SYNTAX, NULL },
	{ "v=STSv1; id =a", TXT_SYNTAX, NULL },
};

START_TEST(rfc8461_t1_fields)
{
	struct span id = { NULL, 0 };
	const char *why = NULL;

	ck_assert_int_eq(
	    txt_read_sts(SPAN(records[_i].text), &id, &why), records[_i].fault);
	ck_assert_int_eq(why != NULL, records[_i].fault == TXT_SYNTAX);
	if (records[_i].id == NULL)
		return;
	ck_assert_uint_eq(id.len, strlen(records[_i].id));
	ck_assert_mem_eq(id.at, records[_i].id, id.len);
}
END_TEST

START_TEST(rfc8460_r1_rua)
{
	static const char *const bad[] = { "v=TLSRPTv1",
		"v=TLSRPTv1; rua=", "v=TLSRPTv1 ; rua=x", "v=TLSRPTv1; rua" };
	static const char nul[] = "v=TLSRPTv1; rua=a\0b";
	struct span rua = { NULL, 0 }, uri;

	for (int i = 0; i < COUNT(bad); i++)
		ck_assert_ptr_nonnull(txt_read_tlsrpt(SPAN(bad[i]), &rua));
	ck_assert_ptr_nonnull(
	    txt_read_tlsrpt((struct span){ nul, sizeof(nul) - 1 }, &rua));
	ck_assert_ptr_null(rua.at);
	ck_assert_ptr_null(
	    txt_read_tlsrpt(SPAN("v=TLSRPTv1;x=y; rua= a , b ;rua=c"), &rua));
	ck_assert(txt_cut_uri(&rua, &uri));
	ck_assert(uri.len == 1 && uri.at[0] == 'a');
	ck_assert(!txt_cut_uri(&rua, &uri));
	ck_assert(uri.len == 1 && uri.at[0] == 'b');
}
END_TEST

int main(void)
{
	Suite *s = suite_create("txt");
	TCase *c = tcase_create("txt");

	tcase_add_test(c, rfc8461_t3_strings_are_joined_without_a_space);
	tcase_add_loop_test(
	    c, rfc8461_t2_what_begins_with_the_version_counts, 0, COUNT(kinds));
	tcase_add_loop_test(c, rfc8461_t1_fields, 0, COUNT(records));
	tcase_add_test(c, rfc8460_r1_rua);
	suite_add_tcase(s, c);
	return suite_run(s);
}
