/* SPDX-License-Identifier: ISC */

/* The catalog: filled, sealed, found in. */

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "policy/catalog.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define MANY     100000

static struct catalog_entry entry_of(const char *domain)
{
	return (struct catalog_entry){
		.domain = domain,
		.origin = "a.yaml",
		.mode = MODE_ENFORCE,
		.id = "1Z",
		.policy = "bytes",
		.policy_len = 5,
	};
}

static int add(struct catalog *c, const char *domain)
{
	struct catalog_entry e = entry_of(domain);

	return catalog_add(c, &e);
}

static int add_number(struct catalog *c, unsigned number)
{
	char domain[32];

	(void)snprintf(domain, sizeof(domain), "d%u.example", number);
	return add(c, domain);
}

static const struct catalog_entry *find_number(
    const struct catalog *c, unsigned number)
{
	char domain[32];

	(void)snprintf(domain, sizeof(domain), "d%u.example", number);
	return catalog_find(c, domain);
}

START_TEST(entry_is_copied_strings_too)
{
	char domain[] = "example.com", origin[] = "b.yaml", id[] = "2Z";
	char policy[] = "version: STSv1\r\n", tlsrpt[] = "mailto:a@example.com";
	struct arena *a = arena_new(false);
	struct catalog *c = catalog_new(a);
	struct catalog_entry e = {
		.domain = domain,
		.origin = origin,
		.mode = MODE_TESTING,
		.kept = true,
		.id = id,
		.policy = policy,
		.policy_len = strlen(policy),
		.tlsrpt = tlsrpt,
		.delegated = true,
	};
	const struct catalog_entry *found;

	ck_assert_int_eq(catalog_add(c, &e), 0);
	domain[0] = origin[0] = id[0] = policy[0] = tlsrpt[0] = '!';
	catalog_seal(c);
	found = catalog_find(c, "example.com");
	ck_assert_ptr_nonnull(found);
	ck_assert_str_eq(found->domain, "example.com");
	ck_assert_str_eq(found->host, "mta-sts.example.com");
	ck_assert_str_eq(found->origin, "b.yaml");
	ck_assert_str_eq(found->id, "2Z");
	ck_assert_str_eq(found->policy, "version: STSv1\r\n");
	ck_assert_uint_eq(found->policy_len, 16);
	ck_assert_str_eq(found->tlsrpt, "mailto:a@example.com");
	ck_assert_int_eq(found->mode, MODE_TESTING);
	ck_assert(found->kept && found->delegated);
	arena_free(a);
}
END_TEST

START_TEST(entry_without_reports_has_none)
{
	struct arena *a = arena_new(false);
	struct catalog *c = catalog_new(a);

	ck_assert_int_eq(add(c, "example.com"), 0);
	ck_assert_ptr_null(catalog_find(c, "example.com")->tlsrpt);
	ck_assert(!catalog_find(c, "example.com")->delegated);
	arena_free(a);
}
END_TEST

static const struct {
	const char *host, *domain; /* NULL: none */
} hosts[] = {
	{ "mta-sts.example.com", "example.com" },
	{ "mta-sts.mta-sts.example.net", "mta-sts.example.net" },
	{ "example.com", NULL },
	{ "mta-sts.example.net", NULL },
	{ "mta-sts.", NULL },
	{ "mta-sts", NULL },
	{ "", NULL },
	{ "mta-stsxexample.com", NULL },
	{ "mta-sts.a.example.com", NULL },
	{ "MTA-STS.example.com", NULL },
};

START_TEST(rfc8461_h1_h16_host_is_found_by_its_whole_name)
{
	struct arena *a = arena_new(false);
	struct catalog *c = catalog_new(a);
	const struct catalog_entry *e;

	ck_assert_int_eq(add(c, "example.com"), 0);
	ck_assert_int_eq(add(c, "mta-sts.example.net"), 0);
	catalog_seal(c);
	e = catalog_find_host(c, hosts[_i].host);
	ck_assert((e != NULL) == (hosts[_i].domain != NULL));
	if (e != NULL)
		ck_assert_str_eq(e->domain, hosts[_i].domain);
	arena_free(a);
}
END_TEST

START_TEST(domain_that_is_there_is_not_added)
{
	struct arena *a = arena_new(false);
	struct catalog *c = catalog_new(a);
	struct catalog_entry other = entry_of("d0.example");

	for (unsigned i = 0; i < 16; i++)
		ck_assert_int_eq(add_number(c, i), 0);
	other.id = "other";
	ck_assert_int_eq(catalog_add(c, &other), -1);
	ck_assert_uint_eq(catalog_count(c), 16);
	ck_assert_str_eq(find_number(c, 0)->id, "1Z");
	arena_free(a);
}
END_TEST

START_TEST(sealed_is_in_order_of_domain)
{
	static const char *const in[] = { "b.example", "a.example",
		"example.com", "a-b.example", "A.example" };
	static const char *const out[] = { "A.example", "a-b.example",
		"a.example", "b.example", "example.com" };
	struct arena *a = arena_new(false);
	struct catalog *c = catalog_new(a);

	for (int i = 0; i < COUNT(in); i++)
		ck_assert_int_eq(add(c, in[i]), 0);
	catalog_seal(c);
	for (int i = 0; i < COUNT(out); i++) {
		ck_assert_str_eq(catalog_at(c, (size_t)i)->domain, out[i]);
		ck_assert_ptr_eq(
		    catalog_find(c, out[i]), catalog_at(c, (size_t)i));
	}
	arena_free(a);
}
END_TEST

