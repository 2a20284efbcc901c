/* SPDX-License-Identifier: ISC */
#ifndef CTL_UACME_TELL_H
#define CTL_UACME_TELL_H

#include "uacme.h"

/*
 * A verdict with printf-like words, made into one line that a person may
 * see: no control bytes, no tokens, cut to fit.
 */
void uacme_tell(struct uacme_result *r, enum verdict verdict, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

#endif
