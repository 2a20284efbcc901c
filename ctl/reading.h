/* SPDX-License-Identifier: ISC */
#ifndef CTL_READING_H
#define CTL_READING_H

struct catalog_entry;
struct config;
struct faults;

/*
 * The configuration as verbs read it, and what they say of it. Nothing is
 * taken from the last good catalog: it is the files' own word.
 */

/*
 * Read the configuration at path, domains too. NULL where its settings cannot
 * be used; every fault and warning goes to f.
 */
struct config *reading_open(const char *path, struct faults *f);

/* The faults of f, not its warnings, on standard error. */
void reading_tell_faults(struct faults *f);

/*
 * The entry of a domain as a person wrote it (U-labels, upper case). NULL:
 * there is none, and why was told on standard error: the faults of f that name
 * it, or that it is not configured, with all faults that may hide it.
 */
const struct catalog_entry *reading_find(
    const struct config *c, struct faults *f, const char *text);

#endif
