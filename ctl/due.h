/* SPDX-License-Identifier: ISC */
#ifndef CTL_DUE_H
#define CTL_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt.h"
#include "due_pair.h"

/*
 * Who needs a certificate, why, since when, and who goes first (RULES A4, A5,
 * A9). All of it is decided from what is given here and the time now, in
 * seconds since the epoch, so that a dry run tells what a run does.
 */

enum due_why {
	DUE_NOT,
	DUE_MISSING,   /* there is none that covers the host */
	DUE_ELSEWHERE, /* uacme's pair is from another directory */
	DUE_EXPIRED,
	DUE_AGE,
	DUE_FORCED, /* somebody wants it */
};

enum due_hold {
	HOLD_NOT,
	HOLD_DNS,         /* a wait for DNS */
	HOLD_BACKOFF,     /* after a failure, or a moment after a success */
	HOLD_LIMIT,       /* as the CA wants it */
	HOLD_INTERRUPTED, /* tries are cut off again and again */
};

struct due {
	const char *host;
	bool first;        /* it is `host:` */
	const char *fault; /* why what is in its directory is no pair */
	struct due_pair pair;
	struct attempt last;
	enum due_why why;
	int64_t at; /* when it is due, or was; 0: has always been */
	uint32_t lot;
};

/* How a host is asked for. */
enum due_asked { ASKED_NOT, ASKED_BY_NAME, ASKED_BY_FORCE };

/* Set d's why and at. */
void due_judge(struct due *d, const char *directory, int64_t now);

/* Is d not to be tried now, and until when (0: no)? */
enum due_hold due_is_held(const struct due *d, enum due_asked asked,
    const char *directory, int64_t retry_s, int64_t now, int64_t *ret_until);

#endif
