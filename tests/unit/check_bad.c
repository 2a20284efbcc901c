/* SPDX-License-Identifier: ISC */

/*
 * Every tests/data/bad/NAME.yaml is told as NAME.err says: each fault and each
 * warning with its exact words, line and column, all in one run (RULES H3, H5,
 * H9, H17, DESIGN section 4). The first argument is the top of the tree, if it
 * is not the current directory.
 */

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"
#include "config/faults.h"

/* What the fuzzer asserts must hold for these files, too. */
#include "../fuzz/fuzz_config.c"

#include "suite.h"

static glob_t files;

static char *slurp(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	if (in == NULL)
		return NULL;
	len = getdelim(&text, &room, '\0', in);
	(void)fclose(in);
	return len < 0 ? NULL : text;
}

static char *told_of(const char *path)
{
	struct faults *f = faults_new();
	struct config *c = config_open(path, f);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	enum severity s;

	if (c != NULL)
		config_fill(c, NULL, 0, f);
	config_free(c);
	for (size_t i = 0; i < faults_total(f); i++)
		(void)fprintf(out, "%s\n", faults_at(f, i, &s));
	(void)fclose(out);
	faults_free(f);
	return text;
}

START_TEST(every_line_is_told)
{
	const char *path = files.gl_pathv[_i];
	char err[256], *told = told_of(path), *expected;

	(void)snprintf(
	    err, sizeof(err), "%.*s.err", (int)strlen(path) - 5, path);
	expected = slurp(err);
	ck_assert_msg(expected != NULL, "%s: cannot be read", err);
	ck_assert_str_ne(expected, "");
	ck_assert_str_eq(told, expected);
	free(expected);
	free(told);
}
END_TEST

START_TEST(the_fuzzer_finds_nothing)
{
	char *bytes;
	size_t len;

	ck_assert_int_eq(
	    file_read(files.gl_pathv[_i], 65536, &bytes, &len, NULL, NULL), 0);
	ck_assert_int_eq(
	    LLVMFuzzerTestOneInput((const uint8_t *)bytes, len), 0);
	free(bytes);
}
END_TEST

START_TEST(no_words_are_left_over)
{
	glob_t words;
	size_t i;

	ck_assert_int_eq(glob("*.err", 0, NULL, &words), 0);
	ck_assert_uint_eq(words.gl_pathc, files.gl_pathc);
	for (i = 0; i < words.gl_pathc; i++)
		ck_assert_int_eq(strncmp(words.gl_pathv[i], files.gl_pathv[i],
		                     strlen(words.gl_pathv[i]) - 3),
		    0);
	globfree(&words);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("tests/data/bad");
	TCase *t = tcase_create("bad");
	int status;

	if ((argc > 1 && chdir(argv[1]) != 0) || chdir("tests/data/bad") != 0 ||
	    glob("*.yaml", 0, NULL, &files) != 0) {
		perror("tests/data/bad");
		return EXIT_FAILURE;
	}
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_line_is_told, 0, (int)files.gl_pathc);
	tcase_add_loop_test(
	    t, the_fuzzer_finds_nothing, 0, (int)files.gl_pathc);
	tcase_add_test(t, no_words_are_left_over);
	suite_add_tcase(suite, t);
	status = suite_run(suite);
	globfree(&files);
	return status;
}
