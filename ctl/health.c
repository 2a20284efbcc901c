/* SPDX-License-Identifier: ISC */
/*
 * health: does the daemon on this machine answer as it should? One host is
 * asked for, over loopback, and whether senders would accept what it shows is
 * verify's to judge. Where no host has a certificate a name is asked for that
 * is nobody's: the alert is a worker's answer as well, and a configured name
 * would make the daemon try for a certificate.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"
#include "config/config.h"
#include "config/faults.h"
#include "fetch.h"
#include "policy/catalog.h"
#include "reach.h"
#include "reading.h"
#include "tls/pair.h"
#include "tls/store.h"
#include "trust.h"
#include "verb.h"

#define NOBODY "health.invalid"
#define POLICY "version: STSv1"

#define LIMIT_MS 3000 /* for one answer */
#define AGAIN_MS 2500 /* a change is taken within 2 s */
#define PAUSE_MS 200
/* The daemon may be told of a new pair by nobody, and look every 30 s. */
#define SETTLES_S   60
#define URL_MAX     320
#define BODY_MAX    65536
#define STATUS_OK   200
#define STATUS_NONE 404

enum wanted {
	WANT_POLICY,
	WANT_PAGE,  /* `host:` has no policy */
	WANT_ALERT, /* no certificate is there for anybody */
	WANT_NONE,  /* no host is there, and no TLS */
};

struct question {
	struct endpoint at;
	char text[ADDRESS_TEXT_MAX]; /* at */
	bool tls;
	const char *host; /* SNI and Host */
	enum wanted wanted;
};

/* A host that the daemon must have a pair for by now. */
struct search {
	const struct config *config;
	const char *host; /* a policy host; NULL: none was found */
	bool own;         /* `host:` has one */
};

static const char *find_covered(const struct catalog *k, const struct pair *p)
{
	const struct catalog_entry *e = NULL;

	for (size_t i = 0; i < p->name_count; i++) {
		const char *name = p->names[i];

		e = catalog_find_host(k, name);
		for (size_t n = 0; name[0] == '*' && n < catalog_count(k); n++)
			if (pair_covers(p, catalog_at(k, n)->host))
				e = catalog_at(k, n);
		if (e != NULL)
			return e->host;
	}
	return NULL;
}

static bool on_pair(void *cookie, const struct pair *p)
{
	struct search *s = cookie;
	const char *own = s->config->settings.host;

	s->host = find_covered(s->config->catalog, p);
	s->own = s->own || (own != NULL && pair_covers(p, own));
	return s->host == NULL;
}

static void choose_by_pair(const struct config *c, struct question *q)
{
	struct search s = { .config = c };

	store_each(
	    c->settings.certs, (int64_t)time(NULL) - SETTLES_S, on_pair, &s);
	if (s.host != NULL) {
		q->host = s.host;
		q->wanted = WANT_POLICY;
	} else if (s.own) {
		q->host = c->settings.host;
		q->wanted = WANT_PAGE;
	} else {
		q->host = NOBODY;
		q->wanted = WANT_ALERT;
	}
}

static void choose_by_name(const struct config *c, struct question *q)
{
	if (catalog_count(c->catalog) > 0) {
		q->host = catalog_at(c->catalog, 0)->host;
		q->wanted = WANT_POLICY;
	} else if (c->settings.host != NULL) {
		q->host = c->settings.host;
		q->wanted = WANT_PAGE;
	} else {
		q->host = NOBODY;
		q->wanted = WANT_NONE;
	}
}

static struct question choose(const struct config *c)
{
	const struct settings *s = &c->settings;
	struct question q = { .tls = s->https.count > 0 };

	q.at = reach_here(q.tls ? s->https.at : s->plain.at);
	endpoint_text(&q.at, q.text);
	if (q.tls)
		choose_by_pair(c, &q);
	else
		choose_by_name(c, &q);
	return q;
}

