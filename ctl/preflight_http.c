/* SPDX-License-Identifier: ISC */

/*
 * http-01 as a CA asks for it (RFC 8555 section 8.3): port 80 first, then
 * wherever redirects lead, if that is a host name on port 80 or 443. A host
 * that redirects to itself is asked again at the same address.
 */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/loop.h"
#include "base/quote.h"
#include "fetch.h"
#include "policy/host.h"
#include "preflight_part.h"

#define REDIRECTS_MAX 10
#define ALL_LIMIT_MS  10000 /* of all that redirects lead to */
#define BODY_MAX      1024
#define STATUS_OK     200

struct walk {
	const struct trial *t;
	const struct peer *at; /* where t's host is asked */
	int64_t deadline_ms;
	char url[FETCH_LOCATION_MAX];
	char origin[QUOTE_MAX]; /* quoted, where redirects led; "": not yet */
	bool elsewhere;         /* that is another host than the first */
	struct peer to[DNS_ADDRESSES_MAX]; /* to be tried one after another */
	size_t to_count;
	struct sight *sight;
};

static void fault(struct walk *w, const char *words)
{
	bool redirected = w->origin[0] != '\0';

	w->sight->kind = SIGHT_FAULT;
	(void)snprintf(w->sight->words, sizeof(w->sight->words), "%s%s%s%s",
	    redirected ? "redirects to " : "", w->origin,
	    redirected ? ", " : "", words);
}

/* A CA passes over white space at the end. */
static bool is_ours(const struct walk *w, const struct fetch_result *r)
{
	const char *want = w->t->authorization;
	size_t len = r->len;

	while (len != 0 && strchr(" \t\r\n", r->body[len - 1]) != NULL)
		len--;
	return r->status == STATUS_OK && !r->cut && len == strlen(want) &&
	       memcmp(r->body, want, len) == 0;
}

static void judge(struct walk *w, const struct fetch_result *r)
{
	if (r->end == FETCH_SILENT) {
		fault(w, "no answer within " ANSWER_LIMIT);
		w->sight->kind = SIGHT_SILENT;
	} else if (r->end == FETCH_ANSWERED && is_ours(w, r)) {
		w->sight->kind = SIGHT_PASSED;
	} else if (r->end == FETCH_ANSWERED && w->elsewhere) {
		fault(w, "where another server answered");
	} else if (r->end == FETCH_ANSWERED) {
		w->sight->kind = SIGHT_OTHER;
	} else {
		fault(w, r->words);
	}
}

/* One GET, at the first address that takes a connection. */
static void ask(struct walk *w, struct fetch_result *r)
{
	struct fetch_plan plan = {
		.url = w->url,
		.any_certificate = true,
		.cap = BODY_MAX,
		.stop_fd = w->t->p->plan.stop_fd,
	};
	size_t i = 0;
	int64_t left;

	for (;;) {
		left = w->deadline_ms - clock_now_ms();
		plan.at = &w->to[i];
		plan.limit_ms = left < 1                 ? 1
		                : left > ANSWER_LIMIT_MS ? ANSWER_LIMIT_MS
		                                         : left;
		fetch(&plan, r);
		if (r->end != FETCH_NO_WAY || ++i == w->to_count)
			return;
		fetch_result_fini(r);
	}
}

/*
 * Loopback, link-local and private networks, where whoever owns a name might
 * send us and could not go himself (RFC 1918, 3927, 4193, 4291, 6598).
 */
static bool is_inside(const struct peer *p)
{
	static const char *const inside[] = { "0.0.0.0/8", "10.0.0.0/8",
		"100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
		"172.16.0.0/12", "192.168.0.0/16", "::/128", "::1/128",
		"fc00::/7", "fe80::/10" };
	struct network n;

	for (size_t i = 0; i < sizeof(inside) / sizeof(*inside); i++)
		if (network_parse(inside[i], &n, NULL) == 0 &&
		    network_holds(&n, p))
			return true;
	return false;
}

/* The addresses of a host that was redirected to, IPv6 first, as CAs do. */
static bool resolve(struct walk *w, const char *host)
{
	struct dns_addresses a;

	dns_addresses(w->t->p->dns, host, w->deadline_ms, &a);
	if (a.outcome != DNS_FOUND) {
		fault(w, a.outcome == DNS_NO_NAME  ? "no such name"
		         : a.outcome == DNS_FAILED ? a.words
		                                   : "no address");
		return false;
	}
	for (size_t i = 0; i < a.count; i++) {
		if (is_inside(&a.at[i]) && !is_inside(w->at)) {
			fault(w, "an address that no CA reaches");
			return false;
		}
		w->to[i] = a.at[a.count - 1 - i];
	}
	w->to_count = a.count;
	return true;
}

/* What is redirected to, without the path, where our token may stand. */
static void take_origin(struct walk *w, const struct fetch_target *target)
{
	char text[FETCH_HOST_MAX + 32];

	if (target->port == (target->https ? 443 : 80))
		(void)snprintf(text, sizeof(text), "%s://%s",
		    target->https ? "https" : "http", target->host);
	else
		(void)snprintf(text, sizeof(text), "%s://%s:%u",
		    target->https ? "https" : "http", target->host,
		    target->port);
	quote_text(text, w->origin);
}

/* Where to next? False: nowhere, and why is told. */
static bool follow(struct walk *w, const char *location)
{
	struct fetch_target target;
	char host[HOST_MAX + 1];

	memcpy(w->url, location, strlen(location) + 1);
	if (fetch_url_read(location, &target) != 0) {
		fault(w, "a redirect to neither http nor https");
		return false;
	}
	take_origin(w, &target);
	if (!host_from_wire(target.host, strlen(target.host), host)) {
		fault(w, "which is no host name");
		return false;
	}
	if (target.port != 80 && target.port != 443) {
		fault(w, "a port that CAs do not ask");
		return false;
	}
	w->elsewhere = strcmp(host, w->t->host) != 0;
	if (w->elsewhere)
		return resolve(w, host);
	w->to[0] = *w->at;
	w->to_count = 1;
	return true;
}

static void walk(struct walk *w)
{
	struct fetch_result r;
	bool more;

	for (int redirects = 0;; redirects++) {
		ask(w, &r);
		more = r.end == FETCH_ANSWERED && r.location[0] != '\0';
		if (!more)
			judge(w, &r);
		else if (redirects == REDIRECTS_MAX) {
			fault(w, "too often redirected");
			more = false;
		} else {
			more = follow(w, r.location);
		}
		fetch_result_fini(&r);
		if (!more)
			return;
	}
}

void preflight_see_http(
    const struct trial *t, const struct peer *at, struct sight *ret_sight)
{
	struct walk w = {
		.t = t,
		.at = at,
		.deadline_ms = clock_now_ms() + ALL_LIMIT_MS,
		.to = { *at },
		.to_count = 1,
		.sight = ret_sight,
	};

	if (w.deadline_ms > t->deadline_ms)
		w.deadline_ms = t->deadline_ms;
	(void)snprintf(w.url, sizeof(w.url), "http://%s" CHALLENGE_PATH "%s",
	    t->host, t->token);
	walk(&w);
}
