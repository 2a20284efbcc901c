/* SPDX-License-Identifier: ISC */
/*
 * renew: certificates that are missing or due, now. A person calls it to see
 * what happens or to force it; the manager calls it --supervised, and lives by
 * the line that says when to call again. It alone decides what is due.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/moment.h"
#include "config/config.h"
#include "config/faults.h"
#include "reading.h"
#include "renew_part.h"
#include "renew_run.h"
#include "renew_tell.h"
#include "verb.h"

#define NEXT_UNKNOWN_S 3600

/* NULL: it cannot be used, which was told. */
static struct config *read_config(
    const struct renew *r, const char *path, struct faults *f)
{
	bool last_good;
	struct err unread;
	struct config *c =
	    reading_open_served(path, r->arena, f, &last_good, &unread);

	if (!r->supervised)
		reading_tell_faults(f);
	if (unread.text[0] != '\0')
		renew_complain(r, LOG_LEVEL_WARNING, "%s", unread.text);
	if (c == NULL)
		renew_complain(r, LOG_LEVEL_ERROR,
		    "%s cannot be used: see mta-stsctl check", path);
	else if (last_good)
		renew_complain(r, LOG_LEVEL_NOTICE,
		    "going on with the last good configuration");
	return c;
}

/* Does this node renew at all? If not, why, was told. */
static bool renews(const struct renew *r, const char *path)
{
	const struct acme *acme = &r->s->acme;

	if (!acme->configured)
		renew_complain(r, LOG_LEVEL_NOTICE,
		    "%s has no acme section: certificates are brought by other "
		    "means, and nothing is renewed here",
		    path);
	else if (acme->redirect != NULL)
		renew_complain(r, LOG_LEVEL_NOTICE,
		    "acme.redirect is set: this node never renews, and sends "
		    "challenges to %s; renew there",
		    acme->redirect);
	else
		return true;
	return false;
}

/*
 * The hosts that names mean, in place; what a person misnames is told. The
 * manager may have heard a name of a configuration that is over.
 */
static int find_hosts(
    const struct renew *r, struct faults *f, char **names, size_t *count)
{
	size_t found = 0;

	for (size_t i = 0; i < *count; i++) {
		const char *host;

		if (r->supervised) {
			found++;
			continue;
		}
		host = reading_find_host(r->config, f, names[i]);
		if (host == NULL)
			return -1;
		names[found++] = arena_string(r->arena, host);
	}
	*count = found;
	return 0;
}

static void tell_end(const struct renew *r)
{
	char at[MOMENT_MAX];

	if (r->ending == ENDING_PACE) {
		moment_words((int64_t)time(NULL) + renew_next_s(r), at);
		renew_complain(r, LOG_LEVEL_INFO,
		    "the pace is used up (acme.orders_per_3h is %u): room "
		    "again at %s",
		    r->s->acme.orders_per_3h, at);
	}
	if (!r->supervised)
		renew_tell(r, LOG_LEVEL_DEBUG,
		    "%zu issued, %zu failed, %zu waiting for DNS; %zu of %zu "
		    "well",
		    r->issued, r->failed, r->waiting, renew_count_well(r),
		    r->chosen_count);
}

/* A pause of before binds this run too, but not a person who insists. */
static void tell_pause(const struct renew *r)
{
	char until[MOMENT_MAX];

	if (!pause_holds(&r->pause, r->directory, (int64_t)time(NULL)))
		return;
	moment_words(r->pause.until, until);
	renew_complain(r, LOG_LEVEL_DEBUG,
	    "no certificate is ordered before %s%s: %s", until,
	    r->force ? ", but by --force" : "", r->pause.words);
}

static int run(struct renew *r, struct faults *f, char **names, size_t count)
{
	r->asked = count > 0;
	if (find_hosts(r, f, names, &count) != 0 || renew_open(r) != 0)
		return UNABLE;
	if (renew_survey(r, names, count) != 0) {
		r->ending = ENDING_TROUBLE;
		return UNABLE;
	}
	tell_pause(r);
	if (r->dry_run) {
		renew_tell_plan(r);
		return renew_status(r);
	}
	if (!r->supervised)
		renew_tell_rest(r);
	renew_run(r);
	tell_end(r);
	return renew_status(r);
}

static int renew_with(
    struct renew *r, const char *config_path, char **names, size_t count)
{
	struct faults *faults = faults_new();
	struct config *c;
	int64_t next = NEXT_UNKNOWN_S;
	int status = UNABLE;

	r->arena = arena_new(false);
	if (r->supervised)
		log_open();
	r->has_progress = !r->supervised && isatty(STDERR_FILENO);
	c = read_config(r, config_path, faults);
	if (c != NULL) {
		r->config = c;
		r->s = &c->settings;
		if (r->supervised)
			log_configure(r->s->log_level, r->s->log_json);
	}
	if (c != NULL && renews(r, config_path)) {
		renew_init(r);
		status = run(r, faults, names, count);
		next = renew_next_s(r);
		renew_close(r);
	}
	if (r->supervised)
		printf("next %" PRId64 "\n", next);
	config_free(c);
	arena_free(r->arena);
	faults_free(faults);
	return status;
}

static int renew(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "dry-run", no_argument, NULL, 'n' },
		{ "force", no_argument, NULL, 'f' },
		{ "supervised", no_argument, NULL, 's' },
		{ 0 },
	};
	struct renew r = { .dry_run = false };
	int o;

	while ((o = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (o) {
		case 'n':
			r.dry_run = true;
			break;
		case 'f':
			r.force = true;
			break;
		case 's':
			r.supervised = true;
			break;
		default:
			return verb_bad_option(&verb_renew, o, argv);
		}
	}
	if (r.force && optind == argc)
		return verb_misused(&verb_renew,
		    "--force wants the hosts that it is for: a CA limits how "
		    "often it issues");
	if (r.supervised && (r.force || r.dry_run))
		return verb_misused(&verb_renew,
		    "--supervised is for mta-stsd, and goes with neither "
		    "--dry-run nor --force");
	return renew_with(
	    &r, config_path, argv + optind, (size_t)(argc - optind));
}

const struct verb verb_renew = {
	.name = "renew",
	.arguments = "[HOST...] [--dry-run] [--force]",
	.summary = "certificates that are missing or due, now",
	.help =
	    "mta-stsd does this by itself; by hand it shows what happens. "
	    "Every configured host\nwhose certificate is missing, not for it, "
	    "due, or from another ACME directory is\ntried, as far as pauses "
	    "and the pace allow; or the named hosts alone. A policy\ndomain "
	    "stands for its mta-sts host. A wait for DNS is not waited for "
	    "by a host that\nis named.\n\n"
	    "  --dry-run  tell what would be done and why; ask nobody, write "
	    "nothing\n"
	    "  --force    the named hosts, even if well or waiting, or while "
	    "orders are held\n\n"
	    "Exit status 1: a host has no valid certificate, or cannot get the "
	    "next; 2: it could\nnot be done, also where another renew is at "
	    "work.\n\n"
	    "Example: the DNS of a new domain is right now\n\n"
	    "  mta-stsctl renew example.com\n",
	.run = renew,
};
