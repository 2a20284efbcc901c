/* SPDX-License-Identifier: ISC */
/*
 * One place for what must not reach a terminal. JSON escapes C0 by itself;
 * C1, which is UTF-8 and obeyed too, and what turns the direction of writing
 * are kept from it by ASCII.
 */
#include "seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/quote.h"

#define ESCAPED 4 /* \xNN */

void seen_put(FILE *to, const char *text)
{
	size_t left = strlen(text), n;

	for (; left > 0; text += n, left -= n) {
		n = quote_seen_len(text, left);
		if (n > 0) {
			(void)fwrite(text, 1, n, to); /* main looks at it */
			continue;
		}
		fprintf(to, "\\x%02x", (unsigned char)*text);
		n = 1;
	}
}

json_t *seen_json_bytes(const char *bytes, size_t len)
{
	char *text, *to;
	json_t *result;
	size_t n;

	if (bytes == NULL)
		return json_null();
	text = malloc(ESCAPED * len + 1);
	if (text == NULL)
		return NULL;
	for (to = text; len > 0; bytes += n, len -= n) {
		n = quote_utf8_len(bytes, len);
		/* A NUL is UTF-8, but many who read JSON refuse it. */
		if (n == 0 || *bytes == '\0') {
			(void)snprintf(
			    to, ESCAPED + 1, "\\x%02x", (unsigned char)*bytes);
			to += ESCAPED;
			n = 1;
		} else {
			memcpy(to, bytes, n);
			to += n;
		}
	}
	result = json_stringn(text, (size_t)(to - text));
	free(text);
	return result;
}

json_t *seen_json(const char *text)
{
	return seen_json_bytes(text, text == NULL ? 0 : strlen(text));
}

int seen_json_print(FILE *to, json_t *all, size_t flags)
{
	if (all == NULL)
		return -1;
	(void)json_dumpf(all, to, flags | JSON_ENSURE_ASCII);
	fputc('\n', to);
	json_decref(all);
	return 0;
}
