/* SPDX-License-Identifier: ISC */
/* The pace: what counts, when there is room again, what a crash leaves. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "ctl/orders.h"
#include "suite.h"

#define NOW   ((int64_t)1800000000)
#define HERE  "https://ca.example/directory"
#define OTHER "https://staging.example/directory"
#define HEAD  "mta-stsd orders 1\n"

static char dir[] = "/tmp/check_orders.XXXXXX", path[64];
static struct orders o;

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/orders", dir);
}

static void tear_down(void)
{
	orders_fini(&o);
	(void)unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

static int open_at(int64_t now, struct err *err)
{
	orders_fini(&o);
	return orders_init(&o, path, HERE, now, err);
}

static void put(const char *text)
{
	ck_assert_int_eq(file_replace(path, text, strlen(text), 0600, NULL), 0);
}

START_TEST(a3_no_more_than_so_many_in_any_three_hours)
{
	struct err err;

	ck_assert_int_eq(open_at(NOW, &err), 0);
	ck_assert_int_eq(orders_tidy(&o, NOW, &err), 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(
		    orders_room(&o, 5, NOW + i * 60), 5 - (size_t)i);
		ck_assert_int_eq(
		    orders_room_at(&o, 5, 1, NOW + i * 60), NOW + i * 60);
		ck_assert_int_eq(orders_add(&o, NOW + i * 60, &err), 0);
	}
	ck_assert_uint_eq(orders_room(&o, 5, NOW + 300), 0);
	ck_assert_uint_eq(orders_room(&o, 3, NOW + 300), 0);
	ck_assert_int_eq(
	    orders_room_at(&o, 5, 1, NOW + 300), NOW + ORDERS_WINDOW_S);
	ck_assert_int_eq(
	    orders_room_at(&o, 5, 3, NOW + 300), NOW + 120 + ORDERS_WINDOW_S);
	/* More than the limit is never free at once. */
	ck_assert_int_eq(
	    orders_room_at(&o, 5, 99, NOW + 300), NOW + 240 + ORDERS_WINDOW_S);
	/* The limit was made smaller: two must have left, and one more. */
	ck_assert_int_eq(
	    orders_room_at(&o, 3, 1, NOW + 300), NOW + 120 + ORDERS_WINDOW_S);
	ck_assert_uint_eq(orders_room(&o, 5, NOW + ORDERS_WINDOW_S - 1), 0);
	ck_assert_uint_eq(orders_room(&o, 5, NOW + ORDERS_WINDOW_S), 1);
	ck_assert_uint_eq(orders_room(&o, 5, NOW + 240 + ORDERS_WINDOW_S), 5);
}
END_TEST

START_TEST(they_are_known_to_the_next_run)
{
	struct err err;

	ck_assert_int_eq(open_at(NOW, &err), 0);
	ck_assert_int_eq(orders_tidy(&o, NOW, &err), 0);
	ck_assert_int_eq(orders_add(&o, NOW, &err), 0);
	ck_assert_int_eq(orders_add(&o, NOW + 1, &err), 0);
	ck_assert_int_eq(open_at(NOW + 60, &err), 0);
	ck_assert_uint_eq(orders_room(&o, 5, NOW + 60), 3);
	ck_assert_int_eq(open_at(NOW + ORDERS_WINDOW_S, &err), 0);
	ck_assert_uint_eq(orders_room(&o, 5, NOW + ORDERS_WINDOW_S), 4);
}
END_TEST

