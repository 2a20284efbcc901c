/* SPDX-License-Identifier: ISC */
#ifndef CTL_PAIRS_H
#define CTL_PAIRS_H

#include <stdint.h>

/*
 * The pairs as whoever runs mta-stsctl sees them: often not all, since keys
 * are the daemon's alone, and none at all on a machine that only holds the
 * configuration. What cannot be seen is unknown, not missing; a directory that
 * is not there yet is seen, and empty.
 */

struct pairs;
struct settings;
struct store;

enum readiness { READY_NO, READY_YES, READY_UNKNOWN };

/*
 * The pairs that s names. Never fails: where they cannot be read, or are
 * another's business, pairs_fault says so.
 */
struct pairs *pairs_open(const struct settings *s);
void pairs_free(struct pairs *p);

/* Why not all of them could be read; NULL: they could. Lives with p. */
const char *pairs_fault(const struct pairs *p);

/* What could be read of them; NULL: nothing. Lives with p. */
const struct store *pairs_store(const struct pairs *p);

/*
 * Why the pair in the directory of that name cannot be used; NULL: it can, or
 * there is none. Lives with p.
 */
const char *pairs_note(const struct pairs *p, const char *name);

/*
 * Is there a pair for host that is within its dates at the time now (seconds
 * since the epoch)? Where not, *ret_why says it in words, for ever.
 */
enum readiness pairs_judge(
    const struct pairs *p, const char *host, int64_t now, const char **ret_why);

#endif
