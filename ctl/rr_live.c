/* SPDX-License-Identifier: ISC */
/*
 * From the wire to the values that records have. The bytes are strangers', so
 * each length is checked against what is left.
 */
#include "rr_live.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"

#define POINTER 0xc0 /* of a compressed name, which no resolver leaves */
#define ESCAPED 4    /* \DDD */

/* Bytes put behind each other, escaped; there is room, and it is zeroed. */
static char *put(char *to, const unsigned char *bytes, size_t len, bool name)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = bytes[i];

		if (c < ' ' || c > '~' || (name && (c == '.' || c == ' '))) {
			*to++ = '\\';
			*to++ = (char)('0' + c / 100);
			*to++ = (char)('0' + c / 10 % 10);
			*to++ = (char)('0' + c % 10);
		} else {
			*to++ = (char)c;
		}
	}
	return to;
}

static const char *texts_of(
    const unsigned char *data, size_t len, struct arena *a)
{
	char *text = arena_alloc(a, ESCAPED * len + 1), *to = text;
	size_t part;

	for (size_t i = 0; i < len; i += 1 + part) {
		part = data[i];
		if (part > len - i - 1)
			return NULL;
		to = put(to, data + i + 1, part, false);
	}
	return text;
}

static const char *name_of(
    const unsigned char *data, size_t len, struct arena *a)
{
	char *text = arena_alloc(a, ESCAPED * len + 2), *to = text;
	size_t i = 0, part;

	while (i < len && data[i] != 0) {
		part = data[i];
		if ((part & POINTER) != 0 || part > len - i - 1)
			return NULL;
		if (to != text)
			*to++ = '.';
		to = put(to, data + i + 1, part, true);
		i += 1 + part;
	}
	return i + 1 == len ? text : NULL;
}

static const char *caa_of(
    const unsigned char *data, size_t len, struct arena *a)
{
	char *tag = arena_alloc(a, ESCAPED * len + 1);
	char *value = arena_alloc(a, ESCAPED * len + 1);
	size_t tag_len;

	if (len < 2)
		return NULL;
	tag_len = data[1];
	if (tag_len == 0 || tag_len > len - 2)
		return NULL;
	(void)put(tag, data + 2, tag_len, true);
	(void)put(value, data + 2 + tag_len, len - 2 - tag_len, false);
	return arena_format(a, "%u %s \"%s\"", data[0], tag, value);
}

static const char *address_of(
    int family, const unsigned char *data, struct arena *a)
{
	char *text = arena_alloc(a, INET6_ADDRSTRLEN);

	return inet_ntop(family, data, text, INET6_ADDRSTRLEN);
}

const char *rr_from_wire(
    enum rr_type type, const unsigned char *data, size_t len, struct arena *a)
{
	switch (type) {
	case RR_A:
		return len == 4 ? address_of(AF_INET, data, a) : NULL;
	case RR_AAAA:
		return len == 16 ? address_of(AF_INET6, data, a) : NULL;
	case RR_CNAME:
		return name_of(data, len, a);
	case RR_TXT:
		return texts_of(data, len, a);
	case RR_CAA:
		return caa_of(data, len, a);
	}
	return NULL;
}

static bool separates(char c)
{
	return c == ';' || c == ',' || c == '\0';
}

/*
 * The next character that counts, and *text behind it: white space does not
 * beside a separator, nor do separators at the end.
 */
static char next_of(const char **text, char last)
{
	const char *t = *text + strspn(*text, " \t");

	if (separates(*t) || separates(last)) {
		*text = t;
		if (*t == ';' && t[strspn(t, "; \t")] == '\0')
			return '\0';
	}
	if (**text == '\0')
		return '\0';
	return *(*text)++;
}

static bool is_same_text(const char *one, const char *other)
{
	char c = '=', last; /* nothing may stand before the first */

	do {
		last = c;
		c = next_of(&one, last);
		if (next_of(&other, last) != c)
			return false;
	} while (c != '\0');
	return true;
}

bool rr_same(enum rr_type type, const char *one, const char *other)
{
	if (type == RR_CNAME)
		return strcasecmp(one, other) == 0;
	if (type == RR_TXT)
		return is_same_text(one, other);
	return strcmp(one, other) == 0;
}
