/* SPDX-License-Identifier: ISC */

/*
 * The small steps in which strangers' text is read: records of DNS, policies,
 * what uacme says. What the text means is known to those who ask.
 */

#include "span.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/quote.h"

bool span_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

bool span_is_white(char c)
{
	return c == ' ' || c == '\t';
}

bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

bool span_is_like(struct span s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

bool span_begins(struct span s, const char *with)
{
	size_t len = strlen(with);

	return s.len >= len && memcmp(s.at, with, len) == 0;
}

struct span span_trim(struct span s)
{
	while (s.len > 0 && span_is_white(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && span_is_white(s.at[s.len - 1]))
		s.len--;
	return s;
}

bool span_cut(struct span *rest, char c, struct span *ret_part)
{
	const char *end =
	    rest->len == 0 ? NULL : memchr(rest->at, c, rest->len);

	*ret_part = *rest;
	if (end == NULL) {
		rest->at += rest->len;
		rest->len = 0;
		return false;
	}
	ret_part->len = (size_t)(end - rest->at);
	rest->at = end + 1;
	rest->len -= ret_part->len + 1;
	return true;
}

const char *span_quote(struct span s, struct arena *a)
{
	char quoted[QUOTE_MAX];

	quote_bytes(s.at, s.len, quoted);
	return arena_string(a, quoted);
}
