/* SPDX-License-Identifier: ISC */

/* A policy as it is served, and the MX hosts beside it: RULES H, C3 to C6. */

#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "ctl/verify_codes.h"
#include "ctl/verify_judge.h"
#include "policy/catalog.h"
#include "policy/policy.h"

#define CODES_MAX 3
#define HOSTS_MAX 3

#define HEAD  "version: STSv1\r\nmode: enforce\r\n"
#define TAIL  "max_age: 604800\r\n"
#define WHOLE HEAD "mx: mail.example.com\r\n" TAIL

static struct verify_report report(const char *policy)
{
	struct verify_report r = {
		.domain = "example.com",
		.arena = arena_new(false),
		.policy = policy,
		.policy_len = strlen(policy),
	};

	return r;
}

static void has_codes(
    const struct verify_report *r, const char *const codes[CODES_MAX])
{
	size_t count = 0;

	for (; count < CODES_MAX && codes[count] != NULL; count++) {
		ck_assert_uint_lt(count, r->count);
		ck_assert_str_eq(r->findings[count].code->name, codes[count]);
	}
	ck_assert_uint_eq(r->count, count);
}

static const struct {
	const char *policy;
	const char *codes[CODES_MAX];
} policies[] = {
	{ WHOLE, { "policy" } },
	{ "version: STSv1\nmode: none\nmax_age: 60\n", { "policy" } },
	{ "", { "policy-syntax" } },
	{ "\xef\xbb\xbf" WHOLE, { "policy-syntax" } },
	{ WHOLE "\r\n", { "policy-syntax" } },
	{ WHOLE "mode: none\r\n", { "policy-syntax" } },
	{ HEAD TAIL, { "policy-syntax" } },
	{ "<html>\r\n", { "policy-syntax" } },
	{ WHOLE "mxs: a.example\r\n", { "policy-key" } },
	{ HEAD "mx: a.example\r\nmx: b.example\r\nmx: A.example\r\n" TAIL,
	    { "policy-mx-twice" } },
	{ HEAD "mx: *.github.io\r\n" TAIL, { "policy-mx-broad" } },
	{ HEAD "mx: *.co.uk\r\n" TAIL, { "policy-mx-broad" } },
	{ HEAD "mx: *.example.com\r\n" TAIL, { "policy" } },
	{ HEAD "mx: a.example\r\nmax_age: 86399\r\n", { "policy-age-short" } },
	{ HEAD "mx: a.example\r\nmax_age: 604799\r\n",
	    { "policy-age-enforce" } },
	{ HEAD "mx: a.example\r\nmax_age: 31557600\r\n",
	    { "policy-age-year" } },
	{ "version: STSv1\nmode: testing\nmx: a.example\nmax_age: 86400\n",
	    { "policy" } },
};

START_TEST(a_policy_is_judged)
{
	struct verify_report r = report(policies[_i].policy);
	const struct policy *p = verify_judge_policy(&r);

	has_codes(&r, policies[_i].codes);
	ck_assert((p == NULL) ==
	          (strcmp(policies[_i].codes[0], "policy-syntax") == 0));
	arena_free(r.arena);
}
END_TEST

START_TEST(rules_h9_large_policies)
{
	static const struct {
		size_t len;
		const char *codes[CODES_MAX];
	} sizes[] = {
		{ 4096, { "policy" } },
		{ 4097, { "policy-large" } },
		{ 10240, { "policy-large" } },
		{ 10241, { "policy-big" } },
	};
	static const char last[] = "mx: a.example\r\nmax_age: 604800";
	static char bytes[20000];
	struct verify_report r;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		/* White space after a value is none of it. */
		(void)snprintf(bytes, sizeof(bytes), HEAD "%-*s\r\n",
		    (int)(sizes[i].len - strlen(HEAD "\r\n")), last);
		r = report(bytes);
		ck_assert_uint_eq(r.policy_len, sizes[i].len);
		ck_assert_ptr_nonnull(verify_judge_policy(&r));
		has_codes(&r, sizes[i].codes);
		arena_free(r.arena);
	}
}
END_TEST

