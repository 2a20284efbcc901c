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

#define LINE_MAX_BYTES 2048

static struct {
	int fd;
	bool is_socket, may_block, journald, json;
	enum log_level level;
	unsigned long dropped;
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

static size_t begin(char *line, size_t cap, enum log_level level)
{
	int n;

	if (out.json) {
		struct timespec ts;

		(void)clock_gettime(CLOCK_REALTIME, &ts);
		n = snprintf(line, cap,
		    "{\"time\":%lld.%03ld,\"level\":\"%s\",\"text\":\"",
		    (long long)ts.tv_sec, ts.tv_nsec / 1000000,
		    level_names[level]);
	} else if (out.journald) {
		n = snprintf(line, cap, "<%d>", (int)level);
	} else {
		n = snprintf(line, cap, "%s: ", level_names[level]);
	}
	return n > 0 ? (size_t)n : 0;
}

/* A pipe with room has it for PIPE_BUF bytes, which is more than a line. */
static bool has_room(void)
{
	struct pollfd p = { .fd = out.fd, .events = POLLOUT };

	return poll(&p, 1, 0) > 0;
}

static bool emit(enum log_level level, const char *text)
{
	char line[LINE_MAX_BYTES];
	size_t n = begin(line, sizeof(line), level);
	ssize_t sent;

	n += sanitise(text, line + n, sizeof(line) - n - 3);
	if (out.json) {
		line[n++] = '"';
		line[n++] = '}';
	}
	line[n++] = '\n';
	if (out.is_socket)
		sent = send(out.fd, line, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (out.may_block && !has_room())
		return false;
	else
		sent = write(out.fd, line, n);
	return sent >= 0;
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
	if (out.dropped > 0) {
		char told[64];

		(void)snprintf(told, sizeof(told),
		    "%lu lines of the log were dropped", out.dropped);
		if (emit(LOG_LEVEL_WARNING, told))
			out.dropped = 0;
	}
	if (!emit(level, text))
		out.dropped++;
	errno = saved;
}
