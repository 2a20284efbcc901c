/* SPDX-License-Identifier: ISC */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stddef.h>
#include <stdint.h>

/*
 * One epoll, timers on the monotonic clock, and signals, each as a callback
 * and its cookie. Watches and timers are embedded in what they belong to and
 * owned by it; what is removed is never called back, not even where its event
 * was already fetched.
 */

struct loop;

struct watch {
	int fd;
	void (*on_event)(void *cookie, uint32_t events); /* EPOLLIN, ... */
	void *cookie;
};

struct timer {
	void (*on_time)(void *cookie);
	void *cookie;
	int64_t at_ms;
	size_t place; /* 1 and above while it is set; the loop's own */
};

/* NULL and errno where the system refuses. */
struct loop *loop_new(void);
void loop_free(struct loop *l);

/* events as epoll_ctl(2). 0; or -1 and errno. */
int loop_add(struct loop *l, struct watch *w, uint32_t events);
int loop_change(struct loop *l, struct watch *w, uint32_t events);
/* To be called before the descriptor is closed. Removing twice is harmless. */
void loop_remove(struct loop *l, struct watch *w);
/* Close w->fd, added or not, which nobody else holds: a close is a removal. */
void loop_close(struct loop *l, struct watch *w);

/* Set t (anew) to a moment of loop_now_ms. */
void loop_set(struct loop *l, struct timer *t, int64_t at_ms);
void loop_unset(struct loop *l, struct timer *t);

/*
 * Deliver a signal as a callback; it is blocked from now on, also in a child
 * that is forked from this process. 0; or -1 and errno.
 */
int loop_signal(struct loop *l, int signal,
    void (*on_signal)(void *cookie, int signal), void *cookie);

/* Run until loop_stop, or -1 and errno where epoll fails. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Monotonic, in ms; loop_now_ms is the moment of the last wake-up. */
int64_t loop_now_ms(const struct loop *l);
int64_t clock_now_ms(void);
int64_t clock_now_us(void); /* the same clock, in microseconds */

#endif