static bool is_wanted(const struct question *q, const struct fetch_result *r,
    const struct trust_shown *shown, struct err *why)
{
	if (q->wanted == WANT_ALERT && shown->refused)
		return true;
	if (r->end != FETCH_ANSWERED) {
		err_set(why, "%s",
		    shown->words[0] != '\0' ? shown->words : r->words);
		return false;
	}
	if (r->status == (q->wanted == WANT_NONE ? STATUS_NONE : STATUS_OK) &&
	    q->wanted != WANT_ALERT &&
	    (q->wanted != WANT_POLICY ||
	        (r->len > strlen(POLICY) &&
	            strncmp(r->body, POLICY, strlen(POLICY)) == 0)))
		return true;
	err_set(why, "another answer, with status %ld", r->status);
	return false;
}

static bool ask(const struct question *q, struct err *why)
{
	struct trust_shown shown = { .trust = NULL, .name = q->host };
	struct fetch_plan plan = {
		.shown = q->tls ? &shown : NULL,
		.cap = BODY_MAX,
		.limit_ms = LIMIT_MS,
		.stop_fd = -1,
	};
	struct fetch_result r;
	char url[URL_MAX];
	struct peer to;
	bool well;

	peer_from_sockaddr((const struct sockaddr *)&q->at.addr, &to);
	if (q->at.addr.ss_family == AF_UNIX)
		plan.socket = strchr(q->text, '/');
	else
		plan.at = &to;
	(void)snprintf(url, sizeof(url), "%s://%s:%u%s",
	    q->tls ? "https" : "http", q->host, plan.at == NULL ? 80U : to.port,
	    q->wanted == WANT_PAGE ? "/" : "/.well-known/mta-sts.txt");
	plan.url = url;
	fetch(&plan, &r);
	well = is_wanted(q, &r, &shown, why);
	fetch_result_fini(&r);
	return well;
}

/* A change that the daemon has not taken yet is no ill health. */
static bool ask_again(const struct question *q, struct err *why)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int64_t until = clock_now_ms() + AGAIN_MS;

	while (!ask(q, why)) {
		if (clock_now_ms() >= until)
			return false;
		(void)nanosleep(&pause, NULL); /* sooner does no harm */
	}
	return true;
}

static int judge(const struct question *q)
{
	bool asked = q->wanted != WANT_ALERT && q->wanted != WANT_NONE;
	struct err why;

	if (!ask_again(q, &why)) {
		printf("not well: %s, asked for %s: %s\n", q->text, q->host,
		    why.text);
		return NOT_WELL;
	}
	if (asked)
		printf("well: %s serves %s\n", q->text, q->host);
	else
		printf(
		    "well: %s answers, with nothing to serve yet\n", q->text);
	return WELL;
}

static int health(const char *config_path, int argc, char **argv)
{
	struct faults *faults;
	struct arena *scratch;
	struct question q;
	struct err unread;
	struct config *c;
	bool last_good;
	int status = UNABLE;

	if (argc > 1)
		return verb_misused(&verb_health, "health takes no %s: %s",
		    argv[1][0] == '-' ? "option" : "argument", argv[1]);
	faults = faults_new();
	scratch = arena_new(false);
	c = reading_open_served(
	    config_path, scratch, faults, &last_good, &unread);
	if (c == NULL) {
		reading_tell_faults(faults);
	} else {
		q = choose(c);
		status = judge(&q);
	}
	config_free(c);
	arena_free(scratch);
	faults_free(faults);
	return status;
}

const struct verb verb_health = {
	.name = "health",
	.arguments = "",
	.summary = "0 if the daemon on this machine answers as it should",
	.help =
	    "One host is asked for, at the first address of listen.https, else "
	    "of\nlisten.plain: one that has a certificate must get its "
	    "policy; where there is\nnone the TLS alert will do. So a daemon "
	    "is well that waits for its first\ncertificate, that has one "
	    "which nobody would accept, or whose configuration was\nrefused: "
	    "see status and check. It is not well when it does not answer "
	    "within\n3 seconds.\n\n"
	    "Exit status 0: well; 1: not well.\n\n"
	    "Example: in the description of a container\n\n"
	    "  HEALTHCHECK CMD [\"mta-stsctl\", \"health\"]\n",
	.run = health,
};
