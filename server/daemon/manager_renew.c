/* SPDX-License-Identifier: ISC */

/*
 * The child that renews, its beginning, what it says, and its end. When it is
 * to begin and to end is manager_renew_when.c's business, and whose
 * certificate is due is the child's own. All that is read of it is one line.
 */

#include "daemon/manager_renew.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "config/config.h"
#include "daemon/generation.h"
#include "daemon/knock.h"
#include "daemon/manager_renew_child.h"
#include "daemon/manager_renew_when.h"
#include "daemon/stats.h"
#include "policy/host.h"
#include "tls/store.h"

#define STATUS_MOST 2 /* of those that mta-stsctl has */

struct renew {
	struct loop *loop;
	const char *path;
	struct stats *stats;
	struct renew_place place;
	const struct generation *now;
	struct when when;
	struct knocks knocks;
	struct timer timer;
	bool stopping;
	pid_t pid;                    /* 0: none */
	struct watch out;             /* fd -1: it says nothing any more */
	char said[WHEN_TEXT_MAX + 1]; /* a byte more is too many */
	size_t said_len;
};

static void attend(struct renew *r);

static void on_time(void *cookie)
{
	attend(cookie);
}

struct renew *renew_new(struct loop *l, const char *path, struct stats *stats)
{
	struct renew *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->loop = l;
	r->path = path;
	r->stats = stats;
	r->timer = (struct timer){ .on_time = on_time, .cookie = r };
	r->out.fd = -1;
	when_init(&r->when);
	renew_place_find(&r->place);
	return r;
}

static void close_out(struct renew *r)
{
	if (r->out.fd < 0)
		return;
	loop_remove(r->loop, &r->out);
	(void)close(r->out.fd);
	r->out.fd = -1;
}

void renew_free(struct renew *r)
{
	if (r == NULL)
		return;
	close_out(r);
	loop_unset(r->loop, &r->timer);
	free(r);
}

/*
 * Read what there is. Too much is nonsense already: the child has then nobody
 * to write to. False: there is no more for now.
 */
static bool read_out(struct renew *r)
{
	ssize_t n;

	if (r->out.fd < 0)
		return false;
	n = read(
	    r->out.fd, r->said + r->said_len, sizeof(r->said) - r->said_len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0)
		r->said_len += (size_t)n;
	if (n <= 0 || r->said_len == sizeof(r->said))
		close_out(r);
	return n > 0;
}

static void on_out(void *cookie, uint32_t events)
{
	(void)events;
	(void)read_out(cookie);
}

static void start(
    struct renew *r, const char *const argv[], bool for_knocks, int64_t now_ms)
{
	char program[PATH_MAX];
	pid_t pid;
	int out;

	when_begin(&r->when, for_knocks, now_ms);
	renew_place_program(&r->place, program);
	pid = renew_spawn(program, argv, &out);
	if (pid < 0) {
		log_error(
		    "mta-stsctl renew cannot be started: %s", strerror(errno));
		when_end(&r->when, ENDED_FAILED, 0, now_ms);
		stats_add(&r->stats->facts[FACT_RENEWALS_FAILED], 1);
		return;
	}
	log_debug("mta-stsctl renew is started as %d", (int)pid);
	r->pid = pid;
	r->said_len = 0;
	r->out = (struct watch){ out, on_out, r };
	if (loop_add(r->loop, &r->out, EPOLLIN) != 0)
		close_out(r); /* it says nothing, which is a failure */
}

/* Is host configured, and without a pair by now? */
static bool is_lacking(const struct generation *g, const char *host)
{
	return config_has_host(g->config, host) &&
	       store_find(g->store, host, (int64_t)time(NULL)) == NULL;
}

/* A whole run; or one for who knocked, if any of them still lacks a pair. */
static void run(struct renew *r, bool for_knocks, int64_t now_ms)
{
	const char *argv[6 + KNOCKS_MOST] = { "mta-stsctl", "-c", r->path,
		"renew", "--supervised" };
	const char *hosts[KNOCKS_MOST];
	size_t count = 0, first = 5, n = first;

	if (for_knocks)
		count = knocks_take(&r->knocks, now_ms, hosts);
	for (size_t i = 0; i < count; i++)
		if (is_lacking(r->now, hosts[i]))
			argv[n++] = hosts[i];
	if (!for_knocks || n > first)
		start(r, argv, for_knocks, now_ms);
}

