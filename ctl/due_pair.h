/* SPDX-License-Identifier: ISC */
#ifndef CTL_DUE_PAIR_H
#define CTL_DUE_PAIR_H

#include <stdbool.h>
#include <stdint.h>

/* The pair that a host has, and when it is to be renewed (RULES A4). */

struct pair;
struct store;

struct due_pair {
	bool there;
	bool own; /* in the directory of its name, where uacme writes */
	int64_t not_before, not_after;
};

/*
 * When a pair is due: a third of its life is left, half of it where that is
 * under ten days, and before that a part of a fifteenth that hangs on the host
 * and the pair.
 */
int64_t due_moment(const char *host, int64_t not_before, int64_t not_after);

/* Is it in the last tenth of its life, or beyond? */
bool due_is_late(const struct due_pair *p, int64_t now);

/* The pair in the directory of host's name, if it covers host. NULL: none. */
const struct pair *due_own_pair(const struct store *s, const char *host);

/*
 * The pair of host in s: of what store_find gives and what lies in the
 * directory of its name, that which is due later.
 */
struct due_pair due_find_pair(
    const struct store *s, const char *host, int64_t now);

#endif
