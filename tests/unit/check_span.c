/* SPDX-License-Identifier: ISC */

/* Text of strangers, step by step. */

#include "suite.h"

#include <string.h>

#include "base/arena.h"
#include "ctl/span.h"

#define COUNT(a)   ((int)(sizeof(a) / sizeof((a)[0])))
#define SPAN(text) ((struct span){ (text), sizeof(text) - 1 })

static const struct {
	struct span bytes;
	const char *part, *rest;
	bool is_there;
} cuts[] = {
	{ SPAN("a;b"), "a", "b", true },
	{ SPAN("a;b;c"), "a", "b;c", true },
	{ SPAN(";b"), "", "b", true },
	{ SPAN("a;"), "a", "", true },
	{ SPAN("a"), "a", "", false },
	{ SPAN(""), "", "", false },
};

START_TEST(a_part_is_cut_off)
{
	const char *end = cuts[_i].bytes.at + cuts[_i].bytes.len;
	struct span rest = cuts[_i].bytes, part;

	ck_assert(span_cut(&rest, ';', &part) == cuts[_i].is_there);
	ck_assert(span_is(part, cuts[_i].part));
	ck_assert_ptr_eq(part.at, cuts[_i].bytes.at);
	ck_assert(span_is(rest, cuts[_i].rest));
	ck_assert_ptr_eq(rest.at + rest.len, end);
}
END_TEST

static const struct {
	struct span bytes;
	const char *trimmed;
} trims[] = {
	{ SPAN("a"), "a" },
	{ SPAN(" \ta b\t "), "a b" },
	{ SPAN("\r\na"), "\r\na" },
	{ SPAN(" \t"), "" },
	{ SPAN(""), "" },
};

START_TEST(white_space_is_taken_from_both_ends)
{
	ck_assert(span_is(span_trim(trims[_i].bytes), trims[_i].trimmed));
}
END_TEST

static const struct {
	struct span bytes;
	const char *text;
	bool is, is_like, begins;
} likes[] = {
	{ SPAN("id"), "id", true, true, true },
	{ SPAN("ID"), "id", false, true, false },
	{ SPAN("id="), "id", false, false, true },
	{ SPAN("i"), "id", false, false, false },
	{ SPAN("i\0"), "id", false, false, false },
	{ SPAN("id\0"), "id", false, false, true },
	{ SPAN(""), "", true, true, true },
};

START_TEST(text_is_compared)
{
	ck_assert(span_is(likes[_i].bytes, likes[_i].text) == likes[_i].is);
	ck_assert(
	    span_is_like(likes[_i].bytes, likes[_i].text) == likes[_i].is_like);
	ck_assert(
	    span_begins(likes[_i].bytes, likes[_i].text) == likes[_i].begins);
}
END_TEST

START_TEST(letters_digits_and_white_space_are_of_ascii)
{
	static const char alnum[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "abcdefghijklmnopqrstuvwxyz";

	for (int c = 0; c < 256; c++) {
		bool is_in = memchr(alnum, c, sizeof(alnum) - 1) != NULL;

		ck_assert(span_is_alnum((char)c) == is_in);
		ck_assert(span_is_white((char)c) == (c == ' ' || c == '\t'));
	}
}
END_TEST

START_TEST(what_is_quoted_has_nothing_that_a_terminal_obeys)
{
	struct arena *a = arena_new(false);

	ck_assert_str_eq(span_quote(SPAN("a\0\x1b"), a), "\"a\\x00\\x1b\"");
	arena_free(a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("span");
	TCase *c = tcase_create("steps");

	tcase_add_loop_test(c, a_part_is_cut_off, 0, COUNT(cuts));
	tcase_add_loop_test(
	    c, white_space_is_taken_from_both_ends, 0, COUNT(trims));
	tcase_add_loop_test(c, text_is_compared, 0, COUNT(likes));
	tcase_add_test(c, letters_digits_and_white_space_are_of_ascii);
	tcase_add_test(c, what_is_quoted_has_nothing_that_a_terminal_obeys);
	suite_add_tcase(s, c);
	return suite_run(s);
}
