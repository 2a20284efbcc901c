/* SPDX-License-Identifier: ISC */

/*
 * Threads that take the next index, and a list of those that have ended, in
 * the order in which they did, which the caller's thread walks.
 */

#include "jobs.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

struct floor {
	const struct jobs *jobs;
	pthread_mutex_t lock;
	pthread_cond_t news;
	size_t next;  /* not begun yet */
	size_t *done; /* indexes; done_count of them are there */
	size_t done_count;
};

static void *labour(void *cookie)
{
	struct floor *f = cookie;
	size_t index;

	(void)pthread_mutex_lock(&f->lock);
	while (f->next < f->jobs->count) {
		index = f->next++;
		(void)pthread_mutex_unlock(&f->lock);
		f->jobs->work(f->jobs->cookie, index);
		(void)pthread_mutex_lock(&f->lock);
		f->done[f->done_count++] = index;
		(void)pthread_cond_signal(&f->news);
	}
	(void)pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* As many threads as can be had; signals stay with the caller's. */
static size_t hire(struct floor *f, pthread_t *threads, size_t count)
{
	sigset_t all, before;
	size_t hired = 0;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (hired < count &&
	       pthread_create(&threads[hired], NULL, labour, f) == 0)
		hired++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return hired;
}

static void tell_done(struct floor *f)
{
	size_t index;

	(void)pthread_mutex_lock(&f->lock);
	for (size_t told = 0; told < f->jobs->count; told++) {
		while (told == f->done_count)
			(void)pthread_cond_wait(&f->news, &f->lock);
		index = f->done[told];
		(void)pthread_mutex_unlock(&f->lock);
		if (f->jobs->on_done != NULL)
			f->jobs->on_done(f->jobs->cookie, index);
		(void)pthread_mutex_lock(&f->lock);
	}
	(void)pthread_mutex_unlock(&f->lock);
}

static void work_alone(const struct jobs *j)
{
	for (size_t i = 0; i < j->count; i++) {
		j->work(j->cookie, i);
		if (j->on_done != NULL)
			j->on_done(j->cookie, i);
	}
}

/* A lookup holds some ten, and what is given at first is often 1024. */
static void take_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r); /* else fewer jobs will do */
}

void jobs_run(const struct jobs *j)
{
	size_t count = j->at_once < j->count ? j->at_once : j->count;
	pthread_t *threads = calloc(count + 1, sizeof(*threads));
	struct floor f = {
		.jobs = j,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.news = PTHREAD_COND_INITIALIZER,
		.done = calloc(j->count + 1, sizeof(*f.done)),
	};
	size_t hired = 0;

	take_descriptors();
	if (threads != NULL && f.done != NULL)
		hired = hire(&f, threads, count);
	if (hired == 0)
		work_alone(j);
	else
		tell_done(&f);
	for (size_t i = 0; i < hired; i++)
		(void)pthread_join(threads[i], NULL);
	free(threads);
	free(f.done);
}
