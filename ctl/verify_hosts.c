/* SPDX-License-Identifier: ISC */

/*
 * A list under a lock; a host is asked without it. One whose asking takes
 * longer than a domain has stays unknown to that domain alone.
 */

#include "verify_hosts.h"

#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/loop.h"
#include "policy/host.h"
#include "reach.h"

#define NAME_CAP (HOST_MAX + 16)
#define SECOND   1000
#define MILLION  1000000

struct host {
	struct verify_host known;
	char name[HOST_MAX + 1];
	bool is_known;
	bool is_cut; /* its asker's time was over: to be asked anew */
	struct host *next;
};

struct address {
	unsigned char ip[sizeof(((struct peer *)0)->ip)];
	struct smtp_result result; /* for the name that came first */
	bool is_known;
	struct address *next;
};

struct verify_hosts {
	struct dns *dns;
	const struct trust *trust;
	int64_t limit_ms; /* of one lookup, of one conversation */
	pthread_mutex_t lock;
	pthread_cond_t news;
	struct host *first;
	struct address *first_address;
	size_t asked, connected; /* addresses */
};

struct verify_hosts *verify_hosts_new(
    struct dns *dns, const struct trust *trust, int64_t limit_ms)
{
	struct verify_hosts *h = calloc(1, sizeof(*h));
	pthread_condattr_t attr;

	if (h == NULL)
		return NULL;
	h->dns = dns;
	h->trust = trust;
	h->limit_ms = limit_ms;
	(void)pthread_mutex_init(&h->lock, NULL); /* cannot fail on Linux */
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&h->news, &attr);
	(void)pthread_condattr_destroy(&attr);
	return h;
}

void verify_hosts_free(struct verify_hosts *h)
{
	struct address *address;
	struct host *one;

	if (h == NULL)
		return;
	while ((address = h->first_address) != NULL) {
		h->first_address = address->next;
		X509_free(address->result.leaf);
		free(address);
	}
	while ((one = h->first) != NULL) {
		h->first = one->next;
		free(one);
	}
	(void)pthread_cond_destroy(&h->news);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

static struct host *find(struct verify_hosts *h, const char *name)
{
	struct host *one = h->first;

	while (one != NULL && (one->is_cut || strcmp(one->name, name) != 0))
		one = one->next;
	return one;
}

static void look_up(struct verify_hosts *h, struct verify_host *k)
{
	int64_t deadline_ms = clock_now_ms() + h->limit_ms;
	char name[NAME_CAP];
	struct dns_answer tlsa;

	dns_addresses(h->dns, k->name, deadline_ms, &k->addresses);
	if (k->addresses.count == 0)
		return;
	(void)snprintf(name, sizeof(name), "_25._tcp.%s", k->name);
	dns_lookup(h->dns, name, DNS_TLSA, deadline_ms, &tlsa);
	k->tlsa = tlsa.count;
	dns_answer_fini(&tlsa);
}

static void wait_for(
    struct verify_hosts *h, const bool *is_known, int64_t deadline_ms)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline_ms / SECOND),
		.tv_nsec = (long)(deadline_ms % SECOND) * MILLION,
	};

	while (!*is_known &&
	       pthread_cond_timedwait(&h->news, &h->lock, &until) == 0)
		;
}

static void talk(struct verify_hosts *h, const char *name,
    const struct peer *at, int64_t deadline_ms, struct smtp_result *ret_result)
{
	int64_t left = deadline_ms - clock_now_ms();
	const struct smtp_plan plan = {
		.name = name,
		.at = at,
		.trust = h->trust,
		.limit_ms = left < h->limit_ms ? left : h->limit_ms,
	};

	*ret_result = (struct smtp_result){ .end = SMTP_UNASKED };
	if (reach_lacks_ipv6(at))
		(void)snprintf(
		    ret_result->words, sizeof(ret_result->words), REACH_WORDS);
	else if (left <= 0)
		(void)snprintf(ret_result->words, sizeof(ret_result->words),
		    "there was no time left");
	else
		smtp_ask(&plan, ret_result);
}

/* With the lock held. */
static struct address *find_address(
    struct verify_hosts *h, const struct peer *at)
{
	struct address *a = h->first_address;