START_TEST(empty_catalog_has_nothing)
{
	struct arena *a = arena_new(false);
	struct catalog *c = catalog_new(a);

	catalog_seal(c);
	ck_assert_uint_eq(catalog_count(c), 0);
	ck_assert_ptr_null(catalog_find(c, "example.com"));
	ck_assert_ptr_null(catalog_find(c, ""));
	ck_assert_ptr_null(catalog_find_host(c, "mta-sts.example.com"));
	arena_free(a);
}
END_TEST

static void check_numbers(
    const struct catalog *c, const bool *in, unsigned count)
{
	size_t expected = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct catalog_entry *e = find_number(c, i);

		ck_assert((e != NULL) == in[i]);
		if (e != NULL)
			ck_assert_uint_eq(strtoul(e->domain + 1, NULL, 10), i);
		expected += in[i];
	}
	ck_assert_uint_eq(catalog_count(c), expected);
}

/* Against a plain array of flags; the hash is seeded anew in every run. */
START_TEST(added_at_random_they_and_no_others_are_found)
{
	enum { NUMBERS = 400, DEEDS = 2000 };
	bool in[NUMBERS] = { false };
	struct arena *a = arena_new(false);
	struct catalog *c = catalog_new(a);
	unsigned dice = 8461;

	for (int i = 0; i < DEEDS; i++) {
		char domain[32];
		unsigned n;

		dice = dice * 1103515245u + 12345u;
		n = (dice >> 8) % NUMBERS / 3 * 3;
		(void)snprintf(domain, sizeof(domain), "d%u.example", n);
		ck_assert_int_eq(add(c, domain), in[n] ? -1 : 0);
		in[n] = true;
		if (i % 50 == 0)
			check_numbers(c, in, NUMBERS);
	}
	catalog_seal(c);
	check_numbers(c, in, NUMBERS);
	for (size_t i = 1; i < catalog_count(c); i++)
		ck_assert_int_lt(strcmp(catalog_at(c, i - 1)->domain,
		                     catalog_at(c, i)->domain),
		    0);
	arena_free(a);
}
END_TEST

static double seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

START_TEST(hundred_thousand_domains_are_soon_sealed_and_found)
{
	struct arena *a = arena_new(false);
	struct catalog *c = catalog_new(a);
	double start = seconds();

	for (unsigned i = 0; i < MANY; i++)
		ck_assert_int_eq(add_number(c, i), 0);
	catalog_seal(c);
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_ptr_nonnull(find_number(c, i));
	ck_assert_ptr_null(find_number(c, MANY));
	/* 0.2 s as built, 1 s under sanitizers; a slow search takes minutes. */
	ck_assert_double_lt(seconds() - start, 5);
	/* Tables, also the outgrown ones, are a small part of it. */
	ck_assert_uint_lt(arena_size(a), (size_t)MANY * 400);
	arena_free(a);
}
END_TEST

static unsigned number_of(const struct catalog *c, unsigned i)
{
	const struct catalog_entry *e = find_number(c, i);

	ck_assert_ptr_nonnull(e);
	return e->number;
}

START_TEST(number_stays_a_domains_own_and_one_that_left_gives_its_own)
{
	struct arena *a = arena_new(false);
	struct catalog *first = catalog_new(a), *second = catalog_new(a);
	bool taken[6] = { false };

	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(add_number(first, i), 0);
	catalog_seal(first);
	catalog_number(first, NULL);
	/* 1 and 3 leave, 7 to 9 come */
	for (unsigned i = 0; i < 10; i++)
		if (i < 5 ? i % 2 == 0 : i >= 7)
			ck_assert_int_eq(add_number(second, i), 0);
	catalog_seal(second);
	catalog_number(second, first);
	for (unsigned i = 0; i < 5; i += 2)
		ck_assert_uint_eq(number_of(second, i), number_of(first, i));
	for (unsigned i = 0; i < 10; i++) {
		if (find_number(second, i) == NULL)
			continue;
		ck_assert_uint_lt(number_of(second, i), 6);
		ck_assert(!taken[number_of(second, i)]);
		taken[number_of(second, i)] = true;
	}
	arena_free(a);
}
END_TEST

START_TEST(those_beyond_the_bound_share_one_number)
{
	struct arena *a = arena_new(false);
	struct catalog *c = catalog_new(a);
	unsigned beyond = 0;

	for (unsigned i = 0; i < CATALOG_NUMBERS + 7; i++)
		ck_assert_int_eq(add_number(c, i), 0);
	catalog_seal(c);
	catalog_number(c, NULL);
	for (unsigned i = 0; i < CATALOG_NUMBERS + 7; i++)
		beyond += number_of(c, i) == CATALOG_NUMBERS;
	ck_assert_uint_eq(beyond, 7);
	arena_free(a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("catalog");
	TCase *t = tcase_create("catalog");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, entry_is_copied_strings_too);
	tcase_add_test(t, entry_without_reports_has_none);
	tcase_add_loop_test(
	    t, rfc8461_h1_h16_host_is_found_by_its_whole_name, 0, COUNT(hosts));
	tcase_add_test(t, domain_that_is_there_is_not_added);
	tcase_add_test(t, sealed_is_in_order_of_domain);
	tcase_add_test(t, empty_catalog_has_nothing);
	tcase_add_test(t, added_at_random_they_and_no_others_are_found);
	tcase_add_test(t, hundred_thousand_domains_are_soon_sealed_and_found);
	tcase_add_test(
	    t, number_stays_a_domains_own_and_one_that_left_gives_its_own);
	tcase_add_test(t, those_beyond_the_bound_share_one_number);
	suite_add_tcase(s, t);
	return suite_run(s);
}
