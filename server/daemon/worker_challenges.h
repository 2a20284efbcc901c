/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_CHALLENGES_H
#define DAEMON_WORKER_CHALLENGES_H

#include <limits.h>

/*
 * The directory of challenge files, where this node answers a CA by itself:
 * not without `acme`, nor where another node or another hook does it.
 */

struct settings;

/* For the manager, before it forks: make it. What fails is told. */
void challenges_make(const struct settings *s);

/*
 * A descriptor of it, for openat alone, and its path, for the sandbox; or -1
 * and "": none is answered here.
 */
int challenges_open(const struct settings *s, char ret_path[PATH_MAX]);

#endif
