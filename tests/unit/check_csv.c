/* SPDX-License-Identifier: ISC */

/* Tables as spreadsheets and scripts write them, and as they slip. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "ctl/csv.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* Rows as "a|b|c\n", faults as "!LINE:COLUMN: words\n". */
static const struct {
	const char *name, *bytes, *rows;
	char separator;
} tables[] = {
	{ "nothing", "", "", ';' },
	{ "mark alone", "\xef\xbb\xbf", "", ';' },
	{ "one field", "a", "a\n", ';' },
	{ "rfc4180_1 CRLF", "a,b\r\nc,d\r\n", "a|b\nc|d\n", ',' },
	{ "rfc4180_2 no line end at the end", "a,b\r\nc,d", "a|b\nc|d\n", ',' },
	{ "LF", "a;b\nc;d\n", "a|b\nc|d\n", ';' },
	{ "mark", "\xef\xbb\xbf\"a\";b\n", "a|b\n", ';' },
	{ "rfc4180_4 spaces are kept", " a ;b \n", " a |b \n", ';' },
	{ "empty fields", ";\n\"\";\n", "|\n|\n", ';' },
	{ "rfc4180_5 quoted", "\"a\",\"b\"\n", "a|b\n", ',' },
	{ "rfc4180_6 line ends, separators inside",
	    "\"a\r\nb\",\"c,d\"\r\ne,f\r\n", "a\r\nb|c,d\ne|f\n", ',' },
	{ "rfc4180_7 quotes inside", "\"a\"\"b\",\"\"\"\"\n", "a\"b|\"\n",
	    ',' },
	{ "another separator", "a,b;c\n", "a,b|c\n", ';' },
	{ "tab", "a\tb\n", "a|b\n", '\t' },
	{ "empty lines", "\n\r\na;b\n\n\nc;d\n\n", "a|b\nc|d\n", ';' },
	{ "quote inside", "a;b\nc;d\"e\nf;g\n",
	    "a|b\n!2:4: a quote inside a field that does not begin with one\n"
	    "f|g\n",
	    ';' },
	{ "text behind", "a;b\n\"c\"d;e\nf;g\n",
	    "a|b\n!2:4: text behind a closing quote: quotes inside a field are "
	    "written twice\nf|g\n",
	    ';' },
	{ "too few", "a;b\nc\nd;e\n",
	    "a|b\n!2:1: 1 field, where the first row has 2\nd|e\n", ';' },
	{ "too many", "a;b\nc;d;e\nf;g\n",
	    "a|b\n!2:1: 3 fields, where the first row has 2\nf|g\n", ';' },
	{ "bare CR", "a;b\nc\rd;e\nf;g", "a|b\n!2:2: a CR without an LF\nf|g\n",
	    ';' },
	{ "columns are characters", "a;b\n\xc3\xbc\xc3\xbc;c\"\nf;g",
	    "a|b\n!2:5: a quote inside a field that does not begin with one\n"
	    "f|g\n",
	    ';' },
	{ "never closed, to the end", "a;b\nc;\"d\ne;f\ng;h\n",
	    "a|b\n!2:3: this quote is never closed\ne|f\ng|h\n", ';' },
	{ "closed by the next row's", "a;b\nc;\"d\n\"e\";f\ng;h\n",
	    "a|b\n!3:2: text behind a closing quote: quotes inside a field are "
	    "written twice\ne|f\ng|h\n",
	    ';' },
	{ "a row of many lines", "a;b\n\"c\nd\ne\"f;g\nh;i\n",
	    "a|b\n!4:3: text behind a closing quote: quotes inside a field are "
	    "written twice; lines 2 to 4 are left out\nh|i\n",
	    ';' },
	{ "the last row, of many lines", "a;b\n\"c\nd\"e",
	    "a|b\n!3:3: text behind a closing quote: quotes inside a field are "
	    "written twice; lines 2 to 3 are left out\n",
	    ';' },
	{ "two bad rows", "a;b\nc\nd\"e;f\ng;h\n",
	    "a|b\n!2:1: 1 field, where the first row has 2\n!3:2: a quote "
	    "inside a field that does not begin with one\ng|h\n",
	    ';' },
	{ "too few in a row of many lines", "a;b\n\"c\nd;\"\ne;f\n",
	    "a|b\n!2:1: 1 field, where the first row has 2; lines 2 to 3 are "
	    "left out\ne|f\n",
	    ';' },
	{ "the first row", "a\"b;c\nd;e\n",
	    "!1:2: a quote inside a field that does not begin with one\nd|e\n",
	    ';' },
};

