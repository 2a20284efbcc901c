/* SPDX-License-Identifier: ISC */

/* The lines of a worker, and their rate. */

#include "daemon/worker_tell.h"

#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "config/config.h"
#include "daemon/stats.h"
#include "daemon/worker_conn.h"
#include "daemon/worker_part.h"
#include "tls/session.h"

#define WINDOW_MS  10000
#define WINDOW_MAX 10

void tell_untold(struct worker *w)
{
	const struct log_field count = { .name = "count", .number = w->untold };

	if (w->untold > 0)
		log_event(LOG_LEVEL_INFO, "more like these were not told",
		    &count, 1, NULL);
	w->untold = 0;
}

static void on_window_over(void *cookie)
{
	tell_untold(cookie);
}

/* May one more complaint be told now? */
static bool may_tell(struct worker *w)
{
	int64_t now = loop_now_ms(w->loop);

	if (now - w->complaints_ms >= WINDOW_MS) {
		tell_untold(w);
		w->complaints_ms = now;
		w->complaints = 0;
	}
	if (w->complaints < WINDOW_MAX) {
		w->complaints++;
		return true;
	}
	if (w->untold++ == 0) {
		w->untold_told.on_time = on_window_over;
		w->untold_told.cookie = w;
		loop_set(
		    w->loop, &w->untold_told, w->complaints_ms + WINDOW_MS);
	}
	return false;
}

/* The peer as the settings want it told; "" where they do not. */
static const char *peer_told(
    const struct conn *c, char ret_text[ADDRESS_TEXT_MAX])
{
	enum peer_detail detail = c->worker->settings->log_peers;

	ret_text[0] = '\0';
	if (detail != PEER_OFF)
		peer_text(&c->peer, detail, ret_text);
	return ret_text;
}

static void tell_answer(
    const struct conn *c, unsigned status, size_t len, uint64_t took_us)
{
	const struct session *s = c->session;
	const struct request *r = gate_request(&c->gate);
	char peer[ADDRESS_TEXT_MAX];
	const struct log_field fields[] = {
		{ .name = "host", .text = s ? session_host(s) : r->host },
		{ .name = "peer", .text = peer_told(c, peer) },
		{ .name = "status", .number = status },
		{ .name = "method", .text = r->method_name, .alone = true },
		{ .name = "path", .text = r->target, .alone = true },
		{ .name = "bytes", .number = len },
		{ .name = "tls", .text = s ? session_version(s) : "" },
		{ .name = "cipher", .text = s ? session_cipher(s) : "" },
		{ .name = "took_us", .number = took_us },
		{ .name = "agent", .text = r->agent },
	};

	log_event(LOG_LEVEL_INFO, "fetch", fields,
	    sizeof(fields) / sizeof(fields[0]), NULL);
}

void tell_fetch(
    const struct conn *c, unsigned status, size_t len, uint64_t took_us)
{
	if (c->worker->settings->log_access && log_tells(LOG_LEVEL_INFO))
		tell_answer(c, status, len, took_us);
}

/* What befell a connection, and why. host NULL: that is not told. */
static void tell(enum log_level level, const char *what, const struct conn *c,
    const char *host, const char *why)
{
	char peer[ADDRESS_TEXT_MAX];
	const struct log_field fields[] = {
		{ .name = "host", .text = host ? host : "" },
		{ .name = "peer", .text = peer_told(c, peer) },
	};

	log_event(level, what, fields, 2, why);
}

void tell_handshake(const struct conn *c)
{
	static const char *const words[] = {
		[SNI_OK] = NULL,
		[SNI_NONE] = "it named no host",
		[SNI_BAD] = "what it named is no host name",
		[SNI_UNKNOWN] = "this host is not configured",
		[SNI_NO_PAIR] = "no certificate for this host yet",
	};
	static const enum stat kinds[] = {
		[SNI_OK] = STAT_HANDSHAKE_PROTOCOL,
		[SNI_NONE] = STAT_HANDSHAKE_NONE,
		[SNI_BAD] = STAT_HANDSHAKE_BAD,
		[SNI_UNKNOWN] = STAT_HANDSHAKE_UNKNOWN,
		[SNI_NO_PAIR] = STAT_HANDSHAKE_NO_PAIR,
	};
	enum sni sni = session_sni(c->session);

	worker_count(c->worker, kinds[sni]);
	if (sni == SNI_UNKNOWN)
		strangers_add(c->worker->strangers, session_host(c->session),
		    (int64_t)time(NULL));
	if (log_tells(LOG_LEVEL_INFO) && may_tell(c->worker))
		tell(LOG_LEVEL_INFO, "handshake refused", c,
		    session_host(c->session),
		    words[sni] ? words[sni] : session_why(c->session));
}

void tell_challenge(const struct conn *c)
{
	worker_count(c->worker, STAT_CHALLENGES);
	tell(LOG_LEVEL_INFO, "challenge answered", c, session_host(c->session),
	    "tls-alpn-01");
}

void tell_too_slow(const struct conn *c)
{
	static const char *const during[] = {
		[STAGE_PROXY] = "too slow before a proxy's header",
		[STAGE_HANDSHAKE] = "too slow in the handshake",
		[STAGE_HEAD] = "too slow with its request",
		[STAGE_ANSWER] = "too slow taking the answer",
		[STAGE_LINGER] = "too slow after the answer",
	};
	static const enum stat kinds[] = {
		[STAGE_PROXY] = STAT_SLOW_PROXY,
		[STAGE_HANDSHAKE] = STAT_SLOW_HANDSHAKE,
		[STAGE_HEAD] = STAT_SLOW_HEAD,
		[STAGE_ANSWER] = STAT_SLOW_ANSWER,
	};

	if (c->stage != STAGE_LINGER)
		worker_count(c->worker, kinds[c->stage]);
	if (log_tells(LOG_LEVEL_DEBUG))
		tell(LOG_LEVEL_DEBUG, "closed", c, NULL, during[c->stage]);
}

void tell_over_limit(const struct conn *c)
{
	char why[96];

	worker_count(c->worker, STAT_OVER_ADDRESS);
	if (!log_tells(LOG_LEVEL_INFO) || !may_tell(c->worker))
		return;
	(void)snprintf(why, sizeof(why),
	    "it holds %u connections already (limits: per_address)",
	    c->worker->settings->limits.per_address);
	tell(LOG_LEVEL_INFO, "closed", c, NULL, why);
}

void tell_full(struct worker *w)
{
	worker_count(w, STAT_OVER_CONNECTIONS);
	if (may_tell(w))
		log_warn("a connection was closed: %zu are held already "
		         "(limits: connections, or the descriptor limit)",
		    w->held);
}
