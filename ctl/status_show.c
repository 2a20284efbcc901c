/* SPDX-License-Identifier: ISC */
/*
 * What a person reads: a line a host, aligned, trouble first; or all of one
 * host on a screen, with the records that belong to it. Colour says what a
 * word says too, and goes to a terminal alone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/moment.h"
#include "config/config.h"
#include "daemon.h"
#include "policy/catalog.h"
#include "rr.h"
#include "seen.h"
#include "status_deeds.h"

#define DATE_LEN   10 /* of a moment_text */
#define NAME_WIDTH 40 /* a longer one moves its line alone */
#define ID_WIDTH   21
#define TEXT_MAX   255 /* of one string of a TXT record */

/* A line; text is another's. */
static void say(const char *what, const char *text)
{
	printf("%-12s ", what);
	seen_put(stdout, text);
	putchar('\n');
}

static bool has_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0');
}

const char *status_colour(enum grade g)
{
	static const char *const colours[] = {
		[GRADE_WELL] = "",
		[GRADE_UNKNOWN] = "\033[36m",
		[GRADE_PENDING] = "\033[33m",
		[GRADE_TROUBLE] = "\033[31m",
	};

	return has_colour() ? colours[g] : "";
}

static const char *colour_end(enum grade g)
{
	return status_colour(g)[0] == '\0' ? "" : "\033[0m";
}

static const char *name_of(const struct status_host *h)
{
	return h->entry != NULL ? h->entry->domain : h->due.host;
}

static void date(int64_t at, char ret_date[MOMENT_MAX])
{
	if (at == 0) {
		memcpy(ret_date, "-", 2);
		return;
	}
	moment_text(at, ret_date);
	ret_date[DATE_LEN] = '\0';
}

/* "78 d", "ended", "none" */
static void life(
    const struct status *s, const struct status_host *h, char ret[SPAN_MAX])
{
	static const char *const words[] = {
		[CERTIFICATE_VALID] = "",
		[CERTIFICATE_MISSING] = "none",
		[CERTIFICATE_BROKEN] = "broken",
		[CERTIFICATE_EXPIRED] = "expired",
		[CERTIFICATE_FUTURE] = "not yet",
		[CERTIFICATE_UNKNOWN] = "?",
		[CERTIFICATE_OTHERS] = "-",
	};

	if (h->certificate == CERTIFICATE_VALID)
		span_words(h->due.pair.not_after - s->now, ret);
	else
		(void)snprintf(ret, SPAN_MAX, "%s", words[h->certificate]);
}

static void show_row(
    const struct status *s, const struct status_host *h, int width)
{
	const struct catalog_entry *e = h->entry;
	char left[SPAN_MAX], last[MOMENT_MAX], next[MOMENT_MAX];

	life(s, h, left);
	date(h->last, last);
	date(h->next, next);
	printf("%s%-*s  %-7s  %-*s  %-8s  %-10s  %-10s  ",
	    status_colour(h->grade), width, name_of(h),
	    e != NULL ? mode_text(e->mode) : "-", ID_WIDTH,
	    e != NULL ? e->id : "-", left, last, next);
	seen_put(stdout, h->step);
	printf("%s\n", colour_end(h->grade));
}

static void show_sum(const struct status *s)
{
	size_t counts[GRADE_TROUBLE + 1] = { 0 };

	for (size_t i = 0; i < s->count; i++)
		counts[s->hosts[i].grade]++;
	printf("%zu host%s: %zu in trouble, %zu pending, %zu well", s->count,
	    s->count == 1 ? "" : "s", counts[GRADE_TROUBLE],
	    counts[GRADE_PENDING], counts[GRADE_WELL]);
	if (counts[GRADE_UNKNOWN] > 0)
		printf(", %zu unknown", counts[GRADE_UNKNOWN]);
	printf("\n");
}

static void show_left(const struct status *s)
{
	char until[MOMENT_MAX];

	if (s->left_count > 0)
		printf("Taken out too early; put back in mode none:\n");
	for (size_t i = 0; i < s->left_count; i++) {
		moment_words(s->left[i].until, until);
		printf("  %s  until %s: senders may keep a policy of it\n",
		    s->left[i].domain, until);
	}
}

static void show_notes(const struct status *s)
{
	const struct settings *settings = &s->config->settings;
	char until[MOMENT_MAX];

	if (s->paused) {
		moment_words(s->pause.until, until);
		printf("No certificate is ordered before %s: ", until);
		seen_put(stdout, s->pause.words);
		putchar('\n');
	}
	if (s->certs_fault != NULL)
		say("Not all certificates can be seen:", s->certs_fault);
	if (s->state_fault != NULL)
		say("What renew did cannot be seen:", s->state_fault);
	if (settings->acme.redirect != NULL)
		printf("Certificates are brought from %s.\n",
		    settings->acme.redirect);
	else if (!settings->acme.configured && settings->https.count > 0)
		printf("There is no `acme`: certificates are brought by other "
		       "means.\n");
	if (s->served_fault != NULL)
		say("What senders may keep is not known:", s->served_fault);
	show_left(s);
	if (s->orphan_count > 0)
		printf("Not configured any more:\n");
	for (size_t i = 0; i < s->orphan_count; i++)
		printf("  mta-stsctl forget %s\n", s->orphans[i]);
}

