/* SPDX-License-Identifier: ISC */
/*
 * One order for one host. Before it is placed the disk is known to have room
 * and the try stands in the host's state, so that neither a full disk nor a
 * crash burns a CA's limits (RULES A8); after it, what uacme's verdict means
 * for the host, for others and for the run (RULES A5).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "attempt_moves.h"
#include "base/err.h"
#include "base/moment.h"
#include "config/config.h"
#include "due_queue.h"
#include "policy/host.h"
#include "renew_account.h"
#include "renew_files.h"
#include "renew_part.h"
#include "renew_run.h"
#include "renew_tell.h"

#define NONCE_TRIES 3 /* after the first */
#define IN_ROW      3 /* failures of the CA, or ours, that end the run */
#define HOUR_S      3600

static void trouble(struct renew *r, const char *words)
{
	renew_complain(r, LOG_LEVEL_ERROR, "%s", words);
	r->ending = ENDING_TROUBLE;
}

static void keep(struct renew *r, const struct due *d)
{
	struct err err;

	if (attempt_write(r->dir, d->host, &d->last, &err) != 0)
		trouble(r, err.text);
}

/* No failure of the name: as if it had not been tried. */
static void take_back(
    struct renew *r, struct due *d, const struct attempt *before)
{
	d->last = *before;
	if (before->outcome == OUTCOME_NONE)
		attempt_remove(r->dir, d->host);
	else
		keep(r, d);
}

static int begin(struct renew *r, struct due *d, const char *seen)
{
	int64_t now = (int64_t)time(NULL);
	struct err err;

	attempt_begin(&d->last, r->directory, now);
	(void)snprintf(d->last.seen, sizeof(d->last.seen), "%s", seen);
	if (files_have_room(r->s->certs, &err) == 0 &&
	    files_have_room(r->dir, &err) == 0 &&
	    attempt_write(r->dir, d->host, &d->last, &err) == 0)
		return 0;
	trouble(r, err.text);
	return -1;
}

/* One run of uacme, counted before. */
static int place(struct renew *r, const struct due *d, unsigned passed,
    struct uacme_result *ret_u)
{
	struct uacme_plan plan = renew_uacme_plan(r);
	struct err err;

	if (orders_add(&r->orders, (int64_t)time(NULL), &err) != 0) {
		trouble(r, err.text);
		return -1;
	}
	renew_progress(r, "%s: ordering", d->host);
	r->ordered++;
	uacme_issue(&plan, d->host, passed, ret_u);
	return 0;
}

/* Again at once where that may help. -1: told, and the run ends. */
static int place_until_told(struct renew *r, const struct due *d,
    unsigned passed, struct uacme_result *ret_u)
{
	unsigned nonces = 0;

	for (;;) {
		if (place(r, d, passed, ret_u) != 0)
			return -1;
		if (ret_u->verdict == VERDICT_NO_ACCOUNT &&
		    !renew_lost_account(r, ret_u->words))
			return -1;
		if (ret_u->verdict != VERDICT_NO_ACCOUNT &&
		    (ret_u->verdict != VERDICT_NONCE ||
		        nonces++ == NONCE_TRIES))
			return 0;
		if (renew_ends(r))
			return -1;
	}
}

static void tell_failed(struct renew *r, const struct due *d)
{
	char next[MOMENT_MAX];

	moment_words(d->last.next, next);
	renew_tell(r, LOG_LEVEL_WARNING, "%s: %s: %s; next try at %s", d->host,
	    d->last.outcome == OUTCOME_LIMITED ? "limited" : "failed",
	    d->last.result, next);
}

static void fail(struct renew *r, struct due *d, const struct uacme_result *u,
    enum outcome outcome, int64_t longest_s)
{
	attempt_failed(&d->last, outcome, (int64_t)time(NULL),
	    r->s->acme.retry_s, longest_s, u->retry_after_s, u->words);
	r->failed++;
	tell_failed(r, d);
	keep(r, d);
}

/* The pair is there; when will it be due? */
static bool is_due_again(struct renew *r, struct due *d)
{
	(void)snprintf(
	    d->last.issued_by, sizeof(d->last.issued_by), "%s", r->directory);
	due_judge(d, r->directory, (int64_t)time(NULL));
	return d->why == DUE_AGE || d->why == DUE_EXPIRED;
}

static void succeed(struct renew *r, struct due *d)
{
	struct uacme_result bad = { .retry_after_s = 0 };
	unsigned aside = files_set_aside(r->s->certs, d->host);
	char why[256];

	files_tidy(r->s->certs, d->host);
	if (!renew_look_again(r, d)) {
		(void)snprintf(bad.words, sizeof(bad.words),
		    "uacme says that it is issued, but %.400s",
		    d->fault != NULL ? d->fault
		                     : "it is not where it should be");
		fail(r, d, &bad, OUTCOME_FAILED, ATTEMPT_DAY_S);
		return;
	}
	/* Or it would be ordered again and again. */
	if (is_due_again(r, d)) {
		due_words(d, (int64_t)time(NULL), why, sizeof(why));
		(void)snprintf(bad.words, sizeof(bad.words),
		    "it is issued, but %s: is the clock here right?", why);
		fail(r, d, &bad, OUTCOME_FAILED, ATTEMPT_DAY_S);
		return;
	}
	attempt_issued(&d->last, r->directory, (int64_t)time(NULL),
	    d->pair.not_after, r->s->acme.retry_s);
	pause_end(&r->pause, r->dir);
	r->issued++;
	renew_tell(r, LOG_LEVEL_NOTICE, "%s: %s%s", d->host, d->last.result,
	    aside > 0 ? "; the pair that was brought into its directory is "
	                "set aside as *.replaced"
	              : "");
	keep(r, d);
}

