/* SPDX-License-Identifier: ISC */
#ifndef CTL_REACH_H
#define CTL_REACH_H

#include <stdbool.h>

/*
 * Is a peer IPv6, and has this machine none that leads there? Then it cannot
 * be judged from here. Nothing is sent.
 */

struct peer;

#define REACH_WORDS "this machine has no way to it by IPv6"

bool reach_lacks_ipv6(const struct peer *p);

#endif
