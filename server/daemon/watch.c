/* SPDX-License-Identifier: ISC */

/*
 * One inotify instance. Of every path its directory is watched (a rename over
 * a file is an event of the directory) and, where links lead elsewhere, the
 * directory of what it really is. Events are only a hint to look: what is
 * compared by the periodic stat is the identity of each path.
 */

#include "daemon/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"

#define SETTLE_MS   200
#define PATIENCE_MS 2000
#define LOOK_MS     30000
#define MISSING_MS  1000

static const uint32_t wanted = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                               IN_CREATE | IN_DELETE | IN_ATTRIB |
                               IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

struct path {
	char *text;
	struct file_id id;
};

struct directory {
	char *text;
	int wd;
};

struct group {
	struct path *paths;
	size_t count;
	struct directory *dirs;
	size_t dir_count;
	bool missing; /* a directory is not there, or cannot be watched */
};

struct watcher {
	struct loop *loop;
	struct watcher_calls calls;
	struct watch inotify; /* fd -1: there is none */
	struct timer settle, look;
	int64_t first_ms; /* of the events that settle now; 0: none */
	bool dirty[WATCH_KINDS];
	struct group groups[WATCH_KINDS];
};

static void mark(struct watcher *w, enum watch_kind kind)
{
	int64_t now = loop_now_ms(w->loop), at = now + SETTLE_MS;

	if (w->first_ms == 0)
		w->first_ms = now;
	if (at > w->first_ms + PATIENCE_MS)
		at = w->first_ms + PATIENCE_MS;
	w->dirty[kind] = true;
	loop_set(w->loop, &w->settle, at);
}

/* Is a file being written that a look has found, not its closing? */
static bool is_moving(const struct group *g)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	for (size_t i = 0; i < g->count; i++) {
		int64_t age_ms = (int64_t)now.tv_sec * 1000 +
		                 now.tv_nsec / 1000000 -
		                 g->paths[i].id.mtime_ns / 1000000;

		if (age_ms >= 0 && age_ms < SETTLE_MS / 2)
			return true;
	}
	return false;
}

static void on_settled(void *cookie)
{
	struct watcher *w = cookie;
	bool config = w->dirty[WATCH_CONFIG], pairs = w->dirty[WATCH_PAIRS];
	struct group *g = &w->groups[WATCH_CONFIG];
	int64_t now = loop_now_ms(w->loop);

	/* Taken before the reading: what is refused is not read again. */
	for (size_t i = 0; config && i < g->count; i++)
		file_identify(g->paths[i].text, &g->paths[i].id);
	if (config && is_moving(g) && now < w->first_ms + PATIENCE_MS) {
		mark(w, WATCH_CONFIG);
		return;
	}
	w->first_ms = 0;
	memset(w->dirty, 0, sizeof(w->dirty));
	w->calls.on_change(w->calls.cookie, config, pairs);
}

static int compare_dirs(const void *a, const void *b)
{
	const struct directory *x = a, *y = b;

	return x->wd < y->wd ? -1 : x->wd > y->wd;
}

static struct directory *find_dir(struct group *g, int wd)
{
	struct directory key = { .wd = wd };

	return g->dir_count == 0 ? NULL
	                         : bsearch(&key, g->dirs, g->dir_count,
	                               sizeof(key), compare_dirs);
}

/*
 * A file just created is empty or half written: its close will be told. A
 * link or a directory is whole as it appears, and a hard link has a second.
 */
static bool is_whole(const struct directory *d, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", d->text, name) >=
	    sizeof(path))
		return true;
	if (lstat(path, &st) != 0)
		return false;
	return !S_ISREG(st.st_mode) || st.st_nlink > 1;
}

