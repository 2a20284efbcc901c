/* SPDX-License-Identifier: ISC */

/*
 * The life of the admin process, and which page is which. What the pages say
 * comes from the generation it was forked with and from the memory that all
 * processes share; it writes nothing anywhere.
 */

#include "daemon/admin.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "config/config.h"
#include "daemon/admin_part.h"
#include "daemon/generation.h"
#include "daemon/listen.h"
#include "daemon/sandbox.h"
#include "daemon/stats.h"
#include "daemon/worker.h"
#include "daemon/worker_control.h"
#include "http/console.h"

#define NAME           "mta-stsd-admin" /* as ps shows it */
#define ACCEPT_AT_ONCE 16
#define PAUSE_MS       100 /* out of descriptors: ask again then */
#define STOP_MS        2000

struct door_watch {
	struct watch watch;
	struct life *life;
};

struct life {
	struct sight sight;
	struct loop *loop;
	struct console *console;
	struct door_watch *doors;
	size_t door_count;
	bool accepting, leaving;
	struct timer pause, stop;
	struct watch control;
};

static void answer_probe(const char *why_not, FILE *to, struct page *p)
{
	p->status = why_not != NULL ? 503 : 200;
	(void)fprintf(to, "%s\n", why_not != NULL ? why_not : "well");
}

static void answer(void *cookie, const char *path, struct page *ret_page)
{
	const struct life *l = cookie;
	const struct sight *s = &l->sight;
	struct page p = *ret_page;
	FILE *to = open_memstream(&p.text, &p.len);

	if (to == NULL) {
		ret_page->status = 503;
		return;
	}
	if (strcmp(path, "/livez") == 0) {
		answer_probe(sight_not_alive(s), to, &p);
	} else if (strcmp(path, "/readyz") == 0) {
		answer_probe(sight_not_ready(s), to, &p);
	} else if (strcmp(path, "/status") == 0) {
		p.status = 200;
		p.type = "application/json";
		status_write(s, to);
	} else if (strcmp(path, "/metrics") == 0) {
		p.status = 200;
		p.type = "text/plain; version=0.0.4; charset=utf-8";
		metrics_write(s, to);
	}
	if (fclose(to) == 0 && p.status != 404) {
		*ret_page = p;
		return;
	}
	ret_page->status = p.status == 404 ? 404 : 503;
	free(p.text);
}

static void end_if_idle(struct life *l)
{
	if (l->leaving && console_held(l->console) == 0)
		loop_stop(l->loop);
}

static void on_close(void *cookie)
{
	struct life *l = cookie;

	if (l->console != NULL)
		end_if_idle(l);
}

static void unwatch_doors(struct life *l)
{
	for (size_t i = 0; l->accepting && i < l->door_count; i++)
		loop_remove(l->loop, &l->doors[i].watch);
	l->accepting = false;
}

static void watch_doors(struct life *l)
{
	if (l->accepting || l->leaving)
		return;
	l->accepting = true;
	for (size_t i = 0; i < l->door_count; i++)
		if (loop_add(l->loop, &l->doors[i].watch, EPOLLIN) != 0) {
			log_error("admin: cannot accept: %s", strerror(errno));
			loop_stop(l->loop);
		}
}

static void on_pause_over(void *cookie)
{
	watch_doors(cookie);
}

static void on_door(void *cookie, uint32_t events)
{
	struct door_watch *d = cookie;
	struct life *l = d->life;

	(void)events;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(from);
		int fd = accept4(d->watch.fd, (struct sockaddr *)&from, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			console_take(l->console, fd,
			    (const struct sockaddr *)&from, len);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			unwatch_doors(l);
			loop_set(l->loop, &l->pause,
			    loop_now_ms(l->loop) + PAUSE_MS);
		}
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

static void on_stop_over(void *cookie)
{
	struct life *l = cookie;

	loop_stop(l->loop);
}

/* What is queued is for the next generation's, if there is one. */
static void leave(struct life *l)
{
	unwatch_doors(l);
	loop_unset(l->loop, &l->pause);
	l->leaving = true;
	loop_set(l->loop, &l->stop, loop_now_ms(l->loop) + STOP_MS);
	end_if_idle(l);
}

static void on_control(void *cookie, uint32_t events)
{
	struct life *l = cookie;
	enum worker_word word;

	(void)events;
	if (!control_hear(l->loop, &l->control, &word))
		return;
	if (word == WORKER_ASK)
		control_say(&l->control, WORKER_HERE);
	else if (word == WORKER_BEGIN)
		watch_doors(l);
	else if (word == WORKER_LEAVE || word == WORKER_STOP)
		leave(l);
}

static int open_doors(struct life *l, const struct listeners *from)
{
	l->doors = calloc(from->count + 1, sizeof(*l->doors));
	if (l->doors == NULL)
		return -1;
	for (size_t i = 0; i < from->count; i++) {
		struct door_watch *d = &l->doors[l->door_count++];

		d->life = l;
		d->watch = (struct watch){ from->at[i].fd, on_door, d };
	}
	return 0;
}

static int get_ready(
    struct life *l, const struct listeners *from, int control, struct err *err)
{
	const struct settings *s = &l->sight.generation->config->settings;
	const struct console_calls calls = {
		.answer = answer,
		.on_close = on_close,
		.cookie = l,
	};
	char lacks[64]; /* told by a worker */

	log_configure(s->log_level, s->log_json);
	(void)prctl(PR_SET_NAME, NAME); /* for the eye alone */
	sandbox_no_dump();
	if (sandbox_enter(NULL, lacks, sizeof(lacks), err) != 0) {
		err_prefix(err, "the sandbox");
		return -1;
	}
	l->loop = loop_new();
	if (l->loop == NULL || open_doors(l, from) != 0) {
		err_set_errno(err, "cannot start");
		return -1;
	}
	l->console = console_new(l->loop, &calls, err);
	if (l->console == NULL)
		return -1;
	l->pause = (struct timer){ .on_time = on_pause_over, .cookie = l };
	l->stop = (struct timer){ .on_time = on_stop_over, .cookie = l };
	l->control = (struct watch){ control, on_control, l };
	if (loop_add(l->loop, &l->control, EPOLLIN) != 0) {
		err_set_errno(err, "epoll");
		return -1;
	}
	return 0;
}

int admin_run(const struct generation *g, const struct listeners *from,
    int control, const struct stats *stats)
{
	struct life l = { .sight = { .generation = g, .stats = stats } };
	int status = EXIT_SUCCESS;
	struct err err;

	if (get_ready(&l, from, control, &err) != 0) {
		log_error("admin: %s", err.text);
		status = EXIT_FAILURE;
		goto out;
	}
	control_say(&l.control, WORKER_READY);
	if (loop_run(l.loop) != 0) {
		log_error("admin: epoll: %s", strerror(errno));
		status = EXIT_FAILURE;
	}
out:
	l.leaving = false;
	console_free(l.console);
	loop_free(l.loop);
	free(l.doors);
	return status;
}
