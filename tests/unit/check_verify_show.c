/* SPDX-License-Identifier: ISC */

/* What verify tells, of domains that are made up. */

#include "suite.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "ctl/verify_codes.h"
#include "ctl/verify_judge.h"
#include "ctl/verify_show.h"

enum { WELL_ONE, BROKEN_ONE, PENDING_ONE, COUNT };

static struct arena *arena;
static struct verify_report reports[COUNT];
static struct verify_summary sum;

static char *text;
static size_t text_len;
static FILE *out;

static void make_world(void)
{
	static const char policy[] = "version: STSv1\r\nodd: \"\xff\"\r\n";

	arena = arena_new(false);
	for (size_t i = 0; i < COUNT; i++)
		reports[i] = (struct verify_report){ .arena = arena };
	reports[WELL_ONE].domain = "well.example";
	reports[WELL_ONE].mx = "a.example, b.example";
	reports[WELL_ONE].policy = policy;
	reports[WELL_ONE].policy_len = strlen(policy);
	reports[WELL_ONE].tlsrpt = "v=TLSRPTv1; rua=mailto:a@b.c";
	verify_add(&reports[WELL_ONE], "txt", "_mta-sts.well.example", NULL,
	    "\"v=STSv1; id=1\"");
	verify_add(
	    &reports[WELL_ONE], "host", "mta-sts.well.example", NULL, NULL);
	verify_add(&reports[WELL_ONE], "https", "192.0.2.1", NULL, NULL);
	verify_skip(&reports[WELL_ONE], "smtp", "as told");
	reports[BROKEN_ONE].domain = "broken.example";
	verify_add(&reports[BROKEN_ONE], "txt-two", "_mta-sts.broken.example",
	    "one", "2 records");
	verify_add(&reports[BROKEN_ONE], "tlsrpt-missing",
	    "_smtp._tls.broken.example", NULL, NULL);
	reports[PENDING_ONE].domain = "pending.example";
	verify_add(&reports[PENDING_ONE], "txt-missing",
	    "_mta-sts.pending.example", "\"v=STSv1; id=2;\"", NULL);
	verify_add(&reports[PENDING_ONE], "host-missing",
	    "mta-sts.pending.example", NULL, NULL);
	out = open_memstream(&text, &text_len);
}

static void free_world(void)
{
	(void)fclose(out);
	free(text);
	arena_free(arena);
}

/* Of the first domains. */
static void sum_up(size_t count)
{
	sum = (struct verify_summary){
		.at = reports, .count = count, .home = "sts.example.net"
	};
	for (size_t i = 0; i < count; i++) {
		verify_conclude(&reports[i]);
		sum.verdicts[reports[i].verdict]++;
		if (reports[i].verdict > sum.worst)
			sum.worst = reports[i].verdict;
	}
}

static const struct verify_manner plain, problems = { .problems = true };

static void says(const char *expected)
{
	(void)fflush(out);
	ck_assert_str_eq(text, expected);
}

START_TEST(rules_c7_verdicts)
{
	sum_up(COUNT);
	ck_assert_int_eq(reports[WELL_ONE].verdict, VERIFY_OK);
	ck_assert_int_eq(reports[BROKEN_ONE].verdict, VERIFY_BROKEN);
	ck_assert_int_eq(reports[PENDING_ONE].verdict, VERIFY_PENDING);
	ck_assert_int_eq(
	    reports[PENDING_ONE].findings[1].grade, VERIFY_PENDING);
}
END_TEST

START_TEST(nagios_tells_the_worst_in_a_line)
{
	sum_up(COUNT);
	verify_show_nagios(out, &sum);
	says("MTA-STS CRITICAL - broken.example: txt-two | domains=3 ok=1 "
	     "pending=1 warning=0;0 broken=1;;0\n");
}
END_TEST

START_TEST(nagios_is_well_with_pending_ones)
{
	reports[BROKEN_ONE] = reports[PENDING_ONE];
	sum_up(2);
	verify_show_nagios(out, &sum);
	says("MTA-STS OK - 1 of 2 domains well | domains=2 ok=1 pending=1 "
	     "warning=0;0 broken=0;;0\n");
}
END_TEST

START_TEST(a_fault_of_the_configuration_is_a_warning)
{
	reports[BROKEN_ONE] = reports[PENDING_ONE];
	sum_up(2);
	sum.faults = 1;
	ck_assert_int_eq(verify_sum_grade(&sum), VERIFY_WARNING);
	verify_show_nagios(out, &sum);
	says("MTA-STS WARNING - 1 fault in the configuration, 1 of 2 domains "
	     "well | domains=2 ok=1 pending=1 warning=0;0 broken=0;;0\n");
	sum.worst = VERIFY_BROKEN;
	ck_assert_int_eq(verify_sum_grade(&sum), VERIFY_BROKEN);
}
END_TEST

