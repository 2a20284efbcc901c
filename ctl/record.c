/* SPDX-License-Identifier: ISC */
/*
 * Structs as small text files. The reader is strict: a file that was not
 * written here, was cut, or says anything twice is told and taken for none,
 * since what hangs on it is whether a CA is asked again.
 */
#include "record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/moment.h"

#define BYTES_MAX 8192
#define ROWS_MAX  32
#define HEAD      "mta-stsd %s 1\n"

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static int take_count(const char *text, unsigned *ret_count)
{
	char *end;
	unsigned long n;

	if (*text < '1' || *text > '9')
		return -1;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || n > INT32_MAX)
		return -1;
	*ret_count = (unsigned)n;
	return 0;
}

static int take_word(const struct record_row *row, const char *text, int *ret)
{
	for (int i = 1; row->words[i] != NULL; i++)
		if (strcmp(row->words[i], text) == 0) {
			*ret = i;
			return 0;
		}
	return -1;
}

static int take(const struct record_row *row, const char *text, char *record)
{
	void *at = record + row->offset;

	switch (row->kind) {
	case RECORD_TEXT:
		if (*text == '\0' || strlen(text) >= row->size ||
		    has_control(text))
			return -1;
		memcpy(at, text, strlen(text) + 1);
		return 0;
	case RECORD_MOMENT:
		return moment_parse(text, at);
	case RECORD_COUNT:
		return take_count(text, at);
	case RECORD_WORD:
		return take_word(row, text, at);
	}
	return -1;
}

static int take_line(
    const struct record_form *form, char *line, bool *seen, char *record)
{
	char *value = strstr(line, ": ");

	if (value == NULL)
		return -1;
	*value = '\0';
	for (size_t i = 0; i < form->count; i++) {
		if (strcmp(form->rows[i].key, line) != 0)
			continue;
		if (seen[i])
			return -1;
		seen[i] = true;
		return take(&form->rows[i], value + 2, record);
	}
	return -1;
}

/* *ret_line: the number of the line at fault. */
static int parse(const struct record_form *form, char *text, size_t len,
    char *record, unsigned *ret_line)
{
	bool seen[ROWS_MAX] = { false };
	char head[64], *next;

	*ret_line = 1;
	(void)snprintf(head, sizeof(head), HEAD, form->name);
	if (strlen(text) != len || strncmp(text, head, strlen(head)) != 0)
		return -1;
	for (text += strlen(head); *text != '\0'; text = next + 1) {
		++*ret_line;
		next = strchr(text, '\n');
		if (next == NULL)
			return -1;
		*next = '\0';
		if (take_line(form, text, seen, record) != 0)
			return -1;
	}
	return 0;
}

int record_read(const char *path, const struct record_form *form,
    void *ret_record, struct err *err)
{
	char *text;
	size_t len;
	unsigned line;
	int result;

	memset(ret_record, 0, form->size);
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return 1;
	if (file_read(path, BYTES_MAX, &text, &len, NULL, err) != 0)
		return -1;
	result = parse(form, text, len, ret_record, &line);
	if (result != 0) {
		memset(ret_record, 0, form->size);
		err_set(err,
		    line == 1 ? "%s: line %u: is not of a version that is "
		                "known here"
		              : "%s: line %u: is not what was written here",
		    path, line);
	}
	free(text);
	return result;
}

static void put(FILE *to, const struct record_row *row, const char *record)
{
	const void *at = record + row->offset;
	char text[MOMENT_MAX];
	const char *c;

	switch (row->kind) {
	case RECORD_TEXT:
		if (*(const char *)at == '\0')
			return;
		fprintf(to, "%s: ", row->key);
		for (c = at; *c != '\0'; c++)
			fputc((unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c,
			    to);
		fputc('\n', to);
		return;
	case RECORD_MOMENT:
		if (*(const int64_t *)at == 0)
			return;
		moment_text(*(const int64_t *)at, text);
		fprintf(to, "%s: %s\n", row->key, text);
		return;
	case RECORD_COUNT:
		if (*(const unsigned *)at > 0)
			fprintf(
			    to, "%s: %u\n", row->key, *(const unsigned *)at);
		return;
	case RECORD_WORD:
		if (*(const int *)at != 0)
			fprintf(to, "%s: %s\n", row->key,
			    row->words[*(const int *)at]);
		return;
	}
}

int record_write(const char *path, const struct record_form *form,
    const void *record, struct err *err)
{
	char *text = NULL;
	size_t len = 0, i;
	int result = -1;
	FILE *to = open_memstream(&text, &len);

	if (to == NULL) {
		err_set_errno(err, "%s", path);
		return -1;
	}
	fprintf(to, HEAD, form->name);
	for (i = 0; i < form->count; i++)
		put(to, &form->rows[i], record);
	if (fclose(to) == 0)
		result = file_replace(path, text, len, 0644, err);
	else
		err_set_errno(err, "%s", path);
	free(text);
	return result;
}
