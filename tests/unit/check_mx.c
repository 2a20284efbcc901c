/* SPDX-License-Identifier: ISC */

/* MX records as they came: RULES C4. */

#include "suite.h"

#include "base/arena.h"
#include "ctl/dns.h"
#include "ctl/mx.h"

/* With the NUL of the literal, which is the root. */
#define NAMED(bytes)                                                           \
	{                                                                      \
		(const unsigned char *)(bytes), sizeof(bytes)                  \
	}
#define CUT(bytes)                                                             \
	{                                                                      \
		(const unsigned char *)(bytes), sizeof(bytes) - 1              \
	}
#define LABEL_50                                                               \
	"\x32"                                                                 \
	"01234567890123456789012345678901234567890123456789"

static struct arena *arena;
static struct mx mx;

static void set_up(void)
{
	arena = arena_new(false);
}

static void tear_down(void)
{
	arena_free(arena);
}

START_TEST(the_best_comes_first_and_each_once)
{
	static const struct dns_record records[] = {
		NAMED("\0\024\001B\007example"),
		NAMED("\0\012\001a\007exAmple"),
		NAMED("\0\036\001b\007example"),
		NAMED("\0\050\002\033[\007example"),
	};

	mx_read(records, 4, arena, &mx);
	ck_assert_uint_eq(mx.count, 3);
	ck_assert_uint_eq(mx.malformed, 0);
	ck_assert_str_eq(mx.hosts[0], "a.example");
	ck_assert_str_eq(mx.hosts[1], "b.example");
	ck_assert_str_eq(mx.hosts[2], "??.example");
	ck_assert_ptr_null(mx.hosts[3]);
}
END_TEST

START_TEST(rfc7505_null_mx)
{
	static const struct dns_record null = CUT("\0\0\0");

	mx_read(&null, 1, arena, &mx);
	ck_assert_uint_eq(mx.count, 1);
	ck_assert_str_eq(mx.hosts[0], ".");
	ck_assert_uint_eq(mx.malformed, 0);
}
END_TEST

/* A record that is cut is none, which is not the same as no record. */
START_TEST(what_holds_no_name_is_counted)
{
	static const struct dns_record records[] = {
		CUT(""),
		CUT("\0"),
		CUT("\0\012"),
		CUT("\0\012\005b1"),
		CUT("\0\012\001a\007example"),
		NAMED("\0\062\077short"),
		NAMED("\0\062\100" LABEL_50),
		NAMED("\0\062" LABEL_50 LABEL_50 LABEL_50 LABEL_50 LABEL_50),
		NAMED("\0\012\001a\007example"),
	};

	mx_read(records, 9, arena, &mx);
	ck_assert_uint_eq(mx.malformed, 8);
	ck_assert_uint_eq(mx.count, 1);
	ck_assert_str_eq(mx.hosts[0], "a.example");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mx");
	TCase *c = tcase_create("mx");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, the_best_comes_first_and_each_once);
	tcase_add_test(c, rfc7505_null_mx);
	tcase_add_test(c, what_holds_no_name_is_counted);
	suite_add_tcase(s, c);
	return suite_run(s);
}
