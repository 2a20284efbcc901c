/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MANAGER_CREW_H
#define DAEMON_MANAGER_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/loop.h"
#include "daemon/worker.h"

/*
 * A crew: the workers of one generation, one a slot, and its admin process.
 * It forks them, hears what they say, and starts anew those that die; whoever
 * owns it decides when they begin, leave and stop.
 */

struct crew;
struct generation;
struct listeners;
struct stats;
#define CREW_MOST 64 /* workers */
struct crew_plan {
	struct loop *loop;
	const struct listeners *listeners, *admin; /* admin: may be none */
	struct stats *stats;
	unsigned row; /* of the stats, that no living crew has */
	/* Every slot has a worker that is ready: told once. */
	void (*on_ready)(void *cookie, struct crew *c);
	/* Every worker has left, or is dead. */
	void (*on_left)(void *cookie, struct crew *c);
	/* One died before crew_begin; the rest should be killed. */
	void (*on_failed)(void *cookie, struct crew *c);
	void (*on_here)(void *cookie); /* a worker has answered crew_ask */
	/* A worker says WORKER_KNOCK, and len bytes that may be anything. */
	void (*on_knock)(void *cookie, const char *host, size_t len);
	void *cookie;
};

struct child {
	struct crew *crew;
	unsigned slot;
	pid_t pid; /* 0: none now */
	struct watch control;
	bool ready, left;
	unsigned failures;   /* in a row */
	unsigned unanswered; /* questions of crew_ask, in a row */
	int64_t started_ms;
	struct timer timer; /* to be ready by, or to be forked anew at */
};

struct crew {
	struct crew *next; /* the owner's */
	struct crew_plan plan;
	const struct generation *generation;
	bool begun, leaving, killed, told_ready, told_left;
	size_t count, forks; /* of workers; and with the admin process, last */
	struct child at[CREW_MOST + 1];
};

/* Fork count workers of g, which outlives their serving. */
struct crew *crew_new(
    const struct crew_plan *plan, const struct generation *g, size_t count);
/* From now on new workers are forked from g, which serves the same. */
void crew_move(struct crew *c, const struct generation *g);

void crew_begin(struct crew *c);
/* Ask whether they are well; one that answers none of three is killed. */
void crew_ask(struct crew *c);
void crew_leave(struct crew *c);
void crew_stop(struct crew *c);
/* At once, and no word of the log about each. */
void crew_kill(struct crew *c);
/* A child has died. False: it was none of c's. */
bool crew_bury(struct crew *c, pid_t pid, int wait_status);
size_t crew_alive(const struct crew *c);
/* To be called when nobody of it is alive. */
void crew_free(struct crew *c);

#endif
