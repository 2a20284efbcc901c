/* SPDX-License-Identifier: ISC */
/*
 * Routes, and the bridge to libmicrohttpd: one daemon without a listener or a
 * thread, and one connection to it that is kept, over a socketpair. A request
 * is written to it in our own words, and the answer is whole when site_answer
 * returns: nothing of a request outlives it. An answer that is not what the
 * route said, to the byte, costs that connection and becomes 500.
 */
#include "http/site.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "http/gate.h"
#include "http/site_wire.h"
#include "policy/catalog.h"
#include "policy/challenge.h"

#define POLICY_PATH "/.well-known/mta-sts.txt"
#define MEMORY_MAX  8192 /* of libmicrohttpd's connection, bytes */
#define TURNS_MAX   64   /* of libmicrohttpd for one answer */

struct site {
	struct site_plan plan;
	char *location;      /* where challenges are sent: all but the token, */
	size_t location_len; /* and room for one behind it */
	struct MHD_Daemon *daemon;
	int fd; /* our end of the kept connection; -1: none */

	/* of the request in hand */
	enum door door;
	bool named;         /* it says which host it is for */
	struct reply reply; /* status 0: the route was not asked yet */
	const struct catalog_entry *policy; /* that it asks for */
	char about[DOMAIN_MAX + 64];
	char challenge[CHALLENGE_TEXT_MAX];
	char answer[SITE_ANSWER_MAX];
};

/* What a host is, in a line without a colon: no policy has such a line. */
static void reply_about(struct site *s, const struct catalog_entry *entry)
{
	int len;

	if (entry != NULL)
		len = snprintf(s->about, sizeof(s->about),
		    "This host serves the MTA-STS policy of %.*s.\n",
		    DOMAIN_MAX, entry->domain);
	else
		len = snprintf(s->about, sizeof(s->about),
		    "This host serves MTA-STS policies.\n");
	s->reply = (struct reply){ 200, s->about, (size_t)len, NULL };
}

/*
 * http-01. A CA that another node sent here names that node's host, so any
 * name will do for a token of ours; a node that sends it on does so for its
 * own hosts alone, or it would send anybody anywhere.
 */
static void reply_challenge(struct site *s, const char *token, bool ours)
{
	static const char moved[] = "This challenge is answered elsewhere.\n";
	size_t len = strlen(token);

	if (!challenge_token_is_valid(token, len))
		return;
	if (s->location != NULL && ours) {
		memcpy(s->location + s->location_len, token, len + 1);
		s->reply = (struct reply){ 302, moved, sizeof(moved) - 1,
			s->location };
	} else if (challenge_read(s->plan.challenges, token, s->challenge) ==
	           0) {
		s->reply = (struct reply){ 200, s->challenge,
			strlen(s->challenge), NULL };
	}
}

/* DESIGN section 6, in this order: 404 before 405. */
static void route(
    struct site *s, const char *method, const char *host, const char *path)
{
	const struct catalog_entry *entry =
	    catalog_find_host(s->plan.catalog, host);
	bool ours = entry != NULL ||
	            (s->plan.host != NULL && strcmp(host, s->plan.host) == 0);
	const size_t prefix = strlen(CHALLENGE_PATH);

	s->reply = wire_refusal(404);
	if (s->door == DOOR_HTTP) {
		if (s->named && strncmp(path, CHALLENGE_PATH, prefix) == 0)
			reply_challenge(s, path + prefix, ours);
	} else if (entry != NULL && strcmp(path, POLICY_PATH) == 0) {
		s->policy = entry;
		s->reply = (struct reply){ 200, entry->policy,
			entry->policy_len, NULL };
	} else if (ours && strcmp(path, "/") == 0) {
		reply_about(s, entry);
	}
	if (s->reply.status != 404 && strcmp(method, "GET") != 0 &&
	    strcmp(method, "HEAD") != 0)
		s->reply = wire_refusal(405);
}

