/* SPDX-License-Identifier: ISC */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One sanitised line an event, on standard error. A line that cannot be
 * written at once is dropped and counted; the count is told by the next line
 * that gets through. Nothing here ever blocks.
 */

enum log_level {
	LOG_LEVEL_ERROR = 3, /* the numbers are syslog's and journald's */
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/*
 * Open standard error anew, so that writes to it do not block and its other
 * holders do not notice. To be called once, before a change of user. Under
 * journald ($JOURNAL_STREAM is what standard error is) each line begins with
 * its level as <N>.
 */
void log_open(void);

/* The descriptor that lines are written to, so that a child can keep it. */
int log_descriptor(void);

/* Tell lines up to level, as text or as one JSON object a line. */
void log_configure(enum log_level level, bool json);

/* From now on each line that is dropped adds one to *count, too. */
void log_count_drops(uint64_t *count);

/* Would a line of this level be told? */
bool log_tells(enum log_level level);

/* A printf-like line, without a newline. What is not seen as it is becomes
 * \xNN. */
void log_line(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One of an event's values; the text may be a stranger's. */
struct log_field {
	const char *name;
	const char *text; /* "" leaves the field out; NULL: it is number */
	uint64_t number;
	bool alone; /* in text form it stands without its name */
};

/*
 * An event with its values: `event name=text name=1 time=...: why`, or one
 * JSON member each. In text a value that could be taken for more than one is
 * quoted and cut (base/quote), and the time is left to journald where that
 * listens. what and why (NULL: none) are words of our own. A field that finds
 * no room is left out whole.
 */
void log_event(enum log_level level, const char *what,
    const struct log_field *fields, size_t count, const char *why);

#define log_error(...)  log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)   log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)   log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)  log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
