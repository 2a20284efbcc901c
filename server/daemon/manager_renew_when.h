/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MANAGER_RENEW_WHEN_H
#define DAEMON_MANAGER_RENEW_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * When a run of `mta-stsctl renew` begins and is to end, without any process:
 * whoever owns this tells it what has happened, asks for the next deed, does
 * it, and asks again. A whole run sees to every host, one for knocks to those
 * that knocked. All moments are of the monotonic clock, in ms.
 */

#define WHEN_NEVER INT64_MAX

struct when {
	bool on;   /* is it our business to renew at all? */
	bool news; /* a whole run is wanted at once */
	/* A whole run is due; WHEN_NEVER where the one that runs will say. */
	int64_t due_ms;
	unsigned failures;  /* in a row */
	int64_t knocked_ms; /* the last run for knocks began */
	bool for_knocks;    /* the run that there is, or the last one */
	bool runs, told, killed;
	int64_t began_ms;
};

enum deed {
	DEED_WAIT,        /* until a moment */
	DEED_RUN,         /* a whole run, then when_begin */
	DEED_RUN_KNOCKED, /* a run for knocks, then when_begin */
	DEED_TELL,        /* it should end, after the order in hand */
	DEED_KILL,        /* it has had its time */
};

enum ending {
	ENDED_WELL,   /* and said in how many seconds it is due again */
	ENDED_TOLD,   /* by our telling, before it could say anything */
	ENDED_FAILED, /* in any other way */
};

void when_init(struct when *w);
/*
 * What is to be done now; DEED_TELL and DEED_KILL are taken as done. knocked:
 * somebody waits. *ret_at_ms, of DEED_WAIT alone: when to ask again unless
 * something happens; or WHEN_NEVER.
 */
enum deed when_next(
    struct when *w, bool knocked, int64_t now_ms, int64_t *ret_at_ms);
void when_begin(struct when *w, bool for_knocks, int64_t now_ms);
/* again_s: of ENDED_WELL alone. */
void when_end(
    struct when *w, enum ending ending, int64_t again_s, int64_t now_ms);

/*
 * What a run said on its standard output: "next SECONDS" on one line, and
 * nothing else. More than a day is a day. False: it is not that.
 */
#define WHEN_TEXT_MAX 64
bool when_read(const char *text, size_t len, int64_t *ret_again_s);

#endif
