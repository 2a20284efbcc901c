/* SPDX-License-Identifier: ISC */

/*
 * From one generation to the next. A handover is a transaction: the new crew
 * is ready before the old one leaves, and begins when the old one has left; if
 * it fails anywhere before that, the old crew never hears of it.
 */

#include "daemon/manager_part.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "config/lastgood.h"
#include "daemon/farewell.h"
#include "daemon/generation.h"
#include "daemon/manager_crew.h"
#include "daemon/manager_renew.h"
#include "daemon/notify.h"
#include "daemon/stats.h"
#include "daemon/worker_challenges.h"
#include "policy/catalog.h"
#include "tls/store.h"

#define WORKERS_AUTO  4
#define DRAINING_MOST 2
#define LEAVE_MS      1000  /* for the old crew, before the new one begins */
#define READY_MS      6000  /* for the new crew; its workers have 5 s */
#define RETRY_MS      10000 /* after a handover that failed */

static size_t worker_count(const struct settings *s)
{
	size_t count = s->workers;
	cpu_set_t set;

	if (count == 0) {
		count = 1;
		if (sched_getaffinity(0, sizeof(set), &set) == 0)
			count = (size_t)CPU_COUNT(&set);
		if (count > WORKERS_AUTO)
			count = WORKERS_AUTO;
	}
	return count > CREW_MOST ? CREW_MOST : count;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void tell_serving(const struct manager *m, const char *words)
{
	size_t domains = catalog_count(m->now->config->catalog);
	size_t pairs = store_count(m->now->store);
	size_t kept = m->now->config->kept, lacking = m->now->without_pair;

	log_notice("%s %zu domain%s with %zu certificate%s, %zu worker%s",
	    words, domains, plural(domains), pairs, plural(pairs),
	    m->living->count, plural(m->living->count));
	if (kept > 0)
		log_warn("%zu domain%s served as last good, not as the files "
		         "say",
		    kept, kept == 1 ? " is" : "s are");
	if (lacking > 0 && m->now->config->settings.https.count > 0)
		log_notice("%zu host%s no certificate and %s not served",
		    lacking, lacking == 1 ? " has" : "s have",
		    lacking == 1 ? "is" : "are");
	manager_tell_state(m);
}

static void note(const struct manager *m, enum fact fact, uint64_t value)
{
	stats_set(&m->stats->facts[fact], value);
}

/* For the admin process. */
static void note_state(const struct manager *m)
{
	const struct generation *g = m->now;

	note(m, FACT_FAULTS, g->fault_count);
	note(m, FACT_WARNINGS, g->warning_count);
	note(m, FACT_KEPT, g->config->kept);
	note(m, FACT_HELD, g->config->held);
	note(m, FACT_HANDOVER_FAILED, m->new_failed);
	note(m, FACT_RELOAD_TAKEN, !m->refused && !m->new_failed);
	note(m, FACT_WORKERS_WANTED, m->living->count);
}

void manager_tell_state(const struct manager *m)
{
	size_t domains = catalog_count(m->now->config->catalog);
	size_t pairs = store_count(m->now->store);
	const struct generation *g = m->now;
	const char *fault = g->fault.text;
	char more[64] = "";

	note_state(m);
	if (m->new_failed)
		fault = "the new workers failed";
	else if (g->fault_count > 1)
		(void)snprintf(more, sizeof(more), " (and %zu more faults)",
		    g->fault_count - 1);
	notify_ready("serving %zu domain%s with %zu certificate%s, %zu as last "
	             "good%s%s%s",
	    domains, plural(domains), pairs, plural(pairs), g->config->kept,
	    fault[0] != '\0' ? "; fault: " : "", fault, more);
}

static void keep_last_good(const struct manager *m)
{
	struct err err;

	if (!m->now->from_last_good &&
	    lastgood_write(m->now->config, &err) != 0)
		log_warn("the last good catalog is not kept: %s", err.text);
}

void manager_put_aside(struct manager *m, struct crew *c)
{
	if (c == NULL)
		return;
	c->next = m->draining;
	m->draining = c;
}

static void drain(struct manager *m, struct crew *c)
{
	size_t count = 0;

	manager_put_aside(m, c);
	for (; c != NULL; c = c->next) {
		if (c->killed || ++count <= DRAINING_MOST)
			continue;
		log_notice("%d generations drain already: the oldest is cut",
		    DRAINING_MOST);
		crew_kill(c);
	}
}

/* A number that a domain has newly was another's before, perhaps. */
static void count_anew(
    struct manager *m, const struct catalog *old, const struct catalog *new)
{
	for (size_t i = 0; i < catalog_count(new); i++) {
		const struct catalog_entry *e = catalog_at(new, i);

		if (e->number < CATALOG_NUMBERS &&
		    catalog_find(old, e->domain) == NULL)
			stats_set(&m->stats->fetches[e->number], 0);
	}
}

/* The old crew has left, or has had its time: the new one begins. */
void manager_complete(struct manager *m)
{
	struct generation *old = m->now;

	loop_unset(m->loop, &m->timer);
	m->now = m->next;
	m->next = NULL;
	if (m->living != NULL)
		drain(m, m->living);
	m->living = m->coming;
	m->coming = NULL;
	if (old != NULL && old->config != m->now->config)
		count_anew(m, old->config->catalog, m->now->config->catalog);
	crew_begin(m->living);
	log_configure(m->now->config->settings.log_level,
	    m->now->config->settings.log_json);
	note(m, FACT_GENERATION, m->now->number);
	note(m, FACT_GENERATION_SINCE, (uint64_t)time(NULL));
	generation_tell_changes(old, m->now, farewell_served(m->farewell));
	farewell_follow(m->farewell, m->now);
	tell_serving(m, old ? "now serving" : "serving");
	if (old == NULL || old->config != m->now->config)
		keep_last_good(m);
	renew_follow(m->renew, old, m->now);
	generation_free(old, m->now);
	if (m->wanted != 0)
		manager_build(m, 0);
}

static void on_crew_ready(void *cookie, struct crew *c)
{
	struct manager *m = cookie;

	if (c != m->coming)
		return;
	if (m->living == NULL) {
		manager_complete(m);
		return;
	}
	loop_set(m->loop, &m->timer, loop_now_ms(m->loop) + LEAVE_MS);
	crew_leave(m->living);
}

static void on_crew_left(void *cookie, struct crew *c)
{
	struct manager *m = cookie;

	if (c == m->living && m->coming != NULL && m->coming->told_ready)
		manager_complete(m);
}

void manager_fail(struct manager *m)
{
	struct crew *c = m->coming;

	m->coming = NULL;
	crew_kill(c);
	manager_put_aside(m, c);
	if (m->living == NULL) {
		log_error("no worker gets ready: giving up");
		m->status = EXIT_FAILURE;
		m->stopping = true;
		return;
	}
	log_error("the new workers failed: the old ones go on serving");
	m->new_failed = true;
	generation_free(m->next, m->now);
	m->next = NULL;
	m->wanted |= m->asked | BUILD_CONFIG | BUILD_PAIRS;
	loop_set(m->loop, &m->timer, loop_now_ms(m->loop) + RETRY_MS);
	manager_tell_state(m);
}

static void on_crew_failed(void *cookie, struct crew *c)
{
	struct manager *m = cookie;

	/* One that dies when the old crew is leaving is filled in later. */
	if (c == m->coming && !c->told_ready)
		manager_fail(m);
}

static void on_crew_knock(void *cookie, const char *host, size_t len)
{
	const struct manager *m = cookie;

	renew_knock(m->renew, host, len);
}

void manager_hand_over(struct manager *m, struct generation *g)
{
	const struct crew_plan plan = {
		.loop = m->loop,
		.listeners = m->listeners,
		.admin = m->admin,
		.stats = m->stats,
		.row = m->crews++,
		.on_ready = on_crew_ready,
		.on_left = on_crew_left,
		.on_failed = on_crew_failed,
		.on_here = manager_feed,
		.on_knock = on_crew_knock,
		.cookie = m,
	};

	challenges_make(&g->config->settings);
	m->next = g;
	m->coming = crew_new(&plan, g, worker_count(&g->config->settings));
	loop_set(m->loop, &m->timer, clock_now_ms() + READY_MS);
}
