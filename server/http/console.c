/* SPDX-License-Identifier: ISC */

/*
 * The console: libmicrohttpd without a listener or a thread, run whenever its
 * epoll has something. It knows idle times alone, so each connection's
 * deadline is ours: the socket is shut, and libmicrohttpd sees the end of it.
 */

#include "http/console.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/loop.h"

#define MEMORY_MAX 8192 /* of libmicrohttpd for a connection, bytes */
#define TURNS_MAX  64   /* of libmicrohttpd in one turn of ours */

struct client {
	struct console *console;
	int fd; /* -1: none */
	int64_t since_ms;
	struct timer timer;
};

struct console {
	struct console_calls calls;
	struct loop *loop;
	struct MHD_Daemon *daemon;
	struct watch watch; /* libmicrohttpd's epoll */
	struct timer again; /* it has more to do than one turn allows */
	struct client clients[CONSOLE_MOST];
	size_t held;
};

/* Let libmicrohttpd run until it waits. */
static void run(struct console *c)
{
	for (int turn = 0; turn < TURNS_MAX; turn++) {
		MHD_UNSIGNED_LONG_LONG wait_ms;

		(void)MHD_run(c->daemon); /* a peer's failure is the peer's */
		if (MHD_get_timeout(c->daemon, &wait_ms) != MHD_YES ||
		    wait_ms > 0)
			return;
	}
	loop_set(c->loop, &c->again, loop_now_ms(c->loop));
}

static void on_event(void *cookie, uint32_t events)
{
	(void)events;
	run(cookie);
}

static void on_again(void *cookie)
{
	run(cookie);
}

/* libmicrohttpd sees the end, and tells of it. */
static void end(struct client *k)
{
	loop_unset(k->console->loop, &k->timer);
	(void)shutdown(k->fd, SHUT_RDWR); /* or the peer was first */
	run(k->console);
}

static void on_deadline(void *cookie)
{
	end(cookie);
}

static void forget(struct console *c, int fd)
{
	for (size_t i = 0; i < CONSOLE_MOST; i++) {
		struct client *k = &c->clients[i];

		if (k->fd != fd)
			continue;
		loop_unset(c->loop, &k->timer);
		k->fd = -1;
		c->held--;
		c->calls.on_close(c->calls.cookie);
	}
}

static void on_connection(void *cookie, struct MHD_Connection *connection,
    void **context, enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	(void)context;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED && info != NULL)
		forget(cookie, info->connect_fd);
}

static enum MHD_Result queue(
    struct MHD_Connection *connection, const struct page *p)
{
	const char *const header[][2] = {
		{ "Content-Type", p->type },
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Connection", "close" },
		{ "Allow", p->status == 405 ? "GET, HEAD" : NULL },
	};
	enum MHD_Result result = MHD_YES;
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    p->len, p->text, MHD_RESPMEM_MUST_FREE);

	if (response == NULL) {
		free(p->text);
		return MHD_NO;
	}
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		if (result == MHD_YES && header[i][1] != NULL)
			result = MHD_add_response_header(
			    response, header[i][0], header[i][1]);
	if (result == MHD_YES)
		result = MHD_queue_response(connection, p->status, response);
	MHD_destroy_response(response);
	return result;
}

/* The first call comes before a body could; an answer to it closes. */
static enum MHD_Result on_request(void *cookie,
    struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **state)
{
	struct console *c = cookie;
	struct page p = { .status = 404, .type = "text/plain; charset=utf-8" };

	(void)version;
	(void)upload;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		p.status = 405;
	} else if (*state == NULL || *upload_len > 0) {
		*state = c;
		*upload_len = 0; /* a body is passed over */
		return MHD_YES;
	} else {
		c->calls.answer(c->calls.cookie, url, &p);
	}
	if (p.text == NULL) {
		p.text = strdup(p.status == 503 ? "There is no memory.\n"
		                                : "There is no such page.\n");
		p.len = p.text != NULL ? strlen(p.text) : 0;
	}
	return queue(connection, &p);
}

/* What a peer does wrong is no line of our log. */
static void on_log(void *cookie, const char *fmt, va_list args)
{
	(void)cookie;
	(void)fmt;
	(void)args;
}

struct console *console_new(
    struct loop *l, const struct console_calls *calls, struct err *err)
{
	struct console *c = calloc(1, sizeof(*c));
	const union MHD_DaemonInfo *info = NULL;

	if (c == NULL) {
		err_set(err, "no memory for the console");
		return NULL;
	}
	c->calls = *calls;
	c->loop = l;
	c->again = (struct timer){ .on_time = on_again, .cookie = c };
	for (size_t i = 0; i < CONSOLE_MOST; i++)
		c->clients[i] = (struct client){
			.console = c,
			.fd = -1,
			.timer = { .on_time = on_deadline,
			    .cookie = &c->clients[i] },
		};
	c->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET,
	    0, NULL, NULL, on_request, c, MHD_OPTION_EXTERNAL_LOGGER, on_log,
	    NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_MAX,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, c, MHD_OPTION_END);
	if (c->daemon != NULL)
		info = MHD_get_daemon_info(c->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL) {
		err_set(err, "libmicrohttpd does not start");
		goto out;
	}
	c->watch = (struct watch){ info->epoll_fd, on_event, c };
	if (loop_add(l, &c->watch, EPOLLIN) == 0)
		return c;
	err_set_errno(err, "epoll");
out:
	if (c->daemon != NULL)
		MHD_stop_daemon(c->daemon);
	free(c);
	return NULL;
}

void console_free(struct console *c)
{
	if (c == NULL)
		return;
	loop_remove(c->loop, &c->watch);
	loop_unset(c->loop, &c->again);
	MHD_stop_daemon(c->daemon);
	free(c);
}

/* A place for one more: where there is none, the oldest one's. */
static struct client *make_room(struct console *c)
{
	struct client *oldest = &c->clients[0];

	for (size_t i = 0; i < CONSOLE_MOST; i++) {
		if (c->clients[i].fd < 0)
			return &c->clients[i];
		if (c->clients[i].since_ms < oldest->since_ms)
			oldest = &c->clients[i];
	}
	end(oldest);
	return oldest->fd < 0 ? oldest : NULL;
}

void console_take(
    struct console *c, int fd, const struct sockaddr *from, unsigned from_len)
{
	struct client *k = make_room(c);

	if (k == NULL) {
		(void)close(fd); /* nothing was written */
		return;
	}
	k->fd = fd;
	k->since_ms = loop_now_ms(c->loop);
	c->held++;
	loop_set(c->loop, &k->timer, k->since_ms + CONSOLE_TOTAL_MS);
	/* It closes fd, also where it fails. */
	if (MHD_add_connection(c->daemon, fd, from, from_len) != MHD_YES)
		forget(c, fd);
	run(c);
}

size_t console_held(const struct console *c)
{
	return c->held;
}
