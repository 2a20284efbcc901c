/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_TELL_H
#define DAEMON_WORKER_TELL_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a worker tells the log and counts. The access line is for every answer;
 * what strangers can cause without end is told ten times in ten seconds, and
 * then counted; the count is told when the ten seconds are over.
 */

struct conn;
struct worker;

/*
 * An answer of len bytes is ready, took_us microseconds after accept; len 0:
 * it could not be given.
 */
void tell_fetch(
    const struct conn *c, unsigned status, size_t len, uint64_t took_us);
void tell_handshake(const struct conn *c);
/* A CA was shown what answers it: each time, while its challenge waits. */
void tell_challenge(const struct conn *c);
/* A deadline has ended it. */
void tell_too_slow(const struct conn *c);
void tell_over_limit(const struct conn *c);
void tell_full(struct worker *w);
/* How many were only counted; before the worker ends, too. */
void tell_untold(struct worker *w);

#endif
