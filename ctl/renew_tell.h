/* SPDX-License-Identifier: ISC */
#ifndef CTL_RENEW_TELL_H
#define CTL_RENEW_TELL_H

#include "base/log.h"

struct renew;

/*
 * What a run says: lines for the daemon's log where it is supervised, else
 * results on standard output, complaints and progress on standard error.
 */

/* A result. */
void renew_tell(const struct renew *r, enum log_level level, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* What hinders the run. */
void renew_complain(const struct renew *r, enum log_level level,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A line that the next one takes the place of, on a terminal alone. */
void renew_progress(const struct renew *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
