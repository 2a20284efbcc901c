/* SPDX-License-Identifier: ISC */

/*
 * The workers of one generation, and behind them the admin process, which no
 * handover waits for. A slot whose process dies while it serves is filled
 * anew: at once the first time, then after 1, 2, 4 ... 60 s, and as the first
 * time again after a minute alive.
 */

#include "daemon/manager_crew.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/admin.h"
#include "daemon/generation.h"
#include "daemon/listen.h"
#include "daemon/manager_child.h"
#include "daemon/stats.h"

#define READY_MS   5000
#define LINGER_MS  5000 /* over limits: total, for one that leaves */
#define STEADY_MS  60000
#define PAUSE_MOST 60 /* s */
#define ASK_MOST   3  /* questions */
#define ROWS       (STATS_SLOTS / CREW_MOST)

static void fork_child(struct child *k);

static bool is_admin(const struct child *k)
{
	return k->slot == k->crew->count;
}

static const char *name_of(const struct child *k)
{
	return is_admin(k) ? "admin process" : "worker";
}

/* How many workers serve by now, for those who ask whether we are well. */
static void note_alive(const struct crew *c)
{
	uint64_t alive = 0;

	if (!c->begun || c->leaving)
		return;
	for (size_t i = 0; i < c->count; i++)
		alive += c->at[i].pid != 0 && c->at[i].ready;
	stats_set(&c->plan.stats->facts[FACT_WORKERS_ALIVE], alive);
}

static bool all(const struct crew *c, bool left)
{
	for (size_t i = 0; i < c->count; i++)
		if (left ? c->at[i].pid != 0 && !c->at[i].left
		         : c->at[i].pid == 0 || !c->at[i].ready)
			return false;
	return true;
}

static void say(struct child *k, enum worker_word word)
{
	char byte = (char)word;

	if (k->pid == 0 ||
	    send(k->control.fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1)
		return;
	/* Mostly it is dying; if not, it would wait for that word for ever. */
	if (errno != EPIPE && errno != ECONNRESET)
		log_error("%s %d cannot be told a word: %s: it is killed",
		    name_of(k), (int)k->pid, strerror(errno));
	(void)kill(k->pid, SIGKILL);
}

static void check_left(struct crew *c)
{
	if (c->leaving && !c->told_left && all(c, true)) {
		c->told_left = true;
		c->plan.on_left(c->plan.cookie, c);
	}
}

static void on_word(void *cookie, uint32_t events)
{
	struct child *k = cookie;
	struct crew *c = k->crew;
	char said[WORKER_SAYS_MAX + 1], word; /* too long is seen to be */
	ssize_t n = recv(k->control.fd, said, sizeof(said), MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		loop_remove(c->plan.loop, &k->control);
		return; /* SIGCHLD says the rest */
	}
	word = said[0];
	if (word == WORKER_KNOCK) {
		c->plan.on_knock(c->plan.cookie, said + 1, (size_t)n - 1);
	} else if (word == WORKER_HERE) {
		k->unanswered = 0;
		if (!is_admin(k))
			c->plan.on_here(c->plan.cookie);
	} else if (word == WORKER_READY) {
		k->ready = true;
		loop_unset(c->plan.loop, &k->timer);
		if (c->begun && !c->leaving)
			say(k, WORKER_BEGIN);
		note_alive(c);
		if (!c->told_ready && all(c, false)) {
			c->told_ready = true;
			c->plan.on_ready(c->plan.cookie, c);
		}
	} else if (word == WORKER_LEFT) {
		k->left = true;
		check_left(c);
	}
}

static void on_timer(void *cookie)
{
	struct child *k = cookie;

	if (k->pid == 0) {
		if (!k->crew->leaving)
			fork_child(k);
	} else if (!k->ready) {
		log_error("%s %d is not ready after %d s: it is killed",
		    name_of(k), (int)k->pid, READY_MS / 1000);
		(void)kill(k->pid, SIGKILL);
	} else if (k->crew->leaving) {
		log_error("%s %d has left and does not end: it is killed",
		    name_of(k), (int)k->pid);
		(void)kill(k->pid, SIGKILL);
	}
}

static size_t row_of(const struct child *k)
{
	return k->crew->plan.row % ROWS * CREW_MOST + k->slot;
}

static _Noreturn void be_worker(const struct child *k, int control)
{
	const struct crew *c = k->crew;

	child_close_others(c->plan.listeners, control);
	exit(worker_run(c->generation, c->plan.listeners, control, k->slot,
	    c->plan.stats, row_of(k)));
}

static _Noreturn void be_admin(const struct child *k, int control)
{
	const struct crew_plan *p = &k->crew->plan;

	child_close_others(p->admin, control);
	exit(admin_run(k->crew->generation, p->admin, control, p->stats));
}

static void fork_later(struct child *k)
{
	int64_t pause = k->failures == 0  ? 0
	                : k->failures > 6 ? PAUSE_MOST
	                                  : 1 << (k->failures - 1);

	if (pause > PAUSE_MOST)
		pause = PAUSE_MOST;
	k->failures++;
	loop_set(k->crew->plan.loop, &k->timer,
	    loop_now_ms(k->crew->plan.loop) + pause * 1000);
}

static void fork_child(struct child *k)
{
	struct crew *c = k->crew;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
		log_error(
		    "no socket for a %s: %s", name_of(k), strerror(errno));
		fork_later(k);
		return;
	}
	pid = fork();
	if (pid == 0 && is_admin(k))
		be_admin(k, ends[1]);
	if (pid == 0)
		be_worker(k, ends[1]);
	(void)close(ends[1]);
	if (pid < 0) {
		log_error(
		    "no %s can be forked: %s", name_of(k), strerror(errno));
		(void)close(ends[0]);
		fork_later(k);
		return;
	}
	log_debug("%s %d is forked", name_of(k), (int)pid);
	k->pid = pid;
	k->ready = k->left = false;
	k->unanswered = 0;
	k->started_ms = loop_now_ms(c->plan.loop);
	k->control = (struct watch){ ends[0], on_word, k };
	if (loop_add(c->plan.loop, &k->control, EPOLLIN) != 0)
		(void)kill(pid, SIGKILL);
	loop_set(c->plan.loop, &k->timer, clock_now_ms() + READY_MS);
}

