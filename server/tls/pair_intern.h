/* SPDX-License-Identifier: ISC */
#ifndef TLS_PAIR_INTERN_H
#define TLS_PAIR_INTERN_H

#include "tls/pair.h"

/* Equal certificates kept once, in an arena. All zeros but the arena: empty. */
struct intern {
	struct arena *arena;
	struct der *slots;
	size_t slot_count, count;
};

/* Bytes in the arena that equal der's. */
struct der intern_der(struct intern *in, const struct der *der);

#endif
