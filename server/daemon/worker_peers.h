/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_PEERS_H
#define DAEMON_WORKER_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many connections each peer (an address or a /64) holds. */

struct peers;

/* For at most connections at a time, from whomever. NULL: no memory. */
struct peers *peers_new(size_t connections);
void peers_free(struct peers *p);

/* Count one more, unless key holds most already. */
bool peers_enter(struct peers *p, const uint8_t key[16], unsigned most);
/* One that entered is gone. */
void peers_leave(struct peers *p, const uint8_t key[16]);

#endif
