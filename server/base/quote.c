/* SPDX-License-Identifier: ISC */

/*
 * Strangers' values in our messages. What comes out is one line of UTF-8 that
 * no terminal acts upon and that looks as it is; it refuses nothing.
 */

#include "base/quote.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static uint32_t decode(const unsigned char *c, size_t n)
{
	uint32_t rune = n == 1 ? c[0] : c[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		rune = rune << 6 | (c[i] & 0x3f);
	return rune;
}

size_t quote_utf8_len(const char *bytes, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c[4] = { 0 };
	uint32_t rune;
	size_t n;

	if (len == 0)
		return 0;
	memcpy(c, bytes, len < sizeof(c) ? len : sizeof(c));
	if (c[0] < 0x80)
		return 1;
	n = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
	if (c[0] < 0xc2 || c[0] > 0xf4 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	rune = decode(c, n);
	if (rune < least[n] || rune > 0x10ffff || (rune >> 11) == 0x1b)
		return 0;
	return n;
}

static bool is_seen(uint32_t rune)
{
	static const struct {
		uint32_t from, to;
	} unseen[] = {
		{ 0x00, 0x1f },
		{ 0x7f, 0xa0 },
		{ 0xad, 0xad },
		{ 0x61c, 0x61c },
		{ 0x180e, 0x180e },
		{ 0x200b, 0x200f },
		{ 0x2028, 0x202f },
		{ 0x2060, 0x206f },
		{ 0xfeff, 0xfeff },
		{ 0xfff9, 0xfffb },
		{ 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (rune >= unseen[i].from && rune <= unseen[i].to)
			return false;
	return true;
}

size_t quote_seen_len(const char *bytes, size_t len)
{
	size_t n;

	if (len > 0 && *bytes >= ' ' && *bytes <= '~')
		return 1;
	n = quote_utf8_len(bytes, len);
	return n > 0 && is_seen(decode((const unsigned char *)bytes, n)) ? n
	                                                                 : 0;
}

/* One character, or one byte that begins none. How many bytes it wrote. */
static size_t put(const char *bytes, size_t n, char *to)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *c = (const unsigned char *)bytes;
	size_t done = 0;

	if (quote_seen_len(bytes, n) > 0) {
		if (*c == '"' || *c == '\\')
			to[done++] = '\\';
		memcpy(to + done, bytes, n);
		return done + n;
	}
	for (size_t i = 0; i == 0 || i < n; i++) {
		to[done++] = '\\';
		to[done++] = 'x';
		to[done++] = hex[c[i] >> 4];
		to[done++] = hex[c[i] & 15];
	}
	return done;
}

void quote_bytes(const char *bytes, size_t len, char ret_quoted[QUOTE_MAX])
{
	static const char end[] = "...\"";
	char *to = ret_quoted;
	char one[16];

	*to++ = '"';
	while (len > 0) {
		size_t n = quote_utf8_len(bytes, len);
		size_t more = put(bytes, n, one);
		size_t room = (size_t)(ret_quoted + QUOTE_MAX - to);

		if (more + sizeof(end) > room) {
			memcpy(to, end, sizeof(end));
			return;
		}
		memcpy(to, one, more);
		to += more;
		bytes += n > 0 ? n : 1;
		len -= n > 0 ? n : 1;
	}
	memcpy(to, "\"", 2);
}

void quote_text(const char *text, char ret_quoted[QUOTE_MAX])
{
	quote_bytes(text, strlen(text), ret_quoted);
}
