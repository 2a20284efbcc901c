/* SPDX-License-Identifier: ISC */
#ifndef CTL_SPAN_H
#define CTL_SPAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Bytes that somebody else wrote, as they are read. Any may be among them, no
 * NUL stands behind them, and they stay where they are: a part is a span of
 * the same bytes. All is ASCII, whatever the locale.
 */

struct arena;

struct span {
	const char *at;
	size_t len;
};

bool span_is_alnum(char c); /* a letter or a digit */
bool span_is_white(char c); /* a space or a tab */

bool span_is(struct span s, const char *text);
bool span_is_like(struct span s, const char *text); /* in any case */
bool span_begins(struct span s, const char *with);

/* Without the white space around it. */
struct span span_trim(struct span s);

/*
 * Take what stands before the next c, and c, away from *rest. false: there is
 * no c; the part is all of it, and *rest is empty, at its end.
 */
bool span_cut(struct span *rest, char c, struct span *ret_part);

/* As it may stand in a message (base/quote.h); in a. */
const char *span_quote(struct span s, struct arena *a);

#endif
