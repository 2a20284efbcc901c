/* SPDX-License-Identifier: ISC */
#ifndef CTL_ATTEMPT_MOVES_H
#define CTL_ATTEMPT_MOVES_H

#include "attempt.h"

/*
 * How a try changes the state of its host (RULES A5). Each sets what it names
 * and leaves the rest; now is the moment of the try.
 */

/* An order is about to be placed. */
void attempt_begin(struct attempt *a, const char *directory, int64_t now);
/* A certificate came, valid until not_after. */
void attempt_issued(struct attempt *a, const char *directory, int64_t now,
    int64_t not_after, int64_t retry_s);
/* The pre-flight saw something else. Did it see the same the last time? */
bool attempt_waiting(
    struct attempt *a, const char *directory, int64_t now, const char *seen);
/*
 * It failed (or was limited), in words; retry_after_s is the CA's, or 0.
 * longest_s bounds our own pause.
 */
void attempt_failed(struct attempt *a, enum outcome outcome, int64_t now,
    int64_t retry_s, int64_t longest_s, int64_t retry_after_s,
    const char *words);

/* Not tried: a limit that another host met holds it too, until then. */
void attempt_limited(
    struct attempt *a, const char *directory, int64_t until, const char *words);

/* retry_s, then six times as long each time, longest_s at most. */
int64_t attempt_pause(unsigned failures, int64_t retry_s, int64_t longest_s);

#endif