START_TEST(csv_has_the_columns_of_ps_mta_sts)
{
	sum_up(2);
	verify_show_csv(out, &sum, &plain);
	says("DomainName;Host;MX_Record_Pointing_To;MTA_STS_CNAME;"
	     "MTA_STS_Policy;MTA_STS_PolicyContent;MTA_STS_TXTRecord;"
	     "MTA_STS_OVERALL;TLSRPT\r\n"
	     "\"well.example\";\"sts.example.net\";\"a.example, b.example\";"
	     "\"OK\";\"OK\";\"version: STSv1\r\nodd: \"\"\\xff\"\"\";\"OK\";"
	     "\"OK\";\"v=TLSRPTv1; rua=mailto:a@b.c\"\r\n"
	     "\"broken.example\";\"sts.example.net\";\"\";\"not checked\";"
	     "\"not checked\";\"\";\"there are several TXT records for "
	     "MTA-STS: senders use none\";\"ISSUE_FOUND\";\"\"\r\n");
}
END_TEST

START_TEST(csv_has_nothing_that_a_terminal_obeys)
{
	reports[BROKEN_ONE].policy = "=1\t\r\n\xc3\xa9\xc2\x9b\x1b[2J\"\0\xff";
	reports[BROKEN_ONE].policy_len = 16;
	reports[BROKEN_ONE].tlsrpt = "v=TLSRPTv1;\x07\x7f";
	sum_up(COUNT);
	verify_show_csv(out, &sum, &plain);
	(void)fflush(out);
	ck_assert_ptr_nonnull(strstr(
	    text, ";\"'=1\t\r\n\xc3\xa9\\xc2\\x9b\\x1b[2J\"\"\\x00\\xff\";"));
	ck_assert_ptr_nonnull(strstr(text, ";\"v=TLSRPTv1;\\x07\\x7f\"\r\n"));
}
END_TEST

START_TEST(table_tells_what_to_do)
{
	sum_up(2);
	verify_show_table(out, &sum, &plain);
	says("well.example    ok  (not configured)\n"
	     "broken.example  broken  (not configured)\n"
	     "  broken      txt-two               _mta-sts.broken.example\n"
	     "              there are several TXT records for MTA-STS: senders "
	     "use none (RFC 8461 section 3.1)\n"
	     "              expected: one\n"
	     "              found:    2 records\n"
	     "              to do:    Leave the one that is expected, remove "
	     "the others.\n"
	     "  warning     tlsrpt-missing        _smtp._tls.broken.example\n"
	     "              there is no record for TLS reports: nobody will "
	     "tell what fails (RFC 8460 section 3)\n"
	     "              to do:    Put the record in DNS as mta-stsctl "
	     "records shows it.\n"
	     "2 domains: 1 ok, 1 broken\n");
}
END_TEST

START_TEST(table_has_nothing_that_a_terminal_obeys)
{
	verify_add(&reports[BROKEN_ONE], "ours-differs", "a\x1b[2J",
	    "b\xc2\x9b", "c\xff\ny\xc3\xa9");
	verify_add(&reports[WELL_ONE], "host", "d\x7f", NULL, "e\xe2\x80\xae");
	sum_up(2);
	verify_show_table(out, &sum, &(struct verify_manner){ .checks = true });
	(void)fflush(out);
	ck_assert_ptr_nonnull(strstr(text, " a\\x1b[2J\n"));
	ck_assert_ptr_nonnull(strstr(text, " b\\xc2\\x9b\n"));
	ck_assert_ptr_nonnull(strstr(text, " c\\xff\\x0ay\xc3\xa9\n"));
	ck_assert_ptr_nonnull(strstr(text, " d\\x7f: e\\xe2\\x80\\xae\n"));
}
END_TEST

START_TEST(table_counts_what_is_alike)
{
	for (int i = 0; i < 8000; i++)
		verify_add(
		    &reports[BROKEN_ONE], "policy-key", "\"x: y\"", NULL, NULL);
	sum_up(2);
	verify_show_table(out, &sum, &plain);
	(void)fflush(out);
	ck_assert_ptr_nonnull(
	    strstr(text, "policy-key            \"x: y\" (and 7968 more like "
	                 "it)\n"));
	ck_assert_uint_lt(text_len, 10000);
}
END_TEST

