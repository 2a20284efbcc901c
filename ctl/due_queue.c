/* SPDX-License-Identifier: ISC */
/*
 * Who goes first, and why, in words. Those that were tried before go by lot:
 * in any other order the first of them would take what the pace allows, again
 * and again.
 */
#include "due_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/moment.h"

enum turn { TURN_FIRST, TURN_LATE, TURN_NEW, TURN_AGE, TURN_AGAIN };

static enum turn turn_of(
    const struct due *d, const char *directory, int64_t now)
{
	const struct attempt *a = &d->last;

	if (d->first)
		return TURN_FIRST;
	if (due_is_late(&d->pair, now))
		return TURN_LATE;
	if (a->outcome == OUTCOME_NONE ? !d->pair.there
	                               : !attempt_was_at(a, directory))
		return TURN_NEW;
	if (d->pair.there && a->failures == 0 &&
	    (a->outcome == OUTCOME_ISSUED || a->outcome == OUTCOME_NONE))
		return TURN_AGE;
	return TURN_AGAIN;
}

/* How much is left of its life, in thousandths; less is more urgent. */
static int64_t left_of(const struct due_pair *p, int64_t now)
{
	int64_t life = p->not_after - p->not_before;

	return life <= 0 ? 0 : (p->not_after - now) * 1000 / life;
}

struct turns {
	const char *directory;
	int64_t now;
};

static int by_turn(const void *a, const void *b, void *cookie)
{
	const struct due *x = *(struct due *const *)a;
	const struct due *y = *(struct due *const *)b;
	const struct turns *t = cookie;
	enum turn turn = turn_of(x, t->directory, t->now);
	enum turn other = turn_of(y, t->directory, t->now);
	int64_t left, least;

	if (turn != other)
		return turn < other ? -1 : 1;
	if (turn == TURN_AGAIN && x->lot != y->lot)
		return x->lot < y->lot ? -1 : 1;
	left = left_of(&x->pair, t->now);
	least = left_of(&y->pair, t->now);
	if ((turn == TURN_LATE || turn == TURN_AGE) && left != least)
		return left < least ? -1 : 1;
	return strcmp(x->host, y->host);
}

void due_sort(
    struct due **queue, size_t count, const char *directory, int64_t now)
{
	struct turns t = { .directory = directory, .now = now };

	for (size_t i = 0; i < count; i++)
		if (getrandom(&queue[i]->lot, sizeof(queue[i]->lot), 0) < 0)
			queue[i]->lot = 0; /* then by name */
	if (count > 1)
		qsort_r(queue, count, sizeof(struct due *), by_turn, &t);
}

void due_words(const struct due *d, int64_t now, char *ret_words, size_t size)
{
	char at[MOMENT_MAX], until[MOMENT_MAX];

	moment_words(d->at, at);
	moment_words(d->pair.not_after, until);
	switch (d->why) {
	case DUE_NOT:
		(void)snprintf(ret_words, size, "%svalid until %s, due at %s",
		    now < d->pair.not_before ? "not valid yet (or the clock "
		                               "here is wrong), "
		                             : "",
		    until, at);
		return;
	case DUE_MISSING:
		(void)snprintf(ret_words, size, "%s%s",
		    d->fault != NULL ? "its certificate cannot be used: "
		                     : "no certificate",
		    d->fault != NULL ? d->fault : "");
		return;
	case DUE_ELSEWHERE:
		(void)snprintf(ret_words, size, "its certificate is from %s",
		    d->last.issued_by);
		return;
	case DUE_EXPIRED:
		(void)snprintf(
		    ret_words, size, "its certificate expired at %s", until);
		return;
	case DUE_AGE:
		(void)snprintf(ret_words, size,
		    "its certificate ends at %s and has been due since %s",
		    until, at);
		return;
	case DUE_FORCED:
		(void)snprintf(ret_words, size, "asked for by --force");
		return;
	}
}
