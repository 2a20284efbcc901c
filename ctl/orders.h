/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_H
#define CTL_ORDERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The pace: how many orders were placed at one directory in the last three
 * hours (RULES A3), kept in the file STATE/renew/orders, a line each. Orders
 * at other directories stay in the file and do not count.
 */

struct err;

#define ORDERS_WINDOW_S ((int64_t)3 * 3600)

struct orders {
	char *path, *directory;
	struct order *at; /* of every directory, oldest first */
	size_t count, room;
};

/*
 * Read them. 0; 1 and err: the file is none of ours and counts as empty; or
 * -1 and err. orders_fini in every case.
 */
int orders_init(struct orders *o, const char *path, const char *directory,
    int64_t now, struct err *err);
void orders_fini(struct orders *o);

/*
 * Write those of the window alone, synced. An order in the future, which the
 * clock has been set back from, counts as placed now. 0; or -1 and err.
 */
int orders_tidy(struct orders *o, int64_t now, struct err *err);

/* How many may be placed now, of limit in any three hours. */
size_t orders_room(const struct orders *o, size_t limit, int64_t now);

/* When will there be room for count (at most limit are seen to)? */
int64_t orders_room_at(
    const struct orders *o, size_t limit, size_t count, int64_t now);

/* One more is about to be placed: written and synced. 0; or -1 and err. */
int orders_add(struct orders *o, int64_t now, struct err *err);

#endif
