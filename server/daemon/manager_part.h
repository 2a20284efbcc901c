/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MANAGER_PART_H
#define DAEMON_MANAGER_PART_H

#include <stdbool.h>

#include "base/loop.h"

/* The manager's state, for its parts alone. */

struct crew;
struct farewell;
struct generation;
struct listeners;
struct renew;
struct stats;
struct watcher;

struct manager {
	const char *path;
	const struct listeners *listeners, *admin;
	struct loop *loop;
	struct watcher *watcher;
	struct stats *stats;
	struct renew *renew;
	struct farewell *farewell;
	struct generation *now, *next; /* next: being handed over to */
	struct crew *living, *coming;
	struct crew *draining; /* whoever is to end, the newest first */
	unsigned crews;        /* so far */
	unsigned asked;        /* BUILD_ flags that next came from */
	unsigned wanted;       /* BUILD_ flags, for when next is done */
	struct timer timer;    /* for what is waited for: one thing at a time */
	struct timer day;      /* the ages of pairs are told anew */
	struct timer beat;     /* to ask workers whether they are well; when */
	                       /* stopping, for what renews: its time is over */
	int64_t beat_ms;       /* how often */
	int64_t watchdog_ms;   /* the service manager's patience; 0: none */
	int64_t fed_ms;        /* when it was told last that we are alive */
	bool refused;          /* the last reading of the configuration */
	bool new_failed;       /* the last handover, for want of workers */
	bool stopping;
	int status;
};

/* Build what flags and what was put off ask for, and hand over to it. */
void manager_build(struct manager *m, unsigned flags);

/* A worker answers, or a build goes on: the watchdog is told, not too often. */
void manager_feed(void *manager);
/* What is served and what is wrong, for whoever asks how we are. */
void manager_tell_state(const struct manager *m);

/* Begin to hand over to g, which is the manager's from now on. */
void manager_hand_over(struct manager *m, struct generation *g);
/* Keep c (or NULL), which is to go, until all of it have ended. */
void manager_put_aside(struct manager *m, struct crew *c);
/* The old crew has left, or has had its time: the new one begins. */
void manager_complete(struct manager *m);
/* The new crew is no good: it goes, and the old one never knew. */
void manager_fail(struct manager *m);

#endif
