/* SPDX-License-Identifier: ISC */

/* What verify finds of the TXT records of a domain: RULES T1, T2, R1. */

#include "suite.h"

#include <string.h>

#include "base/arena.h"
#include "ctl/span.h"
#include "ctl/verify_judge.h"
#include "policy/catalog.h"

#define RECORDS_MAX 3

#define ID_32 "0123456789abcdefghijklmnopqrstuv"

static const struct {
	const char *texts[RECORDS_MAX];
	const char *code;
	const char *id; /* NULL: none to be had */
} txts[] = {
	{ { "v=STSv1; id=20160831085700Z;" }, "txt", "20160831085700Z" },
	{ { "v=STSv1;id=1" }, "txt", "1" },
	{ { "v=STSv1; \t id=1 \t; " }, "txt", "1" },
	{ { "v=STSv1; id=" ID_32 ";" }, "txt", ID_32 },
	{ { "v=STSv1; a.b-c_d=x!y; id=1; e=f;" }, "txt", "1" },
	{ { "v=STSv1; id=1; id=2;" }, "txt", "1" },
	{ { "v=STSv1; id=1; id=not-valid;" }, "txt", "1" },
	{ { NULL }, "txt-missing", NULL },
	{ { "v=spf1 -all" }, "txt-missing", NULL },
	{ { "v=STSv1; id=1;", "v=spf1 -all" }, "txt-extra", "1" },
	{ { "v=spf1 -all", "v=STSv1; id=1;" }, "txt-extra", "1" },
	{ { "v=STSv1; id=1;", "V=STSv1; id=1;" }, "txt-extra", "1" },
	{ { "v=STSv1; id=1;", "v=STSv1; id=1;" }, "txt-two", NULL },
	{ { "v=STSv1; id=1;", "v=STSv1; id=2;", "x" }, "txt-two", NULL },
	{ { "V=STSv1; id=1;" }, "txt-version", NULL },
	{ { "v=stsv1; id=1;" }, "txt-version", NULL },
	{ { "v=STSV1; id=1;" }, "txt-version", NULL },
	{ { " v=STSv1; id=1;" }, "txt-version", NULL },
	{ { "v = STSv1; id=1;" }, "txt-version", NULL },
	{ { "\"v=STSv1; id=1;\"" }, "txt-version", NULL },
	{ { "v=STSv10; id=1;" }, "txt-version", NULL },
	{ { "v=STSv2; id=1;" }, "txt-version", NULL },
	{ { "v=STSv1" }, "txt-no-id", NULL },
	{ { "v=STSv1;" }, "txt-no-id", NULL },
	{ { "v=STSv1; ID=1;" }, "txt-no-id", NULL },
	{ { "v=STSv1; a=b;" }, "txt-no-id", NULL },
	{ { "v=STSv1; id=;" }, "txt-id", NULL },
	{ { "v=STSv1; id=2016-08-31;" }, "txt-id", NULL },
	{ { "v=STSv1; id=" ID_32 "w;" }, "txt-id", NULL },
	{ { "v=STSv1; id=1 2;" }, "txt-id", NULL },
	{ { "v=STSv1; id=\"1\";" }, "txt-id", NULL },
	{ { "v=STSv1; id=\xc3\xa4;" }, "txt-id", NULL },
	{ { "v=STSv1 ; id=1;" }, "txt-syntax", NULL },
	{ { "v=STSv1, id=1;" }, "txt-syntax", NULL },
	{ { "v=STSv1 id=1;" }, "txt-syntax", NULL },
	{ { "v=STSv1; id =1;" }, "txt-syntax", NULL },
	{ { "v=STSv1; id:1;" }, "txt-syntax", NULL },
	{ { "v=STSv1;; id=1;" }, "txt-syntax", NULL },
	{ { "v=STSv1; id=1; x;" }, "txt-syntax", NULL },
	{ { "v=STSv1; id=1; x=;" }, "txt-syntax", NULL },
	{ { "v=STSv1; id=1; x=\xc3\xa4;" }, "txt-syntax", NULL },
	{ { "v=STSv1; id=1; =y;" }, "txt-syntax", NULL },
};

static size_t gather(
    const char *const from[RECORDS_MAX], struct span ret_texts[])
{
	size_t count = 0;

	for (; count < RECORDS_MAX && from[count] != NULL; count++)
		ret_texts[count] =
		    (struct span){ from[count], strlen(from[count]) };
	return count;
}

