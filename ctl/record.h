/* SPDX-License-Identifier: ISC */
#ifndef CTL_RECORD_H
#define CTL_RECORD_H

#include <stddef.h>

/*
 * A small text file that is a struct: its first line is "mta-stsd NAME 1", the
 * version, then each member stands as `key: value` on a line of its own. What
 * is zero or empty is left out.
 */

struct err;

enum record_kind {
	RECORD_TEXT,   /* char[size] */
	RECORD_MOMENT, /* int64_t, seconds since the epoch */
	RECORD_COUNT,  /* unsigned */
	RECORD_WORD,   /* int, an index of words; words[0] is the zero */
};

struct record_row {
	const char *key;
	enum record_kind kind;
	size_t offset, size;      /* in the struct; of a text, with its NUL */
	const char *const *words; /* end with NULL */
};

struct record_form {
	const char *name;
	const struct record_row *rows;
	size_t count;
	size_t size; /* of the struct */
};

/*
 * Read path into the struct at ret_record. 0; 1: there is none; or -1 and err:
 * it cannot be read, is of another version, or not what record_write writes.
 * All zeros where not 0.
 */
int record_read(const char *path, const struct record_form *form,
    void *ret_record, struct err *err);

/*
 * Replace path, synced. Control bytes of a text become spaces. 0; or -1 and
 * err.
 */
int record_write(const char *path, const struct record_form *form,
    const void *record, struct err *err);

#endif
