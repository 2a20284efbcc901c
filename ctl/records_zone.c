/* SPDX-License-Identifier: ISC */
/*
 * Records as BIND writes them (RFC 1035 section 5), and as a script for
 * nsupdate (RFC 2136). All names are absolute, so that the text may be
 * included in any zone; nsupdate finds the zone of each name by itself.
 */
#include <stdio.h>
#include <string.h>

#include "records_part.h"
#include "rr.h"

#define STRING_MAX 255 /* bytes of one of a TXT record's strings */

/* Of what DNS says: nsupdate takes a line's 131072nd byte for a new command. */
#define LIVE_MAX       8
#define LIVE_BYTES_MAX 1024

/* One string of a TXT record, quoted; printable ASCII stays as it is. */
static void put_string(const char *text, size_t len)
{
	putchar('"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\%03u", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_texts(const char *value)
{
	size_t len = strlen(value), at = 0, part;

	do {
		part = len - at < STRING_MAX ? len - at : STRING_MAX;
		if (at > 0)
			putchar(' ');
		put_string(value + at, part);
		at += part;
	} while (at < len);
}

static void put_value(const struct rr *r)
{
	if (r->value == NULL)
		fputs("...", stdout);
	else if (r->type == RR_TXT)
		put_texts(r->value);
	else if (r->type == RR_CNAME)
		printf("%s.", r->value);
	else
		fputs(r->value, stdout);
}

/* Without a newline. */
static void put_record(const struct rr *r)
{
	printf("%s. %u IN %s ", r->name, r->ttl, rr_type_text(r->type));
	put_value(r);
}

static bool is_comment(const struct rr *r)
{
	return r->value == NULL || r->ready == READY_NO;
}

/* A record that is not to be published as it stands here, and why. */
static void put_comment(const struct rr *r)
{
	putchar(';');
	put_record(r);
	printf("  ; %s%s\n", r->value != NULL ? "not ready: " : "", r->note);
}

/* What DNS says, above what it should: strangers' words, escaped and cut. */
static void put_live(const struct shown *s)
{
	printf("; now: ");
	if (s->live_count == 0)
		printf("no %s", rr_type_text(s->record->type));
	for (size_t i = 0; i < s->live_count && i < LIVE_MAX; i++)
		printf("%s%.*s%s", i == 0 ? "" : "  and  ", LIVE_BYTES_MAX,
		    s->live[i],
		    strlen(s->live[i]) > LIVE_BYTES_MAX ? "..." : "");
	if (s->live_count > LIVE_MAX)
		printf("  and %zu more", s->live_count - LIVE_MAX);
	putchar('\n');
}

/* A line before the first of several that belong together. */
static void put_heading(const struct rr *last, const struct rr *r)
{
	static const char *const words[] = {
		[PLACE_HOST] = "the host that customers point to",
		[PLACE_OURS] = "in our zone, for those who are delegated to it",
		[PLACE_DOMAIN] = NULL,
	};

	if (last != NULL && last->place == r->place &&
	    (r->place == PLACE_OURS || strcmp(last->domain, r->domain) == 0))
		return;
	if (last != NULL)
		putchar('\n');
	printf("; %s\n", words[r->place] != NULL ? words[r->place] : r->domain);
}

/* Headings and comments are the same in both formats; put is for the rest. */
static void put_all(
    const struct showing *s, bool compared, void (*put)(const struct rr *r))
{
	const struct rr *r, *last = NULL;

	for (size_t i = 0; i < s->count; i++, last = r) {
		r = s->at[i].record;
		put_heading(last, r);
		if (compared)
			put_live(&s->at[i]);
		if (is_comment(r))
			put_comment(r);
		else
			put(r);
	}
}

static void put_line(const struct rr *r)
{
	put_record(r);
	putchar('\n');
}

void records_zone(const struct showing *s, bool compared)
{
	put_all(s, compared, put_line);
}

/*
 * What must not stand beside r. Beside a CNAME nothing may, and one TXT record
 * alone (RULES T2), in place of a CNAME that was; other CAA records may.
 */
static void put_deletions(const struct rr *r)
{
	switch (r->type) {
	case RR_CNAME:
		printf("update delete %s.\n", r->name);
		break;
	case RR_TXT:
		printf("update delete %s. CNAME\n", r->name);
		printf("update delete %s. TXT\n", r->name);
		break;
	case RR_A:
	case RR_AAAA:
	case RR_CAA:
		break;
	}
}

/* A message a name: each may lie in a zone of its own. */
static void put_message(const struct rr *r)
{
	put_deletions(r);
	fputs("update add ", stdout);
	put_record(r);
	fputs("\nsend\n", stdout);
}

void records_nsupdate(const struct showing *s, bool compared)
{
	put_all(s, compared, put_message);
}