static const struct {
	const char *live;
	const char *id; /* NULL: no record */
	const char *codes[CODES_MAX];
	enum verify_grade grade; /* of the last */
} comparisons[] = {
	{ WHOLE, "ours1", { "ours", "id" }, VERIFY_OK },
	{ WHOLE, "theirs", { "ours", "id-differs" }, VERIFY_BROKEN },
	{ WHOLE, NULL, { "ours", "id" }, VERIFY_NOT_CHECKED },
	{ HEAD "mx: mail.example.org\r\n" TAIL, "ours1",
	    { "ours-differs", "id" }, VERIFY_NOT_CHECKED },
	{ "version: STSv1\nmode: enforce\nmx: mail.example.com\n"
	  "max_age: 604800\n",
	    "theirs", { "ours-differs", "id" }, VERIFY_NOT_CHECKED },
	{ WHOLE "x: y\r\n", "ours1", { "ours-differs", "id" },
	    VERIFY_NOT_CHECKED },
};

START_TEST(rules_c6_record_and_policy_belong_together)
{
	const struct catalog_entry e = {
		.id = "ours1",
		.policy = WHOLE,
		.policy_len = sizeof(WHOLE) - 1,
	};
	struct verify_report r = report(comparisons[_i].live);

	r.entry = &e;
	verify_judge_ours(&r, comparisons[_i].id, true);
	has_codes(&r, comparisons[_i].codes);
	ck_assert_int_eq(r.findings[r.count - 1].grade, comparisons[_i].grade);
	arena_free(r.arena);
}
END_TEST

static const struct {
	const char *mx[HOSTS_MAX];
	const char *hosts[HOSTS_MAX];
	const char *codes[CODES_MAX];
} covers[] = {
	{ { "a.example" }, { "a.example" }, { "mx" } },
	{ { "*.example" }, { "a.example", "b.example" }, { "mx", "mx" } },
	{ { "*.example" }, { "a.b.example" }, { "mx-uncovered" } },
	{ { "*.example" }, { "example" }, { "mx-uncovered" } },
	{ { "a.example" }, { "a.example", "b.example" },
	    { "mx", "mx-uncovered" } },
	{ { "a.example", "*.b.example" }, { "a.example" },
	    { "mx", "mx-unused" } },
	/* The unused one was meant for the uncovered one. */
	{ { "a.exmaple" }, { "a.example" }, { "mx-uncovered" } },
};

static size_t count(const char *const list[HOSTS_MAX])
{
	size_t n = 0;

	while (n < HOSTS_MAX && list[n] != NULL)
		n++;
	return n;
}

START_TEST(rules_c3_c4_every_mx_is_covered)
{
	const struct policy enforce = { MODE_ENFORCE, 604800, covers[_i].mx,
		count(covers[_i].mx) };
	struct policy other = enforce;
	struct verify_report r = report("");
	size_t hosts = count(covers[_i].hosts);

	verify_judge_mx(&r, &enforce, covers[_i].hosts, hosts);
	has_codes(&r, covers[_i].codes);
	for (size_t i = 0; i < r.count; i++)
		ck_assert_int_eq(
		    r.findings[i].grade, r.findings[i].code->grade);
	/* In mode testing nothing is broken, in mode none nothing is asked. */
	r.count = 0;
	other.mode = MODE_TESTING;
	verify_judge_mx(&r, &other, covers[_i].hosts, hosts);
	has_codes(&r, covers[_i].codes);
	for (size_t i = 0; i < r.count; i++)
		ck_assert_int_ne(r.findings[i].grade, VERIFY_BROKEN);
	r.count = 0;
	other.mode = MODE_NONE;
	verify_judge_mx(&r, &other, covers[_i].hosts, hosts);
	ck_assert_uint_eq(r.count, 1);
	ck_assert_int_eq(r.findings[0].grade, VERIFY_NOT_CHECKED);
	arena_free(r.arena);
}
END_TEST

START_TEST(a_policy_of_thousands_is_not_told_whole)
{
	static const char *patterns[5000], *hosts[500];
	const struct policy p = { MODE_ENFORCE, 604800, patterns, 5000 };
	struct verify_report r = report("");
	const char *expected;

	for (size_t i = 0; i < 5000; i++)
		patterns[i] = arena_format(r.arena, "%zu.example", i);
	for (size_t i = 0; i < 500; i++)
		hosts[i] = arena_format(r.arena, "%zu.example.net", i);
	verify_judge_mx(&r, &p, hosts, 500);
	ck_assert_uint_eq(r.count, VERIFY_ALIKE_MAX);
	ck_assert_uint_eq(r.findings[r.count - 1].more, 500 - VERIFY_ALIKE_MAX);
	expected = r.findings[r.count - 1].expected;
	ck_assert_ptr_nonnull(strstr(expected, "0.example, 1.example, "));
	ck_assert_ptr_nonnull(strstr(expected, ", 9.example and 4990 more"));
	arena_free(r.arena);
}
END_TEST

