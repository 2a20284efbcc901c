/* SPDX-License-Identifier: ISC */
/*
 * Of all that could be said of a host the one thing that should be done next,
 * and how bad it is that it was not done yet. What somebody else must do first
 * is pending, and no error, as long as nothing that was served ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/moment.h"
#include "config/config.h"
#include "pairs.h"
#include "policy/catalog.h"
#include "status_deeds.h"

#define DAY_S    86400
#define HOUR_S   3600
#define MINUTE_S 60
#define TRIES    3 /* failures in a row that are no accident */

const char *grade_text(enum grade g)
{
	static const char *const texts[] = {
		[GRADE_WELL] = "well",
		[GRADE_UNKNOWN] = "unknown",
		[GRADE_PENDING] = "pending",
		[GRADE_TROUBLE] = "trouble",
	};

	return texts[g];
}

const char *certificate_text(enum certificate c)
{
	static const char *const texts[] = {
		[CERTIFICATE_VALID] = "valid",
		[CERTIFICATE_MISSING] = "missing",
		[CERTIFICATE_BROKEN] = "broken",
		[CERTIFICATE_EXPIRED] = "expired",
		[CERTIFICATE_FUTURE] = "future",
		[CERTIFICATE_UNKNOWN] = "unknown",
		[CERTIFICATE_OTHERS] = "elsewhere",
	};

	return texts[c];
}

