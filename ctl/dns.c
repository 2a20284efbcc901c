/* SPDX-License-Identifier: ISC */

/*
 * libunbound as a stub resolver. Each lookup has a context of its own: one
 * that is shared remembers for all names that a resolver was slow for one,
 * and a handful of dead names makes it give up on the living ones. A context
 * costs a millisecond.
 */

#include "dns.h"

#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>

#include "base/err.h"
#include "base/loop.h"
#include "config/config.h"

#define CLASS_IN       1
#define RCODE_SERVFAIL 2
#define RCODE_NXDOMAIN 3

struct dns {
	const struct endpoints *resolver;
	int stop_fd;
};

struct question {
	const char *name;
	int type;
	bool answered;
	int error; /* libunbound's */
	struct ub_result *result;
};

/*
 * Contexts share what libunbound keeps in globals, from the first question on:
 * one is made, or unmade, at a time.
 */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

static void destroy(struct ub_ctx *c)
{
	(void)pthread_mutex_lock(&making);
	ub_ctx_delete(c);
	(void)pthread_mutex_unlock(&making);
}

/* libunbound wants 192.0.2.1@53 and 2001:db8::1@53. */
static int forward_to(struct ub_ctx *c, const struct endpoint *e)
{
	char ip[ADDRESS_TEXT_MAX], text[ADDRESS_TEXT_MAX + 8];
	struct peer p;

	peer_from_sockaddr((const struct sockaddr *)&e->addr, &p);
	peer_text(&p, PEER_FULL, ip);
	(void)snprintf(text, sizeof(text), "%s@%u", ip, (unsigned)p.port);
	return ub_ctx_set_fwd(c, text);
}

static int choose_resolver(struct ub_ctx *c, const struct endpoints *resolver)
{
	int error = 0;

	if (resolver == NULL || resolver->count == 0)
		return ub_ctx_resolvconf(c, NULL);
	for (size_t i = 0; error == 0 && i < resolver->count; i++)
		error = forward_to(c, &resolver->at[i]);
	return error;
}

/* While making is held. NULL and *ret_error, libunbound's. */
static struct ub_ctx *create(const struct dns *d, int *ret_error)
{
	struct ub_ctx *c = ub_ctx_create();
	int error = UB_NOMEM;

	if (c == NULL)
		goto failed;
	(void)ub_ctx_debugout(c, NULL);
	error = ub_ctx_set_option(c, "do-not-query-localhost:", "no");
	if (error == 0)
		error = choose_resolver(c, d->resolver);
	if (error == 0)
		error = ub_ctx_async(c, 1);
	/* What it would answer itself, though people do use it at home. */
	if (error == 0)
		error = ub_ctx_zone_remove(c, "test.");
	if (error == 0)
		error = ub_ctx_zone_remove(c, "home.arpa.");
	if (error == 0)
		return c;
	ub_ctx_delete(c);
failed:
	*ret_error = error;
	return NULL;
}

static void on_answer(void *cookie, int error, struct ub_result *result)
{
	struct question *q = cookie;

	q->answered = true;
	q->error = error;
	q->result = result;
}

static bool all_answered(const struct question *q, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!q[i].answered)
			return false;
	return true;
}

static void wait_for(const struct dns *d, struct ub_ctx *c,
    const struct question *q, size_t count, int64_t deadline_ms)
{
	struct pollfd fds[2] = {
		{ .fd = ub_fd(c), .events = POLLIN },
		{ .fd = d->stop_fd, .events = POLLIN },
	};
	int64_t left;

	while (!all_answered(q, count)) {
		left = deadline_ms - clock_now_ms();
		if (left <= 0)
			return;
		if (poll(fds, 2, (int)left) < 0)
			continue;
		if (fds[1].revents != 0)
			return;
		if (fds[0].revents != 0 && ub_process(c) != 0)
			return;
	}
}

/* A context that was asked all of them; NULL: none could be had. */
static struct ub_ctx *begin(
    const struct dns *d, struct question *q, size_t count)
{
	struct ub_ctx *c;
	int error = 0;

	(void)pthread_mutex_lock(&making);
	c = create(d, &error);
	for (size_t i = 0; i < count; i++) {
		if (c != NULL)
			error = ub_resolve_async(c, q[i].name, q[i].type,
			    CLASS_IN, &q[i], on_answer, NULL);
		if (error != 0)
			on_answer(&q[i], error, NULL);
	}
	(void)pthread_mutex_unlock(&making);
	return c;
}

/* Ask all of them at once; what is unanswered in the end stays so. */
static void ask(
    const struct dns *d, struct question *q, size_t count, int64_t deadline_ms)
{
	int64_t limit_ms = clock_now_ms() + DNS_LIMIT_MS;
	struct ub_ctx *c = begin(d, q, count);

	if (c == NULL)
		return;
	wait_for(
	    d, c, q, count, deadline_ms < limit_ms ? deadline_ms : limit_ms);
	destroy(c);
}

