/* SPDX-License-Identifier: ISC */
/*
 * What a running mta-stsd serves, beside what the files say it should. It may
 * be a moment behind, have refused a change, or be another's altogether; and it
 * alone knows who asked for hosts that nobody configured.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/moment.h"
#include "config/config.h"
#include "daemon.h"
#include "policy/catalog.h"
#include "seen.h"
#include "status_deeds.h"
#include "verb.h"

static bool is_same_file(const char *a, const char *b)
{
	char real_a[PATH_MAX], real_b[PATH_MAX];

	return strcmp(a, b) == 0 ||
	       (realpath(a, real_a) != NULL && realpath(b, real_b) != NULL &&
	           strcmp(real_a, real_b) == 0);
}

void status_ask(struct status *s)
{
	struct daemon *d = arena_alloc(s->arena, sizeof(*d));
	struct err err = { "" };
	enum daemon_end end =
	    daemon_ask(&s->config->settings, s->arena, d, &err);

	if (end == DAEMON_TOLD && d->configuration != NULL &&
	    !is_same_file(d->configuration, s->config->path)) {
		err_set(&err, "the mta-stsd that runs here serves %s",
		    d->configuration);
		end = DAEMON_STRANGE;
	}
	if (end == DAEMON_TOLD) {
		s->daemon = d;
		return;
	}
	s->daemon_fault = arena_string(s->arena, err.text);
	if (end == DAEMON_STRANGE)
		verb_complain("%s", err.text);
}

bool status_daemon_is_well(const struct daemon *d)
{
	return d->alive && d->ready && (d->taken || d->reloaded == 0);
}

const char *status_behind(const struct status *s, const struct status_host *h)
{
	const struct catalog_entry *e = h->entry;
	const struct daemon_host *d = h->served;

	if (s->daemon == NULL)
		return NULL;
	if (d == NULL)
		return "mta-stsd does not know this host yet";
	if (e != NULL && d->id != NULL && strcmp(d->id, e->id) != 0)
		return arena_format(
		    s->arena, "mta-stsd still serves the policy %s", d->id);
	/* Of pairs that are good it serves the one that lives longest. */
	if (h->certificate == CERTIFICATE_VALID && h->due.pair.there &&
	    s->config->settings.https.count > 0 &&
	    d->not_after < h->due.pair.not_after)
		return "mta-stsd has not taken the newest certificate yet";
	return NULL;
}

bool status_lingers(const struct status *s, const struct daemon_host *h)
{
	return h->domain != NULL && !config_has_host(s->config, h->host);
}

static void show_name(const char *name, const char *behind)
{
	printf("  ");
	seen_put(stdout, name);
	printf("%s\n", behind);
}

static void show_lingering(const struct status *s)
{
	const struct daemon *d = s->daemon;
	bool begun = false;

	for (size_t i = 0; i < d->host_count; i++) {
		if (!status_lingers(s, &d->hosts[i]))
			continue;
		if (!begun)
			printf("Not configured, and served still:\n");
		begun = true;
		show_name(d->hosts[i].domain, "");
	}
}

static void show_strangers(const struct status *s)
{
	const struct daemon *d = s->daemon;
	bool begun = false;

	for (size_t i = 0; i < d->stranger_count; i++) {
		char at[MOMENT_MAX], last[MOMENT_MAX + 8];

		if (config_has_host(s->config, d->strangers[i].host))
			continue;
		if (!begun)
			printf("Asked for, and not configured; add the domain, "
			       "or tell whose DNS leads here:\n");
		begun = true;
		moment_words(d->strangers[i].at, at);
		(void)snprintf(last, sizeof(last), "  last %s", at);
		show_name(d->strangers[i].host, last);
	}
}

static void show_reload(const struct daemon *d)
{
	char at[MOMENT_MAX];

	if (d->reloaded != 0 && !d->taken) {
		moment_words(d->reloaded, at);
		printf("The change of %s was refused: mta-stsctl check\n", at);
	}
	if (d->held > 0)
		printf("The brake holds %" PRId64 " domain%s that would leave; "
		       "SIGUSR1 lets them go.\n",
		    d->held, d->held == 1 ? "" : "s");
}

void status_show_daemon(const struct status *s)
{
	const struct daemon *d = s->daemon;
	char since[MOMENT_MAX];

	if (d == NULL) {
		printf("From files alone: ");
		seen_put(stdout, s->daemon_fault);
		printf("\n");
		return;
	}
	moment_words(d->since, since);
	printf("mta-stsd ");
	seen_put(stdout, d->version != NULL ? d->version : "");
	printf(" serves generation %" PRId64 " since %s, %" PRId64
	       " of %" PRId64 " workers%s\n",
	    d->generation, since, d->workers, d->wanted,
	    d->ready ? "" : "; it is not ready");
	show_reload(d);
	show_lingering(s);
	show_strangers(s);
}
