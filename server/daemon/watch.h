/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Are the files still what was read? inotify on their directories tells at
 * once, a stat every 30 s where a file system does not tell, and a look every
 * second while a directory is missing. What it tells is settled: 200 ms after
 * the last event, 2 s at most after the first.
 */

struct file_id;
struct loop;
struct watcher;

enum watch_kind { WATCH_CONFIG, WATCH_PAIRS, WATCH_KINDS };

struct watcher_calls {
	/* Files have changed, of either or both kinds. */
	void (*on_change)(void *cookie, bool config, bool pairs);
	/* As far as stat tells, are the pairs what was read? */
	bool (*pairs_are_current)(void *cookie);
	void *cookie;
};

/* NULL: no memory. Without inotify it goes on with what is left, and says so.
 */
struct watcher *watcher_new(struct loop *l, const struct watcher_calls *calls);
void watcher_free(struct watcher *w);

/*
 * From now on watch these files and directories, links followed, instead of
 * those of this kind before. Strings are copied. ids (of WATCH_CONFIG; else
 * NULL) are the identities that were read: one that differs by now is a change.
 */
void watcher_set(struct watcher *w, enum watch_kind kind,
    const char *const *paths, const struct file_id *ids, size_t count);

/* All is about to be read: what settles until now is no news any more. */
void watcher_forget(struct watcher *w);

#endif
