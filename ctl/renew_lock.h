/* SPDX-License-Identifier: ISC */
#ifndef CTL_RENEW_LOCK_H
#define CTL_RENEW_LOCK_H

#include <stdbool.h>

struct err;

/*
 * One at a time changes what is in STATE/renew (dir) and what uacme keeps: a
 * lock that goes with its process, however that ends. A descriptor, to be
 * closed; or -1 and err. *ret_busy: another has it.
 */
int renew_lock(const char *dir, bool *ret_busy, struct err *err);

#endif
