/* SPDX-License-Identifier: ISC */

/* A policy's bytes, its id, and policies read (RULES H2, H3, H6, H12). */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "policy/policy.h"

/* What the fuzzer asserts must hold for these tables, too. */
#include "../fuzz/fuzz_policy.c"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define SECTION  " (RFC 8461 section 3.2)"

#define ONE "a.example.com"
#define TWO ONE, "*.example.net"

static const struct {
	const char *mx[4];
	enum mode mode;
	uint32_t max_age;
	const char *bytes;
	const char *id; /* printf ... | sha256sum, its first 20 digits, Z */
} rendered[] = {
	{ { "mail.example.com", "*.example.net" }, MODE_ENFORCE, 604800,
	    "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\n"
	    "mx: *.example.net\r\nmax_age: 604800\r\n",
	    "edcb11fc0ad1171d90edZ" },
	{ { NULL }, MODE_NONE, 86400,
	    "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n",
	    "94815eb6141fb6e55268Z" },
	{ { ONE }, MODE_NONE, 0,
	    "version: STSv1\r\nmode: none\r\nmx: a.example.com\r\n"
	    "max_age: 0\r\n",
	    NULL },
	{ { "z.example", "a.example", "z.example" }, MODE_TESTING,
	    POLICY_MAX_AGE_MAX,
	    "version: STSv1\r\nmode: testing\r\nmx: z.example\r\n"
	    "mx: a.example\r\nmx: z.example\r\nmax_age: 31557600\r\n",
	    NULL },
};

static size_t count_mx(const char *const *mx)
{
	size_t n = 0;

	while (mx[n] != NULL)
		n++;
	return n;
}

START_TEST(rfc8461_h2_policy_is_rendered_in_one_shape)
{
	struct policy p = {
		.mode = rendered[_i].mode,
		.max_age = rendered[_i].max_age,
		.mx = rendered[_i].mx,
		.mx_count = count_mx(rendered[_i].mx),
	};
	struct arena *a = arena_new(false);
	char id[POLICY_ID_LEN + 1];
	const char *bytes;
	struct policy read;
	struct err e;
	size_t len;

	ck_assert_int_eq(policy_render(&p, a, &bytes, &len, &e), 0);
	ck_assert_str_eq(bytes, rendered[_i].bytes);
	ck_assert_uint_eq(len, strlen(rendered[_i].bytes));
	policy_id(bytes, len, id);
	ck_assert_uint_eq(strlen(id), POLICY_ID_LEN);
	if (rendered[_i].id != NULL)
		ck_assert_str_eq(id, rendered[_i].id);
	ck_assert_int_eq(policy_parse(bytes, len, a, &read, &e), 0);
	ck_assert_int_eq(read.mode, p.mode);
	ck_assert_uint_eq(read.max_age, p.max_age);
	ck_assert_uint_eq(read.mx_count, p.mx_count);
	for (size_t i = 0; i < p.mx_count; i++)
		ck_assert_str_eq(read.mx[i], p.mx[i]);
	arena_free(a);
}
END_TEST

static const struct {
	const char *mx[2];
	enum mode mode;
	uint32_t max_age;
	const char *told;
} unrendered[] = {
	{ { ONE }, MODE_ENFORCE, POLICY_MAX_AGE_MAX + 1,
	    "max_age 31557601 is above 31557600" SECTION },
	{ { ONE }, MODE_NONE, UINT32_MAX,
	    "max_age 4294967295 is above 31557600" SECTION },
	{ { NULL }, MODE_ENFORCE, 86400,
	    "mode enforce needs at least one mx" SECTION },
	{ { NULL }, MODE_TESTING, 86400,
	    "mode testing needs at least one mx" SECTION },
};

START_TEST(rfc8461_h3_impossible_policy_is_not_rendered)
{
	struct policy p = {
		.mode = unrendered[_i].mode,
		.max_age = unrendered[_i].max_age,
		.mx = unrendered[_i].mx,
		.mx_count = count_mx(unrendered[_i].mx),
	};
	struct arena *a = arena_new(false);
	const char *bytes;
	struct err e;
	size_t len;

	ck_assert_int_eq(policy_render(&p, a, &bytes, &len, &e), -1);
	ck_assert_str_eq(e.text, unrendered[_i].told);
	arena_free(a);
}
END_TEST

