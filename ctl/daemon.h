/* SPDX-License-Identifier: ISC */
#ifndef CTL_DAEMON_H
#define CTL_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

/*
 * What a running mta-stsd says of itself at `listen.admin`. Whoever answers
 * there may be somebody else: it is asked for 2 s at most, its answer is
 * bounded, and what is in it is another's text, to be shown escaped. Moments
 * are in seconds since the epoch; what is not told is NULL or 0.
 */

struct arena;
struct err;
struct settings;

struct daemon_host {
	const char *host, *domain; /* domain NULL: it is `host:` */
	const char *id, *mode;
	int64_t not_after; /* of its certificate; 0: it has none */
	int64_t fetches;   /* of its policy, so far; -1: not counted */
};

struct daemon_stranger {
	const char *host; /* asked for, and not configured */
	int64_t at;       /* last */
};

struct daemon {
	const char *version, *configuration;
	int64_t started;
	bool alive, ready;
	int64_t generation, since;
	int64_t reloaded, faults; /* since it was asked to; what it found */
	bool taken;               /* the configuration was, then */
	int64_t kept, held;       /* domains as last good; by the brake */
	int64_t wanted, workers, restarts;
	struct daemon_host *hosts; /* in order of host */
	size_t host_count;
	struct daemon_stranger *strangers; /* the last first */
	size_t stranger_count;
};

enum daemon_end {
	DAEMON_TOLD,
	DAEMON_AWAY,    /* it is off, or nobody is there */
	DAEMON_STRANGE, /* it hangs, or that is no mta-stsd */
};

/* Ask it. What it tells is in a; otherwise err says why it does not. */
enum daemon_end daemon_ask(const struct settings *s, struct arena *a,
    struct daemon *ret_daemon, struct err *err);

/* The same from its answer. 0; or -1: it is not mta-stsd's. */
int daemon_read(
    const char *json, size_t len, struct arena *a, struct daemon *ret_daemon);

const struct daemon_host *daemon_find(const struct daemon *d, const char *host);

#endif
