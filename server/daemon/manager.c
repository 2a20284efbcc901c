/* SPDX-License-Identifier: ISC */

/*
 * The life of the manager: signals, changed files and dead children, and what
 * follows from each. How one generation follows another is
 * manager_handover.c's business.
 */

#include "daemon/manager.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "config/config.h"
#include "daemon/farewell.h"
#include "daemon/generation.h"
#include "daemon/listen.h"
#include "daemon/manager_crew.h"
#include "daemon/manager_part.h"
#include "daemon/manager_renew.h"
#include "daemon/notify.h"
#include "daemon/stats.h"
#include "daemon/watch.h"
#include "tls/store.h"

#define STOP_MS 3000 /* for workers */
#define LAST_MS 8000 /* for a certificate that is being issued */
#define DAY_MS  86400000
#define BEAT_MS 5000 /* where nobody watches us */

/* g, which comes after last (or NULL), is the next or the living one by now. */
static void watch_generation(struct manager *m, const struct generation *last,
    const struct generation *g)
{
	struct arena *a;
	const char *const *dirs;
	size_t count;

	/* Files that were refused are not what the living generation read. */
	if (last == NULL || last->config != g->config)
		watcher_set(m->watcher, WATCH_CONFIG, g->config->files,
		    g->config->file_ids, g->config->file_count);
	if (last != NULL && last->store == g->store)
		return;
	a = arena_new(false);
	count = store_directories(g->config->settings.certs, a, &dirs);
	watcher_set(m->watcher, WATCH_PAIRS, dirs, NULL, count);
	arena_free(a);
}

static void note_reading(struct manager *m, bool refused)
{
	m->refused = refused;
	stats_set(&m->stats->facts[FACT_RELOADED], (uint64_t)time(NULL));
}

/* Build what is wanted by now, and hand over to it if it differs. */
void manager_build(struct manager *m, unsigned flags)
{
	struct build b = {
		.path = m->path,
		.on_step = manager_feed,
		.cookie = m,
	};
	struct generation *g, *last = m->now;
	bool refused;

	m->wanted |= flags;
	if (m->next != NULL || m->stopping)
		return; /* complete comes back to it */
	b.flags = m->asked = m->wanted;
	m->wanted = 0;
	m->new_failed = false;
	loop_unset(m->loop, &m->timer);
	notify_reloading();
	g = generation_build(&b, last, &refused, NULL);
	if (b.flags & BUILD_CONFIG)
		note_reading(m, refused);
	if (refused)
		log_error("the configuration stays as it was");
	if (!generation_same(g, last)) {
		manager_hand_over(m, g);
		watch_generation(m, last, g);
		return;
	}
	/* It serves the same, but knows what the files are by now. */
	crew_move(m->living, g);
	m->now = g;
	watch_generation(m, last, g);
	renew_follow(m->renew, last, g);
	generation_free(last, g);
	/* Of pairs that is no news: uacme makes directories and keys first. */
	if (!refused)
		log_line(
		    b.flags & BUILD_CONFIG ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
		    "nothing that is served has changed");
	manager_tell_state(m);
}

static void on_change(void *cookie, bool config, bool pairs)
{
	manager_build(
	    cookie, (config ? BUILD_CONFIG : 0) | (pairs ? BUILD_PAIRS : 0));
}

static bool pairs_are_current(void *cookie)
{
	const struct manager *m = cookie;
	const struct generation *g = m->next ? m->next : m->now;

	return g == NULL || store_is_current(g->store);
}

/* Now, whatever they still hold. */
static void kill_crews(struct manager *m)
{
	for (struct crew *c = m->draining; c != NULL; c = c->next)
		crew_kill(c);
}

