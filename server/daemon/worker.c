/* SPDX-License-Identifier: ISC */

/*
 * The life of a worker: get ready, begin, leave or stop, end. It owns the
 * copy of the generation it was forked with, and nothing on disk.
 */

#include "daemon/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/generation.h"
#include "daemon/listen.h"
#include "daemon/sandbox.h"
#include "daemon/stats.h"
#include "daemon/worker_challenges.h"
#include "daemon/worker_conn.h"
#include "daemon/worker_control.h"
#include "daemon/worker_part.h"
#include "daemon/worker_peers.h"
#include "daemon/worker_tell.h"
#include "policy/challenge.h"
#include "tls/session.h"
#include "tls/session_prove.h"
#include "tls/store.h"

#define CACHE_BYTES    ((size_t)64 << 20)
#define ACCEPT_AT_ONCE 16
#define LEAVE_MOST     4096 /* a flood is for those who come after */
#define PAUSE_MS       100  /* out of descriptors: ask again then */
#define STOP_MS        2000
#define OTHER_FDS      32 /* descriptors that are no connections */

struct door_watch {
	struct watch watch;
	struct life *life;
	enum door door;
};

struct life {
	struct worker w;
	const struct generation *g;
	struct door_watch *doors;
	size_t door_count;
	bool accepting; /* the listeners are in the epoll */
	bool paused;    /* they will be again, when PAUSE_MS are over */
	bool leaving;
	struct timer pause, stop;
	struct watch control;
	int challenges; /* the directory; -1: none */
	int status;
};

/* The pair for a name, for TLS; and why there is none. */
static const struct pair *find(void *cookie, const char *host, enum sni *why)
{
	const struct life *l = cookie;
	const struct pair *p;

	if (!config_has_host(l->g->config, host)) {
		*why = SNI_UNKNOWN;
		return NULL;
	}
	p = store_find(l->g->store, host, (int64_t)time(NULL));
	*why = p != NULL ? SNI_OK : SNI_NO_PAIR;
	return p;
}

/* What waits for a CA that asks by tls-alpn-01, for TLS. */
static bool find_challenge(
    void *cookie, const char *host, unsigned char ret_digest[32])
{
	const struct life *l = cookie;
	char text[CHALLENGE_TEXT_MAX];

	return challenge_read(l->challenges, host, text) == 0 &&
	       challenge_digest(text, ret_digest);
}

static void unwatch_doors(struct life *l)
{
	if (!l->accepting)
		return;
	for (size_t i = 0; i < l->door_count; i++)
		loop_remove(l->w.loop, &l->doors[i].watch);
	l->accepting = false;
}

static void watch_doors(struct life *l)
{
	if (l->accepting || l->leaving)
		return;
	l->accepting = true;
	for (size_t i = 0; i < l->door_count; i++)
		if (loop_add(l->w.loop, &l->doors[i].watch,
		        EPOLLIN | EPOLLEXCLUSIVE) != 0) {
			log_error("worker: cannot accept: %s", strerror(errno));
			l->status = EXIT_FAILURE;
			loop_stop(l->w.loop);
		}
}

/* At most `most` connections. False: there are none left for now. */
static bool accept_some(struct door_watch *d, unsigned most)
{
	struct life *l = d->life;

	while (most-- > 0) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(from);
		int fd = accept4(d->watch.fd, (struct sockaddr *)&from, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			conn_open(
			    &l->w, fd, d->door, (const struct sockaddr *)&from);
			continue;
		}
		if (errno == EAGAIN)
			return false;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			if (!l->leaving && !l->paused)
				log_warn(
				    "accepting pauses: %s", strerror(errno));
			unwatch_doors(l);
			l->paused = true;
			loop_set(l->w.loop, &l->pause,
			    loop_now_ms(l->w.loop) + PAUSE_MS);
			return false;
		}
		/* EINTR, ECONNABORTED and the peer's network errors: go on. */
	}
	return true;
}

static void on_door(void *cookie, uint32_t events)
{
	(void)events;
	(void)accept_some(cookie, ACCEPT_AT_ONCE);
}

static void on_pause_over(void *cookie)
{
	struct life *l = cookie;

	l->paused = false;
	watch_doors(l);
}

static void end_if_idle(struct life *l)
{
	if (l->leaving && l->w.held == 0)
		loop_stop(l->w.loop);
}

static void on_close(struct worker *w)
{
	end_if_idle(w->owner);
}

/*
 * Leave the epoll first, then accept what is queued: the other way round a
 * connection whose wake-up came to us would wait for nobody.
 */
static void leave(struct life *l)
{
	if (l->leaving)
		return;
	unwatch_doors(l);
	l->leaving = true;
	for (size_t i = 0; i < l->door_count; i++)
		(void)accept_some(&l->doors[i], LEAVE_MOST);
	loop_unset(l->w.loop, &l->pause);
	control_say(&l->control, WORKER_LEFT);
}

static void on_stop_over(void *cookie)
{
	struct life *l = cookie;

	loop_stop(l->w.loop);
}

static void stop(struct life *l)
{
	if (l->w.stopping)
		return;
	l->w.stopping = true;
	leave(l);
	conn_stop_all(&l->w);
	loop_set(l->w.loop, &l->stop, loop_now_ms(l->w.loop) + STOP_MS);
}

