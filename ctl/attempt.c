/* SPDX-License-Identifier: ISC */
/*
 * The state file of one host. One that cannot be understood counts as none:
 * what that costs is one more try.
 */
#include "attempt.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "record.h"

static const char *const outcomes[] = {
	[OUTCOME_NONE] = "none",
	[OUTCOME_TRYING] = "trying",
	[OUTCOME_ISSUED] = "issued",
	[OUTCOME_WAITING] = "waiting for DNS",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_LIMITED] = "limited",
	NULL,
};

#define ROW(key, kind, member)                                                 \
	{                                                                      \
		key, kind, offsetof(struct attempt, member),                   \
		    sizeof(((struct attempt *)0)->member), NULL                \
	}

static const struct record_row rows[] = {
	{ "outcome", RECORD_WORD, offsetof(struct attempt, outcome),
	    sizeof(int), outcomes },
	ROW("tried", RECORD_MOMENT, tried),
	ROW("next", RECORD_MOMENT, next),
	ROW("failures", RECORD_COUNT, failures),
	ROW("waits", RECORD_COUNT, waits),
	ROW("interrupted", RECORD_COUNT, interrupted),
	ROW("directory", RECORD_TEXT, directory),
	ROW("issued-by", RECORD_TEXT, issued_by),
	ROW("result", RECORD_TEXT, result),
	ROW("seen", RECORD_TEXT, seen),
};

static const struct record_form form = {
	.name = "attempt",
	.rows = rows,
	.count = sizeof(rows) / sizeof(*rows),
	.size = sizeof(struct attempt),
};

static int path_of(
    const char *dir, const char *host, char ret_path[PATH_MAX], struct err *err)
{
	if ((size_t)snprintf(ret_path, PATH_MAX, "%s/%s", dir, host) < PATH_MAX)
		return 0;
	err_set(err, "%.64s...: the path is too long", dir);
	return -1;
}

int attempt_read(const char *dir, const char *host, struct attempt *ret_attempt,
    struct err *err)
{
	char path[PATH_MAX];

	memset(ret_attempt, 0, sizeof(*ret_attempt));
	if (path_of(dir, host, path, err) != 0)
		return -1;
	return record_read(path, &form, ret_attempt, err);
}

int attempt_write(
    const char *dir, const char *host, const struct attempt *a, struct err *err)
{
	char path[PATH_MAX];

	if (path_of(dir, host, path, err) != 0)
		return -1;
	return record_write(path, &form, a, err);
}

void attempt_remove(const char *dir, const char *host)
{
	char path[PATH_MAX];

	if (path_of(dir, host, path, NULL) == 0)
		(void)unlink(path); /* there may be none */
}

bool attempt_was_at(const struct attempt *a, const char *directory)
{
	return strncmp(a->directory, directory, sizeof(a->directory) - 1) == 0;
}

bool attempt_issued_elsewhere(const struct attempt *a, const char *directory)
{
	return a->issued_by[0] != '\0' &&
	       strncmp(a->issued_by, directory, sizeof(a->issued_by) - 1) != 0;
}
