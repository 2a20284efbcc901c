/* SPDX-License-Identifier: ISC */
/*
 * The moments of orders. A line is added in place and synced, since the whole
 * file may be long; a line that a crash cut short is dropped, and with the
 * first line of an unknown version all of it.
 */
#include "orders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/moment.h"

#define HEAD      "mta-stsd orders 1\n"
#define BYTES_MAX ((size_t)256 << 20)

struct order {
	int64_t at;
	bool counts; /* placed at our directory */
	char *directory;
};

static int keep(struct orders *o, int64_t at, const char *directory)
{
	char *copy;

	if (o->count == o->room) {
		size_t room = o->room == 0 ? 64 : o->room * 2;
		struct order *more = reallocarray(o->at, room, sizeof(*more));

		if (more == NULL)
			return -1;
		o->at = more;
		o->room = room;
	}
	copy = strdup(directory);
	if (copy == NULL)
		return -1;
	o->at[o->count++] = (struct order){
		.at = at,
		.counts = strcmp(directory, o->directory) == 0,
		.directory = copy,
	};
	return 0;
}

/* "MOMENT DIRECTORY"; another line, and one of long ago, is passed over. */
static int take_line(struct orders *o, char *line, int64_t now)
{
	char *space = strchr(line, ' ');
	int64_t at;

	if (space == NULL)
		return 0;
	*space = '\0';
	if (moment_parse(line, &at) != 0 || at <= now - ORDERS_WINDOW_S)
		return 0;
	return keep(o, at < now ? at : now, space + 1);
}

static int by_moment(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static int take_all(struct orders *o, char *text, int64_t now, struct err *err)
{
	char *next;

	if (*text != '\0' && strncmp(text, HEAD, strlen(HEAD)) != 0) {
		err_set(
		    err, "%s: is not of a version that is known here", o->path);
		return 1;
	}
	for (; (next = strchr(text, '\n')) != NULL; text = next + 1) {
		*next = '\0';
		if (take_line(o, text, now) != 0) {
			err_set(err, "%s: no memory", o->path);
			return -1;
		}
	}
	if (o->count > 1)
		qsort(o->at, o->count, sizeof(*o->at), by_moment);
	return 0;
}

int orders_init(struct orders *o, const char *path, const char *directory,
    int64_t now, struct err *err)
{
	char *text = NULL;
	size_t len;
	int result;

	*o = (struct orders){
		.path = strdup(path),
		.directory = strdup(directory),
	};
	if (o->path == NULL || o->directory == NULL) {
		err_set(err, "%s: no memory", path);
		return -1;
	}
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return 0;
	if (file_read(path, BYTES_MAX, &text, &len, NULL, err) != 0)
		return -1;
	result = take_all(o, text, now, err);
	free(text);
	return result;
}

void orders_fini(struct orders *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->at[i].directory);
	free(o->at);
	free(o->path);
	free(o->directory);
	*o = (struct orders){ 0 };
}

int orders_tidy(struct orders *o, int64_t now, struct err *err)
{
	char *text = NULL, moment[MOMENT_MAX];
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	int result = -1;

	if (to == NULL) {
		err_set_errno(err, "%s", o->path);
		return -1;
	}
	fputs(HEAD, to);
	for (size_t i = 0; i < o->count; i++) {
		if (o->at[i].at <= now - ORDERS_WINDOW_S)
			continue;
		moment_text(o->at[i].at, moment);
		fprintf(to, "%s %s\n", moment, o->at[i].directory);
	}
	if (fclose(to) == 0)
		result = file_replace(o->path, text, len, 0644, err);
	else
		err_set_errno(err, "%s", o->path);
	free(text);
	return result;
}

/* The first order of ours that counts at now; *ret_count: how many. */
static size_t first_of_window(
    const struct orders *o, int64_t now, size_t *ret_count)
{
	size_t first = o->count;

	*ret_count = 0;
	for (size_t i = o->count; i-- > 0;) {
		if (!o->at[i].counts)
			continue;
		if (o->at[i].at <= now - ORDERS_WINDOW_S)
			break;
		first = i;
		++*ret_count;
	}
	return first;
}

size_t orders_room(const struct orders *o, size_t limit, int64_t now)
{
	size_t count;

	(void)first_of_window(o, now, &count); /* how many is asked here */
	return count < limit ? limit - count : 0;
}

int64_t orders_room_at(
    const struct orders *o, size_t limit, size_t count, int64_t now)
{
	size_t placed, i = first_of_window(o, now, &placed), leaving;

	if (count > limit)
		count = limit;
	if (count == 0 || placed + count <= limit)
		return now;
	leaving = placed + count - limit;
	for (;; i++)
		if (o->at[i].counts && --leaving == 0)
			return o->at[i].at + ORDERS_WINDOW_S;
}

/* One line at the end, whole or not at all. */
static int append(int fd, const char *line)
{
	ssize_t len = (ssize_t)strlen(line), n;
	struct stat st;
	int saved;

	if (fstat(fd, &st) != 0)
		return -1;
	n = write(fd, line, (size_t)len);
	if (n == len && fdatasync(fd) == 0)
		return 0;
	saved = n >= 0 && n < len ? ENOSPC : errno;
	/* Where half a line stays, a reader drops it. */
	if (ftruncate(fd, st.st_size) == 0)
		errno = saved;
	return -1;
}

int orders_add(struct orders *o, int64_t now, struct err *err)
{
	int fd = open(o->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
	char *line = NULL, moment[MOMENT_MAX];
	int result = -1;

	moment_text(now, moment);
	if (asprintf(&line, "%s %s\n", moment, o->directory) < 0)
		line = NULL;
	if (line != NULL && fd >= 0 && append(fd, line) == 0)
		result = keep(o, now, o->directory);
	if (result != 0)
		err_set_errno(err, "%s: cannot be written", o->path);
	if (fd >= 0)
		(void)close(fd); /* is synced already, or failed */
	free(line);
	return result;
}
