/* SPDX-License-Identifier: ISC */
/* The state file of a host: its moves, its lengths of pauses, its form. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "ctl/attempt_moves.h"
#include "ctl/renew_pause.h"
#include "suite.h"

#define NOW   ((int64_t)1800000000) /* 2027-01-15T08:00:00Z */
#define DAY   ((int64_t)86400)
#define HERE  "https://ca.example/directory"
#define OTHER "https://staging.example/directory"
#define HOST  "mta-sts.example.com"

static char dir[] = "/tmp/check_attempt.XXXXXX";

static void make_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void path_of(const char *name, char ret_path[128])
{
	(void)snprintf(ret_path, 128, "%s/%s", dir, name);
}

static void remove_dir(void)
{
	char path[128];

	path_of(HOST, path);
	(void)unlink(path);
	ck_assert_int_eq(rmdir(dir), 0); /* no temporary file is left */
}

static void put(const char *text)
{
	char path[128];

	path_of(HOST, path);
	ck_assert_int_eq(file_replace(path, text, strlen(text), 0600, NULL), 0);
}

START_TEST(a_state_comes_back_as_it_was_written)
{
	struct attempt a = { .outcome = OUTCOME_NONE }, b;
	struct err err;

	ck_assert_int_eq(attempt_read(dir, HOST, &b, &err), 1);
	ck_assert_int_eq(b.outcome, OUTCOME_NONE);
	attempt_begin(&a, HERE, NOW);
	attempt_failed(&a, OUTCOME_FAILED, NOW, 600, DAY, 0, "no: \x01 x: y");
	(void)strcpy(a.seen, "port 80: refused");
	(void)strcpy(a.issued_by, OTHER);
	ck_assert_int_eq(attempt_write(dir, HOST, &a, &err), 0);
	ck_assert_int_eq(attempt_read(dir, HOST, &b, &err), 0);
	ck_assert_int_eq(b.outcome, OUTCOME_FAILED);
	ck_assert_int_eq(b.tried, NOW);
	ck_assert_int_eq(b.next, NOW + 600);
	ck_assert_uint_eq(b.failures, 1);
	ck_assert_str_eq(b.directory, HERE);
	ck_assert_str_eq(b.issued_by, OTHER);
	ck_assert_str_eq(b.result, "no:   x: y");
	ck_assert_str_eq(b.seen, "port 80: refused");
	attempt_remove(dir, HOST);
	ck_assert_int_eq(attempt_read(dir, HOST, &b, &err), 1);
}
END_TEST

START_TEST(the_form_is_as_the_manual_says)
{
	static const char wanted[] = "mta-stsd attempt 1\n"
	                             "outcome: waiting for DNS\n"
	                             "tried: 2027-01-15T08:00:00Z\n"
	                             "next: 2027-01-15T08:10:00Z\n"
	                             "waits: 1\n"
	                             "directory: " HERE "\n"
	                             "result: waiting for DNS\n"
	                             "seen: no such name\n";
	struct attempt a = { .outcome = OUTCOME_NONE };
	char path[128], *text;
	size_t len;

	(void)attempt_waiting(&a, HERE, NOW - 300, "no such name");
	(void)attempt_waiting(&a, HERE, NOW, "no such name");
	ck_assert_int_eq(attempt_write(dir, HOST, &a, NULL), 0);
	path_of(HOST, path);
	ck_assert_int_eq(file_read(path, 9999, &text, &len, NULL, NULL), 0);
	ck_assert_str_eq(text, wanted);
	free(text);
}
END_TEST

static const char *const broken[] = {
	"",
	"mta-stsd attempt 1",
	"mta-stsd attempt 2\noutcome: issued\n",
	"mta-stsd orders 1\noutcome: issued\n",
	"mta-stsd attempt 1\noutcome: issued", /* cut */
	"mta-stsd attempt 1\noutcome: \n",     /* cut and mended */
	"mta-stsd attempt 1\noutcome: frobnicated\n",
	"mta-stsd attempt 1\noutcome: none\n",
	"mta-stsd attempt 1\noutcome issued\n",
	"mta-stsd attempt 1\noutcome: issued\noutcome: issued\n",
	"mta-stsd attempt 1\ncolour: blue\n",
	"mta-stsd attempt 1\ntried: 1800000000\n",
	"mta-stsd attempt 1\ntried: 2027-01-15\n",
	"mta-stsd attempt 1\ntried: 2027-02-31T08:00:00Z\n",
	"mta-stsd attempt 1\ntried: 2027-01-15T08:00:00Z \n",
	"mta-stsd attempt 1\nfailures: -1\n",
	"mta-stsd attempt 1\nfailures: 0x10\n",
	"mta-stsd attempt 1\nfailures: 99999999999999999999\n",
	"mta-stsd attempt 1\nresult: a\tb\n",
	"mta-stsd attempt 1\n\n",
};

