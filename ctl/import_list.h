/* SPDX-License-Identifier: ISC */
#ifndef CTL_IMPORT_LIST_H
#define CTL_IMPORT_LIST_H

#include <stddef.h>

/* The domains that import is given. */

struct arena;
struct faults;

struct import_name {
	const char *domain;  /* A-labels, lower case */
	const char *written; /* in its own script; NULL: it has none */
	const char *file;
	unsigned line, column;
};

struct import_list {
	struct import_name *at; /* in the order of the file */
	size_t count;
};

/*
 * Read a list, one domain a line, "#" begins a comment; or a CSV with a column
 * DomainName, its separator `;`, `,` or a tab. What is wrong goes to f, and
 * costs its line alone; so do, as warnings, domains that are left out: given
 * twice, or Microsoft's own. -1: no domain can be had from it.
 */
int import_list_read(const char *file, const char *bytes, size_t len,
    struct arena *a, struct faults *f, struct import_list *ret_list);

#endif
