/* SPDX-License-Identifier: ISC */
/*
 * The pause of a whole run, kept so that the next run, minutes later or after
 * a restart, honours it too. One of another directory says nothing of ours.
 */
#include "renew_pause.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "record.h"

#define SLACK_S 300 /* of clocks */

#define ROW(key, kind, member)                                                 \
	{                                                                      \
		key, kind, offsetof(struct pause, member),                     \
		    sizeof(((struct pause *)0)->member), NULL                  \
	}

static const struct record_row rows[] = {
	ROW("directory", RECORD_TEXT, directory),
	ROW("account", RECORD_TEXT, account),
	ROW("since", RECORD_MOMENT, since),
	ROW("until", RECORD_MOMENT, until),
	ROW("in-row", RECORD_COUNT, in_row),
	ROW("words", RECORD_TEXT, words),
};

static const struct record_form form = {
	.name = "pause",
	.rows = rows,
	.count = sizeof(rows) / sizeof(*rows),
	.size = sizeof(struct pause),
};

static void path_of(const char *dir, char ret_path[PATH_MAX])
{
	(void)snprintf(ret_path, PATH_MAX, "%s/pause", dir);
}

int pause_read(const char *dir, struct pause *ret_pause, struct err *err)
{
	char path[PATH_MAX];

	path_of(dir, path);
	return record_read(path, &form, ret_pause, err);
}

static bool is_of(const struct pause *p, const char *directory)
{
	return strncmp(p->directory, directory, sizeof(p->directory) - 1) == 0;
}

bool pause_holds(const struct pause *p, const char *directory, int64_t now)
{
	/* One that begins in the future is of a clock that was wrong. */
	return now < p->until && p->since <= now + SLACK_S &&
	       is_of(p, directory);
}

int pause_begin(struct pause *p, const char *dir, const char *directory,
    const char *account, int64_t now, int64_t seconds, const char *words,
    struct err *err)
{
	char path[PATH_MAX];

	if (seconds > ATTEMPT_RETRY_AFTER_S)
		seconds = ATTEMPT_RETRY_AFTER_S;
	p->in_row = is_of(p, directory) ? p->in_row + 1 : 1;
	p->since = now;
	p->until = now + seconds;
	(void)snprintf(p->directory, sizeof(p->directory), "%s", directory);
	(void)snprintf(p->account, sizeof(p->account), "%s", account);
	(void)snprintf(p->words, sizeof(p->words), "%s", words);
	path_of(dir, path);
	return record_write(path, &form, p, err);
}

void pause_end(struct pause *p, const char *dir)
{
	char path[PATH_MAX];

	if (p->in_row == 0)
		return;
	path_of(dir, path);
	(void)unlink(path); /* what stays is over, and counts too high */
	*p = (struct pause){ 0 };
}
