/* SPDX-License-Identifier: ISC */
#ifndef TLS_STORE_READ_H
#define TLS_STORE_READ_H

#include "tls/store_entry.h"

struct pair_reader;
struct store_calls;

/* One directory. */
struct task {
	struct step step;
	bool was_read; /* its files; else they were only looked at */
};

/* Directories, and an entry for each, of which the name is set. */
struct reads {
	const char *certs;
	const struct store_calls *calls; /* on_step alone is called */
	struct task *tasks;
	struct entry *entries;
	size_t count;
};

/*
 * Look at each directory and, where task_is_kept does not hold, read its pair:
 * an entry's look and, where it was read, its pair or its fault. Many are read
 * by some threads, which have ended on return; what they made is in arena a,
 * and reader r is this thread's, for a.
 */
void reads_run(
    const struct reads *reads, struct arena *a, struct pair_reader *r);

/* Is it as the last store saw it, so that nothing need be read? */
bool task_is_kept(const struct task *t, const struct entry *e);

#endif
