/* SPDX-License-Identifier: ISC */

/* Who knocked: each host once a minute, and no more hosts than there is room.
 */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "daemon/knock.h"

#include "suite.h"

#define MINUTE 60000

static struct knocks k;

static void empty(void)
{
	knocks_forget(&k);
}

static size_t take(int64_t now_ms)
{
	const char *hosts[KNOCKS_MOST];

	return knocks_take(&k, now_ms, hosts);
}

/* A small life of one host: when it knocks, or is taken, and what comes of it.
 */
static const struct {
	enum { KNOCK, TAKE, UNTAKE } what;
	int64_t at;
	size_t expected; /* of KNOCK: it waits anew; of TAKE: how many */
} life[] = {
	{ TAKE, 0, 0 },
	{ KNOCK, 0, 1 },  /* the moment 0 is no excuse */
	{ KNOCK, 10, 0 }, /* it waits already */
	{ KNOCK, 2 * MINUTE, 0 },
	{ TAKE, 2 * MINUTE, 1 },
	{ TAKE, 2 * MINUTE, 0 },
	{ KNOCK, 2 * MINUTE, 0 },
	{ KNOCK, 3 * MINUTE - 1, 0 }, /* a minute, since it was taken */
	{ KNOCK, 3 * MINUTE, 1 },
	{ TAKE, 3 * MINUTE, 1 },
	{ UNTAKE, 2 * MINUTE, 0 }, /* not what was taken then */
	{ TAKE, 3 * MINUTE + 1, 0 },
	{ UNTAKE, 3 * MINUTE, 0 },
	{ KNOCK, 3 * MINUTE + 2, 0 },
	{ TAKE, 3 * MINUTE + 3, 1 },
};

START_TEST(a_host_is_taken_once_a_minute)
{
	for (size_t i = 0; i < sizeof(life) / sizeof(*life); i++) {
		size_t got = 0;

		if (life[i].what == KNOCK)
			got = knocks_add(&k, "a.example.com", life[i].at);
		else if (life[i].what == TAKE)
			got = take(life[i].at);
		else
			knocks_untake(&k, life[i].at);
		ck_assert_msg(got == life[i].expected, "row %zu: %zu", i, got);
	}
	ck_assert(!knocks_wait(&k));
}
END_TEST

static const char *name(unsigned i)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "h%u.example.com", i);
	return text;
}

START_TEST(a_full_table_forgets_nobody_who_has_his_minute)
{
	const char *hosts[KNOCKS_MOST];

	for (unsigned i = 0; i < KNOCKS_MOST; i++)
		ck_assert(knocks_add(&k, name(i), 5));
	ck_assert(!knocks_add(&k, "late.example.com", 6));
	ck_assert(knocks_wait(&k));
	ck_assert_uint_eq(knocks_take(&k, 7, hosts), KNOCKS_MOST);
	for (unsigned i = 0; i < KNOCKS_MOST; i++)
		ck_assert_str_eq(hosts[i], name(i));
	ck_assert(!knocks_wait(&k));
	ck_assert(!knocks_add(&k, "late.example.com", MINUTE + 6));
	for (unsigned i = 0; i < KNOCKS_MOST; i++)
		ck_assert(!knocks_add(&k, name(i), MINUTE + 6));
	ck_assert(knocks_add(&k, "late.example.com", MINUTE + 7));
	ck_assert(knocks_add(&k, name(3), MINUTE + 7));
	ck_assert_uint_eq(take(MINUTE + 8), 2);
}
END_TEST

START_TEST(a_host_has_one_place_only)
{
	/* the place before its own becomes free first */
	ck_assert(knocks_add(&k, "a.example.com", 0));
	(void)take(0);
	ck_assert(knocks_add(&k, "b.example.com", 1000));
	(void)take(1000);
	ck_assert(!knocks_add(&k, "b.example.com", MINUTE + 1));
	ck_assert(knocks_add(&k, "b.example.com", MINUTE + 1000));
	ck_assert_uint_eq(take(MINUTE + 1000), 1);
}
END_TEST

START_TEST(the_longest_name_has_room)
{
	char longest[HOST_MAX + 1];

	for (size_t i = 0; i < HOST_MAX; i++)
		longest[i] = i % 2 ? '.' : 'a';
	longest[HOST_MAX] = '\0';
	ck_assert(knocks_add(&k, longest, 0));
	ck_assert(knocks_add(&k, "a.example.com", 0));
	ck_assert_str_eq(k.at[0].host, longest);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("daemon/knock");
	TCase *t = tcase_create("knocks");

	tcase_add_checked_fixture(t, empty, NULL);
	tcase_add_test(t, a_host_is_taken_once_a_minute);
	tcase_add_test(t, a_full_table_forgets_nobody_who_has_his_minute);
	tcase_add_test(t, a_host_has_one_place_only);
	tcase_add_test(t, the_longest_name_has_room);
	suite_add_tcase(s, t);
	return suite_run(s);
}
