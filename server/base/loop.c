/* SPDX-License-Identifier: ISC */

/*
 * The one loop of a process. Timers are a binary heap of embedded structs that
 * know their place, so that setting one anew costs a few swaps and no memory.
 * Fetched events are kept in a batch, in which a removed watch is crossed out.
 */

#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"

#define BATCH 128

struct loop {
	int epoll;
	bool running;
	int64_t now_ms;

	struct timer **heap; /* from 1 */
	size_t timers, room;

	struct epoll_event batch[BATCH];
	int batch_next, batch_end;

	int signals;
	struct watch signal_watch;
	struct {
		void (*on_signal)(void *cookie, int signal);
		void *cookie;
	} handlers[NSIG];
	sigset_t handled;
};

int64_t clock_now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->signals = -1;
	(void)sigemptyset(&l->handled);
	l->now_ms = clock_now_ms();
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		free(l);
		return NULL;
	}
	return l;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	if (l->signals >= 0)
		(void)close(l->signals);
	(void)close(l->epoll);
	free(l->heap);
	free(l);
}

int loop_add(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };

	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, w->fd, &e);
}

int loop_change(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };

	return epoll_ctl(l->epoll, EPOLL_CTL_MOD, w->fd, &e);
}

/* What was already fetched for w is not told. */
static void forget(struct loop *l, const struct watch *w)
{
	for (int i = l->batch_next; i < l->batch_end; i++)
		if (l->batch[i].data.ptr == w)
			l->batch[i].data.ptr = NULL;
}

void loop_remove(struct loop *l, struct watch *w)
{
	(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	forget(l, w);
}

void loop_close(struct loop *l, struct watch *w)
{
	(void)close(w->fd); /* nothing can be done about it */
	w->fd = -1;
	forget(l, w);
}

static void put(struct loop *l, size_t place, struct timer *t)
{
	l->heap[place] = t;
	t->place = place;
}

/* Find t's place from an empty one upwards, then downwards. */
static void settle(struct loop *l, size_t place, struct timer *t)
{
	while (place > 1 && l->heap[place / 2]->at_ms > t->at_ms) {
		put(l, place, l->heap[place / 2]);
		place /= 2;
	}
	for (;;) {
		size_t child = place * 2;

		if (child > l->timers)
			break;
		if (child < l->timers &&
		    l->heap[child + 1]->at_ms < l->heap[child]->at_ms)
			child++;
		if (l->heap[child]->at_ms >= t->at_ms)
			break;
		put(l, place, l->heap[child]);
		place = child;
	}
	put(l, place, t);
}

void loop_set(struct loop *l, struct timer *t, int64_t at_ms)
{
	t->at_ms = at_ms;
	if (t->place != 0) {
		settle(l, t->place, t);
		return;
	}
	if (l->timers + 2 > l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		struct timer **heap =
		    reallocarray(l->heap, room, sizeof(struct timer *));

		/* Without its timer a connection would have no deadline. */
		if (heap == NULL)
			arena_no_memory();
		l->heap = heap;
		l->room = room;
	}
	l->timers++;
	settle(l, l->timers, t);
}

void loop_unset(struct loop *l, struct timer *t)
{
	size_t place = t->place;
	struct timer *last;

	if (place == 0)
		return;
	assert(l->heap[place] == t);
	last = l->heap[l->timers--];
	t->place = 0;
	if (last != t)
		settle(l, place, last);
}

static void on_signal_ready(void *cookie, uint32_t events)
{
	struct loop *l = cookie;
	struct signalfd_siginfo info;

	(void)events;
	while (read(l->signals, &info, sizeof(info)) == sizeof(info)) {
		int number = (int)info.ssi_signo;

		if (number > 0 && number < NSIG &&
		    l->handlers[number].on_signal != NULL)
			l->handlers[number].on_signal(
			    l->handlers[number].cookie, number);
	}
}

int loop_signal(struct loop *l, int number,
    void (*on_signal)(void *cookie, int signal), void *cookie)
{
	bool first = l->signals < 0;
	int fd;

	assert(number > 0 && number < NSIG);
	(void)sigaddset(&l->handled, number);
	if (sigprocmask(SIG_BLOCK, &l->handled, NULL) != 0)
		return -1;
	fd = signalfd(l->signals, &l->handled, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -1;
	l->signals = fd;
	l->handlers[number].on_signal = on_signal;
	l->handlers[number].cookie = cookie;
	if (!first)
		return 0;
	l->signal_watch = (struct watch){
		.fd = fd, .on_event = on_signal_ready, .cookie = l
	};
	return loop_add(l, &l->signal_watch, EPOLLIN);
}

static void run_timers(struct loop *l)
{
	while (l->timers > 0 && l->heap[1]->at_ms <= l->now_ms && l->running) {
		struct timer *t = l->heap[1];

		loop_unset(l, t);
		t->on_time(t->cookie);
	}
}

static int wait_ms(const struct loop *l)
{
	int64_t left;

	if (l->timers == 0)
		return -1;
	left = l->heap[1]->at_ms - clock_now_ms();
	if (left < 0)
		return 0;
	return left > 60000 ? 60000 : (int)left;
}

int loop_run(struct loop *l)
{
	l->running = true;
	while (l->running) {
		int n = epoll_wait(l->epoll, l->batch, BATCH, wait_ms(l));

		if (n < 0 && errno != EINTR)
			return -1;
		l->now_ms = clock_now_ms();
		l->batch_end = n < 0 ? 0 : n;
		for (l->batch_next = 0; l->batch_next < l->batch_end;) {
			struct epoll_event *e = &l->batch[l->batch_next++];
			struct watch *w = e->data.ptr;

			if (w != NULL && l->running)
				w->on_event(w->cookie, e->events);
		}
		l->batch_end = 0;
		run_timers(l);
	}
	return 0;
}

void loop_stop(struct loop *l)
{
	l->running = false;
}

int64_t loop_now_ms(const struct loop *l)
{
	return l->now_ms;
}
