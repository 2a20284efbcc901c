/* SPDX-License-Identifier: ISC */

/*
 * The log: one line an event, written with one call, so that lines of several
 * processes do not mix. Standard error is opened anew without blocking, since
 * O_NONBLOCK on the one we were given would reach everybody who shares it. A
 * socket cannot be opened anew and is sent to with MSG_DONTWAIT instead; nor
 * can another user's pipe, which is asked first whether it has room.
 */

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/quote.h"

#define LINE_MAX_BYTES 3072 /* the longest event, its values all escaped */
#define TAIL_MAX       128  /* of it, for what comes after the fields */

struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
};

static struct {
	int fd;
	bool is_socket, may_block, journald, json;
	enum log_level level;
	unsigned long dropped;
	uint64_t *drops; /* where they are counted for ever; NULL: nowhere */
} out = { .fd = STDERR_FILENO, .level = LOG_LEVEL_INFO };

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

/* The variable is inherited by what has its standard error elsewhere. */
static bool is_journald(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];

	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino);
	return stream != NULL && strcmp(stream, own) == 0;
}

void log_open(void)
{
	struct stat st;
	int fd;

	if (fstat(STDERR_FILENO, &st) != 0)
		return;
	out.journald = is_journald(&st);
	out.is_socket = S_ISSOCK(st.st_mode);
	fd = open("/proc/self/fd/2",
	    O_WRONLY | O_NONBLOCK | O_APPEND | O_CLOEXEC | O_NOCTTY);
	out.may_block = fd < 0;
	if (fd >= 0)
		out.fd = fd;
}

int log_descriptor(void)
{
	return out.fd;
}

void log_configure(enum log_level level, bool json)
{
	out.level = level;
	out.json = json;
}

bool log_tells(enum log_level level)
{
	return level <= out.level;
}

/* How many bytes at s may be told as they are. */
static size_t plain_length(const char *s)
{
	if (out.json && (*s == '"' || *s == '\\'))
		return 0;
	return quote_seen_len(s, strnlen(s, 4));
}

/* Bytes that a terminal or a reader of lines would act upon are told as hex. */
static size_t sanitise(const char *text, char *line, size_t cap)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	while (*text != '\0' && n + 6 < cap) {
		size_t len = plain_length(text);
		unsigned char byte = (unsigned char)*text;

		if (len > 0) {
			memcpy(line + n, text, len);
			n += len;
			text += len;
			continue;
		}
		memcpy(line + n, out.json ? "\\u00" : "\\x", out.json ? 4 : 2);
		n += out.json ? 4 : 2;
		line[n++] = hex[byte >> 4];
		line[n++] = hex[byte & 15];
		text++;
	}
	return n;
}

/* What stands before the event's text. */
static void begin(struct line *l, enum log_level level)
{
	int n;

	if (out.json) {
		struct timespec ts;

		(void)clock_gettime(CLOCK_REALTIME, &ts);
		n = snprintf(l->text, sizeof(l->text),
		    "{\"time\":%lld.%03ld,\"level\":\"%s\",\"text\":\"",
		    (long long)ts.tv_sec, ts.tv_nsec / 1000000,
		    level_names[level]);
	} else if (out.journald) {
		n = snprintf(l->text, sizeof(l->text), "<%d>", (int)level);
	} else {
		n = snprintf(
		    l->text, sizeof(l->text), "%s: ", level_names[level]);
	}
	l->len = n > 0 ? (size_t)n : 0;
}

/* A pipe with room has it for PIPE_BUF bytes, which is more than a line. */
static bool has_room(void)
{
	struct pollfd p = { .fd = out.fd, .events = POLLOUT };

	return poll(&p, 1, 0) > 0;
}

