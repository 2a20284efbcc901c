/* SPDX-License-Identifier: ISC */

/* Strangers' values in messages. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define TEN      "0123456789"
#define HUNDRED  TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *text, *quoted;
} values[] = {
	{ "", "\"\"" },
	{ "mail.example.com", "\"mail.example.com\"" },
	{ "say \"a\\b\"", "\"say \\\"a\\\\b\\\"\"" },
	{ "a\tb\r\n\033[2J\x7f", "\"a\\x09b\\x0d\\x0a\\x1b[2J\\x7f\"" },
	{ "b\u00fccher", "\"b\u00fccher\"" },
	{ "\u65e5\u672c", "\"\u65e5\u672c\"" },
	{ "\U0001f600", "\"\U0001f600\"" },
	{ "\xff\xc3", "\"\\xff\\xc3\"" },
	{ "\xc2\x9b", "\"\\xc2\\x9b\"" },          /* C1: CSI */
	{ "\xe2\x80\xae", "\"\\xe2\\x80\\xae\"" }, /* right to left */
	{ "\xed\xa0\x80", "\"\\xed\\xa0\\x80\"" }, /* a surrogate */
	{ "\xc0\xaf", "\"\\xc0\\xaf\"" },          /* overlong */
	{ "\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"" },
	{ HUNDRED "01234", "\"" HUNDRED "01234\"" },
	{ HUNDRED "0123456", "\"" HUNDRED "012345...\"" },
	{ HUNDRED HUNDRED, "\"" HUNDRED "012345...\"" },
	{ HUNDRED "0123\u00fcmore", "\"" HUNDRED "0123\u00fc...\"" },
	{ HUNDRED "01234\u00fcmore", "\"" HUNDRED "01234...\"" },
};

START_TEST(value_is_quoted_escaped_and_shortened)
{
	char quoted[QUOTE_MAX];

	quote_text(values[_i].text, quoted);
	ck_assert_str_eq(quoted, values[_i].quoted);
}
END_TEST

START_TEST(nul_is_a_byte_like_others)
{
	char quoted[QUOTE_MAX];

	quote_bytes("a\0b", 3, quoted);
	ck_assert_str_eq(quoted, "\"a\\x00b\"");
}
END_TEST

static const struct {
	const char *bytes;
	size_t len, n;
} starts[] = {
	{ "", 0, 0 },
	{ "a", 1, 1 },
	{ "\0", 1, 1 },
	{ "\xc3\xbc", 2, 2 },
	{ "\xc3\xbc", 1, 0 },
	{ "\xe2\x82\xac", 3, 3 },
	{ "\xe2\x82\xac", 2, 0 },
	{ "\xf0\x9f\x98\x80", 4, 4 },
	{ "\xf0\x9f\x98\x80", 3, 0 },
	{ "\xf4\x8f\xbf\xbf", 4, 4 },
	{ "\xf4\x90\x80\x80", 4, 0 },
	{ "\xf8\x88\x80\x80", 4, 0 },
	{ "\xc1\xbf", 2, 0 },
	{ "\xe0\x9f\xbf", 3, 0 },
	{ "\xf0\x8f\xbf\xbf", 4, 0 },
	{ "\xed\x9f\xbf", 3, 3 },
	{ "\xed\xbf\xbf", 3, 0 },
	{ "\x80", 1, 0 },
	{ "\xc3\x28", 2, 0 },
};

START_TEST(rfc3629_utf8_is_told_from_other_bytes)
{
	ck_assert_uint_eq(
	    quote_utf8_len(starts[_i].bytes, starts[_i].len), starts[_i].n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("quote");
	TCase *t = tcase_create("quote");

	tcase_add_loop_test(
	    t, value_is_quoted_escaped_and_shortened, 0, COUNT(values));
	tcase_add_test(t, nul_is_a_byte_like_others);
	tcase_add_loop_test(
	    t, rfc3629_utf8_is_told_from_other_bytes, 0, COUNT(starts));
	suite_add_tcase(s, t);
	return suite_run(s);
}
