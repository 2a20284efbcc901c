/* SPDX-License-Identifier: ISC */
/*
 * What people have at hand: a list of domains, or the tables that PS.MTA-STS
 * writes, of which one column counts. What else stands in a table was so when
 * it was written; import looks for itself.
 */
#include "import_list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/faults.h"
#include "csv.h"
#include "policy/host.h"

#define COLUMN "DomainName"

/* Every tenant of Microsoft's has one; its DNS is not the customer's. */
#define MICROSOFTS ".onmicrosoft.com"

struct input {
	const char *file;
	struct arena *a;
	struct faults *f;
	struct import_name *at;
	size_t count, room;
};

static struct place place_of(
    const struct input *in, unsigned line, unsigned column)
{
	return (struct place){ in->file, line, column };
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* Is it a mail domain, to be looked at? If not, why, is told. */
static bool judge(struct input *in, const char *text, struct place at,
    char ret_domain[HOST_MAX + 1])
{
	struct err err;
	size_t len;

	if (host_from_text(text, ret_domain, &err) != 0) {
		faults_add(in->f, SEVERITY_FAULT, at, NULL, "%s", err.text);
		return false;
	}
	len = strlen(ret_domain);
	if (len > DOMAIN_MAX) {
		faults_add(in->f, SEVERITY_FAULT, at, NULL,
		    "a domain of %zu bytes; above %d there is no room for the "
		    "_mta-sts. before it",
		    len, DOMAIN_MAX);
		return false;
	}
	if (strncmp(ret_domain, "mta-sts.", 8) == 0 &&
	    host_is_valid(ret_domain + 8, len - 8)) {
		faults_add(in->f, SEVERITY_FAULT, at, ret_domain,
		    "write the mail domain itself: %s", ret_domain + 8);
		return false;
	}
	if (ends_with(ret_domain, MICROSOFTS)) {
		faults_add(in->f, SEVERITY_WARNING, at, ret_domain,
		    "is left out: its DNS is Microsoft's, which nobody else "
		    "can change");
		return false;
	}
	return true;
}

static void take(
    struct input *in, const char *text, unsigned line, unsigned column)
{
	struct import_name *all, *n;
	char domain[HOST_MAX + 1];

	if (!judge(in, text, place_of(in, line, column), domain))
		return;
	if (in->count == in->room) {
		in->room = in->room == 0 ? 64 : in->room * 2;
		all = arena_array(in->a, in->room, sizeof(*all));
		if (in->count > 0)
			memcpy(all, in->at, in->count * sizeof(*all));
		in->at = all;
	}
	n = &in->at[in->count++];
	n->domain = arena_string(in->a, domain);
	n->written = is_ascii(text) ? NULL : arena_string(in->a, text);
	n->file = in->file;
	n->line = line;
	n->column = column;
}

/* text without white space around it, in a; *ret_skipped: before it. */
static const char *trim(
    struct arena *a, const char *text, size_t len, unsigned *ret_skipped)
{
	size_t start = 0;

	while (start < len && strchr(" \t\r\n", text[start]) != NULL)
		start++;
	while (len > start && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	*ret_skipped = (unsigned)start;
	return arena_copy(a, text + start, len - start);
}

static void read_list(struct input *in, const char *bytes, size_t len)
{
	const char *end = bytes + len, *next;
	unsigned line = 1, skipped;

	for (; bytes < end; bytes = next, line++) {
		const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *text, *comment;
		size_t used;

		next = stop == NULL ? end : stop + 1;
		used = (size_t)(next - bytes);
		if (memchr(bytes, '\0', used) != NULL) {
			faults_add(in->f, SEVERITY_FAULT, place_of(in, line, 1),
			    NULL, "a NUL byte");
			continue;
		}
		comment = memchr(bytes, '#', used);
		if (comment != NULL)
			used = (size_t)(comment - bytes);
		text = trim(in->a, bytes, used, &skipped);
		if (*text != '\0')
			take(in, text, line, skipped + 1);
	}
}

/* The column that counts. -1: there is none, or it is there twice; told. */
static int find_column(struct input *in, const struct csv_row *row)
{
	int found = -1;

	for (size_t i = 0; i < row->count; i++) {
		if (strcasecmp(row->fields[i].text, COLUMN) != 0)
			continue;
		if (found >= 0) {
			faults_add(in->f, SEVERITY_FAULT,
			    place_of(
			        in, row->fields[i].line, row->fields[i].column),
			    NULL, "the column " COLUMN " is there twice");
			return -1;
		}
		found = (int)i;
	}
	if (found < 0)
		faults_add(in->f, SEVERITY_FAULT,
		    place_of(in, row->fields[0].line, row->fields[0].column),
		    NULL,
		    "a table without a column " COLUMN
		    ": its first row names the columns");
	return found;
}

static int read_table(
    struct input *in, const char *bytes, size_t len, char separator)
{
	struct csv_row row;
	const struct csv_field *f;
	const char *text;
	unsigned skipped;
	struct csv c;
	struct err err;
	int column = -1, more;

	csv_init(&c, bytes, len, separator);
	while ((more = csv_next(&c, in->a, &row, &err)) != 0) {
		if (more < 0) {
			faults_add(in->f, SEVERITY_FAULT,
			    place_of(in, c.fault.line, c.fault.column), NULL,
			    "%s", err.text);
			if (column < 0)
				return -1;
			continue;
		}
		if (column < 0) {
			column = find_column(in, &row);
			if (column < 0)
				return -1;
			continue;
		}
		f = &row.fields[column];
		text = trim(in->a, f->text, strlen(f->text), &skipped);
		take(in, text, f->line, f->column);
	}
	return 0;
}

static int by_domain(const void *a, const void *b)
{
	const struct import_name *const *x = a, *const *y = b;
	int order = strcmp((*x)->domain, (*y)->domain);

	return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Of equal ones the first stays. */
static void drop_twins(struct input *in)
{
	struct import_name **sorted =
	    arena_array(in->a, in->count + 1, sizeof(struct import_name *));
	const struct import_name *first = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < in->count; i++)
		sorted[i] = &in->at[i];
	qsort(sorted, in->count, sizeof(struct import_name *), by_domain);
	for (size_t i = 0; i < in->count; i++) {
		struct import_name *n = sorted[i];

		if (first == NULL || strcmp(first->domain, n->domain) != 0) {
			first = n;
			continue;
		}
		faults_add(in->f, SEVERITY_WARNING,
		    place_of(in, n->line, n->column), n->domain,
		    "is there already, at line %u", first->line);
		n->domain = NULL;
	}
	for (size_t i = 0; i < in->count; i++)
		if (in->at[i].domain != NULL)
			in->at[kept++] = in->at[i];
	in->count = kept;
}

/* What divides the columns of the first line; '\0': it is a list. */
static char find_separator(const char *bytes, size_t len)
{
	const char *stop = memchr(bytes, '\n', len);
	size_t line = stop == NULL ? len : (size_t)(stop - bytes);
	const char *comment = memchr(bytes, '#', line);
	size_t name = strlen(COLUMN);
	bool named = false;

	if (comment != NULL)
		line = (size_t)(comment - bytes);
	for (size_t i = 0; i + name <= line && !named; i++)
		named = strncasecmp(bytes + i, COLUMN, name) == 0;
	if (memchr(bytes, ';', line) != NULL)
		return ';';
	if (memchr(bytes, ',', line) != NULL)
		return ',';
	if (named && memchr(bytes, '\t', line) != NULL)
		return '\t';
	return named ? ';' : '\0';
}

int import_list_read(const char *file, const char *bytes, size_t len,
    struct arena *a, struct faults *f, struct import_list *ret_list)
{
	struct input in = { .file = file, .a = a, .f = f };
	bool marked = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0;
	size_t skip = marked ? 3 : 0;
	char separator = find_separator(bytes + skip, len - skip);
	int result = 0;

	if (len >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 ||
	                    memcmp(bytes, "\xfe\xff", 2) == 0)) {
		faults_add(f, SEVERITY_FAULT, place_of(&in, 0, 0), NULL,
		    "this is UTF-16: save it as UTF-8");
		return -1;
	}
	if (separator == '\0')
		read_list(&in, bytes + skip, len - skip);
	else
		result = read_table(&in, bytes, len, separator);
	drop_twins(&in);
	*ret_list = (struct import_list){ in.at, in.count };
	return result;
}
