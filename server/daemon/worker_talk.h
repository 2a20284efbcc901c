/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_TALK_H
#define DAEMON_WORKER_TALK_H

#include <stdbool.h>
#include <stddef.h>

/* What is said on a connection. Each may close c, but for the questions. */

struct conn;
struct peer;
struct worker;

/* len bytes came, in any stage up to HEAD but PROXY. */
void talk_take(struct conn *c, const char *bytes, size_t len);
/* More of c->proxy came. */
void talk_take_proxy(struct conn *c);
/* Answer the head that is being read with a refusal. */
void talk_refuse(struct conn *c, unsigned status);

/* Is p a proxy whose word is believed? */
bool talk_is_believed(const struct worker *w, const struct peer *p);
/* Count c for its peer; false: it holds too many already. */
bool talk_enter_peer(struct conn *c);

#endif