static void attend(struct renew *r)
{
	int64_t now_ms = clock_now_ms(), at_ms;

	for (;;) {
		switch (when_next(
		    &r->when, knocks_wait(&r->knocks), now_ms, &at_ms)) {
		case DEED_RUN:
			run(r, false, now_ms);
			break;
		case DEED_RUN_KNOCKED:
			run(r, true, now_ms);
			break;
		case DEED_TELL:
			(void)kill(r->pid, SIGHUP); /* or it ends just now */
			break;
		case DEED_KILL:
			log_error("mta-stsctl renew does not end: it is "
			          "killed");
			(void)kill(-r->pid, SIGKILL);
			break;
		case DEED_WAIT:
			if (at_ms == WHEN_NEVER)
				loop_unset(r->loop, &r->timer);
			else
				loop_set(r->loop, &r->timer, at_ms);
			return;
		}
	}
}

static bool text_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool acme_same(const struct acme *a, const struct acme *b)
{
	return a->agree_to_terms == b->agree_to_terms &&
	       a->http_01 == b->http_01 && a->tls_alpn_01 == b->tls_alpn_01 &&
	       a->key_is_rsa == b->key_is_rsa && a->preflight == b->preflight &&
	       a->orders_per_3h == b->orders_per_3h &&
	       a->retry_s == b->retry_s && text_same(a->email, b->email) &&
	       text_same(a->directory, b->directory) &&
	       text_same(a->hook, b->hook) &&
	       text_same(a->eab_kid, b->eab_kid) &&
	       text_same(a->eab_key_file, b->eab_key_file);
}

/* After failures any new reading of the configuration may be the cure. */
static bool is_news(const struct renew *r, const struct generation *last,
    const struct generation *g)
{
	return last == NULL || !r->when.on || g->lacks_anew ||
	       !acme_same(
	           &last->config->settings.acme, &g->config->settings.acme) ||
	       (r->when.failures > 0 && last->config != g->config);
}

void renew_follow(
    struct renew *r, const struct generation *last, const struct generation *g)
{
	r->now = g;
	if (r->stopping)
		return;
	if (!config_renews(&g->config->settings)) {
		r->when.on = r->when.news = false;
		knocks_forget(&r->knocks);
	} else if (is_news(r, last, g)) {
		r->when.on = r->when.news = true;
	}
	attend(r);
}

void renew_knock(struct renew *r, const char *host, size_t len)
{
	char name[HOST_MAX + 1];

	/* Who says so talks with strangers: none of it is believed. */
	if (r->stopping || !r->when.on || !host_is_valid(host, len))
		return;
	memcpy(name, host, len);
	name[len] = '\0';
	if (is_lacking(r->now, name) &&
	    knocks_add(&r->knocks, name, clock_now_ms()))
		attend(r);
}

static enum ending judge(
    const struct renew *r, int status, int64_t *ret_again_s)
{
	/* Told before it could listen to that. */
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP && r->when.told)
		return ENDED_TOLD;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= STATUS_MOST &&
	    when_read(r->said, r->said_len, ret_again_s))
		return ENDED_WELL;
	return ENDED_FAILED;
}

/* Which host it was that had trouble stands in the log and in status. */
static void count_run(struct renew *r, enum ending ending, int status)
{
	enum fact fact = FACT_RENEWALS_WELL;

	if (ending == ENDED_FAILED)
		fact = FACT_RENEWALS_FAILED;
	else if (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_SUCCESS)
		fact = FACT_RENEWALS_TROUBLE;
	stats_add(&r->stats->facts[fact], 1);
}

static void tell_failure(const struct renew *r, int status, int64_t now_ms)
{
	long long pause_s = (long long)(r->when.due_ms - now_ms) / 1000;

	if (WIFSIGNALED(status))
		log_error("mta-stsctl renew was killed by signal %d (%s); it "
		          "is due again in %lld s",
		    WTERMSIG(status), strsignal(WTERMSIG(status)), pause_s);
	else
		log_warn("mta-stsctl renew ended with status %d, and not as "
		         "it should; it is due again in %lld s",
		    WEXITSTATUS(status), pause_s);
}

bool renew_bury(struct renew *r, pid_t pid, int status)
{
	int64_t now_ms = clock_now_ms(), again_s = 0;
	enum ending ending;

	if (r->pid == 0 || pid != r->pid)
		return false;
	r->pid = 0;
	while (read_out(r))
		;
	close_out(r);
	if (r->stopping)
		return true;
	ending = judge(r, status, &again_s);
	when_end(&r->when, ending, again_s, now_ms);
	count_run(r, ending, status);
	if (ending == ENDED_FAILED)
		tell_failure(r, status, now_ms);
	/* Those whose turn had not come, and none can tell which. */
	if (r->when.for_knocks && r->when.told)
		knocks_untake(&r->knocks, r->when.began_ms);
	attend(r);
	return true;
}

void renew_stop(struct renew *r, bool at_once)
{
	r->stopping = true;
	loop_unset(r->loop, &r->timer);
	if (r->pid != 0)
		(void)kill(
		    at_once ? -r->pid : r->pid, at_once ? SIGKILL : SIGTERM);
}

bool renew_is_alive(const struct renew *r)
{
	return r->pid != 0;
}