void span_words(int64_t seconds, char ret_words[SPAN_MAX])
{
	if (seconds < 0)
		seconds = 0;
	if (seconds >= 2 * DAY_S)
		(void)snprintf(
		    ret_words, SPAN_MAX, "%" PRId64 " d", seconds / DAY_S);
	else if (seconds >= 2 * HOUR_S)
		(void)snprintf(
		    ret_words, SPAN_MAX, "%" PRId64 " h", seconds / HOUR_S);
	else
		(void)snprintf(ret_words, SPAN_MAX, "%" PRId64 " min",
		    (seconds + MINUTE_S - 1) / MINUTE_S);
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* What is to be done about what the pre-flight saw. */
static const char *dns_step(const struct status *s, const struct status_host *h)
{
	const char *seen = h->due.last.seen, *host = h->due.host;
	const char *own = s->config->settings.host;

	if (begins(seen, "CAA of"))
		return arena_format(s->arena, "let CAA allow the CA: %s", seen);
	if (begins(seen, "port"))
		return arena_format(
		    s->arena, "let %s be reached: %s", host, seen);
	if (begins(seen, "DNS:"))
		return arena_format(
		    s->arena, "mend the DNS of %s: %s", host, seen);
	if (h->entry == NULL || own == NULL)
		return arena_format(
		    s->arena, "point %s to this machine: %s", host, seen);
	return arena_format(
	    s->arena, "set the CNAME %s to %s: %s", host, own, seen);
}

static void say(struct status_host *h, enum grade grade, const char *step)
{
	h->grade = grade;
	h->step = step;
}

/* What the last try came to, and what a person can do about it. */
static void judge_try(
    struct status *s, struct status_host *h, enum grade at_least)
{
	const struct attempt *a = &h->due.last;
	const struct acme *acme = &s->config->settings.acme;
	enum grade failed = a->failures >= TRIES ? GRADE_TROUBLE : at_least;
	bool here = attempt_was_at(a, acme->directory);
	char span[SPAN_MAX];

	h->next = here ? a->next : 0;
	span_words(h->next - s->now, span);
	if (!here || a->outcome == OUTCOME_NONE || a->outcome == OUTCOME_ISSUED)
		say(h, at_least,
		    s->paused ? "wait: the CA is not to be asked now"
		              : arena_format(s->arena,
		                    "run mta-stsd, which orders its "
		                    "certificate, or mta-stsctl renew %s",
		                    h->due.host));
	else if (a->outcome == OUTCOME_WAITING)
		say(h, at_least, dns_step(s, h));
	else if (a->outcome == OUTCOME_LIMITED)
		say(h, at_least,
		    arena_format(s->arena, "wait %s for the CA's limit: %s",
		        span, a->result));
	else if (a->outcome == OUTCOME_FAILED)
		say(h, failed,
		    arena_format(s->arena, "mend what failed, or wait %s: %s",
		        span, a->result));
	else
		say(h, at_least, "wait: it is being ordered, or was cut off");
}

static void judge_absent(struct status *s, struct status_host *h)
{
	const struct settings *settings = &s->config->settings;
	enum grade grade = h->certificate == CERTIFICATE_EXPIRED
	                       ? GRADE_TROUBLE
	                       : GRADE_PENDING;

	if (h->due.fault != NULL && !config_renews(settings))
		say(h, GRADE_TROUBLE,
		    arena_format(
		        s->arena, "mend its certificate: %s", h->due.fault));
	else if (config_renews(settings))
		judge_try(s, h, grade);
	else if (settings->acme.redirect != NULL)
		say(h, grade,
		    arena_format(s->arena,
		        "bring its certificate from the host that renews, %s",
		        settings->acme.redirect));
	else
		say(h, GRADE_TROUBLE,
		    arena_format(s->arena,
		        "bring a certificate into %s, or let `acme` get one",
		        settings->certs));
}

static void judge_brought(struct status *s, struct status_host *h)
{
	const struct due_pair *p = &h->due.pair;
	int64_t left = p->not_after - s->now;
	char span[SPAN_MAX];

	span_words(left, span);
	if (s->now < h->due.at)
		say(h, GRADE_WELL, "nothing");
	else
		say(h, due_is_late(p, s->now) ? GRADE_TROUBLE : GRADE_PENDING,
		    arena_format(
		        s->arena, "bring a new certificate within %s", span));
}

static void judge_present(struct status *s, struct status_host *h)
{
	const struct due *d = &h->due;
	char span[SPAN_MAX];

	if (!config_renews(&s->config->settings)) {
		judge_brought(s, h);
		return;
	}
	if (d->why != DUE_NOT) {
		judge_try(s, h,
		    due_is_late(&d->pair, s->now) ? GRADE_TROUBLE
		                                  : GRADE_PENDING);
		return;
	}
	h->next = d->at;
	span_words(d->at - s->now, span);
	if (h->entry != NULL && d->last.outcome == OUTCOME_ISSUED &&
	    !h->renewed_before && s->now - d->last.tried < DAY_S)
		say(h, GRADE_WELL,
		    "publish the TXT record, if that was not done yet");
	else
		say(h, GRADE_WELL,
		    arena_format(s->arena, "nothing: renews in %s", span));
}

/* RFC 8461 section 8.3: mode none stays until nobody holds another one. */
static void judge_farewell(const struct status *s, struct status_host *h)
{
	char until[MOMENT_MAX];

	moment_words(h->held_until, until);
	if (h->held_until == 0)
		h->step = "nothing: no sender keeps a policy of it, and it may "
		          "be taken out";
	else
		h->step = arena_format(s->arena,
		    "leave it in mode none until %s: senders may keep an "
		    "earlier policy",
		    until);
}

void status_judge(struct status *s, struct status_host *h)
{
	const char *behind;

	switch (h->certificate) {
	case CERTIFICATE_VALID:
		judge_present(s, h);
		break;
	case CERTIFICATE_MISSING:
	case CERTIFICATE_BROKEN:
	case CERTIFICATE_EXPIRED:
		judge_absent(s, h);
		break;
	case CERTIFICATE_FUTURE:
		say(h, GRADE_TROUBLE,
		    "set the clock: its certificate does not hold yet");
		break;
	case CERTIFICATE_UNKNOWN:
		say(h, GRADE_UNKNOWN,
		    "ask as the user of mta-stsd: its certificate cannot be "
		    "seen");
		if (config_renews(&s->config->settings) &&
		    h->due.last.outcome == OUTCOME_WAITING)
			judge_try(s, h, GRADE_PENDING);
		break;
	case CERTIFICATE_OTHERS:
		say(h, GRADE_WELL, "nothing: its certificate is another's");
		break;
	}
	if (h->entry != NULL && h->entry->mode == MODE_NONE &&
	    h->grade == GRADE_WELL && s->served_known)
		judge_farewell(s, h);
	behind = status_behind(s, h);
	if (behind != NULL && h->grade < GRADE_PENDING)
		say(h, GRADE_PENDING,
		    arena_format(s->arena,
		        "wait a moment, or reload mta-stsd: %s", behind));
	if (h->entry != NULL && h->entry->kept)
		say(h, GRADE_TROUBLE,
		    arena_format(s->arena,
		        "mend its entry in %s (mta-stsctl check): the last "
		        "good one is served",
		        h->entry->origin));
}
