/* SPDX-License-Identifier: ISC */
#ifndef HTTP_SITE_WIRE_H
#define HTTP_SITE_WIRE_H

#include <stdbool.h>
#include <stddef.h>

/* For http/site alone: the bytes of answers, theirs judged and our own. */

#define TYPE_TEXT   "text/plain; charset=utf-8"
#define CACHE_TIME  "max-age=60"
#define TYPE_OPTION "nosniff"
#define METHODS     "GET, HEAD"

/* What libmicrohttpd was told to answer; status 0: nothing, and no answer. */
struct reply {
	unsigned status;
	const char *bytes;
	size_t len;
	const char *location; /* of 302 */
};

/* The body of a refusal, for one that libmicrohttpd is to answer. */
struct reply wire_refusal(unsigned status);

/*
 * The header block at the start of len bytes, its empty line included; 0:
 * it is not whole.
 */
size_t wire_head_len(const char *bytes, size_t len);

/*
 * Copy an answer of libmicrohttpd's, len bytes, which must be reply to the
 * letter: one header block with its status and length, and then its body and
 * nothing more, or with head no body. "Connection: close" takes the place of
 * what libmicrohttpd says of its own connection. The copy's length; 0 where
 * the answer is anything else or does not fit. *ret_close: libmicrohttpd means
 * to close its connection.
 */
size_t wire_copy(const struct reply *reply, bool head, const char *bytes,
    size_t len, char *ret_bytes, size_t cap, bool *ret_close);

#endif
