/* SPDX-License-Identifier: ISC */

/*
 * Domains from several files, and what the last good catalog lends them: the
 * table of faults in DESIGN section 2, row by row.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "config/config.h"
#include "config/faults.h"
#include "config/lastgood.h"
#include "policy/catalog.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct faults *faults;

static void set_up(void)
{
	faults = faults_new();
}

static void tear_down(void)
{
	faults_free(faults);
}

/* Two readings, one after the other, of files in a directory of their own. */
struct file {
	const char *name, *text; /* NULL: it is removed */
};

#define GLOB "include: [\"d/*.yaml\"]\n"
#define DEF  "defaults: { mode: enforce, mx: mail.example.com }\n"
#define OFF  "limits: { leaving: off }\n"

#define A       "  a.example: {}\n"
#define B       "  b.example: {}\n"
#define C       "  c.example: {}\n"
#define D       "  d.example: {}\n"
#define E       "  e.example: {}\n"
#define N       "  n.example: { mode: none }\n"
#define DOMAINS "domains:\n"

static const struct scenario {
	struct file before[3], after[3];
	unsigned flags;
	const char *catalog; /* a * behind what was kept */
	const char *told;
} scenarios[] = {
	/* a domain's entry is wrong */
	{ { { "x.yaml", DEF DOMAINS A B } },
	    { { "x.yaml", DEF DOMAINS A "  b.example: { mode: on }\n" } }, 0,
	    "a=enforce b=enforce*",
	    "x.yaml:4:22: b.example: mode \"on\": did you mean \"none\"?\n" },
	/* the same where SIGUSR1 asks for the files as they stand */
	{ { { "x.yaml", DEF DOMAINS A B } },
	    { { "x.yaml", DEF DOMAINS A "  b.example:\n" } }, CONFIG_TAKE_ALL,
	    "a=enforce b=enforce*",
	    "x.yaml:4:13: b.example: has no value: a policy's name or a map "
	    "belongs here\n" },
	/* and where there is no last good one */
	{ { { "x.yaml", DEF DOMAINS A } },
	    { { "x.yaml", DEF DOMAINS A "  b.example:\n" } }, 0, "a=enforce",
	    "x.yaml:4:13: b.example: has no value: a policy's name or a map "
	    "belongs here\n" },
	/* it is given twice */
	{ { { "x.yaml", DEF DOMAINS A B } },
	    { { "x.yaml", DEF DOMAINS A B "  B.example: { mode: none }\n" } },
	    0, "a=enforce b=enforce*",
	    "x.yaml:5:3: B.example: this domain is given twice, first at "
	    "x.yaml:4:3\n" },
	/* it is misnamed: what was meant stays */
	{ { { "x.yaml", DEF DOMAINS A B } },
	    { { "x.yaml", DEF DOMAINS A "  mta-sts.b.example: {}\n" } },
	    CONFIG_TAKE_ALL, "a=enforce b=enforce*",
	    "x.yaml:4:3: mta-sts.b.example: write the mail domain itself: "
	    "b.example\n" },
	{ { { "x.yaml", DEF DOMAINS A B } },
	    { { "x.yaml", DEF DOMAINS A "  b.example: { mode: none }\n"
	                                "  \"*.b.example\": {}\n" } },
	    0, "a=enforce b=none",
	    "x.yaml:5:3: *.b.example: write the mail domain itself: "
	    "b.example\n" },
	/* a named policy is wrong, missing, or two */
	{ { { "x.yaml", "policies: { p: { mode: none } }\n" DEF DOMAINS A
	                "  b.example: p\n" } },
	    { { "x.yaml", "policies: { p: { mode: x } }\n" DEF DOMAINS A
	                  "  b.example: p\n" } },
	    0, "a=enforce b=none*",
	    "x.yaml:1:24: p: mode \"x\" is not none, testing or enforce\n" },
	{ { { "x.yaml", "policies: { p: { mode: none } }\n" DEF DOMAINS A
	                "  b.example: p\n" } },
	    { { "x.yaml", DEF DOMAINS A "  b.example: p\n" } }, 0,
	    "a=enforce b=none*",
	    "x.yaml:4:14: b.example: there is no policy \"p\"\n" },
	{ { { "x.yaml",
	      GLOB "policies: { o: {}, p: { mode: none } }\n" DEF DOMAINS A
	           "  b.example: p\n" } },
	    { { "x.yaml",
	          GLOB "policies: { o: {}, p: { mode: none } }\n" DEF DOMAINS A
	               "  b.example: p\n" },
	        { "d/1.yaml", "policies: { p: {} }\n" } },
	    0, "a=enforce b=none*",
	    "d/1.yaml:1:13: p: this policy is given twice, first at "
	    "x.yaml:2:20\n" },
	/* an included file cannot be parsed */
	{ { { "x.yaml", GLOB DEF DOMAINS A }, { "d/1.yaml", DOMAINS B } },
	    { { "d/1.yaml", "domains: [\n" } }, CONFIG_TAKE_ALL,
	    "a=enforce b=enforce*",
	    "d/1.yaml:2:1: not YAML: did not find expected node content "
	    "while parsing a flow node\n" },
	/* a part of it only */
	{ { { "x.yaml", GLOB DEF DOMAINS A }, { "d/1.yaml", DOMAINS B } },
	    { { "d/1.yaml", "domain:\n" B DOMAINS C } }, 0,
	    "a=enforce b=enforce* c=enforce",
	    "d/1.yaml:1:1: unknown key \"domain\": did you mean "
	    "\"domains\"?\n" },
	/* an included file is gone, one that is named itself */
	{ { { "x.yaml", "include: d/1.yaml\n" DEF DOMAINS A },
	      { "d/1.yaml", DOMAINS B } },
	    { { "d/1.yaml", NULL } }, 0, "a=enforce b=enforce*",
	    "d/1.yaml: is gone: 1 of its domains stay as they were; SIGUSR1 "
	    "takes the files as they stand\n"
	    "x.yaml:1:10: include: there is no file d/1.yaml\n" },
	/* and of a pattern */
	{ { { "x.yaml", GLOB DEF DOMAINS A }, { "d/1.yaml", DOMAINS B C },
	      { "d/2.yaml", DOMAINS D } },
	    { { "d/1.yaml", NULL } }, 0,
	    "a=enforce b=enforce* c=enforce* d=enforce",
	    "d/1.yaml: is gone: 2 of its domains stay as they were; SIGUSR1 "
	    "takes the files as they stand\n" },
	{ { { "x.yaml", GLOB DEF DOMAINS A }, { "d/1.yaml", DOMAINS B } },
	    { { "d/1.yaml", NULL } }, CONFIG_TAKE_ALL, "a=enforce",
	    "d/1.yaml: b.example: has left in mode enforce: senders obey its "
	    "policy until max_age is over; mode none comes first (RFC 8461 "
	    "section 8.3)\n" },
	/* it is empty, which is no fault where nothing came from it */
	{ { { "x.yaml", GLOB DEF DOMAINS A }, { "d/1.yaml", DOMAINS B },
	      { "d/2.yaml", "" } },
	    { { "d/1.yaml", "# none\n" } }, 0, "a=enforce b=enforce*",
	    "d/1.yaml: is empty: 1 of its domains stay as they were; SIGUSR1 "
	    "takes the files as they stand\n" },
	/* what has moved to another file is not kept, nor told */
	{ { { "x.yaml", GLOB DEF DOMAINS A }, { "d/1.yaml", DOMAINS B } },
	    { { "d/1.yaml", NULL }, { "d/2.yaml", DOMAINS B } }, 0,
	    "a=enforce b=enforce", "" },
	/* few may leave */
	{ { { "x.yaml", DEF DOMAINS A B C } }, { { "x.yaml", DEF DOMAINS A } },
	    0, "a=enforce",
	    "x.yaml: b.example: has left in mode enforce: senders obey its "
	    "policy until max_age is over; mode none comes first (RFC 8461 "
	    "section 8.3)\n"
	    "x.yaml: c.example: has left in mode enforce: senders obey its "
	    "policy until max_age is over; mode none comes first (RFC 8461 "
	    "section 8.3)\n" },
	/* many may not */
	{ { { "x.yaml", DEF DOMAINS A B C D E } },
	    { { "x.yaml", DEF DOMAINS A B } }, 0,
	    "a=enforce b=enforce c=enforce* d=enforce* e=enforce*",
	    "x.yaml: 3 of 5 domains would leave, which is more than "
	    "limits.leaving 30%: they stay; SIGUSR1 takes the file as it "
	    "stands\n" },
	/* not even where nothing is left, as of a generator that failed */
	{ { { "x.yaml", DEF DOMAINS A B C N } }, { { "x.yaml", DOMAINS } }, 0,
	    "a=enforce* b=enforce* c=enforce* n=none*",
	    "x.yaml: there are no domains\n"
	    "x.yaml: 3 of 3 domains would leave, which is more than "
	    "limits.leaving 30%: they stay; SIGUSR1 takes the file as it "
	    "stands\n" },
	/* what is kept for its file's sake does not count */
	{ { { "x.yaml", GLOB DEF DOMAINS A B C }, { "d/1.yaml", DOMAINS D E } },
	    { { "x.yaml", GLOB DEF DOMAINS A B }, { "d/1.yaml", "-\n" } }, 0,
	    "a=enforce b=enforce d=enforce* e=enforce*",
	    "d/1.yaml:1:1: a map with policies and domains belongs here\n"
	    "x.yaml: c.example: has left in mode enforce: senders obey its "
	    "policy until max_age is over; mode none comes first (RFC 8461 "
	    "section 8.3)\n" },
	/* those in mode none may leave */
	{ { { "x.yaml", DEF DOMAINS A B N } },
	    { { "x.yaml", DEF DOMAINS A B } }, 0, "a=enforce b=enforce", "" },
	/* the brake is as it is set */
	{ { { "x.yaml", DEF DOMAINS A B C D E } },
	    { { "x.yaml", "limits: { leaving: 60% }\n" DEF DOMAINS
	                  "  a.example: { mode: none }\n" B } },
	    0, "a=none b=enforce", NULL },
	{ { { "x.yaml", DEF DOMAINS A B C D E } }, { { "x.yaml", OFF } }, 0, "",
	    NULL },
	{ { { "x.yaml", DEF DOMAINS A B C D E } }, { { "x.yaml", DOMAINS } },
	    CONFIG_TAKE_ALL, "", NULL },
};

