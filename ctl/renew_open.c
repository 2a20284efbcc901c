/* SPDX-License-Identifier: ISC */
/*
 * What a run stands on before it looks at a single host: the directories, the
 * lock, the hook, the signals, the pace and a pause of before. A dry run makes
 * and takes none of it, and reads what is there.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/owner.h"
#include "config/config.h"
#include "policy/challenge.h"
#include "renew_account.h"
#include "renew_files.h"
#include "renew_lock.h"
#include "renew_part.h"
#include "renew_tell.h"
#include "tls/store.h"

#define RUN_MS ((int64_t)3600 * 1000)

static int become_owner(const struct renew *r, struct err *err)
{
	if (!r->dry_run && owner_make_dir(r->s->state, r->s->user, err) != 0)
		return -1;
	return owner_become(r->s->state, err);
}

static int make_dirs(const struct renew *r, struct err *err)
{
	const char *const dirs[] = { r->challenges, r->s->certs };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (owner_make_dir(dirs[i], r->s->user, err) != 0)
			return -1;
	return files_make_empty(r->work_dir, err);
}

/* Beside this program, else where it is installed. */
static int find_hook(struct renew *r, struct err *err)
{
	static const char *const places[] = {
		"uacme-hook",
		"../lib/mta-stsd/uacme-hook",
	};
	char self[PATH_MAX], *slash, whole[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	r->hook = r->s->acme.hook;
	if (r->hook != NULL)
		return 0;
	self[len < 0 ? 0 : len] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *path =
		    arena_format(r->arena, "%s/%s", self, places[i]);

		if (access(path, X_OK) == 0 && realpath(path, whole) != NULL) {
			r->hook = arena_string(r->arena, whole);
			return 0;
		}
	}
	err_set(err, "uacme-hook is neither in %s nor in %s/../lib/mta-stsd",
	    self, self);
	return -1;
}

/* A descriptor that tells these signals, but those that are ignored. */
static int hear(const int *signals, size_t count)
{
	struct sigaction old;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int hear_signals(struct renew *r, struct err *err)
{
	static const int stop[] = { SIGTERM, SIGINT }, news[] = { SIGHUP };

	/* Who reads our results may go away; the run goes on. */
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail */
	r->stop_fd = hear(stop, 2);
	r->news_fd = hear(news, 1);
	if (r->stop_fd >= 0 && r->news_fd >= 0)
		return 0;
	err_set_errno(err, "signals");
	return -1;
}

/* What cannot be understood counts as none, and is told. */
static int read_pace(struct renew *r, struct err *err)
{
	int64_t now = (int64_t)time(NULL);
	const char *path = arena_format(r->arena, "%s/orders", r->dir);
	int result = orders_init(&r->orders, path, r->directory, now, err);

	if (result < 0)
		return -1;
	if (result > 0)
		renew_complain(
		    r, LOG_LEVEL_WARNING, "%s; it counts as empty", err->text);
	if (pause_read(r->dir, &r->pause, err) < 0)
		renew_complain(
		    r, LOG_LEVEL_WARNING, "%s; it counts as none", err->text);
	renew_judge_pause(r);
	return r->dry_run ? 0 : orders_tidy(&r->orders, now, err);
}

/* A dry run of a stranger would find nothing, and call all missing. */
static int may_look(const struct renew *r, struct err *err)
{
	const char *const dirs[] = { r->s->state, r->dir, r->s->certs };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (access(dirs[i], R_OK | X_OK) != 0 && errno != ENOENT) {
			err_set_errno(err, "%s", dirs[i]);
			return -1;
		}
	return 0;
}

static int open_all(struct renew *r, struct err *err)
{
	bool busy;

	if (become_owner(r, err) != 0)
		return -1;
	if (r->dry_run)
		return may_look(r, err) != 0 ? -1 : read_pace(r, err);
	if (owner_make_dir(r->dir, r->s->user, err) != 0)
		return -1;
	r->lock = renew_lock(r->dir, &busy, err);
	if (busy)
		r->ending = ENDING_BUSY;
	if (r->lock < 0 || make_dirs(r, err) != 0 || find_hook(r, err) != 0 ||
	    hear_signals(r, err) != 0)
		return -1;
	files_sweep(r->dir);
	challenge_sweep(r->challenges);
	return read_pace(r, err);
}

void renew_init(struct renew *r)
{
	r->lock = r->stop_fd = r->news_fd = -1;
	r->dir = arena_format(r->arena, "%s/renew", r->s->state);
	r->challenges =
	    arena_format(r->arena, "%s/%s", r->s->state, CHALLENGE_DIR);
	r->work_dir = arena_format(r->arena, "%s/empty", r->dir);
	r->directory = r->s->acme.directory;
	r->end_ms = clock_now_ms() + RUN_MS;
}

int renew_open(struct renew *r)
{
	enum log_level level = LOG_LEVEL_ERROR;
	struct err err;

	if (open_all(r, &err) == 0)
		return 0;
	if (r->ending == ENDING_NOT)
		r->ending = ENDING_TROUBLE;
	/* The daemon asks again and again while a person renews. */
	if (r->ending == ENDING_BUSY)
		level = r->supervised ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	renew_complain(r, level, "%s", err.text);
	return -1;
}

void renew_close(struct renew *r)
{
	int fds[] = { r->lock, r->stop_fd, r->news_fd };

	orders_fini(&r->orders);
	store_free(r->store);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]); /* nothing was written to it */
}
