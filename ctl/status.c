/* SPDX-License-Identifier: ISC */
/*
 * status: what is served, what is wrong, and what to do next: from the
 * configuration, the certificates and what renew wrote down, and from the
 * daemon where it runs. DNS is not asked; verify does that.
 */
#include <errno.h>
#include <getopt.h>
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
#include "policy/host.h"
#include "reading.h"
#include "status_deeds.h"
#include "verb.h"

/* It is not configured, but was until not long ago. */
static void tell_left(const struct status *s, const char *text)
{
	char host[HOST_MAX + 1], until[MOMENT_MAX];
	int64_t at;

	if (host_from_text(text, host, NULL) != 0)
		return;
	at = served_until(s->served, host, s->now);
	moment_words(at, until);
	if (at != 0)
		verb_complain("senders may keep a policy of it until %s: put "
		              "it back in mode none until then",
		    until);
}

/* The one that is meant. NULL: it is not configured, which was told. */
static const struct status_host *find(
    const struct status *s, struct faults *f, const char *text)
{
	const char *host = reading_find_host(s->config, f, text);

	for (size_t i = 0; host != NULL && i < s->count; i++)
		if (strcmp(s->hosts[i].due.host, host) == 0)
			return &s->hosts[i];
	tell_left(s, text);
	return NULL;
}

static bool is_well(const struct status *s, const struct status_host *one)
{
	for (size_t i = 0; i < s->count; i++)
		if ((one == NULL || one == &s->hosts[i]) &&
		    s->hosts[i].grade == GRADE_TROUBLE)
			return false;
	return !s->last_good &&
	       (s->daemon == NULL || status_daemon_is_well(s->daemon));
}

static int show(struct status *s, struct faults *f, const char *name, bool json)
{
	const struct status_host *one = NULL;

	status_survey(s);
	if (name != NULL) {
		one = find(s, f, name);
		if (one == NULL)
			return UNABLE;
	}
	if (!json && one != NULL) {
		status_show_one(s, one);
	} else if (!json) {
		status_show_all(s);
	} else if (status_show_json(s, one) != 0) {
		verb_complain("there is no memory to tell it");
		return UNABLE;
	}
	return is_well(s, one) ? WELL : NOT_WELL;
}

static int tell_status(const char *config_path, const char *name, bool json)
{
	struct faults *faults = faults_new();
	struct arena *scratch = arena_new(false);
	struct status s = { .now = (int64_t)time(NULL), .arena = scratch };
	struct config *c;
	struct err unread;
	int status = UNABLE;

	c = reading_open_served(
	    config_path, scratch, faults, &s.last_good, &unread);
	if (c == NULL || s.last_good)
		reading_tell_faults(faults);
	if (c == NULL)
		goto out;
	if (s.last_good)
		verb_complain("the configuration cannot be used: this is what "
		              "was last good");
	if (unread.text[0] != '\0')
		verb_complain("%s: what is kept is not known", unread.text);
	s.config = c;
	s.served = served_new();
	s.faulty = faults_count(faults, SEVERITY_FAULT) > 0;
	if (s.faulty && !s.last_good)
		verb_complain("the configuration has faults: see mta-stsctl "
		              "check");
	status = show(&s, faults, name, json);
	pairs_free(s.pairs);
out:
	served_free(s.served);
	config_free(c);
	arena_free(scratch);
	faults_free(faults);
	return status;
}

static int status_verb(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	bool json = false;
	int o;

	while ((o = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (o != 'j')
			return verb_bad_option(&verb_status, o, argv);
		json = true;
	}
	if (optind + 1 < argc)
		return verb_misused(
		    &verb_status, "status takes the name of one domain");
	return tell_status(config_path, argv[optind], json);
}

const struct verb verb_status = {
	.name = "status",
	.arguments = "[DOMAIN] [--json]",
	.summary = "what is served, what is wrong, what to do next",
	.help =
	    "A line a domain, trouble first: its mode and id, how long its "
	    "certificate is good,\nwhen it came and when the next is due, and "
	    "the one thing to do next. With\nDOMAIN (or a host) all of it, "
	    "with the policy and its records. Of files: the\n"
	    "configuration as the daemon serves it, certificates, and what "
	    "renew wrote down.\nA daemon that runs is asked, at "
	    "listen.admin, what it serves; DNS is verify's.\n\n"
	    "Exit status 1: there is trouble. What waits for its DNS is "
	    "none.\n\n"
	    "Example: a new customer, and why there is no certificate yet\n\n"
	    "  mta-stsctl status\n"
	    "  mta-stsctl status example.com\n",
	.run = status_verb,
};
