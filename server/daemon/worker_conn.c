/* SPDX-License-Identifier: ISC */

/*
 * One connection: its socket, its stages and their deadlines, and its place
 * in the worker. What comes is handed to worker_talk.c; what that leaves to be
 * sent is sent here, and the close is made so that no reset kills it.
 */

#include "daemon/worker_conn.h"
#include "daemon/worker_part.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/stats.h"
#include "daemon/worker_peers.h"
#include "daemon/worker_talk.h"
#include "daemon/worker_tell.h"
#include "tls/session.h"

#define RECEIVE_MAX 16384
#define LINGER_MS   2000
#define DRAIN_MAX   65536

static void on_ready(void *cookie, uint32_t events);
static void on_deadline(void *cookie);

static void set_deadline(struct conn *c, int64_t after_ms)
{
	int64_t total =
	    c->accepted_us / 1000 + c->worker->settings->limits.total_ms;
	int64_t at = loop_now_ms(c->worker->loop) + after_ms;

	if (c->stage != STAGE_LINGER && at > total)
		at = total;
	loop_set(c->worker->loop, &c->timer, at);
}

void conn_enter(struct conn *c, enum stage stage)
{
	const struct limits *l = &c->worker->settings->limits;

	c->stage = stage;
	if (stage == STAGE_HEAD)
		set_deadline(c, l->head_ms);
	else if (stage == STAGE_ANSWER)
		set_deadline(c, l->answer_ms);
	else if (stage == STAGE_LINGER)
		set_deadline(c, LINGER_MS);
	else if (stage == STAGE_PROXY || c->timer.place == 0)
		set_deadline(c, l->handshake_ms);
}

static void hold(struct worker *w, size_t count)
{
	w->held = count;
	stats_set(&w->row->counts[STAT_OPEN], count);
}

void conn_close(struct conn *c)
{
	struct worker *w = c->worker;

	loop_close(w->loop, &c->watch);
	loop_unset(w->loop, &c->timer);
	if (c->counted)
		peers_leave(w->peers, c->key);
	session_free(c->session);
	free(c->rest);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		w->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->next = w->free;
	w->free = c;
	hold(w, w->held - 1);
	w->on_close(w);
}

void conn_wait(struct conn *c, uint32_t events)
{
	struct loop *l = c->worker->loop;
	int result = 0;

	if (!c->watched)
		result = loop_add(l, &c->watch, events);
	else if (c->events != events)
		result = loop_change(l, &c->watch, events);
	if (result != 0) {
		conn_close(c);
		return;
	}
	c->watched = true;
	c->events = events;
}

static const void *pending(struct conn *c, size_t *ret_len)
{
	if (c->session != NULL)
		return session_pending(c->session, ret_len);
	*ret_len = c->rest_len - c->rest_sent;
	return c->rest + c->rest_sent;
}

/* Send what waits. False: some still waits, or the connection is closed. */
bool conn_flush(struct conn *c)
{
	for (;;) {
		size_t len;
		const void *bytes = pending(c, &len);
		ssize_t n;

		if (len == 0)
			return true;
		n = send(c->watch.fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			conn_wait(c, EPOLLOUT);
			return false;
		}
		if (n < 0) {
			conn_close(c);
			return false;
		}
		if (c->session != NULL)
			session_sent(c->session, (size_t)n);
		else
			c->rest_sent += (size_t)n;
	}
}

/* Throw away what came and was not read, so that no reset kills the answer. */
static void drain(struct conn *c)
{
	char bytes[RECEIVE_MAX];

	while (c->drained < DRAIN_MAX) {
		ssize_t n = recv(c->watch.fd, bytes, sizeof(bytes), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			conn_wait(c, EPOLLIN);
			return;
		}
		if (n <= 0)
			break;
		c->drained += (size_t)n;
	}
	conn_close(c);
}

static bool has_unread(const struct conn *c)
{
	char byte;

	return c->more || recv(c->watch.fd, &byte, 1, MSG_PEEK) > 0;
}