static void take_event(struct watcher *w, const struct inotify_event *e)
{
	for (int kind = 0; kind < WATCH_KINDS; kind++) {
		struct group *g = &w->groups[kind];
		struct directory *d = find_dir(g, e->wd);

		if (e->mask & IN_Q_OVERFLOW) {
			mark(w, (enum watch_kind)kind);
			continue;
		}
		if (d == NULL)
			continue;
		if ((e->mask & IN_CREATE) && e->len > 0 &&
		    !is_whole(d, e->name))
			continue;
		if (e->mask & (IN_IGNORED | IN_MOVE_SELF)) {
			g->missing = true;
			loop_set(w->loop, &w->look,
			    loop_now_ms(w->loop) + MISSING_MS);
		}
		mark(w, (enum watch_kind)kind);
	}
	/* What has another name is not ours any more: forget it. */
	if (e->mask & IN_MOVE_SELF)
		(void)inotify_rm_watch(w->inotify.fd, e->wd);
}

static void on_inotify(void *cookie, uint32_t events)
{
	_Alignas(struct inotify_event) char bytes[16384];
	struct watcher *w = cookie;
	ssize_t n;

	(void)events;
	while ((n = read(w->inotify.fd, bytes, sizeof(bytes))) > 0) {
		const char *p = bytes, *end = bytes + n;

		while (p < end) {
			const struct inotify_event *e = (const void *)p;

			take_event(w, e);
			p += sizeof(*e) + e->len;
		}
	}
}

/* Watch d; false: it is not there or cannot be watched. */
static bool add_dir(struct watcher *w, struct directory *d)
{
	d->wd = w->inotify.fd < 0
	            ? -1
	            : inotify_add_watch(w->inotify.fd, d->text, wanted);
	return d->wd >= 0;
}

static void add_dirs(struct watcher *w, struct group *g)
{
	int64_t now = loop_now_ms(w->loop);
	bool missing = false, refused = false;

	for (size_t i = 0; i < g->dir_count; i++) {
		if (add_dir(w, &g->dirs[i]))
			continue;
		if (errno == ENOENT || errno == ENOTDIR)
			missing = true;
		else
			refused = true;
	}
	if (refused && w->inotify.fd >= 0)
		log_notice("a directory cannot be watched: %s; its files are "
		           "looked at every %d s",
		    strerror(errno), LOOK_MS / 1000);
	if (g->dir_count > 0)
		qsort(g->dirs, g->dir_count, sizeof(*g->dirs), compare_dirs);
	g->missing = missing;
	if (missing)
		loop_set(w->loop, &w->look, now + MISSING_MS);
}

static bool has_changed(struct watcher *w, enum watch_kind kind)
{
	const struct group *g = &w->groups[kind];

	if (kind == WATCH_PAIRS)
		return !w->calls.pairs_are_current(w->calls.cookie);
	for (size_t i = 0; i < g->count; i++) {
		struct file_id id;

		file_identify(g->paths[i].text, &id);
		if (!file_same(&id, &g->paths[i].id))
			return true;
	}
	return false;
}

static void on_look(void *cookie)
{
	struct watcher *w = cookie;
	int64_t next = LOOK_MS;

	for (int kind = 0; kind < WATCH_KINDS; kind++) {
		struct group *g = &w->groups[kind];

		if (g->missing)
			add_dirs(w, g);
		if (has_changed(w, (enum watch_kind)kind))
			mark(w, (enum watch_kind)kind);
		if (g->missing)
			next = MISSING_MS;
	}
	loop_set(w->loop, &w->look, loop_now_ms(w->loop) + next);
}

struct watcher *watcher_new(struct loop *l, const struct watcher_calls *calls)
{
	struct watcher *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->loop = l;
	w->calls = *calls;
	w->settle = (struct timer){ .on_time = on_settled, .cookie = w };
	w->look = (struct timer){ .on_time = on_look, .cookie = w };
	w->inotify = (struct watch){ inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
		on_inotify, w };
	if (w->inotify.fd >= 0 && loop_add(l, &w->inotify, EPOLLIN) != 0)
		loop_close(l, &w->inotify);
	if (w->inotify.fd < 0)
		log_notice("no inotify: %s; files are looked at every %d s",
		    strerror(errno), LOOK_MS / 1000);
	loop_set(l, &w->look, loop_now_ms(l) + LOOK_MS);
	return w;
}

