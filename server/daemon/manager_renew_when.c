/* SPDX-License-Identifier: ISC */

/*
 * The rules of pace between the manager and its runs. What strangers can
 * cause (knocks) never keeps a whole run from going on: it has ten seconds
 * for itself, is interrupted once a minute at most, goes first after a run for
 * knocks, and while runs fail no knock starts or interrupts one.
 */

#include "daemon/manager_renew_when.h"

#include <string.h>

#define SECOND_MS     ((int64_t)1000)
#define MINUTE_MS     (60 * SECOND_MS)
#define APART_MS      (10 * SECOND_MS) /* of runs that nothing new asks for */
#define RUN_MS        (90 * MINUTE_MS)
#define PAUSE_MS      MINUTE_MS
#define PAUSE_MOST_MS (60 * MINUTE_MS)
#define DAY_S         ((int64_t)86400)

void when_init(struct when *w)
{
	*w = (struct when){
		.due_ms = WHEN_NEVER,
		.knocked_ms = INT64_MIN / 2, /* long ago, whatever now is */
	};
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static enum deed next_while_running(
    struct when *w, bool knocked, int64_t now_ms, int64_t *ret_at_ms)
{
	int64_t kill_ms = w->began_ms + RUN_MS, tell_ms = WHEN_NEVER;

	*ret_at_ms = WHEN_NEVER;
	if (w->killed)
		return DEED_WAIT;
	if (now_ms >= kill_ms) {
		w->killed = true;
		return DEED_KILL;
	}
	if (!w->on || w->news)
		tell_ms = now_ms;
	else if (knocked && !w->for_knocks && w->failures == 0)
		tell_ms =
		    later(w->knocked_ms + MINUTE_MS, w->began_ms + APART_MS);
	if (!w->told && now_ms >= tell_ms) {
		w->told = true;
		return DEED_TELL;
	}
	*ret_at_ms = w->told ? kill_ms : earlier(kill_ms, tell_ms);
	return DEED_WAIT;
}

enum deed when_next(
    struct when *w, bool knocked, int64_t now_ms, int64_t *ret_at_ms)
{
	int64_t knock_ms = WHEN_NEVER;

	if (w->runs)
		return next_while_running(w, knocked, now_ms, ret_at_ms);
	*ret_at_ms = WHEN_NEVER;
	if (!w->on)
		return DEED_WAIT;
	if (w->news)
		return DEED_RUN;
	if (knocked && w->failures == 0)
		knock_ms = w->knocked_ms + APART_MS;
	if (now_ms >= w->due_ms && (w->for_knocks || now_ms < knock_ms))
		return DEED_RUN;
	if (now_ms >= knock_ms)
		return DEED_RUN_KNOCKED;
	*ret_at_ms = earlier(w->due_ms, knock_ms);
	return DEED_WAIT;
}

void when_begin(struct when *w, bool for_knocks, int64_t now_ms)
{
	w->runs = true;
	w->told = w->killed = false;
	w->for_knocks = for_knocks;
	w->began_ms = now_ms;
	if (for_knocks) {
		w->knocked_ms = now_ms;
		return;
	}
	w->news = false;
	w->due_ms = WHEN_NEVER;
}

static int64_t pause_ms(unsigned failures)
{
	int64_t pause = PAUSE_MS;

	while (failures-- > 1 && pause < PAUSE_MOST_MS)
		pause *= 2;
	return earlier(pause, PAUSE_MOST_MS);
}

void when_end(
    struct when *w, enum ending ending, int64_t again_s, int64_t now_ms)
{
	int64_t again_ms =
	    later(now_ms + again_s * SECOND_MS, w->began_ms + APART_MS);

	w->runs = false;
	if (ending == ENDED_FAILED) {
		w->failures++;
		w->due_ms = now_ms + pause_ms(w->failures);
		return;
	}
	if (ending == ENDED_WELL)
		w->failures = 0;
	if (!w->for_knocks) /* what was cut short is taken up again */
		w->due_ms = w->told ? now_ms : again_ms;
	else if (ending == ENDED_WELL)
		w->due_ms = earlier(w->due_ms, again_ms);
}

bool when_read(const char *text, size_t len, int64_t *ret_again_s)
{
	static const char word[] = "next ";
	size_t at = sizeof(word) - 1;
	int64_t seconds = 0;

	if (len > WHEN_TEXT_MAX || len < at + 2 || text[len - 1] != '\n' ||
	    memcmp(text, word, at) != 0)
		return false;
	for (; at < len - 1; at++) {
		if (text[at] < '0' || text[at] > '9')
			return false;
		seconds = earlier(seconds * 10 + (text[at] - '0'), DAY_S);
	}
	*ret_again_s = seconds;
	return true;
}
