/* SPDX-License-Identifier: ISC */

/*
 * Sentences about a configuration, kept until they are told. They outlive what
 * they speak of: nothing here points into the tree or its files. A sentence is
 * bounded, and cut between two characters where it does not fit.
 */

#include "config/faults.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define SENTENCE_MAX 768
#define FILE_MAX     300 /* bytes of a file's name that are told */

struct fault {
	struct place at;
	size_t index; /* the order of their coming, where the place is equal */
	enum severity severity;
	const char *text;
};

struct faults {
	struct arena *arena;
	struct fault *list;
	size_t count, room;
	size_t count_of[2];
	const char *file; /* the last one named: most faults share it */
	bool sorted;
};

struct faults *faults_new(void)
{
	struct arena *a = arena_new(false);
	struct faults *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	return f;
}

void faults_free(struct faults *f)
{
	if (f != NULL)
		arena_free(f->arena);
}

/* Where a text of len bytes that goes on must end, not to split a character. */
static size_t whole_characters(const char *text, size_t len)
{
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* Values are quoted where they are told; a file's name may be anything. */
static void hide_control(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static const char *sentence(
    struct arena *a, struct place at, const char *subject, const char *words)
{
	char text[SENTENCE_MAX];
	static const char more[] = "...";
	size_t file_len = strlen(at.file);
	const char *before = "";
	int len;

	/* Its end says more, and leaves room for what is wrong. */
	if (file_len > FILE_MAX) {
		before = more;
		at.file += file_len - FILE_MAX;
		while (((unsigned char)*at.file & 0xc0) == 0x80)
			at.file++;
	}
	if (at.line == 0)
		len = snprintf(text, sizeof(text), "%s%s: ", before, at.file);
	else
		len = snprintf(text, sizeof(text), "%s%s:%u:%u: ", before,
		    at.file, at.line, at.column);
	if (len >= 0 && (size_t)len < sizeof(text))
		len += snprintf(text + len, sizeof(text) - (size_t)len,
		    "%s%s%s", subject != NULL ? subject : "",
		    subject != NULL ? ": " : "", words);
	if (len >= 0 && (size_t)len >= sizeof(text)) {
		size_t end =
		    whole_characters(text, sizeof(text) - sizeof(more));

		memcpy(text + end, more, sizeof(more));
	}
	hide_control(text);
	return arena_string(a, text);
}

static const char *keep_file(struct faults *f, const char *file)
{
	if (f->file == NULL || strcmp(f->file, file) != 0)
		f->file = arena_string(f->arena, file);
	return f->file;
}

static void make_room(struct faults *f)
{
	size_t room = f->room == 0 ? 16 : f->room * 2;
	struct fault *list = arena_array(f->arena, room, sizeof(*list));

	if (f->count > 0)
		memcpy(list, f->list, f->count * sizeof(*list));
	f->list = list;
	f->room = room;
}

void faults_add(struct faults *f, enum severity s, struct place at,
    const char *subject, const char *fmt, ...)
{
	char words[SENTENCE_MAX + 1];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	if (f->count == f->room)
		make_room(f);
	f->list[f->count] = (struct fault){
		.at = { keep_file(f, at.file), at.line, at.column },
		.index = f->count,
		.severity = s,
		.text = sentence(f->arena, at, subject, words),
	};
	f->count++;
	f->count_of[s]++;
	f->sorted = false;
}

size_t faults_count(const struct faults *f, enum severity s)
{
	return f->count_of[s];
}

size_t faults_total(const struct faults *f)
{
	return f->count;
}

static int by_number(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int by_place(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;
	int order = strcmp(x->at.file, y->at.file);

	if (order == 0)
		order = by_number(x->at.line, y->at.line);
	if (order == 0)
		order = by_number(x->at.column, y->at.column);
	return order != 0 ? order : by_number(x->index, y->index);
}

const char *faults_at(
    struct faults *f, size_t index, enum severity *ret_severity)
{
	assert(index < f->count);
	if (!f->sorted)
		qsort(f->list, f->count, sizeof(*f->list), by_place);
	f->sorted = true;
	*ret_severity = f->list[index].severity;
	return f->list[index].text;
}
