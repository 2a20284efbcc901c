/* SPDX-License-Identifier: ISC */

/* Entries of the catalog, but for their bytes: see check_config_bytes.c. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "config/config.h"
#include "config/faults.h"
#include "policy/catalog.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define ONE(entry) "domains:\n  example.com: " entry "\n"

static struct faults *faults;

static void set_up(void)
{
	faults = faults_new();
}

static void tear_down(void)
{
	faults_free(faults);
}

static struct config *filled(const char *yaml)
{
	struct config *c =
	    config_open_bytes("x.yaml", yaml, strlen(yaml), faults);
	enum severity s;

	if (c == NULL)
		ck_abort_msg("%s", faults_at(faults, 0, &s));
	config_fill(c, NULL, 0, faults);
	return c;
}

#define REPORTED "domains: { example.com: { mode: none, tlsrpt: "

static const struct {
	const char *yaml, *tlsrpt;
} reported[] = {
	{ ONE("{ mode: none }"), NULL },
	{ REPORTED "\"mailto:a@example.com\" } }", "mailto:a@example.com" },
	{ REPORTED "[\"mailto:a@example.com\", https://r.example.com/v1] } }",
	    "mailto:a@example.com,https://r.example.com/v1" },
	{ REPORTED "\"mailto:a!b,c;d@example.com\" } }",
	    "mailto:a%21b%2Cc%3Bd@example.com" },
	{ "defaults: { tlsrpt: \"mailto:d@example.com\" }\n" ONE(
	      "{ mode: none }"),
	    "mailto:d@example.com" },
	{ "defaults: { tlsrpt: \"mailto:d@example.com\" }\n" ONE(
	      "{ mode: none, tlsrpt: off }"),
	    NULL },
};

START_TEST(rfc8460_r1_addresses_are_ready_for_the_record)
{
	struct config *c = filled(reported[_i].yaml);
	const char *tlsrpt = catalog_at(c->catalog, 0)->tlsrpt;

	if (reported[_i].tlsrpt == NULL)
		ck_assert_ptr_null(tlsrpt);
	else
		ck_assert_str_eq(tlsrpt, reported[_i].tlsrpt);
	config_free(c);
}
END_TEST

START_TEST(delegated_holds_for_all_but_those_that_say_no)
{
	struct config *c = filled("delegated: sts.example.net\n"
	                          "defaults: { mode: none }\n"
	                          "domains:\n"
	                          "  a.example: {}\n"
	                          "  b.example: { delegated: no }\n"
	                          "  c.example: { delegated: yes }\n");

	ck_assert(catalog_find(c->catalog, "a.example")->delegated);
	ck_assert(!catalog_find(c->catalog, "b.example")->delegated);
	ck_assert(catalog_find(c->catalog, "c.example")->delegated);
	config_free(c);
}
END_TEST

/* One wrong entry costs its domain alone. */
START_TEST(design_2_others_go_on)
{
	struct config *c = filled("policies: { one: { mode: non } }\n"
	                          "defaults: { mode: none }\n"
	                          "domains:\n"
	                          "  a.example: { max_age: never }\n"
	                          "  b.example: one\n"
	                          "  c.example: {}\n"
	                          "  d.example: {}\n"
	                          "  D.example: {}\n"
	                          "  mta-sts.e.example: {}\n");

	ck_assert_uint_eq(faults_count(faults, SEVERITY_FAULT), 4);
	ck_assert_uint_eq(catalog_count(c->catalog), 1);
	ck_assert_ptr_nonnull(catalog_find(c->catalog, "c.example"));
	config_free(c);
}
END_TEST

static void digest_of(const char *yaml, unsigned char ret_digest[DIGEST_LEN])
{
	struct config *c = filled(yaml);

	config_digest(c, ret_digest);
	config_free(c);
}

START_TEST(a_digest_is_equal_only_for_equal_readings)
{
	unsigned char one[DIGEST_LEN], same[DIGEST_LEN], other[DIGEST_LEN];

	digest_of(ONE("{ mode: none }"), one);
	digest_of(ONE("{ mode: none }"), same);
	digest_of(ONE("{ mode: none, max_age: 1d }"), other);
	ck_assert_mem_eq(one, same, DIGEST_LEN);
	ck_assert_mem_ne(one, other, DIGEST_LEN);
}
END_TEST

START_TEST(config_keep_takes_the_catalog_as_it_is)
{
	struct config *one = filled(ONE("{ mode: none }")), *two;

	two = config_open_bytes("x.yaml", "{}", 2, faults);
	config_keep(two, one->catalog);
	config_free(one);
	ck_assert_uint_eq(two->kept, 1);
	ck_assert(catalog_find(two->catalog, "example.com")->kept);
	config_free(two);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config entries");
	TCase *t = tcase_create("entries");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, rfc8460_r1_addresses_are_ready_for_the_record, 0,
	    COUNT(reported));
	tcase_add_test(t, delegated_holds_for_all_but_those_that_say_no);
	tcase_add_test(t, design_2_others_go_on);
	tcase_add_test(t, a_digest_is_equal_only_for_equal_readings);
	tcase_add_test(t, config_keep_takes_the_catalog_as_it_is);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
