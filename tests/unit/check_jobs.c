/* SPDX-License-Identifier: ISC */

/* Jobs side by side. */

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ctl/jobs.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define MANY     200

struct tally {
	pthread_mutex_t lock;
	pthread_t caller;
	size_t now, most, told;
	unsigned done[MANY], heard[MANY];
	bool signals; /* one could have reached a worker */
};

static void work(void *cookie, size_t index)
{
	struct tally *t = cookie;
	sigset_t blocked;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	(void)pthread_mutex_lock(&t->lock);
	if (!pthread_equal(pthread_self(), t->caller) &&
	    !sigismember(&blocked, SIGTERM))
		t->signals = true;
	if (++t->now > t->most)
		t->most = t->now;
	(void)pthread_mutex_unlock(&t->lock);
	(void)usleep((useconds_t)(index % 7 * 300));
	(void)pthread_mutex_lock(&t->lock);
	t->now--;
	t->done[index]++;
	(void)pthread_mutex_unlock(&t->lock);
}

static void on_done(void *cookie, size_t index)
{
	struct tally *t = cookie;

	ck_assert(pthread_equal(pthread_self(), t->caller));
	(void)pthread_mutex_lock(&t->lock);
	ck_assert_uint_eq(t->done[index], 1);
	(void)pthread_mutex_unlock(&t->lock);
	t->heard[index]++;
	t->told++;
}

static void run(struct tally *t, size_t count, size_t at_once, bool listen)
{
	struct jobs j = {
		.count = count,
		.at_once = at_once,
		.work = work,
		.on_done = listen ? on_done : NULL,
		.cookie = t,
	};

	(void)pthread_mutex_init(&t->lock, NULL);
	t->caller = pthread_self();
	jobs_run(&j);
	for (size_t i = 0; i < MANY; i++) {
		ck_assert_uint_eq(t->done[i], i < count);
		ck_assert_uint_eq(t->heard[i], listen && i < count);
	}
	ck_assert(!t->signals);
}

static const struct {
	size_t count, at_once, most;
} amounts[] = {
	{ 0, 4, 0 }, { 1, 4, 1 }, { 4, 4, 4 }, { MANY, 1, 1 }, { MANY, 16, 16 },
	{ 3, MANY, 3 }, { 5, 0, 1 }, /* the caller's thread alone */
};

START_TEST(each_is_done_and_told_once_so_many_at_once)
{
	struct tally t = { .now = 0 };

	run(&t, amounts[_i].count, amounts[_i].at_once, true);
	ck_assert_uint_le(t.most, amounts[_i].most);
	ck_assert_uint_eq(t.told, amounts[_i].count);
}
END_TEST

START_TEST(nobody_needs_to_listen)
{
	struct tally t = { .now = 0 };

	run(&t, MANY, 8, false);
	ck_assert_uint_gt(t.most, 1);
}
END_TEST

/* In a process of its own, as Check runs each test. */
START_TEST(no_thread_to_be_had_is_no_failure)
{
	struct rlimit before, none;
	struct tally t = { .now = 0 };

	if (geteuid() == 0)
		ck_assert_int_eq(setuid(65534), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NPROC, &before), 0);
	none = before;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
	run(&t, 10, 4, true);
	/* A sanitizer looks for leaks in a thread of its own. */
	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &before), 0);
	ck_assert_uint_eq(t.most, 1);
}
END_TEST

START_TEST(descriptors_are_taken_up_to_the_hard_limit)
{
	struct tally t = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct rlimit r;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &r), 0);
	r.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &r), 0);
	run(&t, 1, 1, true);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &r), 0);
	ck_assert_uint_eq(r.rlim_cur, r.rlim_max);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("jobs");
	TCase *t = tcase_create("jobs");

	tcase_add_loop_test(
	    t, each_is_done_and_told_once_so_many_at_once, 0, COUNT(amounts));
	tcase_add_test(t, nobody_needs_to_listen);
	tcase_add_test(t, no_thread_to_be_had_is_no_failure);
	tcase_add_test(t, descriptors_are_taken_up_to_the_hard_limit);
	suite_add_tcase(s, t);
	return suite_run(s);
}
