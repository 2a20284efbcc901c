/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include <stddef.h>

#include "http/site.h"

/*
 * The listening sockets. They are bound once, stay open in the manager for
 * its whole life, and are shared by all workers.
 */

struct err;
struct passed;
struct settings;

struct listener {
	int fd;
	enum door door;
};

struct listeners {
	struct listener *at;
	size_t count;
};

/*
 * Bind what s asks for, but take what was passed in for it. [::] takes IPv4
 * too, and is 0.0.0.0 where there is no IPv6. What else was passed in is a
 * listener of DOOR_HTTP. 0; or -1 and err with the address, and nothing stays
 * bound.
 */
int listeners_open(const struct settings *s, struct passed *passed,
    struct listeners *ret_l, struct err *err);
void listeners_close(struct listeners *l);

/*
 * The same for `listen.admin`, and to be called before. No service hangs on
 * it: what cannot be had is told in the log and left out. A socket in the file
 * system is for its owner, who is `user` where root binds, and for its group.
 */
void listeners_open_admin(
    const struct settings *s, struct passed *passed, struct listeners *ret_l);

#endif
