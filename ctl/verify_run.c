/* SPDX-License-Identifier: ISC */

/*
 * Domains are checked side by side, each by one thread with an arena of its
 * own. What can be judged only when all have been asked is judged in the end:
 * whether port 25 is closed to this machine, and whether DNS answers at all.
 */

#include "verify_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/loop.h"
#include "jobs.h"
#include "verify_codes.h"
#include "verify_hosts.h"

#define BAR_WIDTH 30
#define PAUSE_MS  2000
#define SECOND_MS 1000

/* One go at the domains that are left. */
struct pass {
	const struct verify_order *order;
	size_t *left; /* indexes of reports */
	size_t count, done;
};

static void start_anew(struct verify_report *r)
{
	const struct verify_report fresh = {
		.domain = r->domain,
		.entry = r->entry,
		.arena = arena_new(false),
	};

	arena_free(r->arena);
	*r = fresh;
}

static void work(void *cookie, size_t index)
{
	const struct pass *p = cookie;

	verify_check(p->order->run, &p->order->reports[p->left[index]]);
}

static void show_progress(void *cookie, size_t index)
{
	struct pass *p = cookie;
	size_t bar;

	(void)index;
	p->done++;
	if (!p->order->progress)
		return;
	bar = p->done * BAR_WIDTH / p->count;
	fputs("\r[", stderr);
	for (size_t i = 0; i < BAR_WIDTH; i++)
		fputc(i < bar ? '#' : '.', stderr);
	fprintf(stderr, "] %zu of %zu", p->done, p->count);
	if (p->done == p->count)
		fputs("\r\033[K", stderr);
	(void)fflush(stderr);
}

/* Where nobody answers on port 25 it is told once, and of no domain. */
static void forgive_port_25(struct verify_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct verify_finding *f = &r->findings[i];

		if (strcmp(f->code->name, "smtp-unreachable") != 0)
			continue;
		f->code = verify_code_find("smtp");
		f->grade = VERIFY_NOT_CHECKED;
		f->found = "port 25 answers nowhere";
	}
}

static void run_pass(struct pass *p, bool *ret_closed)
{
	const struct verify_order *o = p->order;
	struct verify_run *run = o->run;
	const struct jobs jobs = {
		.count = p->count,
		.at_once = o->at_once,
		.work = work,
		.on_done = show_progress,
		.cookie = p,
	};

	if (o->smtp)
		run->hosts =
		    verify_hosts_new(run->dns, run->trust, VERIFY_CHECK_MS);
	for (size_t i = 0; i < p->count; i++)
		start_anew(&o->reports[p->left[i]]);
	p->done = 0;
	jobs_run(&jobs);
	*ret_closed = run->hosts != NULL && verify_hosts_all_closed(run->hosts);
	for (size_t i = 0; i < p->count; i++) {
		if (*ret_closed)
			forgive_port_25(&o->reports[p->left[i]]);
		verify_conclude(&o->reports[p->left[i]]);
	}
	verify_hosts_free(run->hosts);
	run->hosts = NULL;
}

/* Those that are not well are left for another pass. */
static void keep_unwell(struct pass *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++)
		if (p->order->reports[p->left[i]].verdict >= VERIFY_PENDING)
			p->left[kept++] = p->left[i];
	p->count = kept;
}

static void sleep_ms(int64_t ms)
{
	const struct timespec t = {
		.tv_sec = (time_t)(ms / SECOND_MS),
		.tv_nsec = (long)(ms % SECOND_MS) * 1000000,
	};

	(void)nanosleep(&t, NULL); /* a signal cuts it short: all the same */
}

static void sum_up(const struct verify_order *o, struct verify_summary *s)
{
	s->at = o->reports;
	s->count = o->count;
	s->home = verify_home(o->run);
	for (size_t i = 0; i < o->count; i++) {
		s->verdicts[o->reports[i].verdict]++;
		if (o->reports[i].verdict > s->worst)
			s->worst = o->reports[i].verdict;
	}
}

static bool is_deaf(const struct verify_order *o)
{
	if (o->count == 0)
		return false;
	for (size_t i = 0; i < o->count; i++) {
		const struct verify_report *r = &o->reports[i];

		if (r->count == 0 ||
		    (strcmp(r->findings[0].code->name, "dns-silent") != 0 &&
		        strcmp(r->findings[0].code->name, "host-lookup") != 0))
			return false;
	}
	return dns_is_deaf(o->run->dns, clock_now_ms() + VERIFY_CHECK_MS / 2);
}

static void run_passes(const struct verify_order *o, size_t *left, bool *closed)
{
	int64_t until_ms = clock_now_ms() + o->wait_ms, left_ms;
	struct pass p = { .order = o, .left = left, .count = o->count };

	for (size_t i = 0; i < o->count; i++)
		left[i] = i;
	while (p.count > 0) {
		run_pass(&p, closed);
		keep_unwell(&p);
		left_ms = until_ms - clock_now_ms();
		if (left_ms <= 0)
			break;
		if (p.count > 0)
			sleep_ms(left_ms < PAUSE_MS ? left_ms : PAUSE_MS);
	}
}

int verify_all(struct verify_order *o, struct verify_summary *ret_summary)
{
	/* libcurl has OpenSSL write to peers that have gone. */
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before;
	struct verify_summary s = { .count = 0 };
	size_t *left = calloc(o->count + 1, sizeof(*left));
	int result = -1;

	if (left == NULL)
		return -1;
	(void)sigaction(SIGPIPE, &ignore, &before);
	run_passes(o, left, &s.port_25_closed);
	(void)sigaction(SIGPIPE, &before, NULL);
	free(left);
	if (!is_deaf(o)) {
		sum_up(o, &s);
		*ret_summary = s;
		result = 0;
	}
	return result;
}

void verify_reports_free(struct verify_report *reports, size_t count)
{
	for (size_t i = 0; i < count; i++)
		arena_free(reports[i].arena);
	free(reports);
}