static char *top;

static void make_top(void)
{
	static char name[] = "/tmp/check_config.XXXXXX";

	set_up();
	(void)snprintf(name, sizeof(name), "/tmp/check_config.XXXXXX");
	top = mkdtemp(name);
	ck_assert_ptr_nonnull(top);
	ck_assert_int_eq(chdir(top), 0);
	ck_assert_int_eq(mkdir("d", 0700), 0);
}

static void remove_top(void)
{
	static const char *const names[] = { "x.yaml", "d/1.yaml", "d/2.yaml" };

	for (int i = 0; i < COUNT(names); i++)
		(void)unlink(names[i]); /* it may not be there */
	ck_assert_int_eq(rmdir("d"), 0);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(top), 0);
	tear_down();
}

static void put_files(const struct file files[3])
{
	for (int i = 0; i < 3 && files[i].name != NULL; i++) {
		FILE *out;

		(void)unlink(files[i].name); /* it may not be there */
		if (files[i].text == NULL)
			continue;
		out = fopen(files[i].name, "w");
		ck_assert_ptr_nonnull(out);
		ck_assert_int_ge(fputs(files[i].text, out), 0);
		ck_assert_int_eq(fclose(out), 0);
	}
}

static struct config *reading(const struct catalog *last, unsigned flags)
{
	struct config *c = config_open("x.yaml", faults);