static enum MHD_Result queue(
    struct MHD_Connection *connection, const struct reply *reply)
{
	static const char *const header[][2] = {
		{ "Content-Type", TYPE_TEXT },
		{ "Cache-Control", CACHE_TIME },
		{ "X-Content-Type-Options", TYPE_OPTION },
	};
	/* It is read only; the older function has no const. */
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(reply->len,
	        (void *)(uintptr_t)reply->bytes, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_YES;

	if (response == NULL)
		return MHD_NO;
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		if (result == MHD_YES)
			result = MHD_add_response_header(
			    response, header[i][0], header[i][1]);
	if (result == MHD_YES && reply->status == 405)
		result = MHD_add_response_header(response, "Allow", METHODS);
	if (result == MHD_YES && reply->location != NULL)
		result = MHD_add_response_header(
		    response, "Location", reply->location);
	if (result == MHD_YES)
		result =
		    MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *cookie,
    struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **state)
{
	struct site *s = cookie;
	const char *host;

	(void)version;
	(void)upload;
	(void)upload_len;
	/* The first call comes before a body could; an answer to it closes. */
	if (*state == NULL) {
		*state = s;
		return MHD_YES;
	}
	host = MHD_lookup_connection_value(
	    connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	route(s, method, host != NULL ? host : "", url);
	return queue(connection, &s->reply);
}

/* RULES P5; what goes wrong shows in the answer, which is judged. */
static void on_log(void *cookie, const char *fmt, va_list args)
{
	(void)cookie;
	(void)fmt;
	(void)args;
}

/* Let libmicrohttpd run until it waits. False: it fails, or never waits. */
static bool run(struct site *s)
{
	for (int turn = 0; turn < TURNS_MAX; turn++) {
		MHD_UNSIGNED_LONG_LONG wait_ms;

		if (MHD_run(s->daemon) != MHD_YES)
			return false;
		if (MHD_get_timeout(s->daemon, &wait_ms) != MHD_YES ||
		    wait_ms > 0)
			return true;
	}
	return false;
}

static void disconnect(struct site *s)
{
	if (s->fd < 0)
		return;
	(void)close(s->fd); /* nothing is left to be written */
	s->fd = -1;
	(void)run(s); /* it sees the end and frees its own; no more is known */
}

static int connect_anew(struct site *s)
{
	struct sockaddr sa = { .sa_family = AF_UNIX };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	        ends) != 0)
		return -1;
	/* It closes ends[1], also where it fails. */
	if (MHD_add_connection(s->daemon, ends[1], &sa, sizeof(sa)) !=
	    MHD_YES) {
		(void)close(ends[0]); /* nothing was written */
		return -1;
	}
	s->fd = ends[0];
	/* libmicrohttpd 1.0 watches a new connection from its next turn on. */
	return run(s) ? 0 : -1;
}

/* 0; or -1: no memory. */
static int make_location(struct site *s)
{
	size_t room;

	if (s->plan.redirect == NULL)
		return 0;
	s->location_len = strlen(s->plan.redirect) + strlen(CHALLENGE_PATH);
	room = s->location_len + CHALLENGE_TOKEN_MAX + 1;
	s->location = malloc(room);
	if (s->location == NULL)
		return -1;
	(void)snprintf(
	    s->location, room, "%s" CHALLENGE_PATH, s->plan.redirect);
	return 0;
}

struct site *site_new(const struct site_plan *plan, struct err *err)
{
	struct site *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_set(err, "no memory for the site");
		return NULL;
	}
	s->plan = *plan;
	s->fd = -1;
	if (make_location(s) != 0) {
		err_set(err, "no memory for the site");
		goto out;
	}
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET,
	    0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_log,
	    NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_MAX,
	    MHD_OPTION_END);
	if (s->daemon == NULL) {
		err_set(err, "libmicrohttpd does not start");
		goto out;
	}
	if (connect_anew(s) != 0) {
		err_set_errno(err, "no connection to libmicrohttpd");
		goto out;
	}
	return s;
out:
	site_free(s);
	return NULL;
}

void site_free(struct site *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0)
		(void)close(s->fd); /* nothing is left to be written */
	if (s->daemon != NULL)
		MHD_stop_daemon(s->daemon);
	free(s->location);
	free(s);
}

/* Did all come that the reply asks for? More than that is judged later. */
static bool is_whole(const struct site *s, bool head, size_t len)
{
	size_t head_len = wire_head_len(s->answer, len);

	return s->reply.status != 0 && head_len > 0 &&
	       len >= head_len + (head ? 0 : s->reply.len);
}

/*
 * Ask over the kept connection. The length of what came in s->answer until
 * libmicrohttpd waits; 0: it fails. Where the socket's buffer is smaller than
 * the answer, it has more to say after each read.
 */
static size_t ask(struct site *s, const struct request *r)
{
	char head[sizeof(*r) + 64];
	size_t len = 0;
	ssize_t n;
	int head_len =
	    snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: %s\r\n\r\n",
	        r->method_name, r->path, r->host);

	if (s->fd < 0 && connect_anew(s) != 0)
		return 0;
	if (send(s->fd, head, (size_t)head_len, MSG_NOSIGNAL) != head_len)
		return 0;
	do {
		if (!run(s))
			return 0;
		n = recv(s->fd, s->answer + len, sizeof(s->answer) - len, 0);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0 && !is_whole(s, r->method == METHOD_HEAD, len));
	return len;
}

size_t site_answer(struct site *s, enum door door, const struct request *r,
    char ret_bytes[SITE_ANSWER_MAX], struct answered *ret_answered)
{
	bool head = r->method == METHOD_HEAD;
	bool closing = false;
	size_t len, ret_len;

	s->door = door;
	s->named = r->named;
	s->reply = (struct reply){ 0, NULL, 0, NULL };
	s->policy = NULL;
	len = ask(s, r);
	ret_len = wire_copy(&s->reply, head, s->answer, len, ret_bytes,
	    SITE_ANSWER_MAX, &closing);
	if (ret_len == 0 || closing)
		disconnect(s);
	if (ret_len == 0) {
		*ret_answered = (struct answered){ 500, NULL };
		return site_refuse(500, head, ret_bytes);
	}
	*ret_answered = (struct answered){
		.status = s->reply.status,
		.policy = s->reply.status == 200 ? s->policy : NULL,
	};
	return ret_len;
}
