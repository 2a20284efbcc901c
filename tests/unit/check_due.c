/* SPDX-License-Identifier: ISC */
/* Who is due and when, who waits, who goes first. */
#include <stdio.h>
#include <string.h>

#include "ctl/due_queue.h"
#include "suite.h"

#define DAY   ((int64_t)86400)
#define HOUR  ((int64_t)3600)
#define NOW   ((int64_t)1800000000)
#define HERE  "https://ca.example/directory"
#define OTHER "https://staging.example/directory"
#define RETRY ((int64_t)600)

static struct due due_of(const char *host, int64_t from, int64_t to)
{
	return (struct due){
		.host = host,
		.pair = { .there = true,
		    .own = true,
		    .not_before = NOW + from,
		    .not_after = NOW + to },
	};
}

static struct due missing(const char *host)
{
	return (struct due){ .host = host };
}

static void tried(struct due *d, enum outcome outcome, const char *directory,
    int64_t tried_at, int64_t next)
{
	d->last.outcome = (int)outcome;
	d->last.tried = NOW + tried_at;
	d->last.next = NOW + next;
	(void)snprintf(
	    d->last.directory, sizeof(d->last.directory), "%s", directory);
}

/* A life, and how much of it is left at the latest moment of a renewal. */
static const struct {
	int64_t life, left;
} lives[] = {
	{ 398 * DAY, 398 * DAY / 3 },
	{ 90 * DAY, 30 * DAY },
	{ 64 * DAY, 64 * DAY / 3 },
	{ 45 * DAY, 15 * DAY },
	{ 10 * DAY, 10 * DAY / 3 },
	{ 10 * DAY - 1, (10 * DAY - 1) / 2 },
	{ 160 * HOUR, 80 * HOUR },
	{ 600, 300 },
	{ 14, 7 }, /* no room for a spread */
	{ 1, 0 },
};

START_TEST(a4_a_third_of_a_life_a_half_of_a_short_one)
{
	int64_t life = lives[_i].life, window = life / 15;
	int64_t latest = NOW + life - lives[_i].left;
	int64_t first = INT64_MAX, last = 0;
	char host[32];

	for (int i = 0; i < 300; i++) {
		int64_t at;

		(void)snprintf(host, sizeof(host), "mta-sts.d%d.example", i);
		at = due_moment(host, NOW, NOW + life);
		ck_assert_int_le(at, latest);
		ck_assert_int_ge(at, latest - window);
		ck_assert_int_eq(at, due_moment(host, NOW, NOW + life));
		first = at < first ? at : first;
		last = at > last ? at : last;
	}
	/* Spread over nearly all of the window. */
	ck_assert_int_ge(last - first, window * 9 / 10);
}
END_TEST

START_TEST(a4_the_moment_hangs_on_the_host_and_on_the_pair)
{
	int64_t moments[40];
	size_t different = 0;

	for (int i = 0; i < 40; i++)
		moments[i] = due_moment("mta-sts.example.com", NOW + i,
		                 NOW + i + 90 * DAY) -
		             i;
	for (int i = 1; i < 40; i++)
		different += moments[i] != moments[0];
	ck_assert_uint_ge(different, 38);
}
END_TEST

static const struct {
	int64_t from, to;
	enum due_why why;
	bool late;
} ages[] = {
	{ -1, 90 * DAY - 1, DUE_NOT, false },
	{ -53 * DAY, 37 * DAY, DUE_NOT, false }, /* before the window */
	{ -61 * DAY, 29 * DAY, DUE_AGE, false },
	{ -82 * DAY, 8 * DAY, DUE_AGE, true },
	{ -90 * DAY, 0, DUE_AGE, true }, /* its last second */
	{ -90 * DAY, -1, DUE_EXPIRED, true },
	{ -60 * HOUR, 100 * HOUR, DUE_NOT, false },
	{ -81 * HOUR, 79 * HOUR, DUE_AGE, false },
	{ -240, 360, DUE_NOT, false },
	{ -301, 299, DUE_AGE, false },
	/* not valid yet: by a slow clock the next would be no better */
	{ 60, 90 * DAY, DUE_NOT, false },
	{ 20 * 365 * DAY, 20 * 365 * DAY + 90 * DAY, DUE_NOT, false },
	/* a clock that is years ahead */
	{ -9 * 365 * DAY, -9 * 365 * DAY + 90 * DAY, DUE_EXPIRED, true },
	{ -10, -20, DUE_EXPIRED, true }, /* ends before it begins */
	{ 0, 0, DUE_AGE, true },
};