	ck_assert_ptr_nonnull(c);
	config_fill(c, last, flags, faults);
	return c;
}

static void list_catalog(const struct config *c, char *text, size_t cap)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < catalog_count(c->catalog); i++) {
		const struct catalog_entry *e = catalog_at(c->catalog, i);

		len += (size_t)snprintf(text + len, cap - len, "%s%.*s=%s%s",
		    i > 0 ? " " : "", (int)strcspn(e->domain, "."), e->domain,
		    mode_text(e->mode), e->kept ? "*" : "");
	}
}

static void list_faults(char *text, size_t cap)
{
	enum severity s;
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < faults_total(faults); i++)
		len += (size_t)snprintf(
		    text + len, cap - len, "%s\n", faults_at(faults, i, &s));
}

START_TEST(design_2_table_of_faults)
{
	const struct scenario *s = &scenarios[_i];
	struct config *before, *after;
	char catalog[512], told[2048];

	put_files(s->before);
	before = reading(NULL, 0);
	ck_assert_uint_eq(faults_total(faults), 0);
	put_files(s->after);
	after = reading(before->catalog, s->flags);
	config_free(before); /* nothing is borrowed from it */
	list_catalog(after, catalog, sizeof(catalog));
	list_faults(told, sizeof(told));
	ck_assert_str_eq(catalog, s->catalog);
	if (s->told != NULL)
		ck_assert_str_eq(told, s->told);
	config_free(after);
}
END_TEST

