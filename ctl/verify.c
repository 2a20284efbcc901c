/* SPDX-License-Identifier: ISC */

/*
 * verify: is it really so, out there? The options, the domains to look at,
 * and what is told in the end; the checks are in verify_domain.c.
 */

#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"
#include "config/config.h"
#include "config/faults.h"
#include "policy/catalog.h"
#include "policy/host.h"
#include "preflight_ca.h"
#include "reading.h"
#include "trust.h"
#include "verb.h"
#include "verify_options.h"
#include "verify_run.h"

/* Without one, domains that were named are verified all the same. */
static int open_config(const char *path, const struct verify_options *o,
    struct faults *f, struct config **ret_config)
{
	bool spared;

	if (access(path, R_OK) != 0) {
		spared = o->domains[0] != NULL && errno == ENOENT;
		verb_complain("%s: %s%s", path, strerror(errno),
		    spared ? ": nothing is compared with it" : "");
		return spared ? 0 : -1;
	}
	*ret_config = reading_open(path, f);
	reading_tell_faults(f);
	return *ret_config == NULL ? -1 : 0;
}

/* compared: it must be ours, as nothing but the comparison is asked for. */
static int add_domain(const struct config *c, const char *text, bool compared,
    struct arena *a, struct verify_report *r)
{
	char host[HOST_MAX + 1];
	struct err err;

	if (host_from_text(text, host, &err) != 0) {
		verb_complain("%s", err.text);
		return -1;
	}
	if (strlen(host) > DOMAIN_MAX) {
		verb_complain("%s: longer than a policy domain can be", host);
		return -1;
	}
	r->entry = c == NULL ? NULL : catalog_find(c->catalog, host);
	if (r->entry != NULL) {
		r->domain = r->entry->domain;
		return 0;
	}
	if (compared) {
		verb_complain("%s is not configured: --policy-only has nothing "
		              "to compare its policy with",
		    host);
		return -1;
	}
	if (c != NULL)
		verb_complain("%s is not configured: the policy is not "
		              "compared with ours",
		    host);
	r->domain = arena_string(a, host);
	return 0;
}

