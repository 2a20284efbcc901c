/* SPDX-License-Identifier: ISC */
#ifndef CTL_RENEW_RUN_H
#define CTL_RENEW_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a run does, and what it says of what it would do and has left. */

struct due;
struct renew;

/* Try those that are to be tried, as long as may be. */
void renew_run(struct renew *r);
/* Those of chosen that are to be tried now, in order; their number. */
size_t renew_queue(const struct renew *r, struct due **ret_queue);
/* Is d to be tried, as things stand now? */
bool renew_is_due(const struct renew *r, const struct due *d);
/* Must the run end? Sets why. */
bool renew_ends(struct renew *r);

/* One order, for d; passed: types, seen: what the pre-flight says. */
void renew_order(
    struct renew *r, struct due *d, unsigned passed, const char *seen);
/* The pre-flight of d did not pass. */
void renew_wait(struct renew *r, struct due *d, const char *seen);

/* What a dry run tells. */
void renew_tell_plan(const struct renew *r);
/*
 * The lines about chosen hosts that are not to be tried; of those that nobody
 * named, the ones that are not well.
 */
void renew_tell_rest(const struct renew *r);
/* In how many seconds is there something to do? */
int64_t renew_next_s(const struct renew *r);
/* How many of chosen have a pair that holds, and no trouble with the next? */
size_t renew_count_well(const struct renew *r);
/* The exit status. */
int renew_status(const struct renew *r);

#endif
