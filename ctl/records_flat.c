/* SPDX-License-Identifier: ISC */
/*
 * Records as rows, for programs: csv with semicolons, as the spreadsheets of
 * those who have decimal commas read it, and json. Their form is promised in
 * the manual.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "records_part.h"
#include "rr.h"
#include "seen.h"

static void put_within_quotes(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
}

/* As RFC 4180, section 2, but for the separator. */
static void put_field(const char *text)
{
	if (strpbrk(text, ";\"\r\n") == NULL) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	put_within_quotes(text);
	putchar('"');
}

static void put_live(const struct shown *s)
{
	fputs(";\"", stdout);
	/* A stranger's: a spreadsheet would take it for a formula. */
	if (s->live_count > 0 && s->live[0][0] != '\0' &&
	    strchr("=+-@", s->live[0][0]) != NULL)
		putchar('\'');
	for (size_t i = 0; i < s->live_count; i++) {
		if (i > 0)
			fputs(" | ", stdout);
		put_within_quotes(s->live[i]);
	}
	putchar('"');
}

void records_csv(const struct showing *s, bool compared)
{
	static const char *const ready[] = {
		[READY_NO] = "no",
		[READY_YES] = "yes",
		[READY_UNKNOWN] = "",
	};
	const struct rr *r;

	printf("domain;name;type;ttl;value;ready%s\n", compared ? ";live" : "");
	for (size_t i = 0; i < s->count; i++) {
		r = s->at[i].record;
		if (r->value == NULL)
			continue;
		printf("%s;%s;%s;%u;", r->domain, r->name,
		    rr_type_text(r->type), r->ttl);
		put_field(r->value);
		printf(";%s", ready[r->ready]);
		if (compared)
			put_live(&s->at[i]);
		putchar('\n');
	}
}

static json_t *live_of(const struct shown *s)
{
	json_t *live = json_array();

	for (size_t i = 0; i < s->live_count; i++)
		(void)json_array_append_new(live, seen_json(s->live[i]));
	return live;
}

static json_t *object_of(const struct shown *s, bool compared)
{
	const struct rr *r = s->record;
	json_t *ready = r->ready == READY_UNKNOWN
	                    ? json_null()
	                    : json_boolean(r->ready == READY_YES);

	return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o*}", "domain",
	    r->domain, "name", r->name, "type", rr_type_text(r->type), "ttl",
	    (int)r->ttl, "value", seen_json(r->value), "ready", ready, "live",
	    compared ? live_of(s) : NULL);
}

/* One object a line, so that two outputs compare well. */
void records_json(const struct showing *s, bool compared)
{
	const char *before = "[\n";
	json_t *object;

	for (size_t i = 0; i < s->count; i++) {
		if (s->at[i].record->value == NULL)
			continue;
		object = object_of(&s->at[i], compared);
		fputs(before, stdout);
		(void)json_dumpf(object, stdout, JSON_ENSURE_ASCII);
		json_decref(object);
		before = ",\n";
	}
	puts(*before == '[' ? "[]" : "\n]");
}