static void finish(struct conn *c)
{
	if (!has_unread(c)) {
		conn_close(c);
		return;
	}
	(void)shutdown(c->watch.fd, SHUT_WR); /* else close does it */
	conn_enter(c, STAGE_LINGER);
	drain(c);
}

/* The last bytes of this connection are on their way. */
void conn_send_last(struct conn *c)
{
	conn_enter(c, STAGE_ANSWER);
	if (conn_flush(c))
		finish(c);
}

static void receive(struct conn *c)
{
	bool proxy = c->stage == STAGE_PROXY;
	char bytes[RECEIVE_MAX];
	char *to = proxy ? c->proxy + c->proxy_len : bytes;
	size_t room = proxy ? sizeof(c->proxy) - c->proxy_len : sizeof(bytes);
	ssize_t n = recv(c->watch.fd, to, room, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		conn_wait(c, EPOLLIN);
	} else if (n <= 0) {
		conn_close(c); /* gone, or closed before a whole head */
	} else {
		c->more = (size_t)n == room;
		if (proxy) {
			c->proxy_len += (size_t)n;
			talk_take_proxy(c);
		} else {
			talk_take(c, bytes, (size_t)n);
		}
	}
}

static void on_ready(void *cookie, uint32_t events)
{
	struct conn *c = cookie;

	(void)events;
	if (c->stage == STAGE_LINGER)
		drain(c);
	else if (!conn_flush(c))
		return;
	else if (c->stage == STAGE_ANSWER)
		finish(c);
	else
		receive(c);
}

static void on_deadline(void *cookie)
{
	struct conn *c = cookie;

	tell_too_slow(c);
	if (c->stage == STAGE_HEAD && !gate_is_empty(&c->gate))
		talk_refuse(c, 408);
	else
		conn_close(c);
}

static struct conn *conn_new(struct worker *w, int fd, enum door door)
{
	struct conn *c = w->free;

	if (c != NULL)
		w->free = c->next;
	else
		c = malloc(sizeof(*c));
	if (c == NULL)
		return NULL;
	memset(c, 0, offsetof(struct conn, proxy));
	c->worker = w;
	c->door = door;
	c->watch = (struct watch){ fd, on_ready, c };
	c->timer = (struct timer){ .on_time = on_deadline, .cookie = c };
	c->accepted_us = clock_now_us();
	c->next = w->first;
	if (w->first != NULL)
		w->first->prev = c;
	w->first = c;
	hold(w, w->held + 1);
	return c;
}

void conn_open(
    struct worker *w, int fd, enum door door, const struct sockaddr *from)
{
	struct conn *c = NULL;
	bool proxied;

	worker_count(w, STAT_ACCEPTED);
	if (w->held >= w->most)
		tell_full(w);
	else
		c = conn_new(w, fd, door);
	if (c == NULL) {
		(void)close(fd);
		return;
	}
	peer_from_sockaddr(from, &c->peer);
	proxied = talk_is_believed(w, &c->peer);
	if (!proxied && from->sa_family != AF_UNIX && !talk_enter_peer(c)) {
		conn_close(c);
		return;
	}
	if (door == DOOR_HTTPS) {
		c->session = session_new(w->tls);
		if (c->session == NULL) {
			conn_close(c);
			return;
		}
	} else {
		gate_init(&c->gate, NULL);
	}
	if (proxied)
		conn_enter(c, STAGE_PROXY);
	else
		conn_enter(c, c->session ? STAGE_HANDSHAKE : STAGE_HEAD);
	receive(c);
}

void conn_stop_all(struct worker *w)
{
	struct conn *c, *next;

	for (c = w->first; c != NULL; c = next) {
		next = c->next;
		if (c->stage >= STAGE_ANSWER)
			continue;
		/* Its head may have come, and not have been read yet. */
		receive(c);
		if (c->watch.fd >= 0 && c->stage < STAGE_ANSWER)
			conn_close(c);
	}
}

void conn_free_spares(struct worker *w)
{
	while (w->free != NULL) {
		struct conn *c = w->free;

		w->free = c->next;
		free(c);
	}
}