START_TEST(rfc8461_h9_policy_is_at_most_10240_bytes)
{
	/* 50 bytes of other fields, lines of 17, and "mx: ", CRLF of 6. */
	enum { SAME = 598, LAST = 10240 - 50 - 17 * SAME - 6 };
	static const char *mx[SAME + 2];
	struct arena *a = arena_new(false);
	char last[64] = "m.example.";
	struct policy p = {
		.mode = MODE_ENFORCE,
		.max_age = 31557600,
		.mx = mx,
	};
	const char *bytes;
	struct err e;
	size_t len;

	memset(last + strlen(last), 'x', LAST - strlen(last));
	for (p.mx_count = 0; p.mx_count < SAME; p.mx_count++)
		mx[p.mx_count] = "mx1.example";
	mx[p.mx_count++] = last;
	ck_assert_int_eq(policy_render(&p, a, &bytes, &len, &e), 0);
	ck_assert_uint_eq(len, 10240);
	ck_assert_uint_eq(strlen(bytes), 10240);
	last[strlen(last)] = 'x';
	ck_assert_int_eq(policy_render(&p, a, &bytes, &len, &e), -1);
	ck_assert_str_eq(e.text,
	    "the policy has 10241 bytes; above 10240 a sender cuts it short");
	mx[p.mx_count++] = "mx1.example";
	ck_assert_int_eq(policy_render(&p, a, &bytes, &len, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "10258 bytes"));
	arena_free(a);
}
END_TEST

#define V           "version: STSv1\n"
#define M           "mode: enforce\n"
#define MX          "mx: a.example.com\n"
#define AGE         "max_age: 60\n"
#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *bytes;
	enum mode mode;
	uint32_t max_age;
	const char *mx[4];
} read_ones[] = {
	{ V M MX AGE, MODE_ENFORCE, 60, { ONE } },
	{ "version: STSv1\r\nmode: enforce\r\nmx: a.example.com\r\n"
	  "max_age: 60\r\n",
	    MODE_ENFORCE, 60, { ONE } },
	{ "version: STSv1\r\nmode: enforce\nmx: a.example.com\r\n"
	  "max_age: 60",
	    MODE_ENFORCE, 60, { ONE } },
	{ V AGE MX M "mx: *.example.net", MODE_ENFORCE, 60, { TWO } },
	{ V "mode: none\n" AGE, MODE_NONE, 60, { NULL } },
	{ V "mode: none\n" AGE MX, MODE_NONE, 60, { ONE } },
	{ V "mode: testing\n" MX "max_age: 0", MODE_TESTING, 0, { ONE } },
	{ V M MX "max_age: 31557600\n", MODE_ENFORCE, 31557600, { ONE } },
	{ V M MX "max_age: 0000000060\n", MODE_ENFORCE, 60, { ONE } },
	{ "version:STSv1\nmode:\tenforce\nmx:  a.example.com \t\n"
	  "max_age: 60 \r\n",
	    MODE_ENFORCE, 60, { ONE } },
	{ V M "mx: A.Example.COM\n" AGE, MODE_ENFORCE, 60, { ONE } },
	{ V M MX AGE "x-a_b.c-9: b\u00fccher = 1; 2: 3\n", MODE_ENFORCE, 60,
	    { ONE } },
	{ V M MX AGE "Mode: none\nMode: none\n", MODE_ENFORCE, 60, { ONE } },
	{ V "a2345678901234567890123456789012: x\n" M MX AGE, MODE_ENFORCE, 60,
	    { ONE } },
	{ V M MX AGE "mx: a.example.com\n", MODE_ENFORCE, 60, { ONE, ONE } },
};

