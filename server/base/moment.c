/* SPDX-License-Identifier: ISC */

/*
 * Moments to text and back. Always UTC: a file may be read on another machine
 * than it was written on, and a log is compared with others.
 */
#include "base/moment.h"

#include <string.h>
#include <time.h>

#define FORM "%Y-%m-%dT%H:%M:%SZ"
#define LAST ((int64_t)253402300799) /* of the year 9999 */

/* Four digits of a year: what is made of it fits. */
static struct tm split(int64_t at)
{
	time_t when = (time_t)(at < 0 ? 0 : at > LAST ? LAST : at);
	struct tm tm;

	(void)gmtime_r(&when, &tm);
	return tm;
}

void moment_text(int64_t at, char ret_text[MOMENT_MAX])
{
	struct tm tm = split(at);

	(void)strftime(ret_text, MOMENT_MAX, FORM, &tm);
}

void moment_words(int64_t at, char ret_words[MOMENT_MAX])
{
	struct tm tm = split(at);

	(void)strftime(ret_words, MOMENT_MAX, "%Y-%m-%d %H:%M UTC", &tm);
}

int moment_parse(const char *text, int64_t *ret_at)
{
	char again[MOMENT_MAX];
	struct tm tm = { 0 };
	const char *end = strptime(text, FORM, &tm);
	int64_t at;

	if (end == NULL || *end != '\0')
		return -1;
	at = (int64_t)timegm(&tm);
	/* strptime takes more than we write, the 31st of June too. */
	moment_text(at, again);
	if (strcmp(text, again) != 0)
		return -1;
	*ret_at = at;
	return 0;
}
