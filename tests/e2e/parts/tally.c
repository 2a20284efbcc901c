/* SPDX-License-Identifier: ISC */
/*
 * Counts and times under one lock, which a fetch takes once: beside a
 * handshake it costs nothing. Times go into buckets of a thirtieth each, so
 * that any number of fetches needs the same memory.
 */
#include "tally.h"

#include <openssl/err.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { REASONS_MAX = 64, STEPS = 32, BUCKETS = 40 * STEPS };

struct reason {
	char why[WHY_MAX];
	char host[264]; /* the first one */
	uint64_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct reason reasons[REASONS_MAX];
static size_t reason_count;
static uint64_t good, ended, failed;
static int64_t slowest_ns;
static uint64_t times[BUCKETS];

void tally_reason(const char *what, char ret_why[WHY_MAX])
{
	const char *detail = ERR_reason_error_string(ERR_get_error());
	int error = errno;

	if (detail == NULL)
		detail = error != 0 ? strerror(error) : "the peer closed";
	ERR_clear_error();
	(void)snprintf(ret_why, WHY_MAX, "%s: %s", what, detail);
}

/* Microseconds to a bucket: exact below STEPS, then STEPS to each doubling. */
static size_t bucket_of(uint64_t us)
{
	unsigned shift = 0;
	size_t at;

	while (us >> shift >= 2 * STEPS)
		shift++;
	at = shift * STEPS + (us >> shift);
	return at < BUCKETS ? at : BUCKETS - 1;
}

static uint64_t us_of(size_t bucket)
{
	size_t shift = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;

	return (uint64_t)(bucket - shift * STEPS) << shift;
}

static void take_time(int64_t ns)
{
	times[bucket_of((uint64_t)ns / 1000)]++;
	if (ns > slowest_ns)
		slowest_ns = ns;
}

void tally_good(int64_t ns)
{
	(void)pthread_mutex_lock(&lock);
	if (good++ == 0) {
		(void)puts("started");
		(void)fflush(stdout);
	}
	take_time(ns);
	(void)pthread_mutex_unlock(&lock);
}

void tally_ended(void)
{
	(void)pthread_mutex_lock(&lock);
	ended++;
	(void)pthread_mutex_unlock(&lock);
}

void tally_failed(const char *why, const char *host, int64_t ns)
{
	size_t i;

	(void)pthread_mutex_lock(&lock);
	failed++;
	take_time(ns);
	for (i = 0; i < reason_count; i++)
		if (strcmp(reasons[i].why, why) == 0)
			break;
	if (i < REASONS_MAX) {
		if (i == reason_count) {
			reason_count++;
			(void)snprintf(reasons[i].why, WHY_MAX, "%s", why);
			(void)snprintf(reasons[i].host, sizeof reasons[i].host,
			    "%s", host);
		}
		reasons[i].count++;
	}
	(void)pthread_mutex_unlock(&lock);
}

uint64_t tally_failures(void)
{
	return failed;
}

/* The time that a share of all fetches did not pass. */
static double share_ms(double share)
{
	uint64_t wanted = (uint64_t)(share * (double)(good + failed)), sum = 0;
	size_t i;

	for (i = 0; i < BUCKETS - 1; i++) {
		sum += times[i];
		if (sum > wanted)
			break;
	}
	return (double)us_of(i) / 1e3;
}

void tally_print(int64_t elapsed_ns)
{
	double seconds = (double)elapsed_ns / 1e9;
	size_t i;

	(void)printf("%" PRIu64 " good, %" PRIu64 " failed, %" PRIu64
	             " ended; %.2f s, %.0f a second\n",
	    good, failed, ended, seconds, (double)good / seconds);
	(void)printf(
	    "ms: median %.2f, 99 %% %.2f, 99.9 %% %.2f, slowest %.2f\n",
	    share_ms(0.5), share_ms(0.99), share_ms(0.999),
	    (double)slowest_ns / 1e6);
	for (i = 0; i < reason_count; i++)
		(void)printf("%" PRIu64 " x %s (first: %s)\n", reasons[i].count,
		    reasons[i].why, reasons[i].host);
}
