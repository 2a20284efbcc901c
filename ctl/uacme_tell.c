/* SPDX-License-Identifier: ISC */
/*
 * Words about a run of uacme, fit for a log, a state file and a person. They
 * hold what strangers wrote; what must not be seen of it is left out here.
 */
#include "uacme_tell.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/quote.h"

/* How many bytes of base64url there are; *ret_capital: upper case is there. */
static size_t run_of(const char *at, bool *ret_capital)
{
	size_t n = 0;

	*ret_capital = false;
	for (;; n++) {
		char c = at[n];

		if (c >= 'A' && c <= 'Z')
			*ret_capital = true;
		else if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
		         c != '-' && c != '_')
			return n;
	}
}

/*
 * How many bytes at `at` are a token or a key authorization: what stands where
 * an http-01 token does, and what is as long as a digest and no host's label.
 * The key to a paused account (a JWT in the URL that it is to be unpaused by)
 * is meant for who reads this.
 */
static size_t token_len(const char *text, const char *at)
{
	static const char place[] = "acme-challenge/";
	size_t before = (size_t)(at - text), len = sizeof(place) - 1;
	bool capital;
	size_t n = run_of(at, &capital);

	if (before >= len && memcmp(at - len, place, len) == 0)
		return n;
	return n >= 40 && capital ? n : 0;
}

/* In: any bytes, and a NUL. Out: one line. */
static void clean(const char *text, char *to, size_t size)
{
	const char *at = text, *jwt = strstr(text, "jwt=");
	const char *limit = text + strlen(text);
	size_t len = 0, n, token;

	while (*at != '\0') {
		token = jwt == NULL || at < jwt ? token_len(text, at) : 0;
		n = quote_seen_len(at, (size_t)(limit - at));
		if (len + 8 > size) {
			memcpy(to + len, "...", 3);
			len += 3;
			break;
		}
		if (token > 0) {
			memcpy(to + len, "...", 3);
			len += 3;
			at += token;
		} else if (n > 0 && *at != ' ') {
			memcpy(to + len, at, n);
			len += n;
			at += n;
		} else {
			if (len > 0 && to[len - 1] != ' ')
				to[len++] = ' ';
			at += n > 0 ? n : 1;
		}
	}
	while (len > 0 && to[len - 1] == ' ')
		len--;
	to[len] = '\0';
}

void uacme_tell(
    struct uacme_result *r, enum verdict verdict, const char *fmt, ...)
{
	char text[2048];
	va_list args;

	r->verdict = verdict;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args); /* cut is well */
	va_end(args);
	clean(text, r->words, sizeof(r->words));
}
