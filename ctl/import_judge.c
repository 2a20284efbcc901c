/* SPDX-License-Identifier: ISC */
/*
 * What is to be done about one domain. A policy that is live is taken over
 * with its id, or not at all: where it is broken, or not all of it is known,
 * a person is asked. Where none is live nothing can be broken by an entry.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/quote.h"
#include "import.h"
#include "import_part.h"
#include "policy/host.h"

#define PREFIX_LEN 8 /* of the computed id, behind the @ */
#define NAMED_MAX  3

void plan_note(struct plan *p, struct arena *a, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (p->note_count == PLAN_NOTES_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->notes[p->note_count++] = arena_string(a, text);
}

/* The body as it would be with CR LF after each line. */
static const char *with_crlf(const struct facts *f, struct arena *a)
{
	char *text = arena_alloc(a, 2 * f->policy_len + 3), *to = text;

	for (size_t i = 0; i < f->policy_len; i++) {
		if (f->policy[i] == '\r')
			continue;
		if (f->policy[i] == '\n')
			*to++ = '\r';
		*to++ = f->policy[i];
	}
	if (to > text && to[-1] != '\n')
		memcpy(to, "\r\n", 2);
	return text;
}

/* Ours are another text of the same policy: in what way? */
static void compare_form(struct plan *p, const char *ours, struct arena *a)
{
	const char *live = with_crlf(p->f, a);
	const char *how = "fields of its own, in another order, or spaced "
	                  "otherwise";

	if (strlen(ours) == p->f->policy_len &&
	    memcmp(ours, p->f->policy, p->f->policy_len) == 0)
		return;
	if (strcmp(ours, live) == 0)
		how = "line ends";
	else if (strcasecmp(ours, live) == 0)
		how = "upper case";
	plan_note(p, a, "what is live says the same in another form (%s)%s",
	    how, p->pin != NULL ? "; the id holds" : "");
}

static void judge_cover(struct plan *p, struct arena *a)
{
	const struct facts *f = p->f;
	const char *const *hosts = f->mx_count > 0 ? f->mx : &f->domain;
	size_t count = f->mx_count > 0 ? f->mx_count : 1, uncovered = 0;

	if (f->null_mx || f->mx_fault != NULL || p->policy.mode == MODE_NONE)
		return;
	for (size_t i = 0; i < count; i++) {
		size_t j = 0;

		while (j < p->policy.mx_count &&
		       !pattern_covers(p->policy.mx[j], hosts[i]))
			j++;
		if (j < p->policy.mx_count)
			continue;
		if (uncovered++ < NAMED_MAX)
			plan_note(p, a, "%s %s is not covered by its policy",
			    f->mx_count > 0 ? "its MX" : "without an MX,",
			    hosts[i]);
	}
	if (uncovered > NAMED_MAX)
		plan_note(p, a, "and %zu more MX", uncovered - NAMED_MAX);
}

/* As the configuration judges an address for reports. */
static bool is_report(const char *uri)
{
	const char *at = strchr(uri, '@');

	for (const char *c = uri; *c != '\0'; c++)
		if (*c < 0x21 || *c > 0x7e || strchr("\"\\<>^`{|}", *c) != NULL)
			return false;
	if (strncmp(uri, "mailto:", 7) == 0)
		return at != NULL && at != uri + 7 && at[1] != '\0';
	return strncmp(uri, "https://", 8) == 0 &&
	       strchr("/?#", uri[8]) == NULL;
}

static void take_reports(struct plan *p, struct arena *a)
{
	char quoted[QUOTE_MAX], *save = NULL, *uri;

	if (p->f->tlsrpt_fault != NULL)
		plan_note(
		    p, a, "TLSRPT is not taken over: %s", p->f->tlsrpt_fault);
	if (p->f->tlsrpt == NULL)
		return;
	uri = strtok_r(arena_string(a, p->f->tlsrpt), ", \t", &save);
	for (; uri != NULL; uri = strtok_r(NULL, ", \t", &save)) {
		if (is_report(uri) && p->report_count < PLAN_REPORTS_MAX) {
			p->reports[p->report_count++] = uri;
			continue;
		}
		quote_text(uri, quoted);
		plan_note(p, a, "TLSRPT address %s is left out: it is %s",
		    quoted,
		    is_report(uri) ? "one too many"
		                   : "neither mailto:ADDRESS nor https://");
	}
}

static void comment(struct plan *p, bool troubled, struct arena *a,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void comment(
    struct plan *p, bool troubled, struct arena *a, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->kind = PLAN_COMMENT;
	p->troubled = troubled;
	p->why = arena_string(a, text);
}

/* What its MX would ask for. */
static void propose(struct plan *p)
{
	const struct facts *f = p->f;
	const struct provider *provider = provider_find(f->mx, f->mx_count);

	if (f->mx_fault != NULL || f->null_mx)
		return;
	p->has_policy = true;
	p->policy = (struct policy){
		.mode = MODE_TESTING,
		.max_age = PROVIDER_MAX_AGE,
		.mx = provider != NULL  ? provider->mx
		      : f->mx_count > 0 ? f->mx
		                        : &f->domain,
		.mx_count = provider != NULL  ? provider->mx_count
		            : f->mx_count > 0 ? f->mx_count
		                              : 1,
	};
}

static void judge_absent(struct plan *p, struct arena *a)
{
	const struct facts *f = p->f;
	const struct provider *provider = provider_find(f->mx, f->mx_count);

	propose(p);
	if (f->txt_unasked || f->host_unasked)
		comment(p, true, a, "it could not be asked for: %s",
		    f->txt_unasked ? f->txt_fault : f->policy_fault);
	else if (f->id != NULL || f->txt_fault != NULL)
		comment(p, true, a,
		    "its TXT record promises a policy, and there is none: %s",
		    f->policy_fault != NULL ? f->policy_fault : "no such host");
	else if (f->null_mx)
		comment(p, false, a,
		    "it takes no mail (null MX): there is nothing to protect");
	else if (f->mx_fault != NULL)
		comment(p, false, a, "no policy is live, and of its MX: %s",
		    f->mx_fault);
	else if (provider == NULL)
		comment(p, false, a,
		    "no policy is live, and its MX are no known provider's%s",
		    f->mx_count == 0 ? " (there is none: its own address "
		                       "counts)"
		                     : "");
	else {
		p->kind = PLAN_PROPOSED;
		plan_note(p, a, "no policy is live; its MX are those of %s",
		    provider->name);
	}
}

/* The policy as it is served, in our words. 0; or -1: p is a comment. */
static int take_policy(struct plan *p, struct arena *a)
{
	const struct facts *f = p->f;
	char computed[POLICY_ID_LEN + 1];
	const char *bytes;
	struct err err;
	size_t len;

	if (policy_parse(f->policy, f->policy_len, a, &p->policy, &err) != 0 ||
	    policy_render(&p->policy, a, &bytes, &len, &err) != 0) {
		propose(p);
		comment(p, f->id != NULL || f->txt_fault != NULL, a,
		    "what it serves is no valid policy: %s", err.text);
		return -1;
	}
	p->kind = PLAN_LIVE;
	p->has_policy = true;
	policy_id(bytes, len, computed);
	if (f->id != NULL && strcmp(f->id, computed) != 0)
		p->pin =
		    arena_format(a, "%s@%.*s", f->id, PREFIX_LEN, computed);
	compare_form(p, bytes, a);
	return 0;
}

void plan_judge(struct plan *p, const struct facts *f, struct arena *a)
{
	*p = (struct plan){ .f = f };
	if (f->refused != NULL) {
		comment(p, true, a,
		    "an entry for it would be at fault, by no fault of its "
		    "own: %s",
		    f->refused);
		return;
	}
	if (f->policy == NULL) {
		judge_absent(p, a);
	} else if (f->txt_unasked) {
		comment(p, true, a,
		    "its policy is there, but its id could not be asked for: "
		    "%s",
		    f->txt_fault);
	} else if (take_policy(p, a) == 0) {
		judge_cover(p, a);
		if (f->txt_fault != NULL)
			plan_note(
			    p, a, "%s: publish the new one", f->txt_fault);
		else if (f->id == NULL)
			plan_note(p, a,
			    "a policy is served, but no TXT record tells of "
			    "it");
	}
	take_reports(p, a);
	if (f->caa != NULL)
		plan_note(p, a, "before the move: %s", f->caa);
}
