/* SPDX-License-Identifier: ISC */

/*
 * /metrics, in the text format of Prometheus: a table of what is counted and
 * what is so by now, and after it what is told of each host. Names follow
 * Prometheus' conventions; those that README and conf/ use stay.
 */

#include "daemon/admin_part.h"

#include <inttypes.h>
#include <time.h>

#include "config/config.h"
#include "daemon/generation.h"
#include "daemon/stats.h"
#include "policy/catalog.h"
#include "tls/pair.h"

#define PREFIX "mta_stsd_"

enum source { ROWS, FACTS };

struct metric {
	enum source source;
	unsigned kind; /* enum stat, enum fact */
	const char *name, *type;
	const char *help; /* NULL: it is one more of the name above */
	const char *labels;
};

/* clang-format off */
static const struct metric metrics[] = {
	{ FACTS, FACT_STARTED, "start_time_seconds", "gauge",
	    "When the daemon was started.", "" },
	{ FACTS, FACT_GENERATION, "generation", "gauge",
	    "The number of the generation that is served.", "" },
	{ FACTS, FACT_GENERATION_SINCE, "generation_start_time_seconds",
	    "gauge", "When it began to be served.", "" },
	{ FACTS, FACT_RELOADED, "last_reload_timestamp_seconds", "gauge",
	    "When the configuration was read last.", "" },
	{ FACTS, FACT_RELOAD_TAKEN, "last_reload_successful", "gauge",
	    "Whether what was read then is served.", "" },
	{ FACTS, FACT_FAULTS, "faults", "gauge",
	    "Faults that stand by now, by class.",
	    "{class=\"configuration\"}" },
	{ FACTS, FACT_WARNINGS, "faults", "gauge", NULL,
	    "{class=\"warning\"}" },
	{ FACTS, FACT_HANDOVER_FAILED, "faults", "gauge", NULL,
	    "{class=\"handover\"}" },
	{ FACTS, FACT_KEPT, "domains_kept", "gauge",
	    "Domains served as last good, not as the files say.", "" },
	{ FACTS, FACT_HELD, "domains_held_by_brake", "gauge",
	    "Of them those that limits.leaving holds.", "" },
	{ FACTS, FACT_WORKERS_WANTED, "workers_wanted", "gauge",
	    "How many workers there should be.", "" },
	{ FACTS, FACT_WORKERS_ALIVE, "workers_alive", "gauge",
	    "How many workers serve.", "" },
	{ FACTS, FACT_WORKER_RESTARTS, "worker_restarts_total", "counter",
	    "Workers that died while they served.", "" },
	{ FACTS, FACT_RENEWALS_WELL, "renewal_runs_total", "counter",
	    "Runs of mta-stsctl renew, by how they ended.",
	    "{result=\"well\"}" },
	{ FACTS, FACT_RENEWALS_TROUBLE, "renewal_runs_total", "counter", NULL,
	    "{result=\"trouble\"}" },
	{ FACTS, FACT_RENEWALS_FAILED, "renewal_runs_total", "counter", NULL,
	    "{result=\"failed\"}" },
	{ ROWS, STAT_ACCEPTED, "connections_total", "counter",
	    "Connections accepted.", "" },
	{ ROWS, STAT_OPEN, "connections_open", "gauge",
	    "Connections held by now.", "" },
	{ ROWS, STAT_OVER_ADDRESS, "connections_limited_total", "counter",
	    "Connections closed for being over a limit, by limit.",
	    "{limit=\"per_address\"}" },
	{ ROWS, STAT_OVER_CONNECTIONS, "connections_limited_total", "counter",
	    NULL, "{limit=\"connections\"}" },
	{ ROWS, STAT_HANDSHAKE_NONE, "handshakes_refused_total", "counter",
	    "TLS handshakes refused or failed, by reason.",
	    "{reason=\"no_sni\"}" },
	{ ROWS, STAT_HANDSHAKE_BAD, "handshakes_refused_total", "counter",
	    NULL, "{reason=\"bad_name\"}" },
	{ ROWS, STAT_HANDSHAKE_UNKNOWN, "handshakes_refused_total", "counter",
	    NULL, "{reason=\"unknown_host\"}" },
	{ ROWS, STAT_HANDSHAKE_NO_PAIR, "handshakes_refused_total", "counter",
	    NULL, "{reason=\"no_certificate\"}" },
	{ ROWS, STAT_HANDSHAKE_PROTOCOL, "handshakes_refused_total", "counter",
	    NULL, "{reason=\"protocol\"}" },
	{ ROWS, STAT_SLOW_HANDSHAKE, "handshakes_refused_total", "counter",
	    NULL, "{reason=\"timeout\"}" },
	{ ROWS, STAT_SLOW_PROXY, "timeouts_total", "counter",
	    "Connections that a deadline ended, by stage.",
	    "{stage=\"proxy\"}" },
	{ ROWS, STAT_SLOW_HANDSHAKE, "timeouts_total", "counter", NULL,
	    "{stage=\"handshake\"}" },
	{ ROWS, STAT_SLOW_HEAD, "timeouts_total", "counter", NULL,
	    "{stage=\"head\"}" },
	{ ROWS, STAT_SLOW_ANSWER, "timeouts_total", "counter", NULL,
	    "{stage=\"answer\"}" },
	{ ROWS, STAT_CHALLENGES, "challenges_answered_total", "counter",
	    "Challenges of a CA answered by tls-alpn-01.", "" },
	{ ROWS, STAT_REFUSED_400, "requests_refused_total", "counter",
	    "Request heads refused before they were routed, by reason.",
	    "{reason=\"malformed\"}" },
	{ ROWS, STAT_REFUSED_408, "requests_refused_total", "counter", NULL,
	    "{reason=\"timeout\"}" },
	{ ROWS, STAT_REFUSED_414, "requests_refused_total", "counter", NULL,
	    "{reason=\"line_too_long\"}" },
	{ ROWS, STAT_REFUSED_421, "requests_refused_total", "counter", NULL,
	    "{reason=\"host_is_not_sni\"}" },
	{ ROWS, STAT_REFUSED_431, "requests_refused_total", "counter", NULL,
	    "{reason=\"head_too_long\"}" },
	{ ROWS, STAT_REFUSED_501, "requests_refused_total", "counter", NULL,
	    "{reason=\"not_implemented\"}" },
	{ ROWS, STAT_REFUSED_505, "requests_refused_total", "counter", NULL,
	    "{reason=\"version\"}" },
	{ ROWS, STAT_REFUSED_OTHER, "requests_refused_total", "counter", NULL,
	    "{reason=\"other\"}" },
	{ ROWS, STAT_ANSWER_200, "fetches_total", "counter",
	    "Answers, by status.", "{status=\"200\"}" },
	{ ROWS, STAT_ANSWER_302, "fetches_total", "counter", NULL,
	    "{status=\"302\"}" },
	{ ROWS, STAT_ANSWER_400, "fetches_total", "counter", NULL,
	    "{status=\"400\"}" },
	{ ROWS, STAT_ANSWER_404, "fetches_total", "counter", NULL,
	    "{status=\"404\"}" },
	{ ROWS, STAT_ANSWER_405, "fetches_total", "counter", NULL,
	    "{status=\"405\"}" },
	{ ROWS, STAT_ANSWER_408, "fetches_total", "counter", NULL,
	    "{status=\"408\"}" },
	{ ROWS, STAT_ANSWER_414, "fetches_total", "counter", NULL,
	    "{status=\"414\"}" },
	{ ROWS, STAT_ANSWER_421, "fetches_total", "counter", NULL,
	    "{status=\"421\"}" },
	{ ROWS, STAT_ANSWER_431, "fetches_total", "counter", NULL,
	    "{status=\"431\"}" },
	{ ROWS, STAT_ANSWER_500, "fetches_total", "counter", NULL,
	    "{status=\"500\"}" },
	{ ROWS, STAT_ANSWER_501, "fetches_total", "counter", NULL,
	    "{status=\"501\"}" },
	{ ROWS, STAT_ANSWER_505, "fetches_total", "counter", NULL,
	    "{status=\"505\"}" },
	{ ROWS, STAT_ANSWER_OTHER, "fetches_total", "counter", NULL,
	    "{status=\"other\"}" },
	{ ROWS, STAT_POLICIES, "policies_served_total", "counter",
	    "Of them those with a policy.", "" },
};
/* clang-format on */