static bool is_at_or_below(const char *host, const char *domain)
{
	return strcmp(host, domain) == 0 || host_is_below(host, domain);
}

/* Whoever else wants one below that domain would meet the same limit. */
static void hold_domain(
    struct renew *r, const struct due *d, const struct uacme_result *u)
{
	size_t count = 0;

	if (!is_at_or_below(d->host, u->subject))
		return;
	for (size_t i = 0; i < r->host_count && r->ending == ENDING_NOT; i++) {
		struct due *other = &r->hosts[i];

		if (other == d || other->why == DUE_NOT ||
		    !is_at_or_below(other->host, u->subject))
			continue;
		attempt_limited(
		    &other->last, r->directory, d->last.next, d->last.result);
		keep(r, other);
		count++;
	}
	if (count > 0)
		renew_tell(r, LOG_LEVEL_NOTICE,
		    "%s: %zu more host%s below %s wait%s with it", d->host,
		    count, count == 1 ? "" : "s", u->subject,
		    count == 1 ? "s" : "");
}

static void count_ca(struct renew *r, const struct uacme_result *u)
{
	int64_t pause = u->retry_after_s > 0 ? u->retry_after_s : HOUR_S;

	if (++r->ca_in_row >= IN_ROW && r->ending == ENDING_NOT)
		renew_pause(r, pause, u->words);
}

/*
 * uacme could not do its part here. It may be for this host alone, whose files
 * are another user's: then it must not hold up those behind it.
 */
static void count_ours(struct renew *r)
{
	if (++r->ours_in_row >= IN_ROW && r->ending == ENDING_NOT)
		r->ending = ENDING_TROUBLE;
}

/*
 * Killed by us, or by somebody else: then it stays in the state as a try that
 * was cut off, so that it is not begun again for ever.
 */
static void settle_stopped(struct renew *r, struct due *d,
    const struct attempt *before, const struct uacme_result *u)
{
	if (renew_ends(r) && r->ending == ENDING_STOPPED) {
		take_back(r, d, before);
		return;
	}
	r->failed++;
	renew_tell(
	    r, LOG_LEVEL_WARNING, "%s: interrupted: %s", d->host, u->words);
}

static void settle(struct renew *r, struct due *d, const struct attempt *before,
    const struct uacme_result *u)
{
	bool is_ca = u->verdict == VERDICT_CA || u->verdict == VERDICT_NONCE;

	if (!is_ca)
		r->ca_in_row = 0;
	if (u->verdict != VERDICT_OURS)
		r->ours_in_row = 0;
	switch (u->verdict) {
	case VERDICT_WELL:
		succeed(r, d);
		return;
	case VERDICT_HOST:
		fail(r, d, u, OUTCOME_FAILED, ATTEMPT_DAY_S);
		return;
	case VERDICT_LIMIT_HOST:
	case VERDICT_LIMIT_DOMAIN:
		fail(r, d, u, OUTCOME_LIMITED, ATTEMPT_DAY_S);
		hold_domain(r, d, u);
		return;
	case VERDICT_NONCE:
	case VERDICT_CA:
		fail(r, d, u, OUTCOME_FAILED, HOUR_S);
		count_ca(r, u);
		return;
	case VERDICT_OURS:
		fail(r, d, u, OUTCOME_FAILED, HOUR_S);
		count_ours(r);
		return;
	case VERDICT_ACCOUNT:
	case VERDICT_NO_ACCOUNT:
		take_back(r, d, before);
		renew_pause(r, u->retry_after_s > 0 ? u->retry_after_s : HOUR_S,
		    u->words);
		return;
	case VERDICT_STOPPED:
		settle_stopped(r, d, before, u);
		return;
	}
}

/* Where its directory is another user's, say, no order is wasted on it. */
static bool can_store(struct renew *r, struct due *d)
{
	struct uacme_result u = { .retry_after_s = 0 };
	struct err err;

	files_tidy(r->s->certs, d->host);
	if (files_can_store(r->s->certs, d->host, &err) == 0)
		return true;
	(void)snprintf(u.words, sizeof(u.words), "%.*s",
	    (int)sizeof(u.words) - 1, err.text);
	attempt_begin(&d->last, r->directory, (int64_t)time(NULL));
	fail(r, d, &u, OUTCOME_FAILED, HOUR_S);
	count_ours(r);
	return false;
}

void renew_order(
    struct renew *r, struct due *d, unsigned passed, const char *seen)
{
	struct attempt before = d->last;
	struct uacme_result u;

	if (!renew_have_account(r) || !can_store(r, d))
		return;
	if (begin(r, d, seen) != 0) {
		d->last = before; /* no order was placed */
		return;
	}
	if (place_until_told(r, d, passed, &u) != 0)
		take_back(r, d, &before);
	else
		settle(r, d, &before, &u);
}

void renew_wait(struct renew *r, struct due *d, const char *seen)
{
	char next[MOMENT_MAX];
	bool old =
	    attempt_waiting(&d->last, r->directory, (int64_t)time(NULL), seen);

	r->waiting++;
	moment_words(d->last.next, next);
	/* In a log a standing sight is told once, to a person always. */
	if (!old || !r->supervised)
		renew_tell(r,
		    due_is_late(&d->pair, d->last.tried) ? LOG_LEVEL_WARNING
		                                         : LOG_LEVEL_NOTICE,
		    "%s: waiting for DNS: %s; next look at %s", d->host,
		    d->last.seen, next);
	keep(r, d);
}