static void on_control(void *cookie, uint32_t events)
{
	struct life *l = cookie;
	enum worker_word word;

	(void)events;
	if (!control_hear(l->w.loop, &l->control, &word))
		return;
	switch (word) {
	case WORKER_ASK:
		control_say(&l->control, WORKER_HERE);
		break;
	case WORKER_BEGIN:
		watch_doors(l);
		break;
	case WORKER_LEAVE:
		leave(l);
		break;
	case WORKER_STOP:
		stop(l);
		break;
	case WORKER_READY:
	case WORKER_LEFT:
	case WORKER_KNOCK:
	case WORKER_HERE:
		break;
	}
	end_if_idle(l);
}

static size_t most_connections(const struct settings *s)
{
	size_t most = s->limits.connections;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < most + OTHER_FDS)
		most = r.rlim_cur > OTHER_FDS + 1 ? r.rlim_cur - OTHER_FDS : 1;
	return most;
}

static int open_doors(struct life *l, const struct listeners *from)
{
	l->doors = calloc(from->count + 1, sizeof(*l->doors));
	if (l->doors == NULL)
		return -1;
	for (size_t i = 0; i < from->count; i++) {
		struct door_watch *d = &l->doors[l->door_count++];

		d->life = l;
		d->door = from->at[i].door;
		d->watch = (struct watch){ from->at[i].fd, on_door, d };
	}
	return 0;
}

/* Give up what is not needed; what the kernel lacks is told once. */
static int enter_sandbox(struct life *l, unsigned slot, struct err *err)
{
	char lacks[64], readable[PATH_MAX];

	sandbox_no_dump();
	l->challenges = challenges_open(&l->g->config->settings, readable);
	if (sandbox_enter(l->challenges >= 0 ? readable : NULL, lacks,
	        sizeof(lacks), err) != 0) {
		err_prefix(err, "the sandbox");
		return -1;
	}
	if (lacks[0] != '\0' && l->g->number == 1 && slot == 0)
		log_notice("the sandbox lacks %s", lacks);
	return 0;
}

static int open_house(struct life *l, struct err *err)
{
	const struct settings *s = l->w.settings;
	const struct tls_calls calls = {
		.find = find,
		.challenge = find_challenge,
		.cookie = l,
	};
	const struct site_plan plan = {
		.catalog = l->g->config->catalog,
		.host = s->host,
		.challenges = l->challenges,
		.redirect = s->acme.redirect,
	};

	l->w.tls = tls_new(&calls, CACHE_BYTES, err);
	l->w.site = site_new(&plan, err);
	if (l->w.tls == NULL || l->w.site == NULL)
		return -1;
	return session_prove(l->w.tls, err);
}

static int get_ready(struct life *l, const struct listeners *listeners,
    int control, unsigned slot, struct err *err)
{
	const struct settings *s = &l->g->config->settings;

	log_configure(s->log_level, s->log_json);
	log_count_drops(&l->w.row->counts[STAT_LOG_DROPPED]);
	if (enter_sandbox(l, slot, err) != 0)
		return -1;
	l->w.settings = s;
	l->w.knock_fd = config_renews(s) ? control : -1;
	l->w.most = most_connections(s);
	l->w.on_close = on_close;
	l->w.owner = l;
	l->w.loop = loop_new();
	l->w.peers = peers_new(l->w.most);
	if (l->w.loop == NULL || l->w.peers == NULL ||
	    open_doors(l, listeners) != 0) {
		err_set_errno(err, "cannot start");
		return -1;
	}
	if (open_house(l, err) != 0)
		return -1;
	l->pause = (struct timer){ .on_time = on_pause_over, .cookie = l };
	l->stop = (struct timer){ .on_time = on_stop_over, .cookie = l };
	l->control = (struct watch){ control, on_control, l };
	if (loop_add(l->w.loop, &l->control, EPOLLIN) != 0) {
		err_set_errno(err, "epoll");
		return -1;
	}
	return 0;
}

int worker_run(const struct generation *g, const struct listeners *listeners,
    int control, unsigned slot, struct stats *stats, size_t row)
{
	struct life l = {
		.g = g,
		.w.stats = stats,
		.w.row = &stats->rows[row],
		.w.strangers = &stats->strangers[row],
		.challenges = -1,
	};
	struct err err;

	if (get_ready(&l, listeners, control, slot, &err) != 0) {
		log_error("worker: %s", err.text);
		l.status = EXIT_FAILURE;
		goto out;
	}
	control_say(&l.control, WORKER_READY);
	if (loop_run(l.w.loop) != 0) {
		log_error("worker: epoll: %s", strerror(errno));
		l.status = EXIT_FAILURE;
	}
out:
	l.leaving = false;
	while (l.w.first != NULL)
		conn_close(l.w.first);
	conn_free_spares(&l.w);
	tell_untold(&l.w);
	site_free(l.w.site);
	tls_free(l.w.tls);
	peers_free(l.w.peers);
	loop_free(l.w.loop);
	free(l.doors);
	if (l.challenges >= 0)
		(void)close(l.challenges); /* was only named */
	return l.status;
}
