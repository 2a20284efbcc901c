/* SPDX-License-Identifier: ISC */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include <stddef.h>

/*
 * A value that somebody else wrote, as it may stand in a message: in double
 * quotes, shortened with "..." where it is long. Control bytes, what is not
 * UTF-8, and characters that are not seen or turn the direction of writing
 * become \xNN; a quote and a backslash get a backslash before them.
 */

#define QUOTE_MAX 112 /* of the whole, with its NUL */

void quote_bytes(const char *bytes, size_t len, char ret_quoted[QUOTE_MAX]);
void quote_text(const char *text, char ret_quoted[QUOTE_MAX]);

/* How many bytes the UTF-8 character at the start has (RFC 3629). 0: none. */
size_t quote_utf8_len(const char *bytes, size_t len);
/* The same where it is seen as it is; 0: it would become \xNN. */
size_t quote_seen_len(const char *bytes, size_t len);

#endif