START_TEST(the_worst_counts_among_those_left_out)
{
	static const char *const mx[] = { "a.example" };
	static const char *hosts[VERIFY_ALIKE_MAX];
	static const char *const other[] = { "other.example" };
	const struct policy testing = { MODE_TESTING, 604800, mx, 1 };
	const struct policy enforce = { MODE_ENFORCE, 604800, mx, 1 };
	struct verify_report r = report("");
	const struct verify_finding *last;

	for (size_t i = 0; i < VERIFY_ALIKE_MAX; i++)
		hosts[i] = arena_format(r.arena, "%zu.example.net", i);
	verify_judge_mx(&r, &testing, hosts, VERIFY_ALIKE_MAX);
	verify_judge_mx(&r, &enforce, other, 1);
	verify_judge_mx(&r, &testing, hosts, 1);
	verify_conclude(&r);
	ck_assert_int_eq(r.verdict, VERIFY_BROKEN);
	ck_assert_uint_eq(r.count, VERIFY_ALIKE_MAX);
	/* It is told as it was found, in the last one's place. */
	last = &r.findings[r.count - 1];
	ck_assert_int_eq(last->grade, VERIFY_BROKEN);
	ck_assert_str_eq(last->about, "other.example");
	ck_assert_uint_eq(last->more, 2);
	ck_assert_int_eq(r.findings[0].grade, VERIFY_WARNING);
	arena_free(r.arena);
}
END_TEST

/* Each kind of line that a stranger may write thousands of. */
START_TEST(thousands_of_findings_are_counted)
{
	static const struct {
		const char *before, *line, *end, *code;
		int step; /* of the number between line and end */
	} rows[] = {
		{ "mx: a.example\r\n", "x", ": y\r\n", "policy-key", 1 },
		{ "", "mx: a", ".example\r\n", "policy-mx-twice", 0 },
		{ "", "mx: a", ".example\r\n", "mx-unused", 1 },
	};
	static const char *const hosts[] = { "a1.example" };
	static char bytes[65536];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct verify_report r;
		const struct policy *p;
		size_t told = 0, more = 0, len;

		len = (size_t)snprintf(
		    bytes, sizeof(bytes), HEAD "%s", rows[i].before);
		for (int n = 0; n < 2000; n++)
			len += (size_t)snprintf(bytes + len,
			    sizeof(bytes) - len, "%s%d%s", rows[i].line,
			    n * rows[i].step, rows[i].end);
		(void)snprintf(bytes + len, sizeof(bytes) - len, TAIL);
		r = report(bytes);
		p = verify_judge_policy(&r);
		ck_assert_ptr_nonnull(p);
		verify_judge_mx(&r, p, hosts, 1);
		ck_assert_uint_lt(r.count, 100);
		for (size_t k = 0; k < r.count; k++)
			if (strcmp(r.findings[k].code->name, rows[i].code) ==
			    0) {
				told++;
				more += r.findings[k].more;
			}
		ck_assert_uint_eq(told, VERIFY_ALIKE_MAX);
		ck_assert_uint_ge(told + more, 1999);
		arena_free(r.arena);
	}
}
END_TEST

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

int main(void)
{
	Suite *s = suite_create("verify_policy");
	TCase *c = tcase_create("judgement");

	tcase_add_loop_test(c, a_policy_is_judged, 0, COUNT(policies));
	tcase_add_test(c, rules_h9_large_policies);
	tcase_add_loop_test(c, rules_c6_record_and_policy_belong_together, 0,
	    COUNT(comparisons));
	tcase_add_loop_test(
	    c, rules_c3_c4_every_mx_is_covered, 0, COUNT(covers));
	tcase_add_test(c, a_policy_of_thousands_is_not_told_whole);
	tcase_add_test(c, the_worst_counts_among_those_left_out);
	tcase_add_test(c, thousands_of_findings_are_counted);
	suite_add_tcase(s, c);
	return suite_run(s);
}
