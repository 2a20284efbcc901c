/* SPDX-License-Identifier: ISC */
#ifndef CTL_RENEW_PAUSE_H
#define CTL_RENEW_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"

/*
 * STATE/renew/pause: while a CA is not to be asked at all, by its own wish, or
 * since it fails (RULES A5). It stays when it is over, until the CA does well.
 */

struct err;

struct pause {
	char directory[ATTEMPT_URL_MAX];
	char account[ATTEMPT_WORDS_MAX]; /* the one refused; "": whichever */
	int64_t since, until;
	unsigned in_row;
	char words[ATTEMPT_WORDS_MAX];
};

/* dir: STATE/renew. 0; 1: there is none; or -1 and err, and it is none. */
int pause_read(const char *dir, struct pause *ret_pause, struct err *err);
bool pause_holds(const struct pause *p, const char *directory, int64_t now);
/*
 * Begin one of so many seconds, in words, for account ("": whichever it is).
 * 0; or -1 and err.
 */
int pause_begin(struct pause *p, const char *dir, const char *directory,
    const char *account, int64_t now, int64_t seconds, const char *words,
    struct err *err);
/* The CA did well. */
void pause_end(struct pause *p, const char *dir);

#endif
