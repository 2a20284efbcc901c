/* SPDX-License-Identifier: ISC */
#ifndef PARTS_TALLY_H
#define PARTS_TALLY_H

#include <stdint.h>

/*
 * What became of the fetches of all threads: how many were good, ended with
 * the server or failed, why, and how long they took.
 */

enum { WHY_MAX = 128 };

/* what, and the words of OpenSSL's queue, which is drained, or of errno. */
void tally_reason(const char *what, char ret_why[WHY_MAX]);

void tally_good(int64_t ns);
void tally_ended(void);
/* The first host of each reason is told. */
void tally_failed(const char *why, const char *host, int64_t ns);

uint64_t tally_failures(void);
void tally_print(int64_t elapsed_ns);

#endif
