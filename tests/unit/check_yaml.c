/* SPDX-License-Identifier: ISC */

/*
 * Faults in the order of their places, and YAML as a tree. What is refused is
 * in tests/data/bad/yaml-*.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "config/faults.h"
#include "config/yaml.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct faults *faults;
static struct arena *arena;

static void set_up(void)
{
	faults = faults_new();
	arena = arena_new(false);
}

static void tear_down(void)
{
	faults_free(faults);
	arena_free(arena);
}

static const char *told(size_t index)
{
	enum severity s;

	return faults_at(faults, index, &s);
}

START_TEST(faults_are_told_in_order_of_place)
{
	enum severity s;

	faults_add(faults, SEVERITY_FAULT, (struct place){ "b", 1, 1 }, NULL,
	    "is %d", 5);
	faults_add(faults, SEVERITY_FAULT, (struct place){ "a", 10, 1 }, "x",
	    "is %d", 4);
	faults_add(
	    faults, SEVERITY_WARNING, (struct place){ "a", 9, 8 }, NULL, "2");
	faults_add(
	    faults, SEVERITY_WARNING, (struct place){ "a", 9, 8 }, NULL, "3");
	faults_add(
	    faults, SEVERITY_FAULT, (struct place){ .file = "a" }, "y", "1");
	ck_assert_uint_eq(faults_total(faults), 5);
	ck_assert_uint_eq(faults_count(faults, SEVERITY_FAULT), 3);
	ck_assert_uint_eq(faults_count(faults, SEVERITY_WARNING), 2);
	ck_assert_str_eq(told(0), "a: y: 1");
	ck_assert_str_eq(told(1), "a:9:8: 2");
	ck_assert_str_eq(told(2), "a:9:8: 3");
	ck_assert_str_eq(told(3), "a:10:1: x: is 4");
	ck_assert_str_eq(told(4), "b:1:1: is 5");
	(void)faults_at(faults, 1, &s);
	ck_assert_int_eq(s, SEVERITY_WARNING);
	faults_add(
	    faults, SEVERITY_FAULT, (struct place){ "a", 1, 1 }, NULL, "new");
	ck_assert_str_eq(told(1), "a:1:1: new");
}
END_TEST

/* Whole characters, whatever the cut falls on. */
START_TEST(a_long_fault_is_cut)
{
	char words[1500];

	for (size_t i = 0; i + 1 < sizeof(words); i++)
		words[i] = i % 2 ? '\xbc' : '\xc3';
	words[sizeof(words) - 1] = '\0';
	for (int odd = 0; odd < 2; odd++) {
		const char *text;
		size_t len;

		faults_add(faults, SEVERITY_FAULT,
		    (struct place){ .file = odd ? "a" : "aa" }, NULL, "%s",
		    words);
		text = told(0);
		len = strlen(text);
		ck_assert_uint_lt(len, 768);
		ck_assert_str_eq(text + len - 5, "\xc3\xbc...");
	}
}
END_TEST

START_TEST(a_long_file_name_leaves_room_for_what_is_wrong)
{
	char name[2001];

	for (size_t i = 0; i + 1 < sizeof(name); i++)
		name[i] = i % 2 ? '\xbc' : '\xc3';
	for (int odd = 0; odd < 2; odd++) {
		memcpy(name + 1993 - odd, odd ? "x/a.yml" : "/a.yaml", 8);
		faults_add(faults, SEVERITY_FAULT, (struct place){ name, 3, 4 },
		    "key", "is wrong");
		ck_assert_str_eq(strstr(told(0), odd ? "x/a" : "/a"),
		    odd ? "x/a.yml:3:4: key: is wrong"
		        : "/a.yaml:3:4: key: is wrong");
		ck_assert_int_eq(strncmp(told(0), "...\xc3\xbc", 5), 0);
		faults_free(faults);
		faults = faults_new();
	}
}
END_TEST

/* A tree on one line: scalars as they are, ~ for nothing, with their places. */
static size_t show(const struct node *n, char *text, size_t cap)
{
	size_t len = 0;

#define PUT(...) len += (size_t)snprintf(text + len, cap - len, __VA_ARGS__)
	PUT("%u:%u", n->at.line, n->at.column);
	if (n->kind == NODE_SCALAR)
		PUT("%s%s%s", n->plain_null ? "~" : "<", n->text,
		    n->plain_null ? "" : ">");
	if (n->kind != NODE_SCALAR)
		PUT("%s", n->kind == NODE_LIST ? "[" : "{");
	for (size_t i = 0; i < n->count; i++) {
		PUT(" ");
		if (n->kind == NODE_MAP)
			PUT("%s=", n->keys[i]->text);
		len += show(n->items[i], text + len, cap - len);
	}
	if (n->kind != NODE_SCALAR)
		PUT("%s", n->kind == NODE_LIST ? "]" : "}");
#undef PUT
	return len;
}

static const struct node *parsed(const char *yaml, const struct node **partial)
{
	return yaml_parse(yaml, strlen(yaml), "x", arena, faults, partial);
}