START_TEST(rfc8461_t1_t2_the_record_that_counts)
{
	struct verify_report r = { .domain = "example.com" };
	struct span texts[RECORDS_MAX];
	const char *id;

	r.arena = arena_new(false);
	id = verify_judge_txt(
	    &r, texts, gather(txts[_i].texts, texts), "expected");
	ck_assert_uint_eq(r.count, 1);
	ck_assert_str_eq(r.findings[0].code->name, txts[_i].code);
	ck_assert_str_eq(r.findings[0].about, "_mta-sts.example.com");
	ck_assert_pstr_eq(id, txts[_i].id);
	arena_free(r.arena);
}
END_TEST

static const struct {
	const char *texts[RECORDS_MAX];
	const char *ours; /* NULL: not configured */
	bool wanted;
	const char *code;
} reports[] = {
	{ { "v=TLSRPTv1; rua=mailto:a@b.c" }, NULL, true, "tlsrpt" },
	{ { "v=TLSRPTv1;rua=mailto:a@b.c,https://x/y;" }, NULL, true,
	    "tlsrpt" },
	{ { "v=TLSRPTv1; x=y; rua=https://x/y , mailto:a@b.c" }, NULL, true,
	    "tlsrpt" },
	{ { NULL }, NULL, false, "tlsrpt" },
	{ { "v=spf1 -all" }, NULL, false, "tlsrpt" },
	{ { NULL }, NULL, true, "tlsrpt-missing" },
	{ { "v=spf1 -all" }, NULL, true, "tlsrpt-missing" },
	{ { "v=TLSRPTv1; rua=mailto:a@b.c", "v=TLSRPTv1; rua=mailto:a@b.c" },
	    NULL, true, "tlsrpt-two" },
	{ { "v=tlsrptv1; rua=mailto:a@b.c" }, NULL, true, "tlsrpt-syntax" },
	{ { "v=TLSRPTv1 rua=mailto:a@b.c" }, NULL, true, "tlsrpt-syntax" },
	{ { "v=TLSRPTv1; rua:mailto:a@b.c" }, NULL, true, "tlsrpt-syntax" },
	{ { "v=TLSRPTv1;" }, NULL, true, "tlsrpt-syntax" },
	{ { "v=TLSRPTv1; rua=" }, NULL, true, "tlsrpt-syntax" },
	{ { "v=TLSRPTv1; rua=a@b.c" }, NULL, true, "tlsrpt-syntax" },
	{ { "v=TLSRPTv1; rua=http://x/y" }, NULL, true, "tlsrpt-syntax" },
	{ { "v=TLSRPTv1; rua=mailto:a@b.c!10m" }, NULL, true, "tlsrpt-syntax" },
	{ { "v=TLSRPTv1; rua=mailto:a@b.c, " }, NULL, true, "tlsrpt-syntax" },
	{ { "v=TLSRPTv1; rua=mailto:x@y.z,mailto:a@b.c" }, "mailto:a@b.c", true,
	    "tlsrpt" },
	{ { "v=TLSRPTv1; rua=mailto:a@b.c" }, "mailto:a@b.c,https://x/y", true,
	    "tlsrpt-differs" },
	{ { "v=TLSRPTv1; rua=mailto:x@y.z" }, "mailto:a@b.c", true,
	    "tlsrpt-differs" },
};

START_TEST(rfc8460_r1_the_record_for_reports)
{
	const struct catalog_entry e = { .tlsrpt = reports[_i].ours };
	struct verify_report r = { .domain = "example.com" };
	struct span texts[RECORDS_MAX];

	r.arena = arena_new(false);
	r.entry = reports[_i].ours == NULL ? NULL : &e;
	verify_judge_tlsrpt(
	    &r, texts, gather(reports[_i].texts, texts), reports[_i].wanted);
	ck_assert_uint_eq(r.count, 1);
	ck_assert_str_eq(r.findings[0].code->name, reports[_i].code);
	arena_free(r.arena);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify_txt");
	TCase *c = tcase_create("records");

	tcase_add_loop_test(c, rfc8461_t1_t2_the_record_that_counts, 0,
	    sizeof(txts) / sizeof(*txts));
	tcase_add_loop_test(c, rfc8460_r1_the_record_for_reports, 0,
	    sizeof(reports) / sizeof(*reports));
	suite_add_tcase(s, c);
	return suite_run(s);
}
