/* SPDX-License-Identifier: ISC */
/*
 * The run itself: those that are to be tried, in batches, each batch asked for
 * by the pre-flight side by side and then ordered one after another, until all
 * are done or something ends the run. What is cut off the next run does.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"
#include "config/config.h"
#include "due_queue.h"
#include "preflight.h"
#include "renew_part.h"
#include "renew_run.h"
#include "renew_tell.h"

#define BATCH_MAX 32

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

bool renew_ends(struct renew *r)
{
	int64_t now = (int64_t)time(NULL);

	if (r->ending != ENDING_NOT)
		return true;
	if (is_readable(r->stop_fd))
		r->ending = ENDING_STOPPED;
	else if (is_readable(r->news_fd))
		r->ending = ENDING_NEWS;
	else if (clock_now_ms() >= r->end_ms)
		r->ending = ENDING_TIME;
	else if (!r->force && pause_holds(&r->pause, r->directory, now))
		r->ending = ENDING_PAUSED;
	else if (orders_room(&r->orders, r->s->acme.orders_per_3h, now) == 0)
		r->ending = ENDING_PACE;
	return r->ending != ENDING_NOT;
}

bool renew_is_due(const struct renew *r, const struct due *d)
{
	int64_t until;

	return d->why != DUE_NOT &&
	       due_is_held(d, renew_asked(r), r->directory, r->s->acme.retry_s,
	           (int64_t)time(NULL), &until) == HOLD_NOT;
}

size_t renew_queue(const struct renew *r, struct due **ret_queue)
{
	size_t count = 0;

	for (size_t i = 0; i < r->chosen_count; i++)
		if (renew_is_due(r, r->chosen[i]))
			ret_queue[count++] = r->chosen[i];
	due_sort(ret_queue, count, r->directory, (int64_t)time(NULL));
	return count;
}

static unsigned types_of(const struct acme *acme)
{
	return (acme->http_01 ? CHALLENGE_HTTP_01 : 0) |
	       (acme->tls_alpn_01 ? CHALLENGE_TLS_ALPN_01 : 0);
}

struct looking {
	const struct renew *r;
	size_t done, count;
};

static void on_done(void *cookie, size_t index)
{
	struct looking *l = cookie;

	(void)index;
	renew_progress(
	    l->r, "does the name reach us? %zu of %zu", ++l->done, l->count);
}

/* What would be seen if nobody looked. */
static void pass_all(
    const struct renew *r, size_t count, struct preflight_result *ret)
{
	for (size_t i = 0; i < count; i++)
		ret[i] = (struct preflight_result){
			.passed = types_of(&r->s->acme),
		};
}

/* Did a signal come before it was seen? Then the run ends. */
static bool was_cut_off(struct renew *r, const struct preflight_result *seen)
{
	return is_readable(r->stop_fd) && strcmp(seen->words, "stopped") == 0 &&
	       renew_ends(r);
}

/* News that never end must not keep a run from placing any order. */
static bool may_order(struct renew *r)
{
	return !renew_ends(r) || (r->ending == ENDING_NEWS && r->ordered == 0);
}

static void try_batch(
    struct renew *r, struct preflight *p, struct due **batch, size_t count)
{
	struct preflight_result *seen = calloc(count, sizeof(*seen));
	struct looking l = { .r = r, .count = count };
	const char *hosts[BATCH_MAX];

	if (seen == NULL)
		arena_no_memory();
	for (size_t i = 0; i < count; i++)
		hosts[i] = batch[i]->host;
	if (p == NULL)
		pass_all(r, count, seen);
	else
		preflight_run(p, hosts, count, seen, on_done, &l);
	for (size_t i = 0; i < count && r->ending != ENDING_TROUBLE; i++)
		if (seen[i].passed == 0 && !was_cut_off(r, &seen[i]))
			renew_wait(r, batch[i], seen[i].words);
	for (size_t i = 0; i < count; i++)
		/* One before it may have met a limit that holds this too. */
		if (seen[i].passed != 0 && renew_is_due(r, batch[i]) &&
		    may_order(r))
			renew_order(r, batch[i], seen[i].passed, seen[i].words);
	free(seen);
}

/* The next batch of the queue; what is held by now is passed over. */
static size_t take_batch(const struct renew *r, struct due **queue,
    size_t count, size_t *at, struct due *batch[BATCH_MAX])
{
	size_t limit = r->s->acme.orders_per_3h, n = 0;
	size_t room = orders_room(&r->orders, limit, (int64_t)time(NULL));

	for (; *at < count && n < BATCH_MAX && n < room; ++*at)
		if (renew_is_due(r, queue[*at]))
			batch[n++] = queue[*at];
	return n;
}

static void try_all(
    struct renew *r, struct preflight *p, struct due **queue, size_t count)
{
	struct due *batch[BATCH_MAX];
	size_t at = 0, n;

	while (at < count && !renew_ends(r)) {
		n = take_batch(r, queue, count, &at, batch);
		if (n > 0)
			try_batch(r, p, batch, n);
	}
}

void renew_run(struct renew *r)
{
	const struct acme *acme = &r->s->acme;
	const struct preflight_plan plan = {
		.resolver = &r->s->resolver,
		.challenges = r->challenges,
		.acme_directory = r->directory,
		.types = types_of(acme),
		.stop_fd = r->stop_fd,
	};
	struct due **queue = calloc(r->chosen_count + 1, sizeof(*queue));
	struct preflight *p = NULL;
	struct err err;
	size_t count;

	if (queue == NULL)
		arena_no_memory();
	count = renew_queue(r, queue);
	if (count > 0 && renew_looks(r)) {
		p = preflight_new(&plan, &err);
		if (p == NULL) {
			renew_complain(r, LOG_LEVEL_ERROR, "%s", err.text);
			r->ending = ENDING_TROUBLE;
		}
	}
	try_all(r, p, queue, count);
	preflight_free(p);
	free(queue);
}
