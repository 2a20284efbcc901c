/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CONSOLE_H
#define HTTP_CONSOLE_H

#include <stddef.h>

/*
 * A small HTTP server for those who look after us: GET and HEAD of a few
 * pages, answered by libmicrohttpd itself on sockets that were accepted. It
 * holds CONSOLE_MOST connections, each for CONSOLE_TOTAL_MS from accept to
 * close at most; one more ends the oldest. Each carries one request.
 */

#define CONSOLE_MOST     32
#define CONSOLE_TOTAL_MS 10000

struct console;
struct err;
struct loop;
struct sockaddr;

struct page {
	unsigned status;  /* 200, 404 or 503 */
	const char *type; /* Content-Type, not to be freed */
	char *text;       /* from malloc, the console's from now on */
	size_t len;
};

struct console_calls {
	/* Fill *ret_page (404 and no text as it comes) for path. */
	void (*answer)(void *cookie, const char *path, struct page *ret_page);
	/* A connection has ended. */
	void (*on_close)(void *cookie);
	void *cookie;
};

/* calls is copied. NULL and err where libmicrohttpd or the system refuses. */
struct console *console_new(
    struct loop *l, const struct console_calls *calls, struct err *err);
void console_free(struct console *c);

/* Take an accepted socket, which does not block. */
void console_take(
    struct console *c, int fd, const struct sockaddr *from, unsigned from_len);
/* How many connections there are. */
size_t console_held(const struct console *c);

#endif
