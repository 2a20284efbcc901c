/* SPDX-License-Identifier: ISC */
/*
 * The three voices of a run. A result is flushed at once: whoever waits for a
 * long run sees each host when it is done, and a run that is killed has said
 * what it did.
 */
#include "renew_tell.h"

#include <stdarg.h>
#include <stdio.h>

#include "renew_part.h"
#include "verb.h"

#define LINE_MAX_BYTES 2048
#define CLEAR          "\r\033[K"

/* Is it told already, as a line of the log? Else a person is to be told. */
static bool __attribute__((format(printf, 4, 0)))
word(const struct renew *r, enum log_level level, char text[LINE_MAX_BYTES],
    const char *fmt, va_list args)
{
	(void)vsnprintf(text, LINE_MAX_BYTES, fmt, args);
	if (r->supervised)
		log_line(level, "%s", text);
	else if (r->has_progress)
		fputs(CLEAR, stderr);
	return r->supervised;
}

void renew_tell(
    const struct renew *r, enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;
	bool told;

	va_start(args, fmt);
	told = word(r, level, text, fmt, args);
	va_end(args);
	if (told)
		return;
	printf("%s\n", text);
	(void)fflush(stdout); /* main sees what could not be written */
}

void renew_complain(
    const struct renew *r, enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;
	bool told;

	va_start(args, fmt);
	told = word(r, level, text, fmt, args);
	va_end(args);
	if (!told)
		verb_complain("%s", text);
}

void renew_progress(const struct renew *r, const char *fmt, ...)
{
	char text[80]; /* a longer line would not be cleared whole */
	va_list args;

	if (!r->has_progress)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, CLEAR "%s", text);
}
