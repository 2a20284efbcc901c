/* SPDX-License-Identifier: ISC */
#ifndef PARTS_FETCH_H
#define PARTS_FETCH_H

#include <openssl/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "tally.h"

/*
 * One fetch of one policy over a connection of its own: a full handshake, a
 * strict check of name and chain, and a check of the whole answer.
 */

struct host;
struct hosts;

/* Whom all fetches ask, and how. */
struct target {
	struct sockaddr_storage to, from;
	socklen_t to_len, from_len; /* from_len 0: any source */
	unsigned from_count;        /* sources, from `from` upwards */
	SSL_CTX *tls;
	int64_t deadline_ns; /* for the whole of a fetch */
	bool monotone;       /* never older than one answered before */
	bool any; /* any web server: asked to close, its end not waited for */
};

enum { ANSWER_MAX = 32768 };

struct fetch {
	const struct target *target;
	const struct hosts *hosts;
	struct host *host;
	unsigned oldest; /* version that may still be answered */
	int fd;
	SSL *ssl;
	int64_t begin_ns, end_ns; /* end_ns: its deadline */
	int64_t sent_ns;          /* the head left; 0: not yet */
	char answer[ANSWER_MAX + 1];
	size_t answer_len;
	const char *why; /* it failed; a literal, or detail */
	char detail[WHY_MAX];
};

/* 0; or -1 and f->why. client chooses among the sources. */
int fetch_once(struct fetch *f, struct host *h, unsigned client);

/* Monotonic. */
int64_t now_ns(void);

#endif