static void head(FILE *to, const char *name, const char *type, const char *help)
{
	(void)fprintf(to, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n",
	    name, help, name, type);
}

static void write_table(const struct sight *s, FILE *to)
{
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		const struct metric *m = &metrics[i];

		if (m->help != NULL)
			head(to, m->name, m->type, m->help);
		(void)fprintf(to, PREFIX "%s%s %" PRIu64 "\n", m->name,
		    m->labels,
		    m->source == FACTS ? sight_fact(s, m->kind)
		                       : stats_sum(s->stats, m->kind, m->kind));
	}
	head(to, "log_lines_dropped_total", "counter",
	    "Lines of the log that could not be written at once.");
	(void)fprintf(to, PREFIX "log_lines_dropped_total %" PRIu64 "\n",
	    sight_fact(s, FACT_LOG_DROPPED) +
	        stats_sum(s->stats, STAT_LOG_DROPPED, STAT_LOG_DROPPED));
}

static void write_took(const struct sight *s, FILE *to)
{
	uint64_t count = 0;

	head(to, "fetch_duration_seconds", "histogram",
	    "The time from accept to when an answer was ready.");
	for (unsigned i = 0; i < STATS_TOOK_BUCKETS; i++) {
		uint64_t limit = stats_took_limit(i);

		count += stats_sum(s->stats, STAT_TOOK + i, STAT_TOOK + i);
		(void)fputs(PREFIX "fetch_duration_seconds_bucket{le=\"", to);
		if (limit > 0)
			(void)fprintf(to, "%g", (double)limit / 1e6);
		else
			(void)fputs("+Inf", to);
		(void)fprintf(to, "\"} %" PRIu64 "\n", count);
	}
	(void)fprintf(to,
	    PREFIX "fetch_duration_seconds_sum %.6f\n" PREFIX
	           "fetch_duration_seconds_count %" PRIu64 "\n",
	    (double)stats_sum(s->stats, STAT_TOOK_US, STAT_TOOK_US) / 1e6,
	    count);
}

