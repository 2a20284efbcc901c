/* SPDX-License-Identifier: ISC */
/*
 * Every host of the configuration with its pair and what renew knows of it.
 * Nothing is asked of the network, and nothing is changed. A file that this
 * user may not read leaves its part unknown.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/config.h"
#include "config/served.h"
#include "daemon.h"
#include "pairs.h"
#include "policy/catalog.h"
#include "renew_files.h"
#include "status_deeds.h"
#include "tls/pair.h"
#include "tls/store.h"

static bool was_renewed(const struct status *s, const char *host)
{
	DIR *d = opendir(
	    arena_format(s->arena, "%s/%s", s->config->settings.certs, host));
	const struct dirent *e;
	bool found = false;

	if (d == NULL)
		return false;
	while (!found && (e = readdir(d)) != NULL)
		found = files_old_epoch(e->d_name) != 0;
	(void)closedir(d); /* was only read */
	return found;
}

static void read_attempt(struct status *s, struct status_host *h)
{
	struct err err;

	if (s->state_fault != NULL)
		return;
	if (attempt_read(s->dir, h->due.host, &h->due.last, &err) < 0)
		h->due.last = (struct attempt){ .outcome = OUTCOME_NONE };
}

static enum certificate judge_certificate(
    const struct status *s, const struct status_host *h)
{
	const struct due_pair *p = &h->due.pair;

	if (s->config->settings.https.count == 0)
		return CERTIFICATE_OTHERS;
	if (p->there && s->now < p->not_before)
		return CERTIFICATE_FUTURE;
	if (p->there && s->now <= p->not_after)
		return CERTIFICATE_VALID;
	if (s->certs_fault != NULL)
		return CERTIFICATE_UNKNOWN;
	if (p->there)
		return CERTIFICATE_EXPIRED;
	return h->due.fault != NULL ? CERTIFICATE_BROKEN : CERTIFICATE_MISSING;
}

static void read_served(struct status *s)
{
	struct err err;
	enum served_found found =
	    served_read(s->served, s->config->settings.state, &err);

	s->served_known = found == SERVED_WHOLE;
	if (found == SERVED_NEWER || found == SERVED_BROKEN)
		s->served_fault = arena_string(s->arena, err.text);
}

static void look_at(struct status *s, struct status_host *h)
{
	const struct store *store = pairs_store(s->pairs);

	read_attempt(s, h);
	if (store != NULL)
		h->due.pair = due_find_pair(store, h->due.host, s->now);
	h->due.fault = pairs_note(s->pairs, h->due.host);
	due_judge(&h->due, s->config->settings.acme.directory, s->now);
	h->certificate = judge_certificate(s, h);
	h->renewed_before = was_renewed(s, h->due.host);
	if (h->due.pair.there)
		h->last = h->due.last.outcome == OUTCOME_ISSUED
		              ? h->due.last.tried
		              : h->due.pair.not_before;
	if (s->daemon != NULL)
		h->served = daemon_find(s->daemon, h->due.host);
	if (h->entry != NULL)
		h->held_until =
		    served_until(s->served, h->entry->domain, s->now);
	status_judge(s, h);
}

static int by_grade(const void *a, const void *b)
{
	const struct status_host *x = a, *y = b;

	if (x->grade != y->grade)
		return x->grade > y->grade ? -1 : 1;
	if ((x->entry == NULL) != (y->entry == NULL))
		return x->entry == NULL ? -1 : 1;
	return strcmp(x->due.host, y->due.host);
}

static void read_state(struct status *s)
{
	const struct settings *settings = &s->config->settings;
	struct err err;

	s->dir = arena_format(s->arena, "%s/renew", settings->state);
	if (access(s->dir, R_OK | X_OK) != 0 && errno != ENOENT) {
		err_set_errno(&err, "%s", s->dir);
		s->state_fault = arena_string(s->arena, err.text);
		return;
	}
	s->paused = config_renews(settings) &&
	            pause_read(s->dir, &s->pause, &err) == 0 &&
	            pause_holds(&s->pause, settings->acme.directory, s->now);
}

void status_survey(struct status *s)
{
	const struct settings *settings = &s->config->settings;
	const struct catalog *k = s->config->catalog;

	read_state(s);
	read_served(s);
	status_ask(s);
	s->pairs = pairs_open(settings);
	/* Before the first certificate there may be no directory yet. */
	if (settings->https.count > 0 &&
	    (access(settings->certs, F_OK) == 0 || errno != ENOENT))
		s->certs_fault = pairs_fault(s->pairs);
	s->hosts =
	    arena_array(s->arena, catalog_count(k) + 1, sizeof(*s->hosts));
	if (settings->host != NULL)
		s->hosts[s->count++].due =
		    (struct due){ .host = settings->host, .first = true };
	for (size_t i = 0; i < catalog_count(k); i++) {
		struct status_host *h = &s->hosts[s->count++];

		h->entry = catalog_at(k, i);
		h->due.host = h->entry->host;
	}
	for (size_t i = 0; i < s->count; i++)
		look_at(s, &s->hosts[i]);
	qsort(s->hosts, s->count, sizeof(*s->hosts), by_grade);
	status_find_left(s);
	status_find_orphans(s);
}
