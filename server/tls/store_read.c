/* SPDX-License-Identifier: ISC */

/*
 * Pairs from their directories, by as many threads as are worth it: judging
 * ten thousand takes seconds. Each takes the next directory that nobody has
 * taken, and has a reader and an arena of its own, which joins the others'
 * when it has ended; so nothing is shared, and nothing is left for a fork.
 */

#include "tls/store_read.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/err.h"
#include "tls/store.h"

#define TRIES        3
#define SECOND_NS    1000000000
#define THREADS_MOST 4
#define THREAD_WORTH 256 /* directories: a reader costs about ten */

/* What all threads take from. */
struct pool {
	const struct reads *reads;
	atomic_size_t next;
};

struct thread {
	pthread_t id;
	struct pool *pool;
	struct arena *arena;
	struct pair_reader *reader;
};

/* Is it of the machine, not of the files, so that it may be over soon? */
static bool is_passing(int error)
{
	return error == EIO || error == ENOMEM || error == EMFILE ||
	       error == ENFILE;
}

static int read_once(
    const char *certs, struct pair_reader *r, struct entry *e, struct err *err)
{
	char cert[PATH_MAX], key[PATH_MAX];

	scan_cert_path(certs, e->name, e->look.cert_place, cert);
	if (e->look.key_place == KEY_NONE) {
		err_set(err,
		    "%s: has no key (%s/key.pem, %s/privkey.pem or "
		    "private/%s/key.pem)",
		    cert, e->name, e->name, e->name);
		return -1;
	}
	scan_key_path(certs, e->name, e->look.key_place, key);
	return pair_read(r, cert, key, &e->pair, &e->oddities, err);
}

static bool is_older(const struct look *l, int64_t moment)
{
	return l->cert_place != CERT_NONE &&
	       l->cert.mtime_ns / SECOND_NS <= moment &&
	       l->key.mtime_ns / SECOND_NS <= moment;
}

void store_each(const char *certs, int64_t until,
    bool (*on_pair)(void *cookie, const struct pair *p), void *cookie)
{
	struct arena *a = arena_new(true);
	struct pair_reader *r = pair_reader_new(a);
	const char **names;
	size_t count = 0;
	bool more = true;
	struct err err;

	if (scan_names(certs, a, &names, &count, &err) != 0)
		count = 0;
	for (size_t i = 0; i < count && more; i++) {
		struct entry e = { .name = names[i] };

		e.look = scan_look(certs, e.name, NULL);
		if (!is_older(&e.look, until) ||
		    read_once(certs, r, &e, &err) != 0)
			continue;
		e.pair.name = e.name;
		more = on_pair(cookie, &e.pair);
	}
	pair_reader_free(r);
	arena_free(a);
}

/* Files that are replaced while they are read are read again. */
static void read_pair(
    const struct thread *t, const char *certs, struct entry *e)
{
	struct err err;
	bool changed = true;
	int result = -1;

	for (int i = 0; i < TRIES && changed; i++) {
		struct look after;

		e->unsettled = look_is_fresh(&e->look);
		errno = 0;
		result = read_once(certs, t->reader, e, &err);
		if (result != 0 && is_passing(errno))
			e->unsettled = true;
		after = scan_look(certs, e->name, &e->look);
		changed = !look_same(&e->look, &after);
		if (changed && after.cert_place != CERT_NONE)
			e->look = after;
	}
	e->unsettled = e->unsettled || changed;
	if (result != 0) {
		e->fault = arena_string(t->arena, err.text);
		return;
	}
	e->pair.name = e->name;
	e->has_pair = true;
}

bool task_is_kept(const struct task *t, const struct entry *e)
{
	const struct entry *old = t->step.entry;

	return old != NULL && !old->unsettled &&
	       look_same(&old->look, &e->look);
}

static void run_task(const struct thread *t, size_t index)
{
	const struct reads *reads = t->pool->reads;
	struct task *task = &reads->tasks[index];
	struct entry *e = &reads->entries[index];
	const struct entry *old = task->step.entry;

	e->look.cert_place = CERT_NONE;
	e->look.key_place = KEY_NONE;
	if (task->step.is_there)
		e->look = scan_look(reads->certs, e->name,
		    old == NULL || old->unsettled ? NULL : &old->look);
	if (e->look.cert_place == CERT_NONE || task_is_kept(task, e))
		return;
	task->was_read = true;
	read_pair(t, reads->certs, e);
}

static bool run_next(const struct thread *t)
{
	size_t index = atomic_fetch_add(&t->pool->next, 1);

	if (index >= t->pool->reads->count)
		return false;
	run_task(t, index);
	return true;
}

static void *run_thread(void *cookie)
{
	const struct thread *t = cookie;

	while (run_next(t))
		;
	return NULL;
}

/* Of those beside this one. */
static size_t threads_worth(size_t tasks)
{
	size_t most = THREADS_MOST, worth = tasks / THREAD_WORTH;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 &&
	    (size_t)CPU_COUNT(&set) < most)
		most = (size_t)CPU_COUNT(&set);
	return (worth < most ? worth : most) - (worth > 0);
}

void reads_run(
    const struct reads *reads, struct arena *a, struct pair_reader *r)
{
	struct pool pool = { .reads = reads };
	const struct thread own = { .pool = &pool, .arena = a, .reader = r };
	struct thread others[THREADS_MOST];
	size_t count = 0, wanted = threads_worth(reads->count);

	for (; count < wanted; count++) {
		struct thread *t = &others[count];

		t->pool = &pool;
		t->arena = arena_new(true);
		t->reader = pair_reader_new(t->arena);
		if (pthread_create(&t->id, NULL, run_thread, t) != 0) {
			pair_reader_free(t->reader);
			arena_free(t->arena);
			break; /* whoever there is does it all */
		}
	}
	while (run_next(&own))
		if (reads->calls->on_step != NULL)
			reads->calls->on_step(reads->calls->cookie);
	for (size_t i = 0; i < count; i++) {
		(void)pthread_join(others[i].id, NULL); /* it cannot fail */
		pair_reader_free(others[i].reader);
		arena_join(a, others[i].arena);
	}
}
