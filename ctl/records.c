/* SPDX-License-Identifier: ISC */
/*
 * records: what must stand in DNS for the domains of the configuration, in
 * the form that a zone file, nsupdate or another program takes.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/near.h"
#include "config/config.h"
#include "config/faults.h"
#include "pairs.h"
#include "policy/catalog.h"
#include "policy/host.h"
#include "reading.h"
#include "records_part.h"
#include "rr.h"
#include "verb.h"

struct form {
	const char *name;
	void (*print)(const struct showing *s, bool compared);
	bool has_comments;
};

static const struct form forms[] = {
	{ "zone", records_zone, true },
	{ "csv", records_csv, false },
	{ "json", records_json, false },
	{ "nsupdate", records_nsupdate, true },
};

#define FORM_COUNT (sizeof(forms) / sizeof(*forms))

struct wish {
	const struct form *form;
	bool ready, diff;
	char **names; /* as given, up to a NULL; none: all */
};

/* Whose records are asked for. */
struct choice {
	bool all, host;
	const char **domains; /* strings of the catalog */
	size_t count;
};

/* Is text what `host:` names? */
static bool is_host(const struct config *c, const char *text)
{
	char host[HOST_MAX + 1];

	return c->settings.host != NULL &&
	       host_from_text(text, host, NULL) == 0 &&
	       strcmp(host, c->settings.host) == 0;
}

/* 0; or -1: not all names are configured, as was told. */
static int choose(const struct config *c, struct faults *f, char *const *names,
    struct arena *a, struct choice *ret_choice)
{
	struct choice choice = { .all = names[0] == NULL };
	const struct catalog_entry *e;
	size_t count = 0;
	int result = 0;

	while (names[count] != NULL)
		count++;
	choice.domains = arena_array(a, count + 1, sizeof(*choice.domains));
	for (size_t i = 0; i < count; i++) {
		if (is_host(c, names[i])) {
			choice.host = true;
			if (catalog_find(c->catalog, c->settings.host) == NULL)
				continue;
		}
		e = reading_find(c, f, names[i]);
		if (e == NULL)
			result = -1;
		else
			choice.domains[choice.count++] = e->domain;
	}
	*ret_choice = choice;
	return result;
}

static bool is_chosen(const struct choice *choice, const struct rr *r)
{
	if (choice->all)
		return true;
	if (r->place == PLACE_HOST)
		return choice->host;
	for (size_t i = 0; i < choice->count; i++)
		if (choice->domains[i] == r->domain)
			return true;
	return false;
}

static struct showing select_records(const struct rrs *all,
    const struct choice *choice, bool ready, struct arena *a)
{
	struct shown *at = arena_array(a, all->count + 1, sizeof(*at));
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++)
		if (is_chosen(choice, &all->at[i]) &&
		    !(ready && all->at[i].ready == READY_NO))
			at[count++].record = &all->at[i];
	return (struct showing){ at, count };
}

static bool any_unknown(const struct showing *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].record->ready == READY_UNKNOWN)
			return true;
	return false;
}

/*
 * What a form without comments leaves out. That `host:` has addresses is no
 * news, unless DNS has none.
 */
static void tell_left_out(const struct showing *s, bool compared)
{
	const struct rr *first = NULL, *r;
	size_t others = 0;

	for (size_t i = 0; i < s->count; i++) {
		r = s->at[i].record;
		if (r->value != NULL || (r->place == PLACE_HOST && !compared))
			continue;
		if (first == NULL)
			first = r;
		else
			others++;
	}
	if (first == NULL)
		return;
	verb_complain("left out: %s %s: %s", first->name,
	    rr_type_text(first->type), first->note);
	if (others > 0)
		verb_complain("left out: %zu more; the format zone has them "
		              "all as comments",
		    others);
}

/* 0; or -1: it is not known what is ready, as was told. */
static int judge_ready(
    const struct showing *s, const struct pairs *pairs, bool wanted)
{
	if (!any_unknown(s))
		return 0;
	verb_complain(
	    "%s: which records are ready is not known", pairs_fault(pairs));
	return wanted ? -1 : 0;
}

