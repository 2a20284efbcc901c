/* SPDX-License-Identifier: ISC */

/* What a child of the manager's has of its descriptors. */

#include "daemon/manager_child.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "daemon/listen.h"

static int compare_ints(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void close_all(int first, int last)
{
	long most = sysconf(_SC_OPEN_MAX);

	if (close_range((unsigned)first, (unsigned)last, 0) == 0)
		return;
	/* A kernel or a container that has no such call. */
	for (int fd = first; fd <= last && fd < most; fd++)
		(void)close(fd);
}

void child_close_others(const struct listeners *l, int control)
{
	size_t count = l->count + 5, n = 0;
	int *keep = calloc(count, sizeof(*keep)), from = 0;

	if (keep == NULL)
		arena_no_memory();
	keep[n++] = STDIN_FILENO;
	keep[n++] = STDOUT_FILENO;
	keep[n++] = STDERR_FILENO;
	keep[n++] = log_descriptor();
	keep[n++] = control;
	for (size_t i = 0; i < l->count; i++)
		keep[n++] = l->at[i].fd;
	qsort(keep, n, sizeof(*keep), compare_ints);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] > from)
			close_all(from, keep[i] - 1);
		from = keep[i] + 1;
	}
	close_all(from, INT_MAX);
	free(keep);
}