static const struct {
	const char *yaml, *tree;
} trees[] = {
	{ "", "1:1~" },
	{ "# nothing\n", "1:1~" },
	{ "---\n", "2:1~" },
	{ "{}\n", "1:1{}" },
	{ "~\n", "1:1~~" },
	{ "a: b\n", "1:1{ a=1:4<b>}" },
	{ "\xef\xbb\xbf"
	  "a: b\n",
	    "1:1{ a=1:4<b>}" },
	{ "a: [b, 'c', \"d\"]", "1:1{ a=1:4[ 1:5<b> 1:8<c> 1:13<d>]}" },
	{ "a:\n- b\n- - c\n", "1:1{ a=2:1[ 2:3<b> 3:3[ 3:5<c>]]}" },
	{ "a:\nb: ~\nc: ''\nd: null\n",
	    "1:1{ a=1:3~ b=2:4~~ c=3:4<> d=4:4<null>}" },
	{ "a: no\nb: 1e3\nc: 2023-10-19\nd: 0x10\n",
	    "1:1{ a=1:4<no> b=2:4<1e3> c=3:4<2023-10-19> d=4:4<0x10>}" },
	{ "\xc3\xbc: \"\xc3\xbc\xc3\xbc\" # x\n",
	    "1:1{ \xc3\xbc=1:4<\xc3\xbc\xc3\xbc>}" },
	{ "a: 1\na: 2\n", "1:1{ a=1:4<1> a=2:4<2>}" },
	{ "a: &x [b]\nc: *x\n", "1:1{ a=1:4[ 1:8<b>] c=2:4[ 1:8<b>]}" },
	{ "a: &x b\n&y c: *x\n*y : d\n", "1:1{ a=1:4<b> c=2:7<b> c=3:6<d>}" },
	{ "a: &x 1\nb: &x 2\nc: *x\n", "1:1{ a=1:4<1> b=2:4<2> c=3:4<2>}" },
	{ "a: &x [ &x 1, *x ]\nb: *x\n",
	    "1:1{ a=1:4[ 1:9<1> 1:15<1>] b=2:4<1>}" },
};

START_TEST(a_tree_knows_its_lines)
{
	const struct node *n = parsed(trees[_i].yaml, NULL);
	char text[512];

	if (n == NULL)
		ck_abort_msg("%s", told(0));
	(void)show(n, text, sizeof(text));
	ck_assert_str_eq(text, trees[_i].tree);
	ck_assert_uint_eq(faults_total(faults), 0);
}
END_TEST

static const struct {
	const char *yaml, *tree;
} partials[] = {
	{ "a: b\nc: [d, e\n", "1:1{ a=1:4<b> c=2:4[ 2:5<d> 2:8<e>]}" },
	{ "a: b\nc: *d\n", "1:1{ a=1:4<b> c=2:4<>}" },
	{ "a: b\n---\nc: d\n", "1:1{ a=1:4<b>}" },
	{ "a: b\nc: {{ d }}\n", "1:1{ a=1:4<b> c=2:4{}}" },
	{ "a: b\n? [c]\n: d\n", "1:1{ a=1:4<b>}" },
};

START_TEST(what_stood_before_a_fault_is_there)
{
	const struct node *partial = NULL;
	char text[512];

	ck_assert_ptr_null(parsed(partials[_i].yaml, &partial));
	ck_assert_uint_gt(faults_count(faults, SEVERITY_FAULT), 0);
	ck_assert_ptr_nonnull(partial);
	(void)show(partial, text, sizeof(text));
	ck_assert_str_eq(text, partials[_i].tree);
}
END_TEST

/* Aliases that are used as they are meant are not in the way. */
START_TEST(many_aliases_of_a_small_thing_are_taken)
{
	size_t cap = (size_t)4 << 20, len;
	char *yaml = malloc(cap);

	ck_assert_ptr_nonnull(yaml);
	len = (size_t)snprintf(yaml, cap, "a: &a [1, 2, 3, 4, 5, 6, 7, 8]\n");
	for (int i = 0; i < 100000; i++)
		len += (size_t)snprintf(yaml + len, cap - len, "k%d: *a\n", i);
	ck_assert_ptr_nonnull(yaml_parse(yaml, len, "x", arena, faults, NULL));
	free(yaml);
}
END_TEST

START_TEST(node_get_finds_the_first)
{
	const struct node *n = parsed("a: 1\nb: 2\na: 3\n", NULL);

	ck_assert_str_eq(node_get(n, "a")->text, "1");
	ck_assert_str_eq(node_get(n, "b")->text, "2");
	ck_assert_ptr_null(node_get(n, "c"));
	ck_assert_ptr_null(node_get(node_get(n, "a"), "b"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("yaml");
	TCase *t = tcase_create("yaml");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, faults_are_told_in_order_of_place);
	tcase_add_test(t, a_long_fault_is_cut);
	tcase_add_test(t, a_long_file_name_leaves_room_for_what_is_wrong);
	tcase_add_loop_test(t, a_tree_knows_its_lines, 0, COUNT(trees));
	tcase_add_loop_test(
	    t, what_stood_before_a_fault_is_there, 0, COUNT(partials));
	tcase_add_test(t, many_aliases_of_a_small_thing_are_taken);
	tcase_add_test(t, node_get_finds_the_first);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