	while (a != NULL && memcmp(a->ip, at->ip, sizeof(a->ip)) != 0)
		a = a->next;
	return a;
}

static void ask_first(struct verify_hosts *h, struct address *a,
    const char *name, const struct peer *at, int64_t deadline_ms)
{
	struct smtp_result result;

	memcpy(a->ip, at->ip, sizeof(a->ip));
	a->next = h->first_address;
	h->first_address = a;
	(void)pthread_mutex_unlock(&h->lock);
	talk(h, name, at, deadline_ms, &result);
	(void)pthread_mutex_lock(&h->lock);
	a->result = result;
	a->is_known = true;
	h->asked += result.end != SMTP_UNASKED;
	h->connected +=
	    result.end != SMTP_UNASKED && result.end != SMTP_UNREACHABLE;
	(void)pthread_cond_broadcast(&h->news);
}

/* Does what was found under another name hold for this one? */
static bool holds_for(const struct address *a, const char *name)
{
	switch (a->result.end) {
	case SMTP_WELL:
		return a->result.leaf != NULL &&
		       trust_leaf_names(a->result.leaf, name);
	case SMTP_CERTIFICATE:
	case SMTP_TLS_FAILED: /* the name may have been refused */
	case SMTP_UNASKED:
		return false;
	default:
		return true;
	}
}

static void ask_address(struct verify_hosts *h, const char *name,
    const struct peer *at, int64_t deadline_ms, struct smtp_result *ret_result)
{
	struct address *a;
	bool held = true;

	(void)pthread_mutex_lock(&h->lock);
	a = find_address(h, at);
	if (a != NULL) {
		wait_for(h, &a->is_known, deadline_ms);
		held = a->is_known && holds_for(a, name);
	} else {
		a = calloc(1, sizeof(*a));
		if (a != NULL)
			ask_first(h, a, name, at, deadline_ms);
	}
	held = held && a != NULL;
	if (held)
		*ret_result = a->result;
	(void)pthread_mutex_unlock(&h->lock);
	if (!held) {
		talk(h, name, at, deadline_ms, ret_result);
		X509_free(ret_result->leaf);
	}
	ret_result->leaf = NULL; /* it is the table's */
}

static void ask(
    struct verify_hosts *h, struct verify_host *k, int64_t deadline_ms)
{
	look_up(h, k);
	for (size_t i = 0; i < k->addresses.count; i++)
		ask_address(h, k->name, &k->addresses.at[i], deadline_ms,
		    &k->results[i]);
}

/* With the lock held, but while it asks. NULL: no memory. */
static struct host *ask_anew(
    struct verify_hosts *h, const char *name, int64_t deadline_ms)
{
	struct host *one = calloc(1, sizeof(*one));

	if (one == NULL)
		return NULL;
	(void)snprintf(one->name, sizeof(one->name), "%s", name);
	one->known.name = one->name;
	one->next = h->first;
	h->first = one;
	(void)pthread_mutex_unlock(&h->lock);
	ask(h, &one->known, deadline_ms);
	(void)pthread_mutex_lock(&h->lock);
	one->is_known = true;
	one->is_cut = clock_now_ms() >= deadline_ms;
	(void)pthread_cond_broadcast(&h->news);
	return one;
}

const struct verify_host *verify_hosts_ask(
    struct verify_hosts *h, const char *name, int64_t deadline_ms)
{
	struct host *one;
	bool known;

	(void)pthread_mutex_lock(&h->lock);
	do {
		one = find(h, name);
		if (one != NULL)
			wait_for(h, &one->is_known, deadline_ms);
	} while (one != NULL && one->is_cut);
	if (one == NULL && clock_now_ms() < deadline_ms)
		one = ask_anew(h, name, deadline_ms);
	known = one != NULL && one->is_known;
	(void)pthread_mutex_unlock(&h->lock);
	return known ? &one->known : NULL;
}

bool verify_hosts_all_closed(struct verify_hosts *h)
{
	bool result;

	(void)pthread_mutex_lock(&h->lock);
	result = h->asked > 0 && h->connected == 0;
	(void)pthread_mutex_unlock(&h->lock);
	return result;
}
