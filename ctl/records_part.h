/* SPDX-License-Identifier: ISC */
#ifndef CTL_RECORDS_PART_H
#define CTL_RECORDS_PART_H

#include <stdbool.h>
#include <stddef.h>

/* Between records.c, the forms that it prints, and what DNS says already. */

struct arena;
struct err;
struct rr;
struct settings;

struct shown {
	const struct rr *record;
	/* What stands in DNS, as rr_from_wire; NULL: it was not asked. */
	const char *const *live;
	size_t live_count;
};

/* What is to be shown, in the order of rr.h. */
struct showing {
	struct shown *at;
	size_t count;
};

/*
 * Leave in s only what differs from what DNS says, in memory of a. What could
 * not be asked is told on standard error and counted. 0; or -1 and err: there
 * is no resolver.
 */
int records_compare(struct showing *s, const struct settings *settings,
    struct arena *a, size_t *ret_failed, struct err *err);

/*
 * Each prints on standard output. Records that wait, or that a person must
 * complete, are comments in zone and nsupdate; in csv and json the second are
 * left out, and records.c tells of them. compared: with what DNS says.
 */
void records_zone(const struct showing *s, bool compared);
void records_nsupdate(const struct showing *s, bool compared);
void records_csv(const struct showing *s, bool compared);
void records_json(const struct showing *s, bool compared);

#endif
