/* SPDX-License-Identifier: ISC */

/*
 * STATE/served is text: the stamp, a line with the moment until which what is
 * served counts as served, and a line for each domain: its name, the max_age
 * of what is served, and until when what was served before may be held; "-"
 * where there is none.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/moment.h"
#include "config/served_part.h"
#include "config/stamp.h"
#include "policy/host.h"
#include "policy/policy.h"

#define NAME      "mta-stsd served "
#define VERSION   1
#define FORMAT    NAME "1 "
#define AS_OF     "as-of "
#define BYTES_MAX ((size_t)64 << 20)

static char *path_of(const char *state)
{
	char *path;

	if (asprintf(&path, "%s/served", state) < 0)
		arena_no_memory();
	return path;
}

static void put_entry(FILE *to, const struct served_entry *e)
{
	char until[MOMENT_MAX] = "-";

	if (e->until != 0)
		moment_text(e->until, until);
	fprintf(to, "%s ", e->domain);
	if (e->live)
		fprintf(to, "%u", (unsigned)e->max_age);
	else
		putc('-', to);
	fprintf(to, " %s\n", until);
}

static void put_all(FILE *to, const struct served *s)
{
	char as_of[MOMENT_MAX];

	moment_text(s->as_of, as_of);
	fprintf(to, "%*s" AS_OF "%s\n", (int)stamp_len(FORMAT), "", as_of);
	for (size_t i = 0; i < s->count; i++)
		put_entry(to, &s->at[i]);
}

int served_write(const struct served *s, const char *state, struct err *err)
{
	char *path = path_of(state), *bytes = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&bytes, &len);
	int result = -1;

	if (to != NULL)
		put_all(to, s);
	if (to == NULL || fclose(to) != 0) {
		err_set(err, "%s: no memory", path);
	} else {
		stamp_put(FORMAT, bytes, len);
		result = file_replace(path, bytes, len, 0600, err);
	}
	free(bytes);
	free(path);
	return result;
}

int served_set_aside(const char *state, struct err *err)
{
	char *path = path_of(state), *aside;
	int result;

	if (asprintf(&aside, "%s.corrupt", path) < 0)
		arena_no_memory();
	result = rename(path, aside);
	if (result != 0)
		err_set_errno(err, "%s: cannot be set aside", path);
	free(aside);
	free(path);
	return result;
}

/* A whole number in digits alone, not above most. */
static bool parse_number(const char *text, unsigned long most, uint32_t *ret)
{
	char *end;
	unsigned long number;

	if (*text < '0' || *text > '9' || strlen(text) > 9)
		return false;
	number = strtoul(text, &end, 10);
	if (*end != '\0' || number > most)
		return false;
	*ret = (uint32_t)number;
	return true;
}

/* The line's next word; it is cut out of it. NULL: there is none. */
static char *take_word(char **line)
{
	return *line != NULL ? strsep(line, " ") : NULL;
}

static bool take_entry(char *line, int64_t as_of, struct served_entry *ret_e)
{
	struct served_entry e = { .domain = take_word(&line) };
	const char *max_age = take_word(&line), *until = line;
	size_t len = strlen(e.domain);

	if (until == NULL || len > DOMAIN_MAX || !host_is_valid(e.domain, len))
		return false;
	e.live = strcmp(max_age, "-") != 0;
	if (e.live && !parse_number(max_age, POLICY_MAX_AGE_MAX, &e.max_age))
		return false;
	if (strcmp(until, "-") != 0 &&
	    (moment_parse(until, &e.until) != 0 || e.until == 0))
		return false;
	*ret_e = served_freeze(e, as_of);
	return true;
}

static bool take_as_of(char *line, int64_t *ret_as_of)
{
	size_t len = sizeof(AS_OF) - 1;

	return line != NULL && strncmp(line, AS_OF, len) == 0 &&
	       moment_parse(line + len, ret_as_of) == 0;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

/* text is cut into its lines and words, and lives as long as s. */
static int take_all(struct served *s, char *text, struct err *err)
{
	size_t lines = count_lines(text), i = 0;
	struct served_entry *at =
	    arena_array(s->arena, lines + 1, sizeof(*s->at));
	char *line = strsep(&text, "\n");
	int64_t as_of = 0;
	bool good = text != NULL && take_as_of(line, &as_of);

	/* What is behind the last newline is an empty line. */
	for (; good && (line = strsep(&text, "\n")) && text != NULL; i++)
		good = take_entry(line, as_of, &at[i]) &&
		       (i == 0 || strcmp(at[i - 1].domain, at[i].domain) < 0);
	if (!good || *line != '\0') {
		err_set(err, "line %zu is not as it is written here", i + 2);
		return -1;
	}
	s->as_of = as_of;
	s->at = at;
	s->count = i;
	return 0;
}

/* It has a version above ours: whoever wrote it knows more than we do. */
static bool is_newer(const char *bytes)
{
	size_t len = sizeof(NAME) - 1;

	return strncmp(bytes, NAME, len) == 0 && bytes[len] != '0' &&
	       strspn(bytes + len, "0123456789") > 0 &&
	       strtoul(bytes + len, NULL, 10) > VERSION;
}

static enum served_found take_file(
    struct served *s, const char *bytes, size_t len, struct err *err)
{
	if (is_newer(bytes)) {
		err_set(err, "it is of a newer mta-stsd");
		return SERVED_NEWER;
	}
	if (stamp_check(FORMAT, bytes, len, err) != 0)
		return SERVED_BROKEN;
	if (memchr(bytes, '\0', len) != NULL) {
		err_set(err, "there is a NUL in it");
		return SERVED_BROKEN;
	}
	bytes += stamp_len(FORMAT);
	return take_all(s, arena_string(s->arena, bytes), err) == 0
	           ? SERVED_WHOLE
	           : SERVED_BROKEN;
}

enum served_found served_read(
    struct served *s, const char *state, struct err *err)
{
	char *path = path_of(state), *bytes = NULL;
	enum served_found found = SERVED_BROKEN;
	size_t len;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		found = SERVED_NONE;
	} else if (file_read(path, BYTES_MAX, &bytes, &len, NULL, err) == 0) {
		found = take_file(s, bytes, len, err);
		if (found != SERVED_WHOLE)
			err_prefix(err, "%s: cannot be used", path);
	}
	free(bytes);
	free(path);
	return found;
}
