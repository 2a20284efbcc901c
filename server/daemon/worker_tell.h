/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_TELL_H
#define DAEMON_WORKER_TELL_H

/*
 * What a worker tells the log and counts. The access line is for every answer;
 * what strangers can cause without end is told ten times in ten seconds, and
 * then counted.
 */

struct conn;
struct worker;

void tell_fetch(const struct conn *c, unsigned status);
void tell_handshake(const struct conn *c);
/* A CA was shown what answers it: each time, while its challenge waits. */
void tell_challenge(const struct conn *c);
/* A deadline has ended it. */
void tell_too_slow(const struct conn *c);
void tell_over_limit(const struct conn *c);
void tell_full(struct worker *w);

#endif