/* A file that stays broken costs nothing more at the next reading. */
START_TEST(design_2_kept_entries_are_kept_again)
{
	static const struct file first[3] = {
		{ "x.yaml", GLOB DEF DOMAINS A },
		{ "d/1.yaml", DOMAINS B },
	};
	static const struct file then[3] = { { "d/1.yaml", "domains: [" } };
	struct config *one, *two, *three;

	put_files(first);
	one = reading(NULL, 0);
	put_files(then);
	two = reading(one->catalog, 0);
	three = reading(two->catalog, 0);
	ck_assert_uint_eq(three->kept, 1);
	ck_assert_str_eq(
	    catalog_find(three->catalog, "b.example")->origin, "d/1.yaml");
	put_files(first);
	config_free(one);
	one = reading(three->catalog, 0);
	ck_assert_uint_eq(one->kept, 0);
	config_free(one);
	config_free(two);
	config_free(three);
}
END_TEST

/* It is of the file that has it now, whose own faults it is kept for, too. */
START_TEST(design_2_a_wrong_entry_that_moved_is_kept_for_its_new_file)
{
	static const struct file files[][3] = {
		{ { "x.yaml", DEF DOMAINS A B } },
		{ { "x.yaml", GLOB DEF DOMAINS A },
		    { "d/1.yaml", DOMAINS "  b.example: { mode: on }\n" } },
		{ { "d/1.yaml", "domains: [" } },
	};
	struct config *last = NULL;
	char catalog[512];

	for (int i = 0; i < COUNT(files); i++) {
		struct config *c;

		put_files(files[i]);
		c = reading(last != NULL ? last->catalog : NULL, 0);
		config_free(last);
		last = c;
	}
	list_catalog(last, catalog, sizeof(catalog));
	ck_assert_str_eq(catalog, "a=enforce b=enforce*");
	config_free(last);
}
END_TEST

/* A start after a start that was given the same main file another way. */
START_TEST(design_2_a_file_is_the_same_by_another_name)
{
	static const char *const broken[] = { "domains: [", "# none\n", NULL };
	struct file files[4] = {
		{ "x.yaml",
		    "state: .\ninclude: [\"d/*.yaml\", d/1.yaml]\n" DEF DOMAINS
		        A },
		{ "d/1.yaml", DOMAINS B },
	};
	char path[128], dot[] = "./x.yaml", plain[] = "x.yaml";
	const char *const names[] = { path, dot, plain };

	(void)snprintf(path, sizeof(path), "%s/x.yaml", top);
	for (int i = 0; i < COUNT(broken) * COUNT(names); i++) {
		struct arena *a = arena_new(false);
		struct lastgood last;
		struct config *c;
		char catalog[512];

		files[1].text = DOMAINS B;
		put_files(files);
		c = reading(NULL, 0);
		ck_assert_int_eq(lastgood_write(c, NULL), 0);
		config_free(c);
		files[1].text = broken[i / COUNT(names)];
		put_files(files);
		c = config_open(names[i % COUNT(names)], faults);
		ck_assert_int_eq(
		    lastgood_read(c->settings.state, a, &last, NULL), 0);
		config_fill(c, last.catalog, 0, faults);
		list_catalog(c, catalog, sizeof(catalog));
		ck_assert_str_eq(catalog, "a=enforce b=enforce*");
		config_free(c);
		arena_free(a);
	}
	ck_assert_int_eq(unlink("last-good"), 0);
}
END_TEST

START_TEST(design_2_what_is_to_be_watched)
{
	static const struct file files[3] = {
		{ "x.yaml", "include: [\"d/*.yaml\", none.yaml, "
		            "\"/tmp/*/none\", \"./*.yaml\"]\n" },
		{ "d/1.yaml", "" },
		{ "d/2.yaml", "- a" },
	};
	static const char *const watched[] = { "x.yaml", "d/", "d/1.yaml",
		"d/2.yaml", "none.yaml", "/tmp/", "./" };
	struct config *c;

	put_files(files);
	c = reading(NULL, 0);
	ck_assert_uint_eq(c->file_count, COUNT(watched));
	for (int i = 0; i < COUNT(watched); i++)
		ck_assert_str_eq(c->files[i], watched[i]);
	config_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config last");
	TCase *t = tcase_create("files");

	tcase_add_checked_fixture(t, make_top, remove_top);
	tcase_add_loop_test(t, design_2_table_of_faults, 0, COUNT(scenarios));
	tcase_add_test(t, design_2_kept_entries_are_kept_again);
	tcase_add_test(
	    t, design_2_a_wrong_entry_that_moved_is_kept_for_its_new_file);
	tcase_add_test(t, design_2_a_file_is_the_same_by_another_name);
	tcase_add_test(t, design_2_what_is_to_be_watched);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