struct crew *crew_new(
    const struct crew_plan *plan, const struct generation *g, size_t count)
{
	struct crew *c = calloc(1, sizeof(*c));

	assert(count <= CREW_MOST);
	if (c == NULL)
		arena_no_memory();
	c->plan = *plan;
	c->generation = g;
	c->count = count;
	c->forks = count + (plan->admin->count > 0);
	for (unsigned i = 0; i < c->forks; i++) {
		c->at[i].crew = c;
		c->at[i].slot = i;
		c->at[i].timer.on_time = on_timer;
		c->at[i].timer.cookie = &c->at[i];
		fork_child(&c->at[i]);
	}
	return c;
}

void crew_move(struct crew *c, const struct generation *g)
{
	c->generation = g;
}

static void say_all(struct crew *c, enum worker_word word)
{
	for (size_t i = 0; i < c->forks; i++)
		say(&c->at[i], word);
}

void crew_begin(struct crew *c)
{
	c->begun = true;
	note_alive(c);
	say_all(c, WORKER_BEGIN);
	for (size_t i = 0; i < c->forks; i++)
		if (c->at[i].pid == 0) /* it died when it was ready */
			fork_later(&c->at[i]);
}

void crew_ask(struct crew *c)
{
	for (size_t i = 0; i < c->forks; i++) {
		struct child *k = &c->at[i];

		if (k->pid == 0 || !k->ready)
			continue;
		if (k->unanswered++ < ASK_MOST) {
			say(k, WORKER_ASK);
			continue;
		}
		log_error("%s %d does not answer: it is killed", name_of(k),
		    (int)k->pid);
		(void)kill(k->pid, SIGKILL);
	}
}

/* No connection outlives its deadlines, so no worker that has left does. */
static void limit_leaving(struct crew *c)
{
	int64_t at = loop_now_ms(c->plan.loop) + LINGER_MS +
	             c->generation->config->settings.limits.total_ms;

	for (size_t i = 0; i < c->forks; i++)
		if (c->at[i].pid != 0 && c->at[i].ready)
			loop_set(c->plan.loop, &c->at[i].timer, at);
}

void crew_leave(struct crew *c)
{
	c->leaving = true;
	limit_leaving(c);
	say_all(c, WORKER_LEAVE);
	check_left(c);
}

void crew_stop(struct crew *c)
{
	c->leaving = true;
	c->told_left = true; /* nobody waits for it any more */
	say_all(c, WORKER_STOP);
}

void crew_kill(struct crew *c)
{
	c->leaving = true;
	c->killed = true;
	c->told_left = true;
	for (size_t i = 0; i < c->forks; i++)
		if (c->at[i].pid != 0)
			(void)kill(c->at[i].pid, SIGKILL);
}

static void tell_death(const struct child *k, int status)
{
	const struct crew *c = k->crew;

	if (c->leaving && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (c->killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return;
	if (WIFSIGNALED(status))
		log_error("%s %d was killed by signal %d (%s)", name_of(k),
		    (int)k->pid, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		log_error("%s %d ended with status %d", name_of(k), (int)k->pid,
		    WEXITSTATUS(status));
}

bool crew_bury(struct crew *c, pid_t pid, int status)
{
	struct child *k = NULL;

	for (size_t i = 0; i < c->forks && k == NULL; i++)
		if (c->at[i].pid == pid)
			k = &c->at[i];
	if (k == NULL)
		return false;
	tell_death(k, status);
	loop_remove(c->plan.loop, &k->control);
	loop_unset(c->plan.loop, &k->timer);
	(void)close(k->control.fd);
	k->pid = 0;
	note_alive(c);
	if (!is_admin(k)) /* a dead one holds nothing */
		stats_set(&c->plan.stats->rows[row_of(k)].counts[STAT_OPEN], 0);
	if (c->leaving) {
		check_left(c);
	} else if (!c->begun) {
		if (!is_admin(k)) /* else crew_begin forks it anew */
			c->plan.on_failed(c->plan.cookie, c);
	} else {
		if (!is_admin(k))
			stats_add(
			    &c->plan.stats->facts[FACT_WORKER_RESTARTS], 1);
		if (loop_now_ms(c->plan.loop) - k->started_ms >= STEADY_MS)
			k->failures = 0;
		fork_later(k);
	}
	return true;
}

size_t crew_alive(const struct crew *c)
{
	size_t alive = 0;

	for (size_t i = 0; i < c->forks; i++)
		alive += c->at[i].pid != 0;
	return alive;
}

void crew_free(struct crew *c)
{
	if (c == NULL)
		return;
	assert(crew_alive(c) == 0);
	for (size_t i = 0; i < c->forks; i++)
		loop_unset(c->plan.loop, &c->at[i].timer);
	free(c);
}