/* The domains that were named, each once; or all. NULL: it was told why. */
static struct verify_report *list_domains(const struct config *c,
    const struct verify_options *o, struct arena *a, size_t *ret_count)
{
	char **named = o->domains;
	struct verify_report *all;
	size_t count = 0, room = 0;

	while (named[room] != NULL)
		room++;
	if (room == 0)
		room = catalog_count(c->catalog);
	all = calloc(room + 1, sizeof(*all));
	if (all == NULL)
		return NULL;
	for (size_t i = 0; named[0] == NULL && i < room; i++) {
		all[i].entry = catalog_at(c->catalog, i);
		all[i].domain = all[i].entry->domain;
		count++;
	}
	for (size_t i = 0; named[i] != NULL; i++) {
		size_t before = 0;

		if (add_domain(c, named[i], o->policy_only, a, &all[count]) !=
		    0) {
			free(all);
			return NULL;
		}
		while (strcmp(all[before].domain, all[count].domain) != 0)
			before++;
		count += before == count;
	}
	*ret_count = count;
	return all;
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

static int show(const struct verify_options *o, const struct verify_summary *s)
{
	const struct verify_manner m = {
		.problems = o->problems,
		.checks = o->domains[0] != NULL,
		.colour = wants_colour(),
	};

	if (s->port_25_closed && (!o->problems || verify_is_problem(s->worst)))
		verb_complain("port 25 answers nowhere: closed on the way out "
		              "of here? MX hosts are not checked");
	if (o->format == VERIFY_CSV)
		verify_show_csv(stdout, s, &m);
	else if (o->format == VERIFY_NAGIOS)
		verify_show_nagios(stdout, s);
	else if (o->format == VERIFY_TABLE)
		verify_show_table(stdout, s, &m);
	else if (verify_show_json(stdout, s, &m) != 0)
		return UNABLE;
	if (!verify_is_problem(verify_sum_grade(s)))
		return WELL;
	return o->format == VERIFY_NAGIOS && s->worst == VERIFY_BROKEN
	           ? UNABLE
	           : NOT_WELL;
}

/* Look around: the resolver, the CAs, where policy hosts should lead. */
static int prepare(const struct verify_options *o, const struct config *c,
    const struct endpoints *resolver, struct verify_run *run,
    struct trust **ret_trust)
{
	struct err err;

	run->dns = dns_new(resolver, -1, &err);
	if (run->dns != NULL)
		*ret_trust = trust_new(o->ca, &err);
	if (run->dns == NULL || *ret_trust == NULL) {
		verb_complain("%s", err.text);
		return -1;
	}
	run->config = c;
	run->trust = *ret_trust;
	run->port = (unsigned)o->port;
	run->policy_only = o->policy_only;
	if (c != NULL && c->settings.acme.configured)
		run->ca = preflight_ca_new(c->settings.acme.directory, -1);
	if (verify_home(run) != NULL)
		dns_addresses(run->dns, verify_home(run),
		    clock_now_ms() + VERIFY_CHECK_MS / 2, &run->home);
	return 0;
}

/* *ret_unable: NULL, something is shown; or why not, where that is known. */
static int verify_domains(const struct verify_options *o,
    const struct config *c, struct faults *f, const char **ret_unable)
{
	struct verify_run run = { .port = 0 };
	struct verify_order order = {
		.run = &run,
		.at_once = (size_t)o->jobs,
		.smtp = o->smtp && !o->policy_only,
		.progress = isatty(STDERR_FILENO),
		.wait_ms = o->wait_s * 1000,
	};
	struct endpoints resolver = { .count = 0 };
	struct arena *names = arena_new(false);
	struct verify_summary summary;
	struct trust *trust = NULL;
	int status = UNABLE;

	if (o->has_resolver)
		resolver = (struct endpoints){ &o->resolver, 1 };
	else if (c != NULL)
		resolver = c->settings.resolver;
	order.reports = list_domains(c, o, names, &order.count);
	if (order.reports == NULL ||
	    prepare(o, c, &resolver, &run, &trust) != 0)
		goto out;
	if (verify_all(&order, &summary) == 0) {
		summary.faults = faults_count(f, SEVERITY_FAULT);
		*ret_unable = NULL;
		status = show(o, &summary);
	} else {
		*ret_unable = "the resolver answers nothing";
		verb_complain("%s: is there a network? (`resolver`, "
		              "--resolver)",
		    *ret_unable);
	}
out:
	if (order.reports != NULL)
		verify_reports_free(order.reports, order.count);
	arena_free(names);
	trust_free(trust);
	preflight_ca_free(run.ca);
	dns_free(run.dns);
	return status;
}

static int verify(const char *config_path, int argc, char **argv)
{
	struct verify_options o;
	struct config *c = NULL;
	const char *unable = "it could not be verified";
	struct faults *f;
	int status = UNABLE;

	if (verify_read_options(argc, argv, &o) != 0)
		return UNABLE;
	f = faults_new();
	if (open_config(config_path, &o, f, &c) == 0)
		status = verify_domains(&o, c, f, &unable);
	/* Monitors look at standard output alone. */
	if (unable != NULL && o.format == VERIFY_NAGIOS)
		printf("MTA-STS UNKNOWN - %s\n", unable);
	config_free(c);
	faults_free(f);
	return status;
}

const struct verb verb_verify = {
	.name = "verify",
	.arguments =
	    "[DOMAIN...] [--format table|csv|json|nagios] "
	    "[--problems]\n           [--policy-only] [--wait SECONDS] "
	    "[--resolver ADDR[:PORT]]\n           [--ca FILE] "
	    "[--port N] [--jobs N] [--no-smtp]",
	.summary = "is it really so, out there? every domain, every check",
	.help =
	    "Looks at each domain from outside, as a sender of mail would: its "
	    "DNS, the policy\nat every address of its host, its MX hosts. "
	    "Without DOMAIN: all that are\nconfigured. One that is not is "
	    "verified too, but not compared with ours.\n\n"
	    "  --format F       table; csv, the columns of PS.MTA-STS; json; "
	    "nagios\n"
	    "  --problems       only warnings and what is broken; silent when "
	    "all is well\n"
	    "  --policy-only    only: does every address serve exactly our "
	    "policy? One that\n                   could not be asked does not\n"
	    "  --wait SECONDS   try again so long until all is well\n"
	    "  --resolver ADDR[:PORT]  ask this one, not `resolver`\n"
	    "  --ca FILE        trust these CAs, not the system's\n"
	    "  --port N         of HTTPS, instead of 443; SMTP is always asked "
	    "at 25\n"
	    "  --jobs N         domains at once; 16\n"
	    "  --no-smtp        do not connect to MX hosts\n\n"
	    "Verdicts: ok; pending, no TXT record yet, which is no error; "
	    "warning; broken.\nExit status 1: something is a warning or "
	    "broken, or the\nconfiguration has a fault; with nagios 2 for "
	    "broken.\n\n"
	    "Example: in a pipeline, between deploying and publishing "
	    "records\n\n"
	    "  mta-stsctl verify --policy-only --wait 300 && publish-records\n",
	.run = verify,
};
