/* SPDX-License-Identifier: ISC */

/* Who asked for what we do not know: each once, the last hundred. */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "daemon/strangers.h"

#include "suite.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct strangers s;

static void empty(void)
{
	memset(&s, 0, sizeof(s));
}

static size_t count(const char *host, int64_t *ret_at)
{
	struct stranger one;
	size_t found = 0;

	for (size_t i = 0; i < STRANGERS_MOST; i++)
		if (strangers_read(&s, i, &one) &&
		    (host == NULL || strcmp(one.host, host) == 0)) {
			found++;
			*ret_at = one.at;
		}
	return found;
}

START_TEST(name_is_kept_once_with_its_last_moment)
{
	int64_t at = 0;

	strangers_add(&s, "mta-sts.example.com", 5);
	strangers_add(&s, "mta-sts.example.org", 6);
	strangers_add(&s, "mta-sts.example.com", 7);
	ck_assert_uint_eq(count(NULL, &at), 2);
	ck_assert_uint_eq(count("mta-sts.example.com", &at), 1);
	ck_assert_int_eq(at, 7);
}
END_TEST

START_TEST(name_that_is_no_policy_host_is_left_out)
{
	int64_t at = 0;

	strangers_add(&s, "www.example.com", 5);
	strangers_add(&s, "mta-sts.", 5);
	strangers_add(&s, "xmta-sts.example.com", 5);
	ck_assert_uint_eq(count(NULL, &at), 0);
}
END_TEST

START_TEST(oldest_makes_room)
{
	char host[64];
	int64_t at = 0;

	for (int i = 1; i <= STRANGERS_MOST; i++) {
		(void)snprintf(host, sizeof(host), "mta-sts.d%d.example", i);
		strangers_add(&s, host, i);
	}
	strangers_add(&s, "mta-sts.d1.example", 1000);
	strangers_add(&s, "mta-sts.new.example", 1001);
	ck_assert_uint_eq(count(NULL, &at), STRANGERS_MOST);
	ck_assert_uint_eq(count("mta-sts.d1.example", &at), 1);
	ck_assert_uint_eq(count("mta-sts.d2.example", &at), 0);
	ck_assert_uint_eq(count("mta-sts.new.example", &at), 1);
}
END_TEST

/* A writer that was taken over, or died half-way. */
static const char *const odd[] = {
	"mta-sts.\"}evil",
	"mta-sts.a\nb.example",
	"mta-sts.\x1b[31m.example",
	"mta-sts.\xff\xfe.example",
	"mta-sts.UPPER.example",
	"www.example.com",
	"",
};

START_TEST(what_is_no_name_is_not_read)
{
	int64_t at = 0;

	strangers_add(&s, "mta-sts.example.com", 5);
	(void)snprintf(s.at[0].host, sizeof(s.at[0].host), "%s", odd[_i]);
	ck_assert_uint_eq(count(NULL, &at), 0);
	memset(s.at[0].host, 'a', sizeof(s.at[0].host)); /* without an end */
	ck_assert_uint_eq(count(NULL, &at), 0);
}
END_TEST

START_TEST(what_is_half_written_is_not_read_and_is_written_anew)
{
	int64_t at = 0;

	strangers_add(&s, "mta-sts.example.com", 5);
	s.at[0].turn++;
	ck_assert_uint_eq(count(NULL, &at), 0);
	strangers_add(&s, "mta-sts.example.com", 6);
	ck_assert_uint_eq(count("mta-sts.example.com", &at), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("strangers");
	TCase *t = tcase_create("strangers");

	tcase_add_checked_fixture(t, empty, NULL);
	tcase_add_test(t, name_is_kept_once_with_its_last_moment);
	tcase_add_test(t, name_that_is_no_policy_host_is_left_out);
	tcase_add_test(t, oldest_makes_room);
	tcase_add_loop_test(t, what_is_no_name_is_not_read, 0, COUNT(odd));
	tcase_add_test(t, what_is_half_written_is_not_read_and_is_written_anew);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
