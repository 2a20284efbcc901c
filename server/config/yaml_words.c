/* SPDX-License-Identifier: ISC */

/*
 * What libyaml says where it finds no sense, put so that a person knows what
 * to change. It owns nothing and judges nothing: the parse has ended already.
 */

#include "config/yaml_words.h"

#include <stdbool.h>
#include <string.h>

#include "config/faults.h"

/* The place of a byte, columns counted in characters. */
static struct place place_of_byte(
    const char *bytes, size_t len, const char *file, size_t offset)
{
	struct place at = { file, 1, 1 };

	for (size_t i = 0; i < offset && i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == '\n') {
			at.line++;
			at.column = 1;
		} else if ((c & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

/* Line number line, from 0. */
static const char *line_at(
    const char *bytes, size_t len, size_t line, size_t *ret_len)
{
	const char *start = bytes, *end = bytes + len, *stop;

	while (line-- > 0 &&
	       (stop = memchr(start, '\n', (size_t)(end - start))) != NULL)
		start = stop + 1;
	stop = memchr(start, '\n', (size_t)(end - start));
	*ret_len = (size_t)((stop != NULL ? stop : end) - start);
	return start;
}

/* What a person most likely meant where libyaml found no sense. */
static const char *hint(const yaml_parser_t *y, const char *line, size_t len)
{
	const char *context = y->context;
	const char *problem = y->problem != NULL ? y->problem : "";
	size_t indent = 0;

	while (indent < len && line[indent] == ' ')
		indent++;
	if (indent < len && line[indent] == '\t')
		return ": indent with spaces, not with tabs";
	if (context != NULL && strstr(context, "scanning an alias") != NULL)
		return ": what begins with * must stand in quotation marks, "
		       "as \"*.example.com\"";
	if (memmem(line, len, "[::", 3) != NULL ||
	    memmem(line, len, "]:", 2) != NULL)
		return ": an address with [ must stand in quotation marks, "
		       "as \"[::]:443\"";
	if (strstr(problem, "cannot start any token") != NULL)
		return ": put the value in quotation marks";
	return "";
}

static struct place place_of(const char *file, yaml_mark_t mark)
{
	return (struct place){ file, (unsigned)mark.line + 1,
		(unsigned)mark.column + 1 };
}

static void tell_syntax(const yaml_parser_t *y, const char *bytes, size_t len,
    const char *file, struct faults *f)
{
	const char *context = y->context;
	bool alias = context != NULL && strstr(context, "scanning an alias");
	yaml_mark_t mark = alias ? y->context_mark : y->problem_mark;
	size_t line_len;
	const char *line = line_at(bytes, len, mark.line, &line_len);

	faults_add(f, SEVERITY_FAULT, place_of(file, mark), NULL,
	    "not YAML: %s%s%s%s", y->problem, context != NULL ? " " : "",
	    context != NULL ? context : "", hint(y, line, line_len));
}

void yaml_tell(const yaml_parser_t *y, const char *bytes, size_t len,
    const char *file, struct faults *f)
{
	struct place at = { .file = file };

	if (y->error == YAML_READER_ERROR) {
		at = place_of_byte(bytes, len, file, y->problem_offset);
		if (strstr(y->problem, "control") != NULL)
			faults_add(f, SEVERITY_FAULT, at, NULL,
			    "a control byte (0x%02x)",
			    (unsigned)y->problem_value);
		else
			faults_add(f, SEVERITY_FAULT, at, NULL,
			    "this is not UTF-8: %s", y->problem);
	} else if (y->error == YAML_MEMORY_ERROR) {
		faults_add(f, SEVERITY_FAULT, at, NULL, "no memory");
	} else {
		tell_syntax(y, bytes, len, file, f);
	}
}
