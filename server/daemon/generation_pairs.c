/* SPDX-License-Identifier: ISC */

/*
 * The pairs of a generation, and what there is to say of them: those that
 * cannot be used, those for nobody here, hosts without one and those whose
 * time is over.
 */

#include "daemon/generation_part.h"

#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/generation.h"
#include "policy/catalog.h"
#include "tls/pair.h"
#include "tls/store.h"

#define DAY_S 86400

static void on_note(void *cookie, const struct store_note *n)
{
	(void)cookie;
	switch (n->kind) {
	case STORE_BROKEN:
		log_error("certificate %s: %s", n->name, n->detail);
		break;
	case STORE_KEPT:
		log_warn("certificate %s: %s; its last good one is kept",
		    n->name, n->detail);
		break;
	case STORE_ODD:
		log_warn("certificate %s: %s", n->name, n->detail);
		break;
	}
}

static void pass_over(void *cookie, const struct store_note *n)
{
	(void)cookie;
	(void)n;
}

/* The pair that host has, its absence or its age told; false: none. */
static bool check_host(
    const struct generation *g, const char *host, int64_t now, bool loud)
{
	const struct pair *p = store_find(g->store, host, now);

	if (p == NULL) {
		/* Where we get them ourselves that is how every host begins. */
		if (loud && config_renews(&g->config->settings))
			log_notice(
			    "%s: no certificate yet; it is not served", host);
		else if (loud)
			log_warn("%s: no certificate; it is not served", host);
		return false;
	}
	if (p->not_after < now)
		log_error("%s: certificate %s expired %lld days ago; senders "
		          "refuse it",
		    host, p->name, (long long)((now - p->not_after) / DAY_S));
	else if (p->not_before > now)
		log_error("%s: certificate %s is not valid yet; senders "
		          "refuse it, or the clock here is wrong",
		    host, p->name);
	return true;
}

/* Was it otherwise until now that host has no pair? */
static bool is_news(
    const struct generation *last, const char *host, int64_t now)
{
	return last == NULL || !config_has_host(last->config, host) ||
	       store_find(last->store, host, now) != NULL;
}

static void count_host(struct generation *g, const struct generation *last,
    const char *host, int64_t now)
{
	bool news = is_news(last, host, now);

	if (check_host(g, host, now, news))
		return;
	g->without_pair++;
	g->lacks_anew = g->lacks_anew || news;
}

static void check_hosts(
    struct generation *g, const struct generation *last, int64_t now)
{
	const struct config *c = g->config;

	for (size_t i = 0; i < catalog_count(c->catalog); i++)
		count_host(g, last, catalog_at(c->catalog, i)->host, now);
	if (c->settings.host != NULL)
		count_host(g, last, c->settings.host, now);
}

void generation_tell_ages(const struct generation *g)
{
	const struct catalog *c = g->config->catalog;
	int64_t now = (int64_t)time(NULL);

	if (g->config->settings.https.count == 0)
		return;
	for (size_t i = 0; i < catalog_count(c); i++)
		(void)check_host(g, catalog_at(c, i)->host, now, false);
	if (g->config->settings.host != NULL)
		(void)check_host(g, g->config->settings.host, now, false);
}

/* A directory named like one of our hosts must hold a pair for it. */
static void check_pairs(const struct generation *g)
{
	for (size_t i = 0; i < store_count(g->store); i++) {
		const struct pair *p = store_at(g->store, i);
		bool used = false;

		if (config_has_host(g->config, p->name) &&
		    !pair_covers(p, p->name)) {
			log_warn("certificate %s: is not for this host, but "
			         "for %s%s",
			    p->name, p->names[0],
			    p->name_count > 1 ? " and others" : "");
			continue;
		}
		for (size_t k = 0; k < p->name_count && !used; k++)
			used = strncmp(p->names[k], "*.", 2) == 0 ||
			       config_has_host(g->config, p->names[k]);
		if (!used)
			log_info("certificate %s: is for %s%s, which is not "
			         "configured",
			    p->name, p->names[0],
			    p->name_count > 1 ? " and others" : "");
	}
}

void generation_build_pairs(
    struct generation *g, const struct build *b, const struct generation *last)
{
	/* Without TLS of ours certificates are somebody else's business. */
	bool ours = g->config->settings.https.count > 0;
	const struct store_calls calls = {
		.on_note = ours ? on_note : pass_over,
		.on_step = b->on_step,
		.cookie = b->cookie,
	};
	const char *certs = g->config->settings.certs;
	int64_t now = (int64_t)time(NULL);

	/* So that it is watched from now on, and not looked for each second. */
	if (config_renews(&g->config->settings) ||
	    file_is_below(certs, g->config->settings.state))
		(void)file_make_dirs(certs, 0700, NULL); /* the load tells */
	if (last != NULL && !(b->flags & BUILD_PAIRS) &&
	    strcmp(certs, last->config->settings.certs) == 0)
		g->store = last->store;
	else
		g->store = store_load(certs, last ? last->store : NULL,
		    b->flags & BUILD_TAKE_ALL ? STORE_TAKE_ALL : 0, &calls);
	if (!ours)
		return;
	if (last == NULL || !store_same(g->store, last->store))
		check_pairs(g);
	check_hosts(g, last, now);
}
