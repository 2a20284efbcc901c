/* SPDX-License-Identifier: ISC */

/*
 * /status: what the daemon alone knows, for programs. The members of a host
 * are named as in `mta-stsctl status --json`; moments are as in RFC 3339, and
 * what is not known or is not there is null.
 */

#include "daemon/admin_part.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/moment.h"
#include "config/config.h"
#include "daemon/generation.h"
#include "daemon/stats.h"
#include "policy/catalog.h"
#include "tls/pair.h"

static void put_moment(FILE *to, int64_t at)
{
	char text[MOMENT_MAX];

	moment_text(at, text);
	put_text(to, at != 0 ? text : NULL);
}

static void put_moment_fact(const struct sight *s, enum fact fact, FILE *to)
{
	put_moment(to, (int64_t)sight_fact(s, fact));
}

static const char *truth(bool b)
{
	return b ? "true" : "false";
}

static void write_host(const struct sight *s, const char *host,
    const struct catalog_entry *e, FILE *to)
{
	const struct pair *p = sight_pair(s, host);

	(void)fputs("    { \"domain\": ", to);
	put_text(to, e != NULL ? e->domain : NULL);
	(void)fputs(", \"host\": ", to);
	put_text(to, host);
	(void)fputs(", \"mode\": ", to);
	put_text(to, e != NULL ? mode_text(e->mode) : NULL);
	(void)fputs(", \"id\": ", to);
	put_text(to, e != NULL ? e->id : NULL);
	(void)fprintf(to, ", \"kept\": %s, \"certificate\": { \"state\": ",
	    truth(e != NULL && e->kept));
	put_text(to, sight_certificate_text(
	                 sight_certificate(s, p, (int64_t)time(NULL))));
	(void)fputs(", \"not_before\": ", to);
	put_moment(to, p != NULL ? p->not_before : 0);
	(void)fputs(", \"not_after\": ", to);
	put_moment(to, p != NULL ? p->not_after : 0);
	(void)fputs(" }, \"fetches\": ", to);
	if (e != NULL && e->number < CATALOG_NUMBERS)
		(void)fprintf(to, "%" PRIu64 " }",
		    stats_get(&s->stats->fetches[e->number]));
	else
		(void)fputs("null }", to);
}

static void write_hosts(const struct sight *s, FILE *to)
{
	const struct config *c = s->generation->config;
	size_t count = catalog_count(c->catalog);
	const char *between = "";

	(void)fputs("  \"hosts\": [", to);
	if (c->settings.host != NULL) {
		(void)fputs("\n", to);
		write_host(s, c->settings.host, NULL, to);
		between = ",";
	}
	for (size_t i = 0; i < count; i++) {
		const struct catalog_entry *e = catalog_at(c->catalog, i);

		(void)fprintf(to, "%s\n", between);
		write_host(s, e->host, e, to);
		between = ",";
	}
	(void)fputs("\n  ]", to);
}

static int by_host_then_last(const void *a, const void *b)
{
	const struct stranger *x = a, *y = b;
	int order = strcmp(x->host, y->host);

	return order != 0 ? order : x->at < y->at ? 1 : -(x->at > y->at);
}

static int by_last(const void *a, const void *b)
{
	const struct stranger *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? 1 : -1)
	                      : strcmp(x->host, y->host);
}

/* Those of all workers, each once, the last first. Their number. */
static size_t gather(const struct sight *s, struct stranger *all)
{
	size_t count = 0, once = 0;

	for (size_t row = 0; row < STATS_SLOTS; row++) {
		/* Of a row that was never used no page is touched. */
		if (stats_get(&s->stats->rows[row].counts[STAT_ACCEPTED]) == 0)
			continue;
		for (size_t i = 0; i < STRANGERS_MOST; i++)
			count += strangers_read(
			    &s->stats->strangers[row], i, &all[count]);
	}
	qsort(all, count, sizeof(*all), by_host_then_last);
	for (size_t i = 0; i < count; i++)
		if ((once == 0 ||
		        strcmp(all[i].host, all[once - 1].host) != 0) &&
		    !config_has_host(s->generation->config, all[i].host))
			all[once++] = all[i];
	qsort(all, once, sizeof(*all), by_last);
	return once < STRANGERS_MOST ? once : STRANGERS_MOST;
}

static void write_strangers(const struct sight *s, FILE *to)
{
	struct stranger *all =
	    calloc((size_t)STATS_SLOTS * STRANGERS_MOST, sizeof(*all));
	size_t count = all != NULL ? gather(s, all) : 0;

	(void)fputs(",\n  \"strangers\": [", to);
	for (size_t i = 0; i < count; i++) {
		(void)fprintf(to, "%s\n    { \"host\": ", i > 0 ? "," : "");
		put_text(to, all[i].host);
		(void)fputs(", \"at\": ", to);
		put_moment(to, all[i].at);
		(void)fputs(" }", to);
	}
	(void)fputs("\n  ]", to);
	free(all);
}

void status_write(const struct sight *s, FILE *to)
{
	(void)fputs("{\n  \"version\": ", to);
	put_text(to, MTA_STSD_VERSION);
	(void)fputs(",\n  \"configuration\": ", to);
	put_text(to, s->generation->config->path);
	(void)fputs(",\n  \"started\": ", to);
	put_moment_fact(s, FACT_STARTED, to);
	(void)fprintf(to, ",\n  \"alive\": %s,\n  \"ready\": %s",
	    truth(sight_not_alive(s) == NULL),
	    truth(sight_not_ready(s) == NULL));
	(void)fprintf(to,
	    ",\n  \"generation\": { \"number\": %" PRIu64 ", \"since\": ",
	    sight_fact(s, FACT_GENERATION));
	put_moment_fact(s, FACT_GENERATION_SINCE, to);
	(void)fputs(" },\n  \"reload\": { \"at\": ", to);
	put_moment_fact(s, FACT_RELOADED, to);
	(void)fprintf(to,
	    ", \"taken\": %s, \"faults\": %" PRIu64 ", \"warnings\": %" PRIu64
	    ", \"kept\": %" PRIu64 ", \"held_by_brake\": %" PRIu64 " }",
	    truth(sight_fact(s, FACT_RELOAD_TAKEN) != 0),
	    sight_fact(s, FACT_FAULTS), sight_fact(s, FACT_WARNINGS),
	    sight_fact(s, FACT_KEPT), sight_fact(s, FACT_HELD));
	(void)fprintf(to,
	    ",\n  \"workers\": { \"wanted\": %" PRIu64 ", \"alive\": %" PRIu64
	    ", \"restarts\": %" PRIu64 " },\n",
	    sight_fact(s, FACT_WORKERS_WANTED),
	    sight_fact(s, FACT_WORKERS_ALIVE),
	    sight_fact(s, FACT_WORKER_RESTARTS));
	write_hosts(s, to);
	write_strangers(s, to);
	(void)fputs("\n}\n", to);
}