START_TEST(another_directory_s_orders_stay_and_do_not_count)
{
	struct err err;
	char *text;
	size_t len;

	put(HEAD "2027-01-15T07:59:00Z " OTHER "\n"
	         "2027-01-15T07:58:00Z " HERE "\n"
	         "2027-01-15T04:00:00Z " OTHER "\n");
	ck_assert_int_eq(open_at(NOW, &err), 0);
	ck_assert_uint_eq(orders_room(&o, 5, NOW), 4);
	ck_assert_int_eq(
	    orders_room_at(&o, 1, 1, NOW), NOW - 120 + ORDERS_WINDOW_S);
	ck_assert_int_eq(orders_tidy(&o, NOW, &err), 0);
	ck_assert_int_eq(file_read(path, 9999, &text, &len, NULL, &err), 0);
	ck_assert_str_eq(text, HEAD "2027-01-15T07:58:00Z " HERE "\n"
	                            "2027-01-15T07:59:00Z " OTHER "\n");
	free(text);
}
END_TEST

static const struct {
	const char *text;
	int result;
	size_t room; /* of 5 */
} files[] = {
	{ "", 0, 5 },
	{ HEAD, 0, 5 },
	{ HEAD "2027-01-15T07:59:00Z " HERE "\n", 0, 4 },
	/* a crash in the middle of a line, and what was added to it */
	{ HEAD "2027-01-15T07:59:00Z " HERE "\n2027-01-15T07:5", 0, 4 },
	{ HEAD "2027-01-15T07:59:00Z https://ca.exa", 0, 5 },
	{ HEAD "2027-01-15T07:59\n2027-01-15T07:59:00Z " HERE "\n", 0, 4 },
	{ HEAD "nonsense\n\n", 0, 5 },
	{ "mta-stsd orders 2\n2027-01-15T07:59:00Z " HERE "\n", 1, 5 },
	{ "nonsense", 1, 5 },
};

START_TEST(what_is_not_whole_is_passed_over)
{
	struct err err;

	put(files[_i].text);
	ck_assert_int_eq(open_at(NOW, &err), files[_i].result);
	ck_assert_uint_eq(orders_room(&o, 5, NOW), files[_i].room);
	ck_assert_int_eq(orders_tidy(&o, NOW, &err), 0);
	ck_assert_int_eq(orders_add(&o, NOW, &err), 0);
	ck_assert_int_eq(open_at(NOW, &err), 0);
	ck_assert_uint_eq(orders_room(&o, 5, NOW), files[_i].room - 1);
}
END_TEST

START_TEST(a_clock_that_is_set_back_holds_for_three_hours_at_most)
{
	struct err err;

	put(HEAD "2028-01-15T07:59:00Z " HERE "\n");
	ck_assert_int_eq(open_at(NOW, &err), 0);
	ck_assert_uint_eq(orders_room(&o, 1, NOW), 0);
	ck_assert_int_eq(orders_room_at(&o, 1, 1, NOW), NOW + ORDERS_WINDOW_S);
	ck_assert_int_eq(orders_tidy(&o, NOW, &err), 0);
	ck_assert_int_eq(open_at(NOW + ORDERS_WINDOW_S, &err), 0);
	ck_assert_uint_eq(orders_room(&o, 1, NOW + ORDERS_WINDOW_S), 1);
}
END_TEST

START_TEST(a8_what_cannot_be_written_is_an_error)
{
	struct err err;

	ck_assert_int_eq(open_at(NOW, &err), 0);
	/* Not made by tidy, or taken away since. */
	ck_assert_int_eq(orders_add(&o, NOW, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "orders: cannot be written"));
	ck_assert_uint_eq(orders_room(&o, 5, NOW), 5);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("orders");
	TCase *t = tcase_create("orders");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a3_no_more_than_so_many_in_any_three_hours);
	tcase_add_test(t, they_are_known_to_the_next_run);
	tcase_add_test(t, another_directory_s_orders_stay_and_do_not_count);
	tcase_add_loop_test(t, what_is_not_whole_is_passed_over, 0,
	    sizeof(files) / sizeof(*files));
	tcase_add_test(
	    t, a_clock_that_is_set_back_holds_for_three_hours_at_most);
	tcase_add_test(t, a8_what_cannot_be_written_is_an_error);
	suite_add_tcase(s, t);
	return suite_run(s);
}