void status_show_all(const struct status *s)
{
	int width = (int)strlen("DOMAIN");

	for (size_t i = 0; i < s->count; i++) {
		int len = (int)strlen(name_of(&s->hosts[i]));

		if (len > width && len <= NAME_WIDTH)
			width = len;
	}
	if (s->count > 0)
		printf("%-*s  %-7s  %-*s  %-8s  %-10s  %-10s  %s\n", width,
		    "DOMAIN", "MODE", ID_WIDTH, "ID", "CERT", "LAST", "NEXT",
		    "TO DO");
	for (size_t i = 0; i < s->count; i++)
		show_row(s, &s->hosts[i], width);
	show_sum(s);
	status_show_daemon(s);
	show_notes(s);
}

static void show_moment(const struct status *s, const char *what, int64_t at)
{
	char words[MOMENT_MAX], span[SPAN_MAX];

	if (at == 0)
		return;
	moment_words(at, words);
	span_words(at > s->now ? at - s->now : s->now - at, span);
	printf("%-12s %s (%s%s%s)\n", what, words, at > s->now ? "in " : "",
	    span, at > s->now ? "" : " ago");
}

static void show_certificate(
    const struct status *s, const struct status_host *h)
{
	const struct due *d = &h->due;

	printf("%-12s %s%s", "certificate", certificate_text(h->certificate),
	    d->fault != NULL ? ": " : "");
	seen_put(stdout, d->fault != NULL ? d->fault : "");
	putchar('\n');
	if (d->pair.there)
		show_moment(s, "  until", d->pair.not_after);
	show_moment(s, "  since", h->last);
	show_moment(s, "  next", h->next);
	if (d->last.result[0] != '\0')
		say("last try", d->last.result);
	show_moment(s, "  at", d->last.tried);
	if (d->last.failures > 0)
		printf("%-12s %u in a row\n", "  failed", d->last.failures);
	if (d->last.seen[0] != '\0')
		say("pre-flight", d->last.seen);
}

/* The policy's lines, without their CR. */
static void show_policy(const struct catalog_entry *e)
{
	printf("\n");
	for (size_t i = 0; i < e->policy_len; i++)
		if (e->policy[i] != '\r')
			putchar(e->policy[i]);
}

/* In the order in which they are set; a long one is for records to print. */
static void show_record(const struct rr *r)
{
	if (r->value == NULL)
		printf(
		    "; %s. %s: %s\n", r->name, rr_type_text(r->type), r->note);
	else if (r->type == RR_TXT && strlen(r->value) > TEXT_MAX)
		printf("; %s. TXT is long: mta-stsctl records %s\n", r->name,
		    r->domain);
	else if (r->type == RR_TXT)
		printf("%s%s. %u IN TXT \"%s\"%s\n",
		    r->ready == READY_NO ? ";" : "", r->name, r->ttl, r->value,
		    r->ready == READY_NO ? "  ; not ready" : "");
	else
		printf("%s. %u IN %s %s%s\n", r->name, r->ttl,
		    rr_type_text(r->type), r->value,
		    r->type == RR_CNAME ? "." : "");
}

static void show_records(const struct status *s, const char *domain)
{
	struct rrs all;

	rr_list(s->config, s->pairs, s->now, s->arena, &all);
	printf("\n");
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.at[i].domain, domain) == 0)
			show_record(&all.at[i]);
}

static void show_served(const struct status *s, const struct status_host *h)
{
	const char *behind = status_behind(s, h);

	if (behind != NULL)
		say("served", behind);
	else if (s->daemon != NULL)
		say("served", "as it stands here, says mta-stsd");
	else
		say("served",
		    arena_format(s->arena, "not known: %s", s->daemon_fault));
	if (h->served != NULL && h->served->fetches >= 0)
		printf("%-12s %" PRId64 " since mta-stsd started\n", "fetches",
		    h->served->fetches);
}

void status_show_one(const struct status *s, const struct status_host *h)
{
	const struct catalog_entry *e = h->entry;

	printf("%-12s %s\n", e != NULL ? "domain" : "host", name_of(h));
	if (e != NULL) {
		printf("%-12s %s\n", "policy host", e->host);
		printf("%-12s ", "file");
		seen_put(stdout, e->origin);
		puts(e->kept ? " (at fault: the last good entry)" : "");
		printf("%-12s %s\n", "mode", mode_text(e->mode));
		printf("%-12s %s\n", "id", e->id);
		show_moment(s, "held until", h->held_until);
		show_served(s, h);
	}
	show_certificate(s, h);
	printf("%-12s %s%s%s\n", "status", status_colour(h->grade),
	    grade_text(h->grade), colour_end(h->grade));
	say("to do", h->step);
	if (e != NULL)
		show_policy(e);
	show_records(s, name_of(h));
}