START_TEST(table_of_named_domains_has_every_check)
{
	const struct verify_manner m = { .checks = true };

	sum_up(1);
	verify_show_table(out, &sum, &m);
	says("well.example  ok  (not configured)\n"
	     "  ok          txt                   _mta-sts.well.example: "
	     "\"v=STSv1; id=1\"\n"
	     "  ok          host                  mta-sts.well.example\n"
	     "  ok          https                 192.0.2.1\n"
	     "  not checked smtp                  well.example: as told\n"
	     "1 domain: 1 ok\n");
}
END_TEST

START_TEST(problems_are_silent_when_all_is_well)
{
	reports[BROKEN_ONE] = reports[PENDING_ONE];
	sum_up(2);
	verify_show_table(out, &sum, &problems);
	verify_show_csv(out, &sum, &problems);
	says("");
}
END_TEST

START_TEST(json_is_whole_whatever_the_bytes)
{
	json_t *all, *one;

	reports[WELL_ONE].txt = "\xc2\x9b\xe2\x80\xae\xc3\xa9\x1b";
	sum_up(COUNT);
	ck_assert_int_eq(verify_show_json(out, &sum, &plain), 0);
	(void)fflush(out);
	all = json_loads(text, 0, NULL);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(all, "version")), 1);
	ck_assert_str_eq(
	    json_string_value(json_object_get(all, "verdict")), "broken");
	ck_assert_int_eq(
	    json_integer_value(json_object_get(all, "pending")), 1);
	one = json_array_get(json_object_get(all, "domains"), WELL_ONE);
	ck_assert_str_eq(json_string_value(json_object_get(one, "policy")),
	    "version: STSv1\r\nodd: \"\\xff\"\r\n");
	ck_assert_uint_eq(json_array_size(json_object_get(one, "mx")), 2);
	/* What a terminal would obey is there, but not as it is. */
	ck_assert_str_eq(json_string_value(json_object_get(one, "txt")),
	    "\xc2\x9b\xe2\x80\xae\xc3\xa9\x1b");
	ck_assert_ptr_nonnull(strstr(text, "\"\\u009B\\u202E\\u00E9\\u001B\""));
	ck_assert_ptr_null(strpbrk(text, "\x1b\x9b\xc2\xe2"));
	ck_assert(json_is_null(json_object_get(one, "cname")));
	one = json_array_get(json_object_get(all, "domains"), BROKEN_ONE);
	one = json_array_get(json_object_get(one, "findings"), 0);
	ck_assert_str_eq(
	    json_string_value(json_object_get(one, "code")), "txt-two");
	ck_assert_str_eq(
	    json_string_value(json_object_get(one, "grade")), "broken");
	ck_assert_uint_eq(json_object_size(one), 10);
	ck_assert_int_eq(json_integer_value(json_object_get(one, "more")), 0);
	json_decref(all);
}
END_TEST

START_TEST(codes_are_whole_and_each_is_there_once)
{
	const struct verify_code *code, *check;

	for (size_t i = 0; (code = verify_code_at(i)) != NULL; i++) {
		ck_assert_ptr_eq(verify_code_find(code->name), code);
		check = verify_code_find(code->check);
		ck_assert_ptr_nonnull(check);
		ck_assert_int_eq(check->grade, VERIFY_OK);
		ck_assert_msg(
		    code->grade <= VERIFY_OK || code->advice[0] != '\0',
		    "%s: no advice", code->name);
		ck_assert_str_ne(code->words, "");
		ck_assert_int_eq(strncmp(code->section, "RFC ", 4), 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify_show");
	TCase *c = tcase_create("formats");

	tcase_add_checked_fixture(c, make_world, free_world);
	tcase_add_test(c, rules_c7_verdicts);
	tcase_add_test(c, nagios_tells_the_worst_in_a_line);
	tcase_add_test(c, nagios_is_well_with_pending_ones);
	tcase_add_test(c, a_fault_of_the_configuration_is_a_warning);
	tcase_add_test(c, csv_has_the_columns_of_ps_mta_sts);
	tcase_add_test(c, csv_has_nothing_that_a_terminal_obeys);
	tcase_add_test(c, table_tells_what_to_do);
	tcase_add_test(c, table_has_nothing_that_a_terminal_obeys);
	tcase_add_test(c, table_counts_what_is_alike);
	tcase_add_test(c, table_of_named_domains_has_every_check);
	tcase_add_test(c, problems_are_silent_when_all_is_well);
	tcase_add_test(c, json_is_whole_whatever_the_bytes);
	tcase_add_test(c, codes_are_whole_and_each_is_there_once);
	suite_add_tcase(s, c);
	return suite_run(s);
}