static int show(const struct config *c, const struct choice *choice,
    const struct wish *w, struct arena *a)
{
	struct pairs *pairs = pairs_open(&c->settings);
	struct showing s;
	struct rrs all;
	struct err err;
	size_t failed = 0;
	int status = UNABLE;

	rr_list(c, pairs, time(NULL), a, &all);
	s = select_records(&all, choice, w->ready, a);
	if (all.count == 0) {
		verb_complain("no domain is configured");
		goto out;
	}
	if (judge_ready(&s, pairs, w->ready) != 0)
		goto out;
	if (w->diff &&
	    records_compare(&s, &c->settings, a, &failed, &err) != 0) {
		verb_complain("%s", err.text);
		goto out;
	}
	w->form->print(&s, w->diff);
	if (!w->form->has_comments)
		tell_left_out(&s, w->diff);
	if (w->diff && s.count > 0)
		status = NOT_WELL;
	else if (failed == 0)
		status = WELL;
out:
	pairs_free(pairs);
	return status;
}

/*
 * A domain that is at fault has no records here, and whoever replaces what
 * stands in DNS by what is printed must not take that for success.
 */
static int records_for(const char *config_path, const struct wish *w)
{
	struct arena *a = arena_new(false);
	struct faults *faults = faults_new();
	struct config *c = reading_open(config_path, faults);
	struct choice choice;
	int status = UNABLE;

	if (c == NULL || w->names[0] == NULL)
		reading_tell_faults(faults);
	if (c == NULL || choose(c, faults, w->names, a, &choice) != 0)
		goto out;
	status = show(c, &choice, w, a);
	if (status == WELL && choice.all &&
	    faults_count(faults, SEVERITY_FAULT) > 0)
		status = NOT_WELL;
out:
	config_free(c);
	faults_free(faults);
	arena_free(a);
	return status;
}

/* NULL: there is none, as was told. */
static const struct form *form_from_text(const char *text)
{
	struct near near = { .text = text };

	for (size_t i = 0; i < FORM_COUNT; i++) {
		if (strcmp(text, forms[i].name) == 0)
			return &forms[i];
		near_try(&near, forms[i].name);
	}
	if (near.best != NULL)
		(void)verb_misused(&verb_records,
		    "there is no format \"%s\": did you mean \"%s\"?", text,
		    near.best);
	else
		(void)verb_misused(&verb_records,
		    "there is no format \"%s\": it is zone, csv, json or "
		    "nsupdate",
		    text);
	return NULL;
}

static int records(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "ready", no_argument, NULL, 'r' },
		{ "diff", no_argument, NULL, 'd' },
		{ 0 },
	};
	struct wish w = { .form = &forms[0] };
	int o;

	while ((o = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (o) {
		case 'f':
			w.form = form_from_text(optarg);
			if (w.form == NULL)
				return UNABLE;
			break;
		case 'r':
			w.ready = true;
			break;
		case 'd':
			w.diff = true;
			break;
		default:
			return verb_bad_option(&verb_records, o, argv);
		}
	}
	w.names = argv + optind;
	return records_for(config_path, &w);
}

const struct verb verb_records = {
	.name = "records",
	.arguments = "[DOMAIN...] [--format zone|csv|json|nsupdate] [--ready] "
	             "[--diff]",
	.summary = "what must stand in DNS",
	.help =
	    "For every domain, or for those named; `host:` may be named too. "
	    "What a person must\ncomplete, and what is not ready because the "
	    "policy's host has no certificate yet,\nis a comment in zone and "
	    "nsupdate.\n\n"
	    "  --format zone      for a zone file; all names are absolute\n"
	    "  --format nsupdate  a script for nsupdate; it may run again and "
	    "again\n"
	    "  --format csv, json a row or an object each\n"
	    "  --ready            without what is not ready\n"
	    "  --diff             only what differs from what DNS says now\n\n"
	    "Exit status 1: some domains are at fault, and missing here; with "
	    "--diff also: there\nis a difference.\n\n"
	    "Example: publish all that is ready, by a server of your own\n\n"
	    "  mta-stsctl records --ready --format nsupdate | nsupdate -k "
	    "FILE\n",
	.run = records,
};
