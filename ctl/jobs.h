/* SPDX-License-Identifier: ISC */
#ifndef CTL_JOBS_H
#define CTL_JOBS_H

#include <stddef.h>

/* Many jobs that wait for others most of their time, side by side. */

struct jobs {
	size_t count;
	size_t at_once; /* as many threads at most */
	/* In a thread of its own, which no signal reaches. */
	void (*work)(void *cookie, size_t index);
	/* In the caller's thread, as each ends; NULL: not called. */
	void (*on_done)(void *cookie, size_t index);
	void *cookie;
};

/*
 * Do them, the first ones first, and return when the last has ended. Where no
 * thread can be had the caller's does the work.
 */
void jobs_run(const struct jobs *j);

#endif