START_TEST(what_was_not_written_here_is_told_and_counts_as_none)
{
	struct attempt a = { .failures = 7 };
	struct err err;

	put(broken[_i]);
	ck_assert_int_eq(attempt_read(dir, HOST, &a, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, HOST ": line "));
	ck_assert_int_eq(a.outcome, OUTCOME_NONE);
	ck_assert_uint_eq(a.failures, 0);
}
END_TEST

START_TEST(what_is_long_is_cut_and_a_long_host_has_a_file)
{
	struct attempt a = { .outcome = OUTCOME_NONE }, b;
	char words[2000], host[253 + 1], path[400];

	memset(words, 'w', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	memset(host, 'h', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	for (size_t i = 60; i < 250; i += 60)
		host[i] = '.';
	attempt_begin(&a, words, NOW);
	ck_assert(attempt_was_at(&a, words));
	attempt_failed(&a, OUTCOME_LIMITED, NOW, 600, DAY, 0, words);
	ck_assert_int_eq(attempt_write(dir, host, &a, NULL), 0);
	ck_assert_int_eq(attempt_read(dir, host, &b, NULL), 0);
	ck_assert_uint_eq(strlen(b.result), ATTEMPT_WORDS_MAX - 1);
	ck_assert(attempt_was_at(&b, words));
	ck_assert(!attempt_was_at(&b, HERE));
	(void)snprintf(path, sizeof(path), "%s/%s", dir, host);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(a5_the_pause_grows_six_fold_to_a_day_at_most)
{
	static const int64_t wanted[] = { 600, 3600, 21600, 86400, 86400 };
	struct attempt a = { .outcome = OUTCOME_NONE };

	for (unsigned i = 0; i < 5; i++) {
		attempt_begin(&a, HERE, NOW);
		attempt_failed(&a, OUTCOME_FAILED, NOW, 600, DAY, 0, "no");
		ck_assert_int_eq(a.next - NOW, wanted[i]);
		ck_assert_uint_eq(a.failures, i + 1);
	}
	ck_assert_int_eq(attempt_pause(4000000000U, 1, DAY), DAY);
	ck_assert_int_eq(attempt_pause(3, 600, 3600), 3600);
	ck_assert_int_eq(attempt_pause(0, 600, DAY), 600);
	attempt_issued(&a, HERE, NOW, NOW + 90 * DAY, 600);
	ck_assert_uint_eq(a.failures, 0);
	ck_assert_int_eq(a.next - NOW, 60);
	ck_assert_str_eq(a.issued_by, HERE);
	ck_assert_str_eq(a.result, "issued, valid until 2027-04-15 08:00 UTC");
}
END_TEST

START_TEST(a5_the_ca_s_own_pause_counts_where_it_is_longer)
{
	static const struct {
		int64_t retry_after, wanted;
	} rows[] = {
		{ 0, 600 },
		{ 30, 600 },
		{ 7200, 7200 },
		{ 7 * DAY, 7 * DAY },
		{ 4000 * DAY, ATTEMPT_RETRY_AFTER_S },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct attempt a = { .outcome = OUTCOME_NONE };

		attempt_failed(&a, OUTCOME_LIMITED, NOW, 600, DAY,
		    rows[i].retry_after, "slow down");
		ck_assert_int_eq(a.next - NOW, rows[i].wanted);
	}
}
END_TEST

START_TEST(a_wait_for_dns_doubles_to_an_hour_and_begins_anew_with_a_new_sight)
{
	static const int64_t wanted[] = { 300, 600, 1200, 2400, 3600, 3600 };
	struct attempt a = { .failures = 2 };

	for (unsigned i = 0; i < 6; i++) {
		ck_assert_int_eq(
		    attempt_waiting(&a, HERE, NOW, "no such name"), i > 0);
		ck_assert_int_eq(a.next - NOW, wanted[i]);
	}
	ck_assert(!attempt_waiting(&a, HERE, NOW, "points to 192.0.2.7"));
	ck_assert_int_eq(a.next - NOW, 300);
}
END_TEST

START_TEST(an_interrupted_try_is_counted_and_is_no_failure)
{
	struct attempt a = { .failures = 2 };

	attempt_begin(&a, HERE, NOW);
	ck_assert_uint_eq(a.interrupted, 0);
	a.failures = 2;
	attempt_begin(&a, HERE, NOW + 5);
	attempt_begin(&a, HERE, NOW + 10);
	ck_assert_uint_eq(a.interrupted, 2);
	ck_assert_uint_eq(a.failures, 2);
	attempt_begin(&a, HERE, NOW + 10 + 3600);
	ck_assert_uint_eq(a.interrupted, 0);
	attempt_begin(&a, HERE, NOW + 10 + 3601);
	attempt_failed(&a, OUTCOME_FAILED, NOW + 9000, 600, DAY, 0, "no");
	ck_assert_uint_eq(a.interrupted, 0);
	attempt_begin(&a, OTHER, NOW + 9001); /* knows nothing of the other */
	ck_assert_uint_eq(a.failures, 0);
}
END_TEST

START_TEST(a_limit_that_another_met_holds_without_a_failure)
{
	struct attempt a = { .outcome = OUTCOME_NONE };

	attempt_limited(&a, HERE, NOW + DAY, "too many");
	ck_assert_int_eq(a.outcome, OUTCOME_LIMITED);
	ck_assert_int_eq(a.next, NOW + DAY);
	ck_assert_int_eq(a.tried, 0);
	ck_assert_uint_eq(a.failures, 0);
	attempt_limited(&a, HERE, NOW + 60, "too many");
	ck_assert_int_eq(a.next, NOW + DAY);
	attempt_limited(&a, OTHER, NOW + 60, "too many");
	ck_assert_int_eq(a.next, NOW + 60);
}
END_TEST

START_TEST(a5_a_pause_of_the_whole_run_is_kept_and_ends)
{
	struct pause p, q;
	struct err err;

	ck_assert_int_eq(pause_read(dir, &p, &err), 1);
	ck_assert(!pause_holds(&p, HERE, NOW));
	ck_assert_int_eq(
	    pause_begin(&p, dir, HERE, "a", NOW, 3600, "limit", &err), 0);
	ck_assert_int_eq(pause_read(dir, &q, &err), 0);
	ck_assert_str_eq(q.words, "limit");
	ck_assert_str_eq(q.account, "a");
	ck_assert(pause_holds(&q, HERE, NOW));
	ck_assert(pause_holds(&q, HERE, NOW + 3599));
	ck_assert(!pause_holds(&q, HERE, NOW + 3600));
	ck_assert(!pause_holds(&q, OTHER, NOW));
	ck_assert(!pause_holds(&q, HERE, NOW - 301)); /* a clock set back */
	ck_assert_int_eq(
	    pause_begin(&q, dir, HERE, "", NOW + 3600, 99 * DAY, "x", &err), 0);
	ck_assert_uint_eq(q.in_row, 2);
	ck_assert_int_eq(q.until, NOW + 3600 + ATTEMPT_RETRY_AFTER_S);
	pause_end(&q, dir);
	ck_assert_int_eq(pause_read(dir, &p, &err), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("attempt");
	TCase *t = tcase_create("attempt");

	tcase_add_checked_fixture(t, make_dir, remove_dir);
	tcase_add_test(t, a_state_comes_back_as_it_was_written);
	tcase_add_test(t, the_form_is_as_the_manual_says);
	tcase_add_loop_test(t,
	    what_was_not_written_here_is_told_and_counts_as_none, 0,
	    sizeof(broken) / sizeof(*broken));
	tcase_add_test(t, what_is_long_is_cut_and_a_long_host_has_a_file);
	tcase_add_test(t, a5_the_pause_grows_six_fold_to_a_day_at_most);
	tcase_add_test(t, a5_the_ca_s_own_pause_counts_where_it_is_longer);
	tcase_add_test(t,
	    a_wait_for_dns_doubles_to_an_hour_and_begins_anew_with_a_new_sight);
	tcase_add_test(t, an_interrupted_try_is_counted_and_is_no_failure);
	tcase_add_test(t, a_limit_that_another_met_holds_without_a_failure);
	tcase_add_test(t, a5_a_pause_of_the_whole_run_is_kept_and_ends);
	suite_add_tcase(s, t);
	return suite_run(s);
}