static enum dns_outcome judge(
    const struct question *q, char ret_words[DNS_WORDS_MAX])
{
	const struct ub_result *r = q->result;

	if (!q->answered)
		(void)snprintf(
		    ret_words, DNS_WORDS_MAX, "DNS: no answer in time");
	else if (r == NULL)
		(void)snprintf(
		    ret_words, DNS_WORDS_MAX, "DNS: %s", ub_strerror(q->error));
	else if (r->havedata)
		return DNS_FOUND;
	else if (r->rcode == RCODE_NXDOMAIN)
		return DNS_NO_NAME;
	else if (r->rcode == 0)
		return DNS_NO_RECORD;
	else if (r->rcode == RCODE_SERVFAIL)
		(void)snprintf(ret_words, DNS_WORDS_MAX, "DNS: SERVFAIL");
	else
		(void)snprintf(
		    ret_words, DNS_WORDS_MAX, "DNS: rcode %d", r->rcode);
	return DNS_FAILED;
}

/* Without the last dot. */
static void take_alias(const struct ub_result *r, char ret_alias[DNS_ALIAS_MAX])
{
	size_t len;

	if (r == NULL || r->canonname == NULL)
		return;
	(void)snprintf(ret_alias, DNS_ALIAS_MAX, "%s", r->canonname);
	len = strlen(ret_alias);
	if (len > 1 && ret_alias[len - 1] == '.')
		ret_alias[len - 1] = '\0';
}

struct dns *dns_new(
    const struct endpoints *resolver, int stop_fd, struct err *err)
{
	struct dns *d = calloc(1, sizeof(*d));
	struct ub_ctx *c;
	int error;

	if (d == NULL) {
		err_set(err, "no memory for DNS");
		return NULL;
	}
	d->resolver = resolver;
	d->stop_fd = stop_fd;
	(void)pthread_mutex_lock(&making);
	c = create(d, &error);
	(void)pthread_mutex_unlock(&making);
	if (c == NULL) {
		err_set(err, "%s: %s",
		    resolver == NULL || resolver->count == 0
		        ? "the system's resolver (/etc/resolv.conf)"
		        : "the configured resolver",
		    ub_strerror(error));
		free(d);
		return NULL;
	}
	destroy(c);
	return d;
}

void dns_free(struct dns *d)
{
	free(d);
}

static void take_answer(const struct question *q, struct dns_answer *ret_answer)
{
	struct dns_answer a = { .outcome = DNS_FAILED };
	size_t count = 0;

	a.outcome = judge(q, a.words);
	take_alias(q->result, a.alias);
	a.result = q->result;
	if (q->result != NULL && q->result->havedata)
		while (q->result->data[count] != NULL)
			count++;
	if (count != 0) {
		a.records = calloc(count, sizeof(*a.records));
		if (a.records == NULL) {
			a.outcome = DNS_FAILED;
			(void)snprintf(
			    a.words, sizeof(a.words), "DNS: out of memory");
			count = 0;
		}
	}
	for (; a.count < count; a.count++) {
		a.records[a.count].data =
		    (const unsigned char *)q->result->data[a.count];
		a.records[a.count].len = (size_t)q->result->len[a.count];
	}
	*ret_answer = a;
}

void dns_lookups(struct dns *d, const struct dns_question *questions,
    size_t count, int64_t deadline_ms, struct dns_answer *ret_answers)
{
	struct question q[DNS_TOGETHER_MAX] = { { .name = NULL } };

	assert(count <= DNS_TOGETHER_MAX);
	for (size_t i = 0; i < count; i++) {
		q[i].name = questions[i].name;
		q[i].type = questions[i].type;
	}
	ask(d, q, count, deadline_ms);
	for (size_t i = 0; i < count; i++)
		take_answer(&q[i], &ret_answers[i]);
}

void dns_lookup(struct dns *d, const char *name, int type, int64_t deadline_ms,
    struct dns_answer *ret_answer)
{
	const struct dns_question q = { name, type };

	dns_lookups(d, &q, 1, deadline_ms, ret_answer);
}

void dns_answer_fini(struct dns_answer *a)
{
	free(a->records);
	if (a->result != NULL)
		ub_resolve_free(a->result);
	a->records = NULL;
	a->result = NULL;
	a->count = 0;
}

bool dns_is_deaf(struct dns *d, int64_t deadline_ms)
{
	struct dns_answer a;
	bool result;

	dns_lookup(d, ".", DNS_SOA, deadline_ms, &a);
	result = a.outcome == DNS_FAILED;
	dns_answer_fini(&a);
	return result;
}