START_TEST(rfc8461_h3_policy_is_read)
{
	const char *bytes = read_ones[_i].bytes;
	const char *const *mx = read_ones[_i].mx;
	struct arena *a = arena_new(false);
	struct policy p;
	struct err e;

	ck_assert_msg(
	    policy_parse(bytes, strlen(bytes), a, &p, &e) == 0, "%s", e.text);
	ck_assert_int_eq(p.mode, read_ones[_i].mode);
	ck_assert_uint_eq(p.max_age, read_ones[_i].max_age);
	ck_assert_uint_eq(p.mx_count, count_mx(mx));
	for (size_t i = 0; i < p.mx_count; i++)
		ck_assert_str_eq(p.mx[i], mx[i]);
	arena_free(a);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	const char *told; /* up to the section */
} unread[] = {
	{ BYTES(""), "line 1 is empty" },
	{ BYTES("\n" V M MX AGE), "line 1 is empty" },
	{ BYTES(M V MX AGE),
	    "line 1: key \"mode\" stands where version comes first" },
	{ BYTES("Version: STSv1\n" M MX AGE),
	    "line 1: key \"Version\" stands where version comes first" },
	{ BYTES("version: STSv2\n" M MX AGE),
	    "line 1: version \"STSv2\" is not STSv1" },
	{ BYTES("version: stsv1\n" M MX AGE),
	    "line 1: version \"stsv1\" is not STSv1" },
	{ BYTES("\xef\xbb\xbf" V M MX AGE),
	    "line 1 begins with a byte order mark" },
	{ BYTES(V " mode: enforce\n" MX AGE),
	    "line 2 begins with white space" },
	{ BYTES(V "mode : enforce\n" MX AGE),
	    "line 2 has white space before its colon" },
	{ BYTES(V "mode enforce\n" MX AGE), "line 2 has no colon" },
	{ BYTES(V "mode:\n" MX AGE), "line 2 has no value" },
	{ BYTES(V "mode: \t\n" MX AGE), "line 2 has no value" },
	{ BYTES(V "mode: Enforce\n" MX AGE),
	    "line 2: mode \"Enforce\" is none of enforce, testing and none" },
	{ BYTES(V "mode: enforce, please\n" MX AGE),
	    "line 2: mode \"enforce, please\" is none of" },
	{ BYTES(V "Mode: enforce\n" MX AGE), "mode is missing" },
	{ BYTES(V M MX), "max_age is missing" },
	{ BYTES(V M AGE), "mx is missing" },
	{ BYTES(V M MX V AGE),
	    "line 4: key \"version\" is there for the second time" },
	{ BYTES(V M MX M AGE),
	    "line 4: key \"mode\" is there for the second time" },
	{ BYTES(V M MX AGE AGE),
	    "line 5: key \"max_age\" is there for the second time" },
	{ BYTES(V M MX "\n" AGE), "line 4 is empty" },
	{ BYTES(V M MX AGE "\n"), "line 5 is empty" },
	{ BYTES(V M MX AGE "\r\n"), "line 5 is empty" },
	{ BYTES(V M MX AGE " "), "line 5 begins with white space" },
	{ BYTES(V "# old: new\n" M MX AGE),
	    "line 2: key \"# old\" is not 1 to 32 letters" },
	{ BYTES(V "# comment\n" M MX AGE), "line 2 has no colon" },
	{ BYTES(V ": x\n" M MX AGE),
	    "line 2: key \"\" is not 1 to 32 letters" },
	{ BYTES(V "_a: x\n" M MX AGE),
	    "line 2: key \"_a\" is not 1 to 32 letters" },
	{ BYTES(V "a23456789012345678901234567890123: x\n" M MX AGE),
	    "line 2: key \"a23456789012345678901234567890123\" is not 1 to 32 "
	    "letters, digits, _, - and ." },
	{ BYTES(V "b\u00fc: x\n" M MX AGE), "line 2: key \"b\u00fc\" is not" },
	{ BYTES(V "a: x\ty\n" M MX AGE), "line 2 has a tab in its value" },
	{ BYTES(V "a: x\xff\n" M MX AGE), "line 2 is not UTF-8" },
	{ BYTES(V "a: x\0y\n" M MX AGE), "line 2 has a control character" },
	{ BYTES(V "a: x\x7f\n" M MX AGE), "line 2 has a control character" },
	{ BYTES(V "mode: enforce\r" MX AGE), "line 2 has a CR without an LF" },
	{ BYTES(V "mode: enforce\r\r\n" MX AGE),
	    "line 2 has a CR without an LF" },
	{ BYTES(V M MX "max_age: 60\r"), "line 4 has a CR without an LF" },
	{ BYTES(V M MX "max_age: 31557601\n"),
	    "line 4: max_age \"31557601\" is above 31557600" },
	{ BYTES(V M MX "max_age: 00000000060\n"),
	    "line 4: max_age \"00000000060\" is not 1 to 10 digits" },
	{ BYTES(V M MX "max_age: -1e3\n"),
	    "line 4: max_age \"-1e3\" is not 1 to 10 digits" },
	{ BYTES(V M "mx: a_b.example.com\n" AGE),
	    "line 3: mx \"a_b.example.com\" has an underscore; a host name "
	    "has letters, digits and hyphens" },
	{ BYTES(V M "mx: a.example.com b.example.com\n" AGE),
	    "line 3: mx \"a.example.com b.example.com\" has white space in "
	    "it" },
	{ BYTES(V M "mx: a.example.com, b.example.com\n" AGE),
	    "line 3: mx \"a." },
	{ BYTES(V M "mx: b\u00fccher.example\n" AGE),
	    "line 3: mx \"b\u00fccher.example\" is not in A-labels" },
	{ BYTES(V M "mx: *\n" AGE), "line 3: mx \"*\" has a star" },
	{ BYTES("<!doctype html>\n<html>"), "line 1 has no colon" },
};

