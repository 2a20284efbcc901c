/* SPDX-License-Identifier: ISC */
/*
 * The steps of a fetch in their order, each of which leaves in `why` what a
 * failure would mean before it begins. Nothing is tried twice.
 */
#include "fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hosts.h"

static const char length[] = "\r\nContent-Length: ";

int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* 0; or -1: the deadline came first. */
static int wait_for(struct fetch *f, short events)
{
	struct pollfd p = { .fd = f->fd, .events = events };
	int64_t left;

	do {
		left = f->end_ns - now_ns();
		if (left <= 0)
			return -1;
	} while (poll(&p, 1, (int)(left / 1000000) + 1) < 1);
	return 0;
}

/* After an SSL call gave ret: 0: call again; 1: the peer ended; -1: why. */
static int wait_ssl(struct fetch *f, int ret, const char *slow, const char *why)
{
	switch (SSL_get_error(f->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		f->why = slow;
		return wait_for(f, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		f->why = slow;
		return wait_for(f, POLLOUT);
	case SSL_ERROR_ZERO_RETURN:
		return 1;
	default:
		tally_reason(why, f->detail);
		f->why = f->detail;
		return -1;
	}
}

static int connect_to(struct fetch *f, unsigned client)
{
	struct sockaddr_in from;
	int error = 0, one = 1;
	socklen_t len = sizeof error;

	f->why = "connect: no socket";
	f->fd = socket(f->target->to.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (f->fd < 0)
		return -1;
	(void)setsockopt(f->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (f->target->from_len > 0) {
		memcpy(&from, &f->target->from, sizeof from);
		from.sin_addr.s_addr = htonl(ntohl(from.sin_addr.s_addr) +
		                             client % f->target->from_count);
		(void)setsockopt(f->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT,
		    &one, sizeof one);
		f->why = "connect: cannot bind the source";
		if (bind(f->fd, (struct sockaddr *)&from, sizeof from) < 0)
			return -1;
	}
	f->why = "connect: refused";
	if (connect(f->fd, (const struct sockaddr *)&f->target->to,
	        f->target->to_len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	f->why = "connect: too slow";
	if (wait_for(f, POLLOUT) < 0)
		return -1;
	f->why = "connect: refused";
	if (getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -1;
	return error == 0 ? 0 : -1;
}

static void forget_errors(void)
{
	ERR_clear_error();
	errno = 0;
}

static int shake_hands(struct fetch *f)
{
	int ret;

	f->why = "handshake: no memory";
	f->ssl = SSL_new(f->target->tls);
	if (f->ssl == NULL || SSL_set_fd(f->ssl, f->fd) != 1 ||
	    SSL_set_tlsext_host_name(f->ssl, f->host->name) != 1 ||
	    SSL_set1_host(f->ssl, f->host->name) != 1)
		return -1;
	forget_errors();
	while ((ret = SSL_connect(f->ssl)) != 1)
		if (wait_ssl(f, ret, "handshake: too slow", "handshake") != 0)
			return -1;
	f->why = "handshake: resumed";
	return SSL_session_reused(f->ssl) ? -1 : 0;
}

static int send_head(struct fetch *f)
{
	char head[512];
	int len, ret;

	len = snprintf(head, sizeof head,
	    "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: %s\r\n%s\r\n",
	    f->host->name, f->target->any ? "Connection: close\r\n" : "");
	forget_errors();
	while ((ret = SSL_write(f->ssl, head, len)) <= 0)
		if (wait_ssl(f, ret, "request: too slow", "request") != 0)
			return -1;
	f->sent_ns = now_ns();
	return 0;
}

/* Where the body of the answer so far begins; and its length. NULL: not yet. */
static const char *find_body(const struct fetch *f, size_t *ret_len)
{
	const char *body = strstr(f->answer, "\r\n\r\n");

	if (body != NULL)
		*ret_len = f->answer_len - (size_t)(body + 4 - f->answer);
	return body == NULL ? NULL : body + 4;
}

static bool has_length(const struct fetch *f, const char *body, size_t len)
{
	/* Ours writes it so; another may write it otherwise. */
	const char *field = f->target->any ? strcasestr(f->answer, length)
	                                   : strstr(f->answer, length);

	return field != NULL && field < body &&
	       strtoul(field + sizeof length - 1, NULL, 10) == len;
}

/* Of a server that is not ours the length alone tells the end. */
static bool is_enough(const struct fetch *f)
{
	const char *body;
	size_t len;

	if (!f->target->any)
		return false;
	body = find_body(f, &len);
	return body != NULL && has_length(f, body, len);
}

/* All of the answer, up to its close_notify. */
static int read_answer(struct fetch *f)
{
	int ret, more;

	for (;;) {
		forget_errors();
		ret = SSL_read(f->ssl, f->answer + f->answer_len,
		    (int)(ANSWER_MAX - f->answer_len));
		if (ret > 0) {
			f->answer_len += (size_t)ret;
			f->why = "answer: too long";
			if (f->answer_len == ANSWER_MAX)
				return -1;
			f->answer[f->answer_len] = '\0';
			if (is_enough(f))
				return 0;
			continue;
		}
		more = wait_ssl(f, ret, "answer: too slow", "answer");
		if (more < 0)
			return -1;
		if (more == 1)
			break;
	}
	f->why = "answer: a ticket was sent";
	return SSL_SESSION_has_ticket(SSL_get0_session(f->ssl)) ? -1 : 0;
}

static int judge_answer(struct fetch *f)
{
	const char *body;
	size_t body_len;
	int version;
	unsigned seen;

	f->why = "answer: empty";
	if (f->answer_len == 0)
		return -1;
	f->why = "answer: status";
	if (strncmp(f->answer, "HTTP/1.1 200 ", 13) != 0)
		return -1;
	f->why = "answer: no end of the header";
	body = find_body(f, &body_len);
	if (body == NULL)
		return -1;
	f->why = "answer: Content-Length";
	if (!has_length(f, body, body_len))
		return -1;
	f->why = "answer: not one of the allowed bodies";
	version = host_version(f->hosts, f->host, body, body_len);
	if (version < 0)
		return -1;
	f->why = "answer: older than one before it";
	if (f->target->monotone && (unsigned)version < f->oldest)
		return -1;
	seen = atomic_load(&f->host->newest);
	while (seen < (unsigned)version &&
	       !atomic_compare_exchange_weak(
	           &f->host->newest, &seen, (unsigned)version))
		;
	return 0;
}

int fetch_once(struct fetch *f, struct host *h, unsigned client)
{
	int ret = -1;

	f->host = h;
	f->oldest = atomic_load(&h->newest);
	f->fd = -1;
	f->ssl = NULL;
	f->sent_ns = 0;
	f->answer_len = 0;
	f->begin_ns = now_ns();
	f->end_ns = f->begin_ns + f->target->deadline_ns;
	if (connect_to(f, client) == 0 && shake_hands(f) == 0 &&
	    send_head(f) == 0 && read_answer(f) == 0 && judge_answer(f) == 0)
		ret = 0;
	SSL_free(f->ssl);
	if (f->fd >= 0)
		(void)close(f->fd);
	return ret;
}
