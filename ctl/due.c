/* SPDX-License-Identifier: ISC */
/*
 * Decisions about one host, each from times and what is known, without a look
 * at the clock or at a file.
 */
#include "due.h"

#define SLACK_S       300 /* of clocks, before a moment counts as future */
#define INTERRUPTIONS 3   /* tries at once after as many cut off */
#define INTERRUPTED_S 3600

void due_judge(struct due *d, const char *directory, int64_t now)
{
	const struct due_pair *p = &d->pair;

	d->at = 0;
	if (!p->there) {
		d->why = DUE_MISSING;
		return;
	}
	if (p->own && attempt_issued_elsewhere(&d->last, directory)) {
		d->why = DUE_ELSEWHERE;
		return;
	}
	d->at = due_moment(d->host, p->not_before, p->not_after);
	/*
	 * One that is not valid yet is left alone: by a clock that is slow the
	 * next would be no better.
	 */
	if (now < p->not_before || now < d->at)
		d->why = DUE_NOT;
	else
		d->why = now > p->not_after ? DUE_EXPIRED : DUE_AGE;
}

static enum due_hold is_interrupted(
    const struct attempt *a, int64_t retry_s, int64_t now, int64_t *ret_until)
{
	int64_t pause = retry_s < INTERRUPTED_S ? retry_s : INTERRUPTED_S;

	if (a->interrupted < INTERRUPTIONS || a->tried + pause <= now)
		return HOLD_NOT;
	*ret_until = a->tried + pause;
	return HOLD_INTERRUPTED;
}

enum due_hold due_is_held(const struct due *d, enum due_asked asked,
    const char *directory, int64_t retry_s, int64_t now, int64_t *ret_until)
{
	const struct attempt *a = &d->last;

	*ret_until = 0;
	/*
	 * What was tried in the future, or waits longer than anybody is made
	 * to, is so by a clock that was wrong.
	 */
	if (asked == ASKED_BY_FORCE || !attempt_was_at(a, directory) ||
	    a->tried > now + SLACK_S ||
	    a->next > now + ATTEMPT_RETRY_AFTER_S + SLACK_S)
		return HOLD_NOT;
	if (a->outcome == OUTCOME_TRYING)
		return is_interrupted(a, retry_s, now, ret_until);
	if (a->next <= now ||
	    (a->outcome == OUTCOME_WAITING && asked == ASKED_BY_NAME))
		return HOLD_NOT;
	*ret_until = a->next;
	if (a->outcome == OUTCOME_WAITING)
		return HOLD_DNS;
	return a->outcome == OUTCOME_LIMITED ? HOLD_LIMIT : HOLD_BACKOFF;
}
