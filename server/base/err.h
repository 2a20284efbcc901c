/* SPDX-License-Identifier: ISC */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * A bounded message that says what went wrong and where. Whoever calls owns
 * the struct; nothing here allocates. A text that does not fit is cut.
 */

struct err {
	char text[768];
};

/* Replace the text of e (may be NULL) by a printf-like message. */
void err_set(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* As err_set, and add ": " and the words for errno. */
void err_set_errno(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Put a printf-like message and ": " before the text of e (may be NULL). */
void err_prefix(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
