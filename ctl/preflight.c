/* SPDX-License-Identifier: ISC */

/*
 * One host after another is tried, many side by side: its addresses, then its
 * types at each of them, then CAA for what came back. A type that got no
 * answer at one address is not asked for at the others, so that a dead name
 * costs seconds. What was put into the challenge directory is taken away
 * whatever happens.
 */

#include "preflight.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/loop.h"
#include "jobs.h"
#include "preflight_part.h"
#include "tls/client.h"

#define HOST_LIMIT_MS 25000 /* the CA's directory may come on top */
#define AT_ONCE       32
#define RANDOM_LEN    32

const struct preflight_type preflight_types[TYPES] = {
	{ CHALLENGE_HTTP_01, "http-01", 80, preflight_see_http },
	{ CHALLENGE_TLS_ALPN_01, "tls-alpn-01", 443, preflight_see_tls },
};

struct run {
	struct preflight *p;
	const char *const *hosts;
	struct preflight_result *results;
	void (*on_done)(void *cookie, size_t index);
	void *cookie;
};

struct preflight *preflight_new(
    const struct preflight_plan *plan, struct err *err)
{
	struct preflight *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		err_set(err, "no memory for the pre-flight");
		return NULL;
	}
	p->plan = *plan;
	if (p->plan.stop_fd <= 0)
		p->plan.stop_fd = -1;
	p->dns = dns_new(plan->resolver, p->plan.stop_fd, err);
	if (p->dns == NULL)
		goto failed;
	p->tls = client_tls_new(err);
	if (p->tls == NULL)
		goto failed;
	p->ca = preflight_ca_new(plan->acme_directory, p->plan.stop_fd);
	if (p->ca != NULL)
		return p;
	err_set(err, "no memory for the pre-flight");
failed:
	preflight_free(p);
	return NULL;
}

void preflight_free(struct preflight *p)
{
	if (p == NULL)
		return;
	dns_free(p->dns);
	client_tls_free(p->tls);
	preflight_ca_free(p->ca);
	free(p);
}

/* 32 random bytes in base64url, as all that ACME puts anywhere. */
static void draw(char ret_text[CHALLENGE_DIGEST + 1])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "abcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[RANDOM_LEN + 1] = { 0 };
	size_t bit;
	unsigned two;

	/* Up to 256 bytes come whole, and never fail (getrandom(2)). */
	assert(getrandom(bytes, RANDOM_LEN, 0) == RANDOM_LEN);
	for (size_t i = 0; i < CHALLENGE_DIGEST; i++) {
		bit = i * 6;
		two = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + 1];
		ret_text[i] = digits[two >> (10 - bit % 8) & 63];
	}
	ret_text[CHALLENGE_DIGEST] = '\0';
}

static bool is_stopped(const struct preflight *p)
{
	struct pollfd stop = { .fd = p->plan.stop_fd, .events = POLLIN };

	return poll(&stop, 1, 0) > 0;
}

static int place(struct trial *t, struct err *err)
{
	const char *path = t->p->plan.challenges;
	char thumbprint[CHALLENGE_DIGEST + 1];

	draw(t->token);
	draw(thumbprint);
	draw(t->digest);
	(void)snprintf(t->authorization, sizeof(t->authorization), "%s.%s",
	    t->token, thumbprint);
	/* The host first: what hinders both is told without the token. */
	if (challenge_write(path, t->host, t->digest, err) != 0)
		return -1;
	return challenge_write(path, t->token, t->authorization, err);
}

static void clear(const struct trial *t)
{
	challenge_remove(t->p->plan.challenges, t->token);
	challenge_remove(t->p->plan.challenges, t->host);
}

/* Does the type pass at every address? */
static bool look(
    const struct trial *t, const struct preflight_type *type, struct sight *s)
{
	bool passed = true;

	for (size_t i = 0; i < t->addresses.count; i++) {
		type->see(t, &t->addresses.at[i], &s[i]);
		passed = passed && s[i].kind == SIGHT_PASSED;
		if (s[i].kind == SIGHT_SILENT)
			break;
	}
	return passed;
}

static void look_around(const struct trial *t, struct preflight_result *r)
{
	struct sights *s = calloc(1, sizeof(*s));
	size_t len;

	if (s == NULL) {
		(void)snprintf(r->words, sizeof(r->words), "out of memory");
		return;
	}
	for (size_t i = 0; i < TYPES; i++)
		if ((t->p->plan.types & preflight_types[i].bit) != 0 &&
		    look(t, &preflight_types[i], s->of[i]))
			r->passed |= preflight_types[i].bit;
	preflight_tell(t, s, r->words, sizeof(r->words));
	free(s);
	if (r->passed == 0)
		return;
	len = strlen(r->words);
	if (len != 0 && len + 3 < sizeof(r->words)) {
		memcpy(r->words + len, "; ", 3);
		len += 2;
	}
	r->passed = preflight_judge_caa(
	    t, r->passed, r->words + len, sizeof(r->words) - len);
	if (len != 0 && r->words[len] == '\0')
		r->words[len - 2] = '\0';
}

/* The name's addresses; false: there are none, and why is told. */
static bool find(struct trial *t, struct preflight_result *r)
{
	struct dns_addresses *a = &t->addresses;
	const char *what = "no such name";
	bool is_alias;

	dns_addresses(t->p->dns, t->host, t->deadline_ms, a);
	if (a->outcome == DNS_FOUND)
		return true;
	if (a->outcome == DNS_FAILED)
		what = a->words;
	else if (a->outcome == DNS_NO_RECORD)
		what = "no address";
	is_alias = a->alias[0] != '\0';
	(void)snprintf(r->words, sizeof(r->words), "%s%s%s%s",
	    is_alias ? "CNAME to " : "", a->alias, is_alias ? ": " : "", what);
	return false;
}

static void try_host(void *cookie, size_t index)
{
	struct run *run = cookie;
	struct preflight_result *r = &run->results[index];
	struct trial t = {
		.p = run->p,
		.host = run->hosts[index],
		.deadline_ms = clock_now_ms() + HOST_LIMIT_MS,
	};
	struct err err;

	memset(r, 0, sizeof(*r));
	if (!is_stopped(t.p) && find(&t, r)) {
		if (place(&t, &err) == 0)
			look_around(&t, r);
		else
			(void)snprintf(r->words, sizeof(r->words), "%.*s",
			    (int)sizeof(r->words) - 1, err.text);
		clear(&t);
	}
	if (!is_stopped(t.p))
		return;
	r->passed = 0;
	(void)snprintf(r->words, sizeof(r->words), "stopped");
}

static void on_tried(void *cookie, size_t index)
{
	struct run *run = cookie;

	if (run->on_done != NULL)
		run->on_done(run->cookie, index);
}

void preflight_run(struct preflight *p, const char *const *hosts, size_t count,
    struct preflight_result *ret_results,
    void (*on_done)(void *cookie, size_t index), void *cookie)
{
	struct run run = {
		.p = p,
		.hosts = hosts,
		.results = ret_results,
		.on_done = on_done,
		.cookie = cookie,
	};
	struct jobs jobs = {
		.count = count,
		.at_once = AT_ONCE,
		.work = try_host,
		.on_done = on_tried,
		.cookie = &run,
	};

	preflight_ca_renew(p->ca);
	jobs_run(&jobs);
}
