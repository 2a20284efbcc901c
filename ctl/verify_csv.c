/* SPDX-License-Identifier: ISC */

/*
 * The columns that PS.MTA-STS's test exports, in its order and with its words
 * for what is well, so that sheets made for it go on working.
 */

#include <string.h>

#include "base/quote.h"
#include "verify_show.h"

static void put(FILE *to, const char *bytes, size_t len, char after)
{
	fputc('"', to);
	/* A spreadsheet would take what begins so for a formula. */
	if (len > 0 && memchr("=+-@\t\r", bytes[0], 6) != NULL)
		fputc('\'', to);
	for (size_t i = 0, n; i < len; i += n) {
		n = quote_seen_len(bytes + i, len - i);
		if (bytes[i] == '"')
			fputc('"', to);
		if (n > 0)
			(void)fwrite(bytes + i, 1, n, to); /* main looks */
		else if (strchr("\t\r\n", bytes[i]) != NULL && bytes[i] != '\0')
			fputc(bytes[i], to);
		else
			fprintf(to, "\\x%02x", (unsigned char)bytes[i]);
		n = n > 0 ? n : 1;
	}
	fputc('"', to);
	if (after == '\n')
		fputc('\r', to);
	fputc(after, to);
}

static void put_text(FILE *to, const char *text, char after)
{
	put(to, text == NULL ? "" : text, text == NULL ? 0 : strlen(text),
	    after);
}

/* The worst that was found by some checks. */
static const struct verify_finding *worst(
    const struct verify_report *r, const char *const *checks)
{
	const struct verify_finding *w = NULL;

	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; checks[k] != NULL; k++)
			if (strcmp(r->findings[i].code->check, checks[k]) ==
			        0 &&
			    (w == NULL || r->findings[i].grade > w->grade))
				w = &r->findings[i];
	return w;
}

static void put_checks(
    FILE *to, const struct verify_report *r, const char *const *checks)
{
	const struct verify_finding *w = worst(r, checks);

	if (w == NULL || w->grade == VERIFY_NOT_CHECKED)
		put_text(to, "not checked", ';');
	else
		put_text(
		    to, w->grade == VERIFY_OK ? "OK" : w->code->words, ';');
}

static void put_policy(FILE *to, const struct verify_report *r)
{
	size_t len = r->policy_len;

	while (len > 0 && strchr("\r\n", r->policy[len - 1]) != NULL)
		len--;
	put(to, r->policy == NULL ? "" : r->policy, len, ';');
}

static void put_domain(
    FILE *to, const struct verify_report *r, const char *home)
{
	static const char *const host[] = { "dns", "host", NULL };
	static const char *const policy[] = { "https", "same", "policy", "ours",
		"mx", "smtp", NULL };
	static const char *const txt[] = { "dns", "txt", "id", NULL };

	put_text(to, r->domain, ';');
	put_text(to, home, ';');
	put_text(to, r->mx, ';');
	put_checks(to, r, host);
	put_checks(to, r, policy);
	put_policy(to, r);
	put_checks(to, r, txt);
	put_text(to, r->verdict == VERIFY_OK ? "OK" : "ISSUE_FOUND", ';');
	put_text(to, r->tlsrpt, '\n');
}

void verify_show_csv(
    FILE *to, const struct verify_summary *s, const struct verify_manner *m)
{
	if (m->problems && !verify_is_problem(s->worst))
		return;
	fputs("DomainName;Host;MX_Record_Pointing_To;MTA_STS_CNAME;"
	      "MTA_STS_Policy;MTA_STS_PolicyContent;MTA_STS_TXTRecord;"
	      "MTA_STS_OVERALL;TLSRPT\r\n",
	    to);
	for (size_t i = 0; i < s->count; i++)
		if (!m->problems || verify_is_problem(s->at[i].verdict))
			put_domain(to, &s->at[i], s->home);
}
