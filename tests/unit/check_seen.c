/* SPDX-License-Identifier: ISC */

/* Strangers' bytes, as they are printed. */

#include "suite.h"

#include <stdbool.h>
#include <string.h>

#include "ctl/seen.h"

static const struct {
	const char *text, *seen, *json;
} rows[] = {
	{ "", "", "\"\"" },
	{ "plain \"text\"", "plain \"text\"", "\"plain \\\"text\\\"\"" },
	{ "\xc3\xa9", "\xc3\xa9", "\"\\u00E9\"" },
	{ "\x1b[31m\n\x7f", "\\x1b[31m\\x0a\\x7f", "\"\\u001B[31m\\n\x7f\"" },
	{ "\xc2\x80\xc2\x9f", "\\xc2\\x80\\xc2\\x9f", "\"\\u0080\\u009F\"" },
	{ "\xe2\x80\xae", "\\xe2\\x80\\xae", "\"\\u202E\"" },
	{ "a\xff\xc3", "a\\xff\\xc3", "\"a\\\\xff\\\\xc3\"" },
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\"\\uD83D\\uDE00\"" },
};

static void prints(const char *expected, int at, bool json)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (json)
		ck_assert_int_eq(seen_json_print(to, seen_json(rows[at].text),
		                     JSON_ENCODE_ANY),
		    0);
	else
		seen_put(to, rows[at].text);
	ck_assert_int_eq(fclose(to), 0);
	if (json)
		text[strlen(text) - 1] = '\0'; /* its newline */
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(no_terminal_obeys_it)
{
	prints(rows[_i].seen, _i, false);
	prints(rows[_i].json, _i, true);
}
END_TEST

/* jansson itself refuses to read one, as others do. */
START_TEST(a_nul_is_told_as_what_is_no_text)
{
	json_t *text = seen_json_bytes("a\0b", 3);

	ck_assert_str_eq(json_string_value(text), "a\\x00b");
	json_decref(text);
}
END_TEST

START_TEST(nothing_is_null)
{
	json_t *null = seen_json(NULL);

	ck_assert(json_is_null(null));
	json_decref(null);
	ck_assert_int_eq(seen_json_print(stdout, NULL, 0), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("seen");
	TCase *c = tcase_create("seen");

	tcase_add_loop_test(
	    c, no_terminal_obeys_it, 0, sizeof(rows) / sizeof(*rows));
	tcase_add_test(c, a_nul_is_told_as_what_is_no_text);
	tcase_add_test(c, nothing_is_null);
	suite_add_tcase(s, c);
	return suite_run(s);
}
