/* SPDX-License-Identifier: ISC */
#ifndef TLS_PAIR_JUDGE_H
#define TLS_PAIR_JUDGE_H

#include "tls/pair.h"

/*
 * What a pair must be to be served. A judge keeps what it learnt from one
 * pair for those like it, which costs a third then. One thread's alone.
 */
struct judge;

/* Where the pair is from, where its names go, and a fault's words. */
struct judged {
	struct arena *arena;
	const char *cert, *key; /* paths */
	struct err *err;
};

struct judge *judge_new(void); /* NULL: OpenSSL cannot be set up */
void judge_free(struct judge *j);

/*
 * *p holds DER, equal intermediates as the same bytes, which outlive j. 0,
 * its names and dates, and *ret_oddities; or -1 and f's err.
 */
int judge_pair(struct judge *j, const struct judged *f, struct pair *p,
    unsigned *ret_oddities);

#endif
