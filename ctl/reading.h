/* SPDX-License-Identifier: ISC */
#ifndef CTL_READING_H
#define CTL_READING_H

#include <stdbool.h>

struct arena;
struct catalog_entry;
struct config;
struct err;
struct faults;
struct served;

/* The configuration as verbs read it, and what they say of it. */

/*
 * Read the configuration at path, domains too, by the files' own word: nothing
 * is taken from the last good catalog. NULL where its settings cannot be used;
 * every fault and warning goes to f.
 */
struct config *reading_open(const char *path, struct faults *f);

/*
 * The same as a running mta-stsd reads it, merged with the last good catalog,
 * which scratch holds. *ret_unread: why that cannot be read, or empty. served
 * (NULL: not asked for) is read too, and knows more of domains that leave: no
 * warning goes to f for them. Where it cannot be read, that is told.
 */
struct config *reading_open_merged(const char *path, struct arena *scratch,
    struct faults *f, struct served *served, struct err *ret_unread);

/*
 * The same, and where its settings cannot be used what was last good, as
 * mta-stsd goes on with it. *ret_last_good: it is that. NULL: there is none.
 */
struct config *reading_open_served(const char *path, struct arena *scratch,
    struct faults *f, bool *ret_last_good, struct err *ret_unread);

/* The faults of f, not its warnings, on standard error. */
void reading_tell_faults(struct faults *f);

/*
 * The entry of a domain as a person wrote it (U-labels, upper case). NULL:
 * there is none, and why was told on standard error: the faults of f that name
 * it, or that it is not configured, with all faults that may hide it.
 */
const struct catalog_entry *reading_find(
    const struct config *c, struct faults *f, const char *text);

/*
 * The host that a person means: a policy domain stands for its policy host;
 * `host:` is one too. NULL: as above.
 */
const char *reading_find_host(
    const struct config *c, struct faults *f, const char *text);

#endif
