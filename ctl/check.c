/* SPDX-License-Identifier: ISC */
/*
 * check: every fault and warning of the configuration, each with its place,
 * and how many they are. Beside what mta-stsd itself judges it warns of
 * patterns over a public suffix, below which anybody may register a name, and
 * of hosts that have no certificate and no way to get one.
 */
#include <errno.h>
#include <getopt.h>
#include <libpsl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/moment.h"
#include "config/config.h"
#include "config/faults.h"
#include "config/served.h"
#include "pairs.h"
#include "policy/catalog.h"
#include "policy/policy.h"
#include "reading.h"
#include "seen.h"
#include "verb.h"

static void judge_suffixes(const struct catalog_entry *e, const psl_ctx_t *psl,
    struct arena *scratch, struct faults *f)
{
	const struct place at = { .file = e->origin };
	struct policy p;
	size_t i;

	if (policy_parse(e->policy, e->policy_len, scratch, &p, NULL) != 0)
		return;
	for (i = 0; i < p.mx_count; i++)
		if (strncmp(p.mx[i], "*.", 2) == 0 &&
		    psl_is_public_suffix(psl, p.mx[i] + 2))
			faults_add(f, SEVERITY_WARNING, at, e->domain,
			    "mx \"%s\" stands over a public suffix: whoever "
			    "registers a name there may take this mail",
			    p.mx[i]);
}

static void judge_catalog(
    const struct catalog *c, struct arena *scratch, struct faults *f)
{
	const psl_ctx_t *psl = psl_builtin();
	size_t i;

	if (psl == NULL) { /* a libpsl that was built without its list */
		verb_complain("no list of public suffixes: not checked");
		return;
	}
	for (i = 0; i < catalog_count(c); i++)
		judge_suffixes(catalog_at(c, i), psl, scratch, f);
}

static bool has_none(
    const struct pairs *p, const char *host, int64_t now, size_t *count)
{
	const char *why;

	if (pairs_judge(p, host, now, &why) != READY_NO)
		return false;
	return ++*count == 1;
}

/* One line for all of them: the first stands for the others. */
static void judge_certificates(const struct config *c, struct faults *f)
{
	const struct settings *s = &c->settings;
	const struct place at = { .file = c->path };
	struct pairs *p;
	int64_t now = (int64_t)time(NULL);
	const char *first = NULL;
	char more[64] = "";
	size_t count = 0;

	if (s->https.count == 0 || s->acme.configured)
		return;
	p = pairs_open(s);
	if (s->host != NULL && has_none(p, s->host, now, &count))
		first = s->host;
	for (size_t i = 0; i < catalog_count(c->catalog); i++) {
		const char *host = catalog_at(c->catalog, i)->host;

		if (has_none(p, host, now, &count))
			first = host;
	}
	pairs_free(p);
	if (first == NULL)
		return;
	if (count > 1)
		(void)snprintf(
		    more, sizeof(more), " (and %zu more like it)", count - 1);
	faults_add(f, SEVERITY_WARNING, at, first,
	    "no certificate below %s, and no acme to get one%s", s->certs,
	    more);
}

/* Who left too early (RULES H15), be it long ago. */
static void judge_left(
    const struct config *c, const struct served *s, struct faults *f)
{
	const struct place at = { .file = c->path };
	int64_t now = (int64_t)time(NULL);

	for (size_t i = 0; i < served_count(s); i++) {
		const char *domain = served_domain(s, i);
		int64_t until = served_until(s, domain, now);
		char text[MOMENT_MAX];

		if (until == 0 || catalog_find(c->catalog, domain) != NULL)
			continue;
		moment_text(until, text);
		faults_add(f, SEVERITY_WARNING, at, domain,
		    "has left, though senders may keep a policy of it until "
		    "%s: serve mode none until then (RFC 8461 section 8.3)",
		    text);
	}
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void tell_all(struct faults *f, size_t domains)
{
	size_t wrong = faults_count(f, SEVERITY_FAULT);
	size_t odd = faults_count(f, SEVERITY_WARNING);
	enum severity severity;
	const char *text;
	size_t i;

	for (i = 0; i < faults_total(f); i++) {
		text = faults_at(f, i, &severity);
		seen_put(stdout, text);
		puts(severity == SEVERITY_WARNING ? " (warning)" : "");
	}
	printf("%zu domain%s, %zu fault%s, %zu warning%s\n", domains,
	    plural(domains), wrong, plural(wrong), odd, plural(odd));
}

static int check_all(const char *config_path, bool strict)
{
	struct faults *faults;
	struct arena *scratch;
	struct served *served;
	struct err unread;
	struct config *c;
	bool well;

	if (access(config_path, R_OK) != 0) {
		verb_complain("%s: %s", config_path, strerror(errno));
		return UNABLE;
	}
	faults = faults_new();
	scratch = arena_new(false);
	served = served_new();
	c = reading_open_merged(config_path, scratch, faults, served, &unread);
	if (unread.text[0] != '\0')
		verb_complain(
		    "%s: domains that leave are not told", unread.text);
	if (c != NULL) {
		judge_catalog(c->catalog, scratch, faults);
		judge_certificates(c, faults);
		judge_left(c, served, faults);
	}
	tell_all(faults, c == NULL ? 0 : catalog_count(c->catalog));
	well = faults_count(faults, SEVERITY_FAULT) == 0 &&
	       (!strict || faults_count(faults, SEVERITY_WARNING) == 0);
	config_free(c);
	served_free(served);
	arena_free(scratch);
	faults_free(faults);
	return well ? WELL : NOT_WELL;
}

static int check(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "strict", no_argument, NULL, 's' },
		{ 0 },
	};
	bool strict = false;
	int o;

	while ((o = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (o != 's')
			return verb_bad_option(&verb_check, o, argv);
		strict = true;
	}
	if (optind != argc)
		return verb_misused(&verb_check,
		    "check takes no arguments: the configuration is named "
		    "by -c FILE before the verb");
	return check_all(config_path, strict);
}

const struct verb verb_check = {
	.name = "check",
	.arguments = "[--strict]",
	.summary = "what is wrong with the configuration, or odd",
	.help =
	    "All of it at once, each as FILE:LINE:COLUMN: and a sentence, "
	    "warnings marked so;\nthe last line counts them. Domains that "
	    "would leave what was last served are told\ntoo, and those that "
	    "have left while senders may keep a policy of them,\nwhere this "
	    "user may read that. Exit status 1: there is a fault, or with\n"
	    "--strict a warning.\n\n"
	    "Example: before a new file takes the place of the old\n\n"
	    "  mta-stsctl -c mta-stsd.yaml.new check --strict\n",
	.run = check,
};