static void stop(struct manager *m)
{
	if (m->stopping) {
		kill_crews(m);
		renew_stop(m->renew, true);
		return;
	}
	log_notice("stopping");
	notify_stopping();
	m->stopping = true;
	stats_set(&m->stats->facts[FACT_STOPPING], 1);
	if (m->coming != NULL)
		crew_kill(m->coming);
	manager_put_aside(m, m->coming);
	manager_put_aside(m, m->living);
	m->coming = m->living = NULL;
	for (struct crew *c = m->draining; c != NULL; c = c->next)
		crew_stop(c);
	renew_stop(m->renew, false);
	loop_set(m->loop, &m->timer, loop_now_ms(m->loop) + STOP_MS);
	loop_set(m->loop, &m->beat, loop_now_ms(m->loop) + LAST_MS);
}

/* Free the crews of which nobody is left; end when that was all. */
static void sweep(struct manager *m)
{
	struct crew **at = &m->draining;

	while (*at != NULL) {
		struct crew *c = *at;

		if (crew_alive(c) > 0) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		crew_free(c);
	}
	if (m->stopping && m->draining == NULL && m->living == NULL &&
	    !renew_is_alive(m->renew))
		loop_stop(m->loop);
}

static void on_timer(void *cookie)
{
	struct manager *m = cookie;

	if (m->stopping)
		kill_crews(m);
	else if (m->coming != NULL && m->coming->told_ready)
		manager_complete(m);
	else if (m->coming != NULL)
		manager_fail(m);
	else
		manager_build(m, 0);
	sweep(m);
}

/* A pair's time runs out without any file being changed. */
static void on_day(void *cookie)
{
	struct manager *m = cookie;

	if (m->now != NULL)
		generation_tell_ages(m->now);
	loop_set(m->loop, &m->day, loop_now_ms(m->loop) + DAY_MS);
}

static void on_child_death(void *cookie, int signal)
{
	struct manager *m = cookie;
	pid_t pid;
	int status;

	(void)signal;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		bool ours = (m->living && crew_bury(m->living, pid, status)) ||
		            (m->coming && crew_bury(m->coming, pid, status));

		for (struct crew *c = m->draining; c != NULL && !ours;
		     c = c->next)
			ours = crew_bury(c, pid, status);
		if (!ours)
			(void)renew_bury(m->renew, pid, status);
	}
	sweep(m);
}

static void on_reload(void *cookie, int signal)
{
	struct manager *m = cookie;
	unsigned flags = BUILD_CONFIG | BUILD_PAIRS;

	if (signal == SIGUSR1)
		flags |= BUILD_TAKE_ALL;
	log_notice(
	    "reloading%s", signal == SIGUSR1 ? ", as the files stand" : "");
	watcher_forget(m->watcher);
	manager_build(m, flags);
}

static void on_stop(void *cookie, int signal)
{
	(void)signal;
	stop(cookie);
	sweep(cookie); /* there may be nobody to wait for */
}

void manager_feed(void *cookie)
{
	struct manager *m = cookie;
	int64_t now_ms = clock_now_ms();

	stats_set(&m->stats->facts[FACT_BEAT_MS], (uint64_t)now_ms);
	if (m->watchdog_ms == 0 || now_ms - m->fed_ms < m->watchdog_ms / 12)
		return;
	m->fed_ms = now_ms;
	notify_alive();
}

static void on_beat(void *cookie)
{
	struct manager *m = cookie;

	if (m->stopping) {
		renew_stop(m->renew, true);
		return;
	}
	stats_set(&m->stats->facts[FACT_BEAT_MS], (uint64_t)clock_now_ms());
	if (m->living != NULL)
		crew_ask(m->living);
	loop_set(m->loop, &m->beat, loop_now_ms(m->loop) + m->beat_ms);
}

/* Thrice unanswered is before the service manager's patience ends. */
static void start_beat(struct manager *m)
{
	m->watchdog_ms = notify_watchdog_ms();
	manager_feed(m);
	m->beat_ms = m->watchdog_ms > 0 ? m->watchdog_ms / 6 + 1 : BEAT_MS;
	m->beat = (struct timer){ .on_time = on_beat, .cookie = m };
	loop_set(m->loop, &m->beat, loop_now_ms(m->loop) + m->beat_ms);
}

