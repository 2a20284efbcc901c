/* SPDX-License-Identifier: ISC */
#ifndef CTL_CSV_H
#define CTL_CSV_H

#include <stddef.h>

/*
 * Comma-separated values (RFC 4180), with any separator: quoted fields may
 * hold separators, line ends, and quotes that are doubled. Every row has as
 * many fields as the first one. A row at fault costs itself alone.
 */

struct arena;
struct err;

#define CSV_FIELDS_MAX 64
#define CSV_FIELD_MAX  65536 /* bytes; a quote that is open longer is a slip */

struct csv_place {
	size_t at; /* offset */
	unsigned line, column;
};

struct csv {
	const char *bytes; /* they stay the caller's */
	size_t len;
	char separator;
	size_t columns;         /* of the first row; 0 before it */
	struct csv_place next;  /* where the next row begins */
	struct csv_place fault; /* where the last one was */
};

struct csv_field {
	const char *text; /* without its quotes */
	unsigned line, column;
};

struct csv_row {
	struct csv_field fields[CSV_FIELDS_MAX];
	size_t count;
};

/* A byte order mark of UTF-8 is passed over. */
void csv_init(struct csv *c, const char *bytes, size_t len, char separator);

/*
 * The next row, its texts in a; empty lines are passed over. 1; 0 at the end;
 * or -1, c->fault and err: what is wrong with the row, and up to which line it
 * is left out. The next row can be read then.
 */
int csv_next(
    struct csv *c, struct arena *a, struct csv_row *ret_row, struct err *err);

#endif
