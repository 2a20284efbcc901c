/* SPDX-License-Identifier: ISC */
/*
 * What stands before a run and what is left after it, in words, as the moment
 * of the next run, and as the exit status. Nothing here changes anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/moment.h"
#include "config/config.h"
#include "due_queue.h"
#include "renew_part.h"
#include "renew_run.h"
#include "renew_tell.h"
#include "verb.h"

#define WORDS_MAX  1400
#define DAY_S      86400
#define HOUR_S     3600
#define BUSY_S     10 /* it may be what a killed manager had started */
#define ROOM_SHARE 10 /* of the pace: no run for a single order */

static enum due_hold hold_of(const struct renew *r, const struct due *d,
    enum due_asked asked, int64_t now, int64_t *ret_until)
{
	return due_is_held(
	    d, asked, r->directory, r->s->acme.retry_s, now, ret_until);
}

/* "HOST: what would be done or not, and why" */
static void tell_one(const struct renew *r, const struct due *d, int64_t now)
{
	static const char *const holds[] = {
		[HOLD_DNS] = "waits for DNS: ",
		[HOLD_BACKOFF] = "waits after a try: ",
		[HOLD_LIMIT] = "waits for a limit: ",
		[HOLD_INTERRUPTED] = "waits, since tries are interrupted",
	};
	char words[WORDS_MAX], at[MOMENT_MAX];
	enum due_hold hold;
	int64_t until;

	due_words(d, now, words, sizeof(words));
	hold = hold_of(r, d, renew_asked(r), now, &until);
	moment_words(until, at);
	if (d->why == DUE_NOT)
		renew_tell(r, LOG_LEVEL_DEBUG, "%s: well: %s", d->host, words);
	else if (hold == HOLD_NOT)
		renew_tell(r, LOG_LEVEL_DEBUG, "%s: to be ordered%s: %s",
		    d->host, renew_looks(r) ? " if the name reaches us" : "",
		    words);
	else
		renew_tell(r, LOG_LEVEL_DEBUG, "%s: not before %s: %s%s (%s)",
		    d->host, at, holds[hold],
		    hold == HOLD_DNS           ? d->last.seen
		    : hold == HOLD_INTERRUPTED ? ""
		                               : d->last.result,
		    words);
}

/* Has it a pair that holds, and no trouble to get the next one? */
static bool is_well(const struct due *d, int64_t now)
{
	const struct due_pair *p = &d->pair;

	if (!p->there || now < p->not_before || now > p->not_after ||
	    d->why == DUE_ELSEWHERE)
		return false;
	return d->why == DUE_NOT ||
	       (d->last.failures == 0 && d->last.outcome != OUTCOME_WAITING &&
	           d->last.outcome != OUTCOME_LIMITED);
}

void renew_tell_rest(const struct renew *r)
{
	int64_t now = (int64_t)time(NULL);

	for (size_t i = 0; i < r->chosen_count; i++)
		if (!renew_is_due(r, r->chosen[i]) &&
		    (r->asked || r->dry_run || !is_well(r->chosen[i], now)))
			tell_one(r, r->chosen[i], now);
}

void renew_tell_plan(const struct renew *r)
{
	struct due **queue = calloc(r->chosen_count + 1, sizeof(*queue));
	int64_t now = (int64_t)time(NULL);
	size_t count, room;

	if (queue == NULL)
		arena_no_memory();
	count = renew_queue(r, queue);
	for (size_t i = 0; i < count; i++)
		tell_one(r, queue[i], now);
	free(queue);
	renew_tell_rest(r);
	room = orders_room(&r->orders, r->s->acme.orders_per_3h, now);
	printf("%zu of %zu to be tried now; the pace has room for %zu\n", count,
	    r->chosen_count, room);
}

/* When the first of so many orders, or a good share of them, has room. */
static int64_t room_at(const struct renew *r, size_t wanted, int64_t now)
{
	size_t limit = r->s->acme.orders_per_3h;
	size_t share = limit / ROOM_SHARE + 1;

	if (orders_room(&r->orders, limit, now) > 0 || wanted == 0)
		return now;
	return orders_room_at(
	    &r->orders, limit, wanted < share ? wanted : share, now);
}

/* When d is to be looked at, for all that is known of it alone. */
static int64_t next_of(const struct renew *r, const struct due *d, int64_t now)
{
	int64_t until;

	if (d->why == DUE_NOT || d->why == DUE_FORCED)
		return d->at > d->pair.not_before ? d->at : d->pair.not_before;
	/* 0 if it is not held */
	(void)hold_of(
	    r, d, renew_looks(r) ? ASKED_NOT : ASKED_BY_NAME, now, &until);
	return until;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t renew_next_s(const struct renew *r)
{
	const struct pause *p = &r->pause;
	int64_t now = (int64_t)time(NULL), next = now + DAY_S, open, at;
	int64_t retry_s = r->s->acme.retry_s;
	size_t wanted = 0;

	if (r->ending == ENDING_STOPPED || r->ending == ENDING_NEWS ||
	    r->ending == ENDING_TIME)
		return 0;
	if (r->ending == ENDING_BUSY)
		return BUSY_S;
	for (size_t i = 0; i < r->host_count; i++)
		wanted += next_of(r, &r->hosts[i], now) <= now;
	open = room_at(r, wanted, now);
	if (pause_holds(p, r->directory, now))
		open = later(open, p->until);
	if (r->ending == ENDING_TROUBLE) {
		open = later(open, now + (retry_s < HOUR_S ? retry_s : HOUR_S));
		next = open;
	}
	for (size_t i = 0; i < r->host_count; i++) {
		at = later(next_of(r, &r->hosts[i], now), open);
		if (at < next)
			next = at;
	}
	return later(next - now, 1);
}

size_t renew_count_well(const struct renew *r)
{
	int64_t now = (int64_t)time(NULL);
	size_t count = 0;

	for (size_t i = 0; i < r->chosen_count; i++)
		count += is_well(r->chosen[i], now);
	return count;
}

int renew_status(const struct renew *r)
{
	if (r->ending == ENDING_TROUBLE || r->ending == ENDING_STOPPED ||
	    r->ending == ENDING_BUSY)
		return UNABLE;
	if (r->failed + r->waiting > 0)
		return NOT_WELL;
	return renew_count_well(r) == r->chosen_count ? WELL : NOT_WELL;
}
