/* SPDX-License-Identifier: ISC */
/*
 * Answers as bytes. One of libmicrohttpd's is copied only where it is what was
 * asked of it, to the letter; a refusal is written from a table, with the same
 * header. None says what we are made of (RULES P5).
 */
#include "http/site_wire.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "http/site.h"

#define CLOSE "Connection: close\r\n"

size_t wire_head_len(const char *bytes, size_t len)
{
	const char *end = memmem(bytes, len, "\r\n\r\n", 4);

	return end != NULL ? (size_t)(end - bytes) + 4 : 0;
}

/* The value of a line that is name's; NULL: it is another's. */
static const char *value_of(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	return line + len + 1 + strspn(line + len + 1, " ");
}

/* Is text, up to its line's end, exactly this number? */
static bool is_number(const char *text, size_t number)
{
	char want[32];
	int len = snprintf(want, sizeof(want), "%zu\r\n", number);

	return strncmp(text, want, (size_t)len) == 0;
}

size_t wire_copy(const struct reply *reply, bool head, const char *bytes,
    size_t len, char *ret_bytes, size_t cap, bool *ret_close)
{
	size_t head_len = wire_head_len(bytes, len);
	size_t body_len = head ? 0 : reply->len;
	const char *body = bytes + head_len;
	const char *end = body;
	unsigned lengths = 0;
	size_t at = 0;
	char status[16];

	(void)snprintf(status, sizeof(status), "HTTP/1.1 %03u ", reply->status);
	if (head_len == 0 || len != head_len + body_len ||
	    len + strlen(CLOSE) > cap ||
	    strncmp(bytes, status, strlen(status)) != 0 ||
	    memcmp(body, reply->bytes, body_len) != 0)
		return 0;
	end -= 2; /* before the empty line */
	for (const char *line = bytes; line < end;) {
		size_t rest = (size_t)(end - line);
		const char *next = (char *)memmem(line, rest, "\r\n", 2) + 2;
		const char *connection = value_of(line, "Connection");
		const char *length = value_of(line, "Content-Length");

		if (length != NULL) {
			if (!is_number(length, reply->len))
				return 0;
			lengths++;
		}
		if (connection != NULL) {
			*ret_close = strncasecmp(connection, "close", 5) == 0;
		} else if (value_of(line, "Keep-Alive") == NULL) {
			memcpy(ret_bytes + at, line, (size_t)(next - line));
			at += (size_t)(next - line);
		}
		line = next;
	}
	if (lengths != 1)
		return 0;
	memcpy(ret_bytes + at, CLOSE "\r\n", strlen(CLOSE "\r\n"));
	at += strlen(CLOSE "\r\n");
	memcpy(ret_bytes + at, body, body_len);
	return at + body_len;
}

/* RFC 9110 section 5.6.7, whatever the locale. */
static void write_date(char *ret_date, size_t cap)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm tm = { .tm_mday = 1 };

	(void)gmtime_r(&now, &tm); /* fails after the year 2^31 */
	(void)snprintf(ret_date, cap, "%.3s, %02d %.3s %d %02d:%02d:%02d GMT",
	    days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Plain words in one line, without a colon: no policy has such a line. */
static const struct refusal {
	unsigned status;
	const char *reason, *body;
} refusals[] = {
	/* the first stands for what is not in the table */
	{ 500, "Internal Server Error", "Something went wrong here.\n" },
	{ 400, "Bad Request", "This request is malformed.\n" },
	{ 404, "Not Found", "There is nothing here.\n" },
	{ 405, "Method Not Allowed", "Only GET and HEAD are allowed here.\n" },
	{ 408, "Request Timeout", "This request took too long.\n" },
	{ 414, "URI Too Long", "This request line is too long.\n" },
	{ 421, "Misdirected Request",
	    "This connection is for another host.\n" },
	{ 431, "Request Header Fields Too Large",
	    "The header of this request is too long.\n" },
	{ 501, "Not Implemented",
	    "This method or transfer coding is not known.\n" },
	{ 505, "HTTP Version Not Supported",
	    "Only versions 1.0 and 1.1 of HTTP are spoken here.\n" },
};

static const struct refusal *find(unsigned status)
{
	size_t i = sizeof(refusals) / sizeof(refusals[0]) - 1;

	while (i > 0 && refusals[i].status != status)
		i--;
	return &refusals[i];
}

struct reply wire_refusal(unsigned status)
{
	const struct refusal *r = find(status);

	return (struct reply){ r->status, r->body, strlen(r->body), NULL };
}

size_t site_refuse(unsigned status, bool head, char ret_bytes[SITE_ANSWER_MAX])
{
	const struct refusal *r = find(status);
	char date[64];
	int len;

	write_date(date, sizeof(date));
	len = snprintf(ret_bytes, SITE_ANSWER_MAX,
	    "HTTP/1.1 %u %s\r\n"
	    "Date: %s\r\n"
	    "Content-Type: " TYPE_TEXT "\r\n"
	    "Cache-Control: " CACHE_TIME "\r\n"
	    "X-Content-Type-Options: " TYPE_OPTION "\r\n"
	    "%s"
	    "Content-Length: %zu\r\n" CLOSE "\r\n"
	    "%s",
	    r->status, r->reason, date,
	    r->status == 405 ? "Allow: " METHODS "\r\n" : "", strlen(r->body),
	    head ? "" : r->body);
	return (size_t)len;
}
