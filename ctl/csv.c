/* SPDX-License-Identifier: ISC */
/*
 * A row is read field by field. One at fault ends with its line. But where a
 * quote is at fault that was opened on a line before nobody can say where it
 * ends: what follows its first line is then passed over up to the next line at
 * which a whole row begins.
 */
#include "csv.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

#define END (-1)

struct reader {
	const struct csv *c;
	struct csv_place at, fault;
	bool ended; /* the row, though it is at fault */
	struct arena *a;
	struct err *err;
};

void csv_init(struct csv *c, const char *bytes, size_t len, char separator)
{
	static const char mark[] = "\xef\xbb\xbf";
	bool marked = len >= 3 && memcmp(bytes, mark, 3) == 0;

	*c = (struct csv){ .bytes = bytes,
		.len = len,
		.separator = separator,
		.next = { .at = marked ? 3 : 0, .line = 1, .column = 1 } };
}

static int peek(const struct reader *r, size_t further)
{
	size_t at = r->at.at + further;

	return at < r->c->len ? (unsigned char)r->c->bytes[at] : END;
}

/* Columns count characters, of which UTF-8 may have many bytes. */
static void step(struct reader *r)
{
	int c = peek(r, 0), next = peek(r, 1);

	r->at.at++;
	if (c == '\n') {
		r->at.line++;
		r->at.column = 1;
	} else if (next == END || (next & 0xc0) != 0x80) {
		r->at.column++;
	}
}

static int refuse(
    struct reader *r, const struct csv_place *at, const char *words)
{
	r->fault = *at;
	err_set(r->err, "%s", words);
	return -1;
}

static bool at_line_end(const struct reader *r)
{
	int c = peek(r, 0);

	return c == END || c == '\n' || (c == '\r' && peek(r, 1) == '\n');
}

static bool at_field_end(const struct reader *r)
{
	return peek(r, 0) == (unsigned char)r->c->separator || at_line_end(r);
}

static int take_bare(struct reader *r, struct csv_field *f)
{
	size_t start = r->at.at;

	for (; !at_field_end(r); step(r)) {
		switch (peek(r, 0)) {
		case '"':
			return refuse(r, &r->at,
			    "a quote inside a field that does not begin with "
			    "one");
		case '\r':
			return refuse(r, &r->at, "a CR without an LF");
		case '\0':
			return refuse(r, &r->at, "a NUL byte");
		default:
			break;
		}
		if (r->at.at - start == CSV_FIELD_MAX)
			return refuse(
			    r, &r->at, "a field of more than 65536 bytes");
	}
	f->text = arena_copy(r->a, r->c->bytes + start, r->at.at - start);
	return 0;
}

/* The end of a quoted field: behind its last quote. */
static int find_close(struct reader *r)
{
	struct csv_place open = r->at;

	step(r);
	for (;; step(r)) {
		int c = peek(r, 0);

		if (c == END || r->at.at - open.at > CSV_FIELD_MAX)
			return refuse(r, &open, "this quote is never closed");
		if (c == '\0')
			return refuse(r, &r->at, "a NUL byte");
		if (c != '"')
			continue;
		step(r);
		if (peek(r, 0) != '"')
			return 0;
	}
}

static int take_quoted(struct reader *r, struct csv_field *f)
{
	const char *from = r->c->bytes + r->at.at + 1, *end;
	char *text, *to;

	if (find_close(r) != 0)
		return -1;
	if (!at_field_end(r))
		return refuse(r, &r->at,
		    "text behind a closing quote: quotes inside a field are "
		    "written twice");
	end = r->c->bytes + r->at.at - 1;
	text = to = arena_alloc(r->a, (size_t)(end - from) + 1);
	for (; from < end; from++) {
		*to++ = *from;
		if (*from == '"')
			from++;
	}
	f->text = text;
	return 0;
}

static int read_row(struct reader *r, struct csv_row *row)
{
	struct csv_place start = r->at;

	for (row->count = 0;; step(r)) {
		struct csv_field *f = &row->fields[row->count];

		if (row->count == CSV_FIELDS_MAX)
			return refuse(r, &r->at, "more than 64 fields");
		row->count++;
		f->line = r->at.line;
		f->column = r->at.column;
		if ((peek(r, 0) == '"' ? take_quoted(r, f) : take_bare(r, f)) !=
		    0)
			return -1;
		if (at_line_end(r))
			break;
	}
	if (r->c->columns == 0 || r->c->columns == row->count)
		return 0;
	r->fault = start;
	r->ended = true;
	err_set(r->err, "%zu field%s, where the first row has %zu", row->count,
	    row->count == 1 ? "" : "s", r->c->columns);
	return -1;
}

/* To the next row, or the end. */
static void skip_empty(struct reader *r)
{
	while (peek(r, 0) != END && at_line_end(r))
		step(r);
}

static void skip_line(struct reader *r)
{
	while (peek(r, 0) != END && peek(r, 0) != '\n')
		step(r);
	skip_empty(r);
}

static bool begins_row(struct reader *r)
{
	struct csv_place at = r->at;
	struct csv_row row;
	bool whole = read_row(r, &row) == 0;

	r->at = at;
	return whole;
}

/* From a row at fault, which begins at start, to the next one. */
static void recover(struct reader *r, const struct csv_place *start)
{
	struct arena *scratch = arena_new(false), *a = r->a;
	struct err *err = r->err, was = { "" };
	bool lost = !r->ended && r->at.line > start->line;
	unsigned last;

	if (err != NULL)
		was = *err;
	r->a = scratch; /* what is read here is for nobody */
	r->err = NULL;
	if (lost)
		r->at = *start;
	do
		skip_line(r);
	while (lost && peek(r, 0) != END && !begins_row(r));
	r->a = a;
	r->err = err;
	arena_free(scratch);
	last = r->at.column > 1 ? r->at.line : r->at.line - 1;
	if (last > start->line)
		err_set(err, "%s; lines %u to %u are left out", was.text,
		    start->line, last);
}

int csv_next(
    struct csv *c, struct arena *a, struct csv_row *ret_row, struct err *err)
{
	struct reader r = { .c = c, .at = c->next, .a = a, .err = err };
	struct csv_place start;

	skip_empty(&r);
	if (peek(&r, 0) == END)
		return 0;
	start = r.at;
	if (read_row(&r, ret_row) != 0) {
		c->fault = r.fault;
		recover(&r, &start);
		c->next = r.at;
		return -1;
	}
	c->columns = ret_row->count;
	c->next = r.at;
	return 1;
}
