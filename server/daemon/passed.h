/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_PASSED_H
#define DAEMON_PASSED_H

#include <stddef.h>

#include "base/address.h"

/*
 * Listening sockets that whoever started us has bound and passed in
 * (sd_listen_fds(3)'s protocol). They outlive us, so that a restart refuses
 * no connection, and they need no privilege here.
 */

#define PASSED_MOST 64

struct passed_socket {
	int fd; /* -1: taken */
	struct endpoint at;
};

struct passed {
	struct passed_socket at[PASSED_MOST];
	size_t count;
};

/*
 * Take what $LISTEN_PID and $LISTEN_FDS name, and forget the variables. What
 * is no listening stream socket is closed and told in the log.
 */
void passed_take_all(struct passed *ret_passed);

/* The socket that is bound to e, the caller's from now on. -1: none. */
int passed_take(struct passed *p, const struct endpoint *e);

/* Any that is left, and where it is bound. -1: none. */
int passed_take_next(struct passed *p, struct endpoint *ret_at);

#endif