START_TEST(a4_judged_by_age)
{
	struct due d =
	    due_of("mta-sts.example.com", ages[_i].from, ages[_i].to);

	due_judge(&d, HERE, NOW);
	ck_assert_int_eq(d.why, ages[_i].why);
	ck_assert_int_eq(due_is_late(&d.pair, NOW), ages[_i].late);
	if (d.why == DUE_AGE || d.why == DUE_EXPIRED)
		ck_assert_int_le(d.at, NOW);
}
END_TEST

START_TEST(a9_a_pair_of_another_directory_counts_as_missing)
{
	static const struct {
		bool own;
		const char *issued_by;
		enum due_why why;
	} rows[] = {
		{ true, "", DUE_NOT }, /* brought by other means */
		{ true, HERE, DUE_NOT }, { true, OTHER, DUE_ELSEWHERE },
		{ false, OTHER, DUE_NOT }, /* not the one that uacme wrote */
	};
	struct due d;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		d = due_of("mta-sts.example.com", -DAY, 89 * DAY);
		d.pair.own = rows[i].own;
		(void)snprintf(d.last.issued_by, sizeof(d.last.issued_by), "%s",
		    rows[i].issued_by);
		due_judge(&d, HERE, NOW);
		ck_assert_int_eq(d.why, rows[i].why);
	}
	d = missing("mta-sts.example.com");
	due_judge(&d, HERE, NOW);
	ck_assert_int_eq(d.why, DUE_MISSING);
	ck_assert_int_eq(d.at, 0);
}
END_TEST

static const struct {
	enum outcome outcome;
	const char *directory;
	unsigned interrupted;
	int64_t tried, next;
	enum due_hold hold, named; /* and where it is asked for by name */
	int64_t until;
} holds[] = {
	{ OUTCOME_NONE, "", 0, -NOW, -NOW, HOLD_NOT, HOLD_NOT, 0 },
	{ OUTCOME_FAILED, HERE, 0, -10, 590, HOLD_BACKOFF, HOLD_BACKOFF, 590 },
	{ OUTCOME_FAILED, HERE, 0, -600, 0, HOLD_NOT, HOLD_NOT, 0 },
	{ OUTCOME_FAILED, OTHER, 0, -10, 590, HOLD_NOT, HOLD_NOT, 0 },
	{ OUTCOME_LIMITED, HERE, 0, -10, DAY, HOLD_LIMIT, HOLD_LIMIT, DAY },
	{ OUTCOME_WAITING, HERE, 0, -10, 290, HOLD_DNS, HOLD_NOT, 290 },
	{ OUTCOME_WAITING, HERE, 0, -301, -1, HOLD_NOT, HOLD_NOT, 0 },
	{ OUTCOME_ISSUED, HERE, 0, -10, 50, HOLD_BACKOFF, HOLD_BACKOFF, 50 },
	/* cut off: again at once, but not for ever */
	{ OUTCOME_TRYING, HERE, 0, -1, 0, HOLD_NOT, HOLD_NOT, 0 },
	{ OUTCOME_TRYING, HERE, 2, -1, 0, HOLD_NOT, HOLD_NOT, 0 },
	{ OUTCOME_TRYING, HERE, 3, -1, 0, HOLD_INTERRUPTED, HOLD_INTERRUPTED,
	    RETRY - 1 },
	{ OUTCOME_TRYING, HERE, 3, -RETRY, 0, HOLD_NOT, HOLD_NOT, 0 },
	/* the clock was an hour ahead when it was tried */
	{ OUTCOME_FAILED, HERE, 0, 3600, 5000, HOLD_NOT, HOLD_NOT, 0 },
	/* or when another host met a limit that held this one too */
	{ OUTCOME_LIMITED, HERE, 0, -10, 9 * DAY, HOLD_NOT, HOLD_NOT, 0 },
	{ OUTCOME_LIMITED, HERE, 0, -10, 8 * DAY, HOLD_LIMIT, HOLD_LIMIT,
	    8 * DAY },
	{ OUTCOME_FAILED, HERE, 0, 200, 5000, HOLD_BACKOFF, HOLD_BACKOFF,
	    5000 },
};

