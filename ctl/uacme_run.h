/* SPDX-License-Identifier: ISC */
#ifndef CTL_UACME_RUN_H
#define CTL_UACME_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A program, run to its end or to ours: in a process group of its own, which
 * ends with it, by the limit, or with us, and that inherits nothing from us
 * but the user. What it writes is kept, its start and its end where it is too
 * much, and never stops it.
 */

#define RUN_HEAD_MAX ((size_t)64 << 10)
#define RUN_TAIL_MAX ((size_t)256 << 10)

struct run_plan {
	const char *program;  /* absolute */
	char *const *argv;    /* ends with NULL */
	char *const *envp;    /* all of its environment; ends with NULL */
	const char *work_dir; /* absolute */
	int64_t limit_ms;
	int stop_fd; /* readable: end it at once; -1: none */
	/* But not at once where it has written this, of 64 bytes at most: then
	   it has 10 s. NULL: it never has. */
	const char *near_end;
};

enum run_how {
	RUN_EXITED,   /* number: its exit status */
	RUN_SIGNALED, /* number: the signal, which was not ours */
	RUN_LATE,     /* the limit was reached */
	RUN_STOPPED,  /* stop_fd */
	RUN_FAILED,   /* it was not run at all: err */
};

struct run_end {
	enum run_how how;
	int number;
	char *output; /* the caller's to free; NULL: none */
	size_t len;
	struct err err;
};

/*
 * To be called from the main thread: the program dies with the thread that
 * started it.
 */
void run_program(const struct run_plan *p, struct run_end *ret_end);

#endif