START_TEST(rfc8461_h3_policy_is_refused_with_its_line)
{
	struct arena *a = arena_new(false);
	struct policy p = { .max_age = 7 };
	char *exact = malloc(unread[_i].len + 1);
	struct err e;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact + 1, unread[_i].bytes, unread[_i].len);
	ck_assert_int_eq(
	    policy_parse(exact + 1, unread[_i].len, a, &p, &e), -1);
	ck_assert_uint_eq(p.max_age, 7);
	ck_assert_msg(
	    strncmp(e.text, unread[_i].told, strlen(unread[_i].told)) == 0,
	    "%s", e.text);
	ck_assert_ptr_nonnull(strstr(e.text, " (RFC 8461 section "));
	free(exact);
	arena_free(a);
}
END_TEST

START_TEST(rfc8461_h3_64_kib_are_read)
{
	struct arena *a = arena_new(false);
	char *bytes = malloc(65536);
	size_t len = 0;
	struct policy p;
	struct err e;

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, V M AGE, strlen(V M AGE));
	len = strlen(V M AGE);
	while (len + strlen(MX) <= 65536) {
		memcpy(bytes + len, MX, strlen(MX));
		len += strlen(MX);
	}
	ck_assert_int_eq(policy_parse(bytes, len, a, &p, &e), 0);
	ck_assert_uint_eq(p.mx_count, (len - strlen(V M AGE)) / strlen(MX));
	free(bytes);
	arena_free(a);
}
END_TEST

START_TEST(mode_is_its_word_to_the_letter)
{
	static const char *const wrong[] = { "", "Enforce", "enforced",
		"enforce ", "no", "off" };
	static const enum mode all[] = { MODE_NONE, MODE_TESTING,
		MODE_ENFORCE };
	enum mode m = MODE_TESTING;

	for (int i = 0; i < COUNT(wrong); i++)
		ck_assert_int_eq(mode_from_text(wrong[i], &m), -1);
	ck_assert_int_eq(m, MODE_TESTING);
	for (int i = 0; i < COUNT(all); i++) {
		ck_assert_int_eq(mode_from_text(mode_text(all[i]), &m), 0);
		ck_assert_int_eq(m, all[i]);
	}
	ck_assert_str_eq(mode_text(MODE_NONE), "none");
	ck_assert_str_eq(mode_text(MODE_TESTING), "testing");
	ck_assert_str_eq(mode_text(MODE_ENFORCE), "enforce");
}
END_TEST

static void fuzz(const char *bytes, size_t len)
{
	ck_assert_int_eq(
	    LLVMFuzzerTestOneInput((const uint8_t *)bytes, len), 0);
}

START_TEST(fuzzer_finds_nothing_in_these_tables)
{
	fuzz("", 0);
	for (int i = 0; i < COUNT(read_ones); i++)
		fuzz(read_ones[i].bytes, strlen(read_ones[i].bytes));
	for (int i = 0; i < COUNT(unread); i++)
		fuzz(unread[i].bytes, unread[i].len);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");

	tcase_add_loop_test(
	    t, rfc8461_h2_policy_is_rendered_in_one_shape, 0, COUNT(rendered));
	tcase_add_loop_test(t, rfc8461_h3_impossible_policy_is_not_rendered, 0,
	    COUNT(unrendered));
	tcase_add_test(t, rfc8461_h9_policy_is_at_most_10240_bytes);
	tcase_add_loop_test(t, rfc8461_h3_policy_is_read, 0, COUNT(read_ones));
	tcase_add_loop_test(
	    t, rfc8461_h3_policy_is_refused_with_its_line, 0, COUNT(unread));
	tcase_add_test(t, rfc8461_h3_64_kib_are_read);
	tcase_add_test(t, mode_is_its_word_to_the_letter);
	tcase_add_test(t, fuzzer_finds_nothing_in_these_tables);
	suite_add_tcase(s, t);
	return suite_run(s);
}
