/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_FAULTS_H
#define CONFIG_FAULTS_H

#include <stddef.h>

/*
 * What is wrong with a configuration, all of it, each as one sentence that
 * begins with its place: "FILE:LINE:COLUMN: SUBJECT: what is wrong".
 */

struct faults;

enum severity { SEVERITY_WARNING, SEVERITY_FAULT };

struct place {
	const char *file;
	unsigned line, column; /* from 1; 0: the file as a whole */
};

struct faults *faults_new(void);
void faults_free(struct faults *f);

/* Add one. subject (a domain, a policy's name, a key) may be NULL. */
void faults_add(struct faults *f, enum severity s, struct place at,
    const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

size_t faults_count(const struct faults *f, enum severity s);
/* Number index of all, in the order of file, line and column. */
size_t faults_total(const struct faults *f);
const char *faults_at(
    struct faults *f, size_t index, enum severity *ret_severity);

#endif
