/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_STRANGERS_H
#define DAEMON_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/host.h"

/*
 * Names under "mta-sts." that were asked for and are not configured: of a
 * customer, perhaps, who set the CNAME before we had the domain. One process
 * writes a table, in memory that others read at the same time; it holds the
 * STRANGERS_MOST that were asked for last, each once.
 */

#define STRANGERS_MOST 100

struct stranger {
	uint32_t turn; /* odd: it is being written */
	int64_t at;    /* seconds since the epoch; 0: nobody's yet */
	char host[HOST_MAX + 1];
};

struct strangers { /* all zeros is an empty one */
	struct stranger at[STRANGERS_MOST];
};

/* host, a valid name, was asked for. Any that is no policy host is left out. */
void strangers_add(struct strangers *s, const char *host, int64_t now);

/*
 * A copy of entry i, whole and judged anew: who wrote it talks with strangers.
 * False: there is none, or it is being written just now.
 */
bool strangers_read(
    const struct strangers *s, size_t i, struct stranger *ret_stranger);

#endif