static int listen_to_signals(struct manager *m)
{
	return loop_signal(m->loop, SIGCHLD, on_child_death, m) != 0 ||
	       loop_signal(m->loop, SIGHUP, on_reload, m) != 0 ||
	       loop_signal(m->loop, SIGUSR1, on_reload, m) != 0 ||
	       loop_signal(m->loop, SIGTERM, on_stop, m) != 0 ||
	       loop_signal(m->loop, SIGINT, on_stop, m) != 0;
}

static void tell_counts(const struct stats *s)
{
	log_notice("stopped: %" PRIu64 " connections, %" PRIu64 " answers, "
	           "%" PRIu64 " of them policies, %" PRIu64 " handshakes "
	           "refused, %" PRIu64 " over a limit, %" PRIu64 " too slow",
	    stats_sum(s, STAT_ACCEPTED, STAT_ACCEPTED),
	    stats_sum(s, STAT_ANSWER_200, STAT_ANSWER_OTHER),
	    stats_sum(s, STAT_POLICIES, STAT_POLICIES),
	    stats_sum(s, STAT_HANDSHAKE_NONE, STAT_HANDSHAKE_PROTOCOL),
	    stats_sum(s, STAT_OVER_ADDRESS, STAT_OVER_CONNECTIONS),
	    stats_sum(s, STAT_SLOW_PROXY, STAT_SLOW_ANSWER));
}

static int start(struct manager *m)
{
	const struct watcher_calls calls = {
		.on_change = on_change,
		.pairs_are_current = pairs_are_current,
		.cookie = m,
	};
	const struct build b = {
		.path = m->path,
		.flags = BUILD_CONFIG | BUILD_PAIRS,
	};
	struct generation *g;
	struct err err;
	bool refused;

	m->loop = loop_new();
	m->stats = stats_new();
	if (m->loop == NULL || m->stats == NULL || listen_to_signals(m) != 0) {
		log_error("cannot start: %s", strerror(errno));
		return -1;
	}
	stats_set(&m->stats->facts[FACT_STARTED], (uint64_t)time(NULL));
	log_count_drops(&m->stats->facts[FACT_LOG_DROPPED]);
	m->watcher = watcher_new(m->loop, &calls);
	m->renew = renew_new(m->loop, m->path, m->stats);
	if (m->watcher == NULL || m->renew == NULL) {
		log_error("cannot start: %s", strerror(errno));
		return -1;
	}
	m->timer = (struct timer){ .on_time = on_timer, .cookie = m };
	m->day = (struct timer){ .on_time = on_day, .cookie = m };
	loop_set(m->loop, &m->day, loop_now_ms(m->loop) + DAY_MS);
	g = generation_build(&b, NULL, &refused, &err);
	if (g == NULL) {
		log_error("%s", err.text);
		return -1;
	}
	note_reading(m, refused || g->from_last_good);
	m->farewell = farewell_new(m->loop, g);
	manager_hand_over(m, g);
	watch_generation(m, NULL, g);
	start_beat(m);
	return 0;
}

int manager_run(
    const char *path, const struct listeners *l, const struct listeners *admin)
{
	struct manager m = { .path = path, .listeners = l, .admin = admin };

	if (start(&m) != 0) {
		m.status = EXIT_FAILURE;
	} else {
		if (loop_run(m.loop) != 0) {
			log_error("epoll: %s", strerror(errno));
			m.status = EXIT_FAILURE;
		}
		tell_counts(m.stats);
	}
	generation_free(m.next, m.now);
	generation_free(m.now, NULL);
	watcher_free(m.watcher);
	renew_free(m.renew);
	farewell_free(m.farewell);
	loop_free(m.loop);
	return m.status;
}
