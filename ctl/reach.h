/* SPDX-License-Identifier: ISC */
#ifndef CTL_REACH_H
#define CTL_REACH_H

#include <stdbool.h>

/* What can be reached from here, and where. Nothing is sent. */

struct endpoint;
struct peer;

#define REACH_WORDS "this machine has no way to it by IPv6"

/* Is p IPv6, and this machine has none that leads there? */
bool reach_lacks_ipv6(const struct peer *p);

/* Where this machine reaches what listens at e: at 127.0.0.1, where at all. */
struct endpoint reach_here(const struct endpoint *e);

#endif