static bool send_line(const struct line *l)
{
	ssize_t sent;

	if (out.is_socket)
		sent =
		    send(out.fd, l->text, l->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (out.may_block && !has_room())
		return false;
	else
		sent = write(out.fd, l->text, l->len);
	return sent >= 0;
}

static bool emit(enum log_level level, const char *text)
{
	struct line l;

	begin(&l, level);
	l.len += sanitise(text, l.text + l.len, sizeof(l.text) - l.len - 3);
	if (out.json) {
		l.text[l.len++] = '"';
		l.text[l.len++] = '}';
	}
	l.text[l.len++] = '\n';
	return send_line(&l);
}

/* Are there lines that were dropped? Then say how many first. */
static void tell_dropped(void)
{
	char told[64];

	if (out.dropped == 0)
		return;
	(void)snprintf(told, sizeof(told), "%lu lines of the log were dropped",
	    out.dropped);
	if (emit(LOG_LEVEL_WARNING, told))
		out.dropped = 0;
}

static void drop(void)
{
	out.dropped++;
	if (out.drops != NULL)
		__atomic_store_n(out.drops, *out.drops + 1, __ATOMIC_RELAXED);
}

void log_count_drops(uint64_t *count)
{
	out.drops = count;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	int saved = errno;
	char text[LINE_MAX_BYTES];
	va_list ap;

	if (!log_tells(level))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell_dropped();
	if (!emit(level, text))
		drop();
	errno = saved;
}

static void put(struct line *l, const char *text)
{
	size_t len = strlen(text);

	memcpy(l->text + l->len, text, len);
	l->len += len;
}

/* The longest that a value can become, with what stands around it. */
static bool fits(const struct line *l, const struct log_field *f)
{
	size_t value = f->text == NULL ? 20
	               : out.json      ? 6 * (strlen(f->text) + 1)
	                               : strlen(f->text) + QUOTE_MAX;

	return l->len + strlen(f->name) + value + TAIL_MAX <= sizeof(l->text);
}

/* Can it be taken for nothing but one value? */
static bool is_plain(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '"' || *c == '=' ||
		    *c == '\\')
			return false;
	return true;
}

static void put_text(struct line *l, const char *text)
{
	char quoted[QUOTE_MAX];

	if (out.json) {
		put(l, "\"");
		l->len +=
		    sanitise(text, l->text + l->len, sizeof(l->text) - l->len);
		put(l, "\"");
	} else if (is_plain(text)) {
		put(l, text);
	} else {
		quote_text(text, quoted);
		put(l, quoted);
	}
}

static void put_field(struct line *l, const struct log_field *f)
{
	char number[24];

	if ((f->text != NULL && f->text[0] == '\0') || !fits(l, f))
		return;
	put(l, out.json ? ",\"" : " ");
	if (out.json || !f->alone) {
		put(l, f->name);
		put(l, out.json ? "\":" : "=");
	}
	if (f->text != NULL) {
		put_text(l, f->text);
		return;
	}
	(void)snprintf(number, sizeof(number), "%" PRIu64, f->number);
	put(l, number);
}

/* RFC 3339, in UTC. */
static void put_time(struct line *l)
{
	char text[40];
	struct timespec ts;
	struct tm tm;
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	n = strftime(text, sizeof(text), " time=%Y-%m-%dT%H:%M:%S",
	    gmtime_r(&ts.tv_sec, &tm));
	(void)snprintf(
	    text + n, sizeof(text) - n, ".%03ldZ", ts.tv_nsec / 1000000);
	put(l, text);
}

void log_event(enum log_level level, const char *what,
    const struct log_field *fields, size_t count, const char *why)
{
	int saved = errno;
	struct line l;

	if (!log_tells(level))
		return;
	tell_dropped();
	begin(&l, level);
	put(&l, what);
	if (out.json)
		put(&l, "\"");
	for (size_t i = 0; i < count; i++)
		put_field(&l, &fields[i]);
	if (!out.json && !out.journald)
		put_time(&l);
	if (why != NULL) {
		put(&l, out.json ? ",\"why\":\"" : ": ");
		l.len +=
		    sanitise(why, l.text + l.len, sizeof(l.text) - l.len - 3);
		put(&l, out.json ? "\"" : "");
	}
	put(&l, out.json ? "}\n" : "\n");
	if (!send_line(&l))
		drop();
	errno = saved;
}
