/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_KNOCK_H
#define DAEMON_KNOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/host.h"

/*
 * A knock: a ClientHello for a configured host that has no pair. It proves
 * that the host's DNS has arrived. Strangers knock as often as they like, so
 * this table is what is remembered of them: at most KNOCKS_MOST hosts, each
 * taken at most once a minute. One more while all have their minute still is
 * passed over.
 */

#define KNOCKS_MOST 64

struct knock {
	char host[HOST_MAX + 1]; /* "": nobody's yet */
	bool waits;              /* to be taken */
	int64_t taken_ms;
};

struct knocks { /* all zeros is an empty one */
	struct knock at[KNOCKS_MOST];
};

/* host, a valid one, knocks. True: it waits since just now. */
bool knocks_add(struct knocks *k, const char *host, int64_t now_ms);
bool knocks_wait(const struct knocks *k);

/*
 * Those that wait wait no more, and their minute begins. Their number; the
 * strings are good until the next knocks_add.
 */
size_t knocks_take(
    struct knocks *k, int64_t now_ms, const char *ret_hosts[KNOCKS_MOST]);
/* What was taken at that moment waits again. */
void knocks_untake(struct knocks *k, int64_t taken_ms);
/* Nobody knocked. */
void knocks_forget(struct knocks *k);

#endif