static void empty(struct group *g)
{
	for (size_t i = 0; i < g->count; i++)
		free(g->paths[i].text);
	for (size_t i = 0; i < g->dir_count; i++)
		free(g->dirs[i].text);
	free(g->paths);
	free(g->dirs);
	memset(g, 0, sizeof(*g));
}

static char *copy(const char *text)
{
	char *p = strdup(text);

	if (p == NULL)
		arena_no_memory();
	return p;
}

/* path's own directory, or path itself where it is one. */
static char *directory_of(const char *path)
{
	struct stat st;
	char *dir = copy(path), *slash;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return dir;
	slash = strrchr(dir, '/');
	if (slash == NULL) {
		free(dir);
		return copy(".");
	}
	slash[slash == dir ? 1 : 0] = '\0';
	return dir;
}

static void push_dir(struct group *g, char *text)
{
	if (g->dir_count > 0 &&
	    strcmp(g->dirs[g->dir_count - 1].text, text) == 0) {
		free(text);
		return;
	}
	g->dirs[g->dir_count++] = (struct directory){ text, -1 };
}

static void fill(struct group *g, const char *const *paths,
    const struct file_id *ids, size_t count)
{
	g->paths = calloc(count + 1, sizeof(*g->paths));
	g->dirs = calloc(count * 2 + 1, sizeof(*g->dirs));
	if (g->paths == NULL || g->dirs == NULL)
		arena_no_memory();
	for (size_t i = 0; i < count; i++) {
		struct path *p = &g->paths[g->count++];
		char *real = realpath(paths[i], NULL);

		p->text = copy(paths[i]);
		if (ids != NULL)
			p->id = ids[i];
		push_dir(g, directory_of(paths[i]));
		if (real != NULL && strcmp(real, paths[i]) != 0)
			push_dir(g, directory_of(real));
		free(real);
	}
}

/* Directories of old that nobody watches any more. */
static void remove_dirs(struct watcher *w, struct group *old)
{
	for (size_t i = 0; i < old->dir_count; i++) {
		bool used = old->dirs[i].wd < 0;

		for (int kind = 0; kind < WATCH_KINDS; kind++)
			used =
			    used || find_dir(&w->groups[kind], old->dirs[i].wd);
		if (!used)
			(void)inotify_rm_watch(w->inotify.fd, old->dirs[i].wd);
	}
}

void watcher_set(struct watcher *w, enum watch_kind kind,
    const char *const *paths, const struct file_id *ids, size_t count)
{
	struct group old = w->groups[kind];

	memset(&w->groups[kind], 0, sizeof(old));
	fill(&w->groups[kind], paths, ids, count);
	add_dirs(w, &w->groups[kind]);
	remove_dirs(w, &old);
	empty(&old);
	/* What changed between the reading and the watching. */
	if (has_changed(w, kind))
		mark(w, kind);
}

void watcher_forget(struct watcher *w)
{
	if (w->inotify.fd >= 0)
		on_inotify(w, EPOLLIN);
	w->first_ms = 0;
	memset(w->dirty, 0, sizeof(w->dirty));
	loop_unset(w->loop, &w->settle);
}

void watcher_free(struct watcher *w)
{
	if (w == NULL)
		return;
	for (int kind = 0; kind < WATCH_KINDS; kind++)
		empty(&w->groups[kind]);
	if (w->inotify.fd >= 0) {
		loop_remove(w->loop, &w->inotify);
		(void)close(w->inotify.fd);
	}
	loop_unset(w->loop, &w->settle);
	loop_unset(w->loop, &w->look);
	free(w);
}
