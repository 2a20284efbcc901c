/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as what import is given: a list or a table. A table that was read
 * is read again, from rows written as RFC 4180 has them, the same to the last
 * byte; and the domains taken from a file are domains, each once.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/faults.h"
#include "ctl/csv.h"
#include "ctl/import_list.h"
#include "pieces.h"
#include "policy/host.h"
#include "truths.h"

#define ROWS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_row(FILE *to, const struct csv_row *row, char separator)
{
	for (size_t i = 0; i < row->count; i++) {
		if (i > 0)
			(void)fputc(separator, to); /* to memory */
		(void)fputc('"', to);
		for (const char *c = row->fields[i].text; *c != '\0'; c++) {
			if (*c == '"')
				(void)fputc('"', to);
			(void)fputc(*c, to);
		}
		(void)fputc('"', to);
	}
	(void)fputs("\r\n", to);
}

static void must_be_same(const struct csv_row *a, const struct csv_row *b)
{
	assert(a->count == b->count);
	for (size_t i = 0; i < a->count; i++)
		assert(strcmp(a->fields[i].text, b->fields[i].text) == 0);
}

static void read_again(const struct csv_row *rows, size_t count,
    const char *bytes, size_t len, char separator, struct arena *a)
{
	struct csv_row *row = arena_alloc(a, sizeof(*row));
	struct csv c;

	csv_init(&c, bytes, len, separator);
	for (size_t i = 0; i < count; i++) {
		assert(csv_next(&c, a, row, NULL) == 1);
		must_be_same(&rows[i], row);
	}
	assert(csv_next(&c, a, row, NULL) == 0);
}

static void try_table(
    const char *bytes, size_t len, char separator, struct arena *a)
{
	struct csv_row *rows = arena_array(a, ROWS_MAX, sizeof(*rows));
	char *text = NULL;
	size_t text_len = 0, count = 0, at = 0;
	FILE *out = open_memstream(&text, &text_len);
	struct csv c;
	struct err err;
	int more = 1;

	assert(out != NULL);
	csv_init(&c, bytes, len, separator);
	while (count < ROWS_MAX && more != 0) {
		more = csv_next(&c, a, &rows[count], &err);
		assert(c.next.at > at || more == 0);
		at = c.next.at;
		assert(at <= len);
		if (more < 0)
			must_be_seen(err.text);
		if (more <= 0)
			continue;
		assert(rows[count].count == c.columns);
		write_row(out, &rows[count++], separator);
	}
	assert(fclose(out) == 0);
	read_again(rows, count, text, text_len, separator, a);
	free(text);
}

static void try_list(const char *bytes, size_t len, struct arena *a)
{
	struct faults *f = faults_new();
	struct import_list list = { NULL, 0 };
	enum severity s;
	int result = import_list_read("x", bytes, len, a, f, &list);

	assert(result == 0 || faults_count(f, SEVERITY_FAULT) > 0);
	for (size_t i = 0; i < list.count; i++) {
		const struct import_name *n = &list.at[i];
		size_t before = 0;

		assert(host_is_valid(n->domain, strlen(n->domain)));
		assert(strlen(n->domain) <= DOMAIN_MAX);
		assert(n->line > 0 && n->column > 0 && n->line <= len);
		while (before < i &&
		       strcmp(list.at[before].domain, n->domain) != 0)
			before++;
		assert(before == i);
	}
	for (size_t i = 0; i < faults_total(f); i++)
		must_be_seen(faults_at(f, i, &s));
	faults_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char separators[] = ";,\t";
	struct arena *a = arena_new(false);
	/* Of exact size: nothing here has a NUL behind it. */
	char *exact = malloc(size > 0 ? size : 1);

	assert(exact != NULL);
	if (size > 0)
		memcpy(exact, data, size);
	for (size_t i = 0; i < sizeof(separators) - 1; i++)
		try_table(exact, size, separators[i], a);
	try_list(exact, size, a);
	free(exact);
	arena_free(a);
	return 0;
}
