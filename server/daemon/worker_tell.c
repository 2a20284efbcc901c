/* SPDX-License-Identifier: ISC */

/* The lines of a worker, and their rate. */

#include "daemon/worker_tell.h"

#include "base/log.h"
#include "config/config.h"
#include "daemon/stats.h"
#include "daemon/worker_conn.h"
#include "daemon/worker_part.h"
#include "tls/session.h"

#define WINDOW_MS  10000
#define WINDOW_MAX 10

/* May one more complaint be told now? */
static bool may_tell(struct worker *w)
{
	int64_t now = loop_now_ms(w->loop);

	if (now - w->complaints_ms >= WINDOW_MS) {
		if (w->untold > 0)
			log_info(
			    "%lu more like these were not told", w->untold);
		w->complaints_ms = now;
		w->complaints = 0;
		w->untold = 0;
	}
	if (w->complaints < WINDOW_MAX) {
		w->complaints++;
		return true;
	}
	w->untold++;
	return false;
}

void tell_fetch(const struct conn *c, unsigned status)
{
	const struct settings *s = c->worker->settings;
	const struct request *r = gate_request(&c->gate);
	const char *host = c->session ? session_host(c->session) : r->host;
	char peer[ADDRESS_TEXT_MAX];

	if (!s->log_access || !log_tells(LOG_LEVEL_INFO))
		return;
	peer_text(&c->peer, s->log_peers, peer);
	log_info("fetch host=%s peer=%s status=%u %s %s", host[0] ? host : "-",
	    peer, status, r->method_name[0] ? r->method_name : "-",
	    r->target[0] ? r->target : "-");
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
	enum sni sni = session_sni(c->session);
	const char *host = session_host(c->session);
	char peer[ADDRESS_TEXT_MAX];

	c->worker->counts[STAT_HANDSHAKES_BAD]++;
	if (!log_tells(LOG_LEVEL_INFO) || !may_tell(c->worker))
		return;
	peer_text(&c->peer, c->worker->settings->log_peers, peer);
	log_info("handshake refused host=%s peer=%s: %s", host[0] ? host : "-",
	    peer, words[sni] ? words[sni] : session_why(c->session));
}

void tell_challenge(const struct conn *c)
{
	char peer[ADDRESS_TEXT_MAX];

	if (!log_tells(LOG_LEVEL_INFO))
		return;
	peer_text(&c->peer, c->worker->settings->log_peers, peer);
	log_info("challenge answered host=%s peer=%s: tls-alpn-01",
	    session_host(c->session), peer);
}

void tell_too_slow(const struct conn *c)
{
	static const char *const during[] = {
		[STAGE_PROXY] = "before a proxy's header",
		[STAGE_HANDSHAKE] = "in the handshake",
		[STAGE_HEAD] = "with its request",
		[STAGE_ANSWER] = "taking the answer",
		[STAGE_LINGER] = "after the answer",
	};
	char peer[ADDRESS_TEXT_MAX];

	if (c->stage != STAGE_LINGER)
		c->worker->counts[STAT_TOO_SLOW]++;
	peer_text(&c->peer, c->worker->settings->log_peers, peer);
	log_debug("closed peer=%s: too slow %s", peer, during[c->stage]);
}

void tell_over_limit(const struct conn *c)
{
	char peer[ADDRESS_TEXT_MAX];

	c->worker->counts[STAT_OVER_LIMIT]++;
	if (!may_tell(c->worker))
		return;
	peer_text(&c->peer, c->worker->settings->log_peers, peer);
	log_info("closed peer=%s: it holds %u connections already "
	         "(limits: per_address)",
	    peer, c->worker->settings->limits.per_address);
}

void tell_full(struct worker *w)
{
	w->counts[STAT_OVER_LIMIT]++;
	if (may_tell(w))
		log_warn("a connection was closed: %zu are held already "
		         "(limits: connections, or the descriptor limit)",
		    w->held);
}
