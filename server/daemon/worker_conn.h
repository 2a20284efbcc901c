/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_CONN_H
#define DAEMON_WORKER_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/loop.h"
#include "http/gate.h"
#include "http/proxy.h"
#include "http/site.h"

/*
 * One connection, from accept to close. Its stages:
 *
 *   stage      what is true                        ends at the latest after
 *   PROXY      a believed proxy's header may come  handshake, from accept
 *   HANDSHAKE  TLS is being agreed upon            handshake, from accept
 *   HEAD       the gate is being fed               head
 *   ANSWER     the answer is being sent            answer
 *   LINGER     it is sent; bytes are thrown away   2 s or 64 KiB
 *
 * and of all together `total`, from accept.
 */

struct session;
struct worker;

enum stage {
	STAGE_PROXY,
	STAGE_HANDSHAKE,
	STAGE_HEAD,
	STAGE_ANSWER,
	STAGE_LINGER,
};

struct conn {
	struct worker *worker;
	struct conn *next, *prev; /* of the worker's list */
	struct watch watch;
	struct timer timer;
	enum stage stage;
	enum door door;
	bool watched, counted;
	bool more; /* unread bytes may wait: linger before the close */
	uint32_t events;
	int64_t accepted_us;
	struct peer peer;
	uint8_t key[16];
	struct session *session; /* NULL without TLS */
	char *rest;              /* plain bytes that could not be sent yet */
	size_t rest_len, rest_sent;
	size_t drained;
	size_t proxy_len;
	char proxy[PROXY_HEADER_MAX];
	struct gate gate;
};

/* Take an accepted socket, which does not block. It is closed in any case. */
void conn_open(
    struct worker *w, int fd, enum door door, const struct sockaddr *from);

/* A stop: what has a whole head may go on, the rest is closed. */
void conn_stop_all(struct worker *w);
void conn_close(struct conn *c);

/* For worker_talk: enter a stage, with its deadline. */
void conn_enter(struct conn *c, enum stage stage);
/* Wait for EPOLLIN or EPOLLOUT; may close c. */
void conn_wait(struct conn *c, uint32_t events);
/* Send what waits. False: some still waits, or c is closed. */
bool conn_flush(struct conn *c);
/* What waits is the last of it: send it and close. */
void conn_send_last(struct conn *c);

/* Free the memory of closed connections. */
void conn_free_spares(struct worker *w);

#endif