static void write_modes(const struct catalog *c, FILE *to)
{
	size_t counts[MODE_ENFORCE + 1] = { 0 };

	for (size_t i = 0; i < catalog_count(c); i++)
		counts[catalog_at(c, i)->mode]++;
	head(to, "domains", "gauge", "Domains that are served, by mode.");
	for (enum mode m = MODE_NONE; m <= MODE_ENFORCE; m++)
		(void)fprintf(to, PREFIX "domains{mode=\"%s\"} %zu\n",
		    mode_text(m), counts[m]);
}

/* The series of one host; a host without a certificate has none. */
static void write_expiry(
    const struct sight *s, const char *host, FILE *to, size_t counts[])
{
	const struct pair *p = sight_pair(s, host);

	counts[sight_certificate(s, p, (int64_t)time(NULL))]++;
	if (p == NULL)
		return;
	(void)fputs(PREFIX "certificate_expiry_timestamp_seconds{host=", to);
	put_label(to, host);
	(void)fprintf(to, "} %" PRId64 "\n", p->not_after);
}

static void write_certificates(const struct sight *s, FILE *to)
{
	const struct config *c = s->generation->config;
	size_t counts[SIGHT_CERTIFICATES] = { 0 };

	head(to, "certificate_expiry_timestamp_seconds", "gauge",
	    "Until when the certificate of a host is good.");
	if (c->settings.host != NULL)
		write_expiry(s, c->settings.host, to, counts);
	for (size_t i = 0; i < catalog_count(c->catalog); i++)
		write_expiry(s, catalog_at(c->catalog, i)->host, to, counts);
	head(to, "hosts", "gauge", "Hosts, by the state of their certificate.");
	for (unsigned i = 0; i < SIGHT_CERTIFICATES; i++)
		(void)fprintf(to, PREFIX "hosts{certificate=\"%s\"} %zu\n",
		    sight_certificate_text(i), counts[i]);
}

static void write_fetches(const struct sight *s, FILE *to)
{
	const struct catalog *c = s->generation->config->catalog;

	head(to, "domain_fetches_total", "counter",
	    "Policies served, by domain; other: of domains beyond the first "
	    "10000.");
	for (size_t i = 0; i < catalog_count(c); i++) {
		const struct catalog_entry *e = catalog_at(c, i);

		if (e->number == CATALOG_NUMBERS)
			continue;
		(void)fputs(PREFIX "domain_fetches_total{domain=", to);
		put_label(to, e->domain);
		(void)fprintf(to, "} %" PRIu64 "\n",
		    stats_get(&s->stats->fetches[e->number]));
	}
	(void)fprintf(to,
	    PREFIX "domain_fetches_total{domain=\"other\"} %" PRIu64 "\n",
	    stats_get(&s->stats->fetches[CATALOG_NUMBERS]));
}

void metrics_write(const struct sight *s, FILE *to)
{
	head(to, "build_info", "gauge", "What this is; always 1.");
	(void)fputs(PREFIX "build_info{version=", to);
	put_label(to, MTA_STSD_VERSION);
	(void)fputs("} 1\n", to);
	write_table(s, to);
	write_took(s, to);
	write_modes(s->generation->config->catalog, to);
	write_certificates(s, to);
	write_fetches(s, to);
}