static void add(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	(void)snprintf(text + len, size - len, "%s", more);
}

static void read_all(
    const char *bytes, size_t len, char separator, char *got, size_t size)
{
	struct arena *a = arena_new(false);
	struct csv_row row;
	struct err err;
	struct csv c;
	int more;

	got[0] = '\0';
	csv_init(&c, bytes, len, separator);
	while ((more = csv_next(&c, a, &row, &err)) != 0) {
		if (more < 0) {
			char text[1024];

			(void)snprintf(text, sizeof(text), "!%u:%u: %s\n",
			    c.fault.line, c.fault.column, err.text);
			add(got, size, text);
			continue;
		}
		for (size_t i = 0; i < row.count; i++) {
			add(got, size, i == 0 ? "" : "|");
			add(got, size, row.fields[i].text);
		}
		add(got, size, "\n");
	}
	arena_free(a);
}

START_TEST(rows_and_faults)
{
	char got[4096];

	read_all(tables[_i].bytes, strlen(tables[_i].bytes),
	    tables[_i].separator, got, sizeof(got));
	ck_assert_msg(strcmp(got, tables[_i].rows) == 0,
	    "%s: got:\n%s\nwanted:\n%s", tables[_i].name, got, tables[_i].rows);
}
END_TEST

START_TEST(a_nul_is_refused)
{
	static const char bare[] = "a;b\nc\0;d\ne;f";
	static const char inside[] = "a;b\n\"c\0\";d\ne;f";
	char got[4096];

	read_all(bare, sizeof(bare) - 1, ';', got, sizeof(got));
	ck_assert_str_eq(got, "a|b\n!2:2: a NUL byte\ne|f\n");
	read_all(inside, sizeof(inside) - 1, ';', got, sizeof(got));
	ck_assert_str_eq(got, "a|b\n!2:3: a NUL byte\ne|f\n");
}
END_TEST

START_TEST(fields_have_bounds)
{
	size_t len = 2 * CSV_FIELD_MAX;
	char *bytes = malloc(len), got[4096];

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, 'x', len);
	read_all(bytes, len, ';', got, sizeof(got));
	ck_assert_str_eq(got, "!1:65537: a field of more than 65536 bytes\n");
	bytes[0] = '"';
	read_all(bytes, len, ';', got, sizeof(got));
	ck_assert_str_eq(got, "!1:1: this quote is never closed\n");
	memset(bytes, ';', CSV_FIELDS_MAX);
	read_all(bytes, CSV_FIELDS_MAX - 1, ';', got, sizeof(got));
	ck_assert_ptr_null(strchr(got, '!'));
	read_all(bytes, CSV_FIELDS_MAX, ';', got, sizeof(got));
	ck_assert_str_eq(got, "!1:65: more than 64 fields\n");
	free(bytes);
}
END_TEST

START_TEST(fields_know_their_places)
{
	static const char text[] = "a;b\n\"c\nd\";  e\n";
	struct arena *a = arena_new(false);
	struct csv_row row;
	struct csv c;

	csv_init(&c, text, strlen(text), ';');
	ck_assert_int_eq(csv_next(&c, a, &row, NULL), 1);
	ck_assert_int_eq(csv_next(&c, a, &row, NULL), 1);
	ck_assert_uint_eq(row.fields[0].line, 2);
	ck_assert_uint_eq(row.fields[0].column, 1);
	ck_assert_uint_eq(row.fields[1].line, 3);
	ck_assert_uint_eq(row.fields[1].column, 4);
	arena_free(a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("csv");
	TCase *t = tcase_create("csv");

	tcase_add_loop_test(t, rows_and_faults, 0, COUNT(tables));
	tcase_add_test(t, a_nul_is_refused);
	tcase_add_test(t, fields_have_bounds);
	tcase_add_test(t, fields_know_their_places);
	suite_add_tcase(s, t);
	return suite_run(s);
}
