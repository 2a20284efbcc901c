/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MANAGER_RENEW_CHILD_H
#define DAEMON_MANAGER_RENEW_CHILD_H

#include <limits.h>
#include <sys/types.h>

/*
 * Where mta-stsctl is: beside our own executable, else in ../bin of it. The
 * directory is found once, since an upgrade may replace what we were started
 * from.
 */
struct renew_place {
	char dir[PATH_MAX]; /* ends with a slash; "": it cannot be found out */
};

void renew_place_find(struct renew_place *ret_place);
void renew_place_program(
    const struct renew_place *p, char ret_program[PATH_MAX]);

/*
 * Run program with argv in a process group of its own, which the child leads.
 * It ends with us (SIGTERM), logs where we do, and has of our descriptors no
 * other. *ret_out is the end of its standard output that is ours to read,
 * without blocking. Its id; or -1 and errno.
 */
pid_t renew_spawn(const char *program, const char *const argv[], int *ret_out);

#endif
