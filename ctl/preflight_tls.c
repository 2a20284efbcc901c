/* SPDX-License-Identifier: ISC */

/*
 * tls-alpn-01 as a CA asks for it (RFC 8737 section 3): the name, the one
 * protocol, and nothing after the handshake.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/loop.h"
#include "preflight_part.h"
#include "tls/client.h"

#define PORT     443
#define PROTOCOL "acme-tls/1"

static bool is_ours(const struct trial *t, const struct client *c)
{
	unsigned char shown[32], placed[32];

	return strcmp(client_alpn(c), PROTOCOL) == 0 &&
	       challenge_digest(t->digest, placed) &&
	       client_acme_digest(c, t->host, shown) &&
	       memcmp(shown, placed, sizeof(placed)) == 0;
}

static void tell(
    enum client_end end, const struct err *err, struct sight *ret_sight)
{
	switch (end) {
	case CLIENT_SILENT:
		ret_sight->kind = SIGHT_SILENT;
		(void)snprintf(ret_sight->words, sizeof(ret_sight->words),
		    "no answer within " ANSWER_LIMIT);
		break;
	case CLIENT_ALERT:
	case CLIENT_NOT_TLS:
		ret_sight->kind = SIGHT_OTHER;
		break;
	default:
		ret_sight->kind = SIGHT_FAULT;
		(void)snprintf(ret_sight->words, sizeof(ret_sight->words),
		    "%.*s", (int)sizeof(ret_sight->words) - 1, err->text);
	}
}

void preflight_see_tls(
    const struct trial *t, const struct peer *at, struct sight *ret_sight)
{
	int64_t limit_ms = clock_now_ms() + ANSWER_LIMIT_MS;
	struct client_plan plan = {
		.host = t->host,
		.alpn = PROTOCOL,
		.deadline_ms =
		    t->deadline_ms < limit_ms ? t->deadline_ms : limit_ms,
		.stop_fd = t->p->plan.stop_fd,
	};
	struct peer to = *at;
	struct client *c = NULL;
	enum client_end end;
	struct err err;
	int fd = -1;

	to.port = PORT;
	end = client_connect(&to, &plan, &fd, &err);
	if (end == CLIENT_WELL)
		end = client_shake(t->p->tls, fd, &plan, &c, &err);
	if (end == CLIENT_WELL)
		ret_sight->kind = is_ours(t, c) ? SIGHT_PASSED : SIGHT_OTHER;
	else
		tell(end, &err, ret_sight);
	client_free(c);
	if (fd >= 0)
		(void)close(fd); /* nothing is left to be said */
}