START_TEST(a5_who_waits_and_until_when)
{
	struct due d = missing("mta-sts.example.com");
	int64_t until;

	tried(&d, holds[_i].outcome, holds[_i].directory, holds[_i].tried,
	    holds[_i].next);
	d.last.interrupted = holds[_i].interrupted;
	ck_assert_int_eq(due_is_held(&d, ASKED_NOT, HERE, RETRY, NOW, &until),
	    holds[_i].hold);
	ck_assert_int_eq(
	    until, holds[_i].hold == HOLD_NOT ? 0 : NOW + holds[_i].until);
	ck_assert_int_eq(
	    due_is_held(&d, ASKED_BY_NAME, HERE, RETRY, NOW, &until),
	    holds[_i].named);
	ck_assert_int_eq(
	    due_is_held(&d, ASKED_BY_FORCE, HERE, RETRY, NOW, &until),
	    HOLD_NOT);
	ck_assert_int_eq(until, 0);
}
END_TEST

START_TEST(the_urgent_go_before_the_new_and_those_before_the_tried)
{
	struct due all[9], *queue[9];
	static const char *const wanted[] = { "host.example", "expired.example",
		"late.example", "a-new.example", "b-moved.example",
		"older.example", "old.example" };

	all[0] = due_of("old.example", -62 * DAY, 28 * DAY);
	all[1] = missing("again.example");
	tried(&all[1], OUTCOME_WAITING, HERE, -400, -100);
	all[2] = missing("a-new.example");
	all[3] = due_of("late.example", -85 * DAY, 5 * DAY);
	tried(&all[3], OUTCOME_FAILED, HERE, -400, -100);
	all[4] = due_of("older.example", -70 * DAY, 20 * DAY);
	tried(&all[4], OUTCOME_ISSUED, HERE, -70 * DAY, -69 * DAY);
	all[5] = missing("host.example");
	all[5].first = true;
	all[6] = due_of("b-moved.example", -DAY, 89 * DAY);
	tried(&all[6], OUTCOME_ISSUED, OTHER, -DAY, -DAY);
	all[7] = due_of("expired.example", -91 * DAY, -DAY);
	all[8] = due_of("failed.example", -75 * DAY, 15 * DAY);
	tried(&all[8], OUTCOME_FAILED, HERE, -400, -100);
	all[8].last.failures = 2;
	for (size_t i = 0; i < 9; i++)
		queue[i] = &all[i];
	due_sort(queue, 9, HERE, NOW);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		ck_assert_str_eq(queue[i]->host, wanted[i]);
}
END_TEST

START_TEST(the_tried_ones_go_by_lot)
{
	struct due all[12], *queue[12];
	char names[12][32];
	const char *first = NULL;
	bool same = true;

	for (size_t round = 0; round < 30; round++) {
		for (size_t i = 0; i < 12; i++) {
			(void)snprintf(
			    names[i], sizeof(names[i]), "d%zu.example", i);
			all[i] = missing(names[i]);
			tried(&all[i], OUTCOME_FAILED, HERE, -900, -1);
			queue[i] = &all[i];
		}
		due_sort(queue, 12, HERE, NOW);
		same = same && (first == NULL || first == queue[0]->host);
		first = queue[0]->host;
	}
	ck_assert(!same);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("due");
	TCase *t = tcase_create("due");

	tcase_add_loop_test(t, a4_a_third_of_a_life_a_half_of_a_short_one, 0,
	    sizeof(lives) / sizeof(*lives));
	tcase_add_test(t, a4_the_moment_hangs_on_the_host_and_on_the_pair);
	tcase_add_loop_test(
	    t, a4_judged_by_age, 0, sizeof(ages) / sizeof(*ages));
	tcase_add_test(t, a9_a_pair_of_another_directory_counts_as_missing);
	tcase_add_loop_test(
	    t, a5_who_waits_and_until_when, 0, sizeof(holds) / sizeof(*holds));
	tcase_add_test(
	    t, the_urgent_go_before_the_new_and_those_before_the_tried);
	tcase_add_test(t, the_tried_ones_go_by_lot);
	suite_add_tcase(s, t);
	return suite_run(s);
}
