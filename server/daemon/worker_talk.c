/* SPDX-License-Identifier: ISC */

/*
 * What is said on a connection: a proxy's header, TLS, one request head, one
 * answer. It is fed with bytes and decides what comes next; how bytes come and
 * go is worker_conn.c's business.
 */

#include "daemon/worker_talk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "config/config.h"
#include "daemon/stats.h"
#include "daemon/worker_conn.h"
#include "daemon/worker_knock.h"
#include "daemon/worker_part.h"
#include "daemon/worker_peers.h"
#include "daemon/worker_tell.h"
#include "policy/catalog.h"
#include "tls/session.h"

static bool keep(struct conn *c, const char *bytes, size_t len)
{
	c->rest = malloc(len);
	if (c->rest == NULL)
		return false;
	memcpy(c->rest, bytes, len);
	c->rest_len = len;
	return true;
}

static void send_answer(
    struct conn *c, unsigned status, const char *bytes, size_t len)
{
	uint64_t took_us;
	bool ok;

	worker_count(c->worker, stats_answer(status));
	if (c->session != NULL)
		ok = session_write(c->session, bytes, len, true) == 0;
	else
		ok = keep(c, bytes, len);
	took_us = (uint64_t)(clock_now_us() - c->accepted_us);
	stats_took(c->worker->row, took_us);
	tell_fetch(c, status, ok ? len : 0, took_us);
	if (ok)
		conn_send_last(c);
	else
		conn_close(c);
}

void talk_refuse(struct conn *c, unsigned status)
{
	char bytes[SITE_ANSWER_MAX];
	size_t len = site_refuse(status, gate_is_head(&c->gate), bytes);

	worker_count(c->worker, stats_refusal(status));
	/* What was refused may have more behind it. */
	c->more = true;
	send_answer(c, status, bytes, len);
}

bool talk_enter_peer(struct conn *c)
{
	unsigned most = c->worker->settings->limits.per_address;

	if (most == 0)
		return true;
	peer_key(&c->peer, c->key);
	c->counted = peers_enter(c->worker->peers, c->key, most);
	if (!c->counted)
		tell_over_limit(c);
	return c->counted;
}

bool talk_is_believed(const struct worker *w, const struct peer *p)
{
	for (size_t i = 0; i < w->settings->proxy_count; i++)
		if (network_holds(&w->settings->proxies[i], p))
			return true;
	return false;
}

/* Behind a believed proxy that ends TLS the real peer stands in the head. */
static bool take_forwarded(struct conn *c, const struct request *r)
{
	struct peer p;

	if (c->door != DOOR_PLAIN || r->forwarded[0] == '\0' || c->counted ||
	    !talk_is_believed(c->worker, &c->peer) ||
	    !peer_from_text(r->forwarded, strlen(r->forwarded), &p))
		return true;
	c->peer = p;
	return talk_enter_peer(c);
}

static void answer(struct conn *c)
{
	const struct request *r = gate_request(&c->gate);
	char bytes[SITE_ANSWER_MAX];
	struct answered answered;
	size_t len;

	if (!take_forwarded(c, r)) {
		conn_close(c);
		return;
	}
	len = site_answer(c->worker->site, c->door, r, bytes, &answered);
	if (r->method == METHOD_OTHER)
		c->more = true; /* a body may follow */
	if (answered.policy != NULL) {
		worker_count(c->worker, STAT_POLICIES);
		stats_fetched(c->worker->stats, answered.policy->number);
	}
	send_answer(c, answered.status, bytes, len);
}

/* Plain bytes go to the gate. False: it has judged, c is on its way. */
static bool feed(struct conn *c, const char *bytes, size_t len)
{
	switch (gate_feed(&c->gate, bytes, len)) {
	case GATE_WHOLE:
		answer(c);
		return false;
	case GATE_REFUSED:
		talk_refuse(c, gate_status(&c->gate));
		return false;
	case GATE_MORE:
		break;
	}
	return true;
}

static void fail_handshake(struct conn *c)
{
	tell_handshake(c);
	if (session_sni(c->session) == SNI_NO_PAIR)
		worker_knock(c->worker, session_host(c->session));
	conn_send_last(c);
}

/* It was said by the certificate; no byte of HTTP is looked at. */
static void end_challenge(struct conn *c)
{
	tell_challenge(c);
	if (session_write(c->session, NULL, 0, true) == 0)
		conn_send_last(c);
	else
		conn_close(c);
}

static void take_tls(struct conn *c, const char *bytes, size_t len)
{
	enum session_state state = session_take(c->session, bytes, len);
	char plain[GATE_HEAD_MAX + 1];
	size_t n;

	if (state == SESSION_FAILED) {
		fail_handshake(c);
		return;
	}
	if (state != SESSION_HANDSHAKE && session_is_challenge(c->session)) {
		end_challenge(c);
		return;
	}
	if (state != SESSION_HANDSHAKE && c->stage == STAGE_HANDSHAKE) {
		gate_init(&c->gate, session_host(c->session));
		conn_enter(c, STAGE_HEAD);
	}
	while (c->stage == STAGE_HEAD &&
	       (n = session_read(c->session, plain, sizeof(plain))) > 0)
		if (!feed(c, plain, n))
			return;
	state = session_state(c->session);
	if (state == SESSION_FAILED)
		fail_handshake(c);
	else if (state == SESSION_EOF)
		conn_close(c); /* before a whole head */
	else if (conn_flush(c))
		conn_wait(c, EPOLLIN);
}

/* c->proxy holds all that came so far; what follows the header goes on. */
void talk_take_proxy(struct conn *c)
{
	int n = proxy_read(c->proxy, c->proxy_len, &c->peer);
	size_t header = n > 0 ? (size_t)n : 0;

	if (n == 0 && c->proxy_len < sizeof(c->proxy)) {
		conn_wait(c, EPOLLIN);
		return;
	}
	/* Still a proxy's own address: a check of its own, or LOCAL. */
	if (n > 0 && !talk_is_believed(c->worker, &c->peer) &&
	    !talk_enter_peer(c)) {
		conn_close(c);
		return;
	}
	conn_enter(c, c->session ? STAGE_HANDSHAKE : STAGE_HEAD);
	if (c->proxy_len > header)
		talk_take(c, c->proxy + header, c->proxy_len - header);
	else
		conn_wait(c, EPOLLIN);
}

void talk_take(struct conn *c, const char *bytes, size_t len)
{
	if (c->session != NULL)
		take_tls(c, bytes, len);
	else if (feed(c, bytes, len))
		conn_wait(c, EPOLLIN);
}
