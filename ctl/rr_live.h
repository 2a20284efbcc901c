/* SPDX-License-Identifier: ISC */
#ifndef CTL_RR_LIVE_H
#define CTL_RR_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "rr.h"

/* What DNS answered, in the form of struct rr's values. */

struct arena;

/*
 * The value of one record as it came (RFC 1035 section 3.3, RFC 8659 section
 * 4.1), in a. What is not printable ASCII becomes \DDD, so that it may be
 * shown. NULL: it is malformed, or of no type that rr.h knows.
 */
const char *rr_from_wire(
    enum rr_type type, const unsigned char *data, size_t len, struct arena *a);

/*
 * Do both say the same? Names whatever their case, TXT whatever the white
 * space around separators and the separator at the end (RULES T1).
 */
bool rr_same(enum rr_type type, const char *one, const char *other);

#endif
