/* SPDX-License-Identifier: ISC */
#ifndef CTL_ATTEMPT_H
#define CTL_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What is known of the tries to get one host a certificate: the file
 * STATE/renew/HOST. The words of its lines are in the manual.
 */

struct err;

enum outcome {
	OUTCOME_NONE,    /* never tried */
	OUTCOME_TRYING,  /* written before an order: if read, interrupted */
	OUTCOME_ISSUED,  /* a certificate came */
	OUTCOME_WAITING, /* for DNS: the name does not reach us, or CAA */
	OUTCOME_FAILED,  /* the CA refused it, or could not be used */
	OUTCOME_LIMITED, /* by a limit that names the host or a domain */
};

#define ATTEMPT_URL_MAX   512
#define ATTEMPT_WORDS_MAX 512

#define ATTEMPT_DAY_S         86400
#define ATTEMPT_RETRY_AFTER_S ((int64_t)8 * 86400) /* no CA's is longer */

struct attempt {
	int outcome;                     /* enum outcome, of the last try */
	int64_t tried, next;             /* the last try; not before */
	unsigned failures;               /* in a row */
	unsigned waits;                  /* for DNS, in a row, same sight */
	unsigned interrupted;            /* tries before this, in a row */
	char directory[ATTEMPT_URL_MAX]; /* of the last order, or wait */
	char issued_by[ATTEMPT_URL_MAX]; /* the directory of our pair */
	char result[ATTEMPT_WORDS_MAX];  /* in words */
	char seen[ATTEMPT_WORDS_MAX]; /* by the pre-flight, if not all well */
};

/*
 * dir: STATE/renew. 0; 1: never tried; or -1 and err: it cannot be read or is
 * none of ours, and counts as never tried.
 */
int attempt_read(const char *dir, const char *host, struct attempt *ret_attempt,
    struct err *err);

/* Replace it, synced. 0; or -1 and err. */
int attempt_write(const char *dir, const char *host, const struct attempt *a,
    struct err *err);

/* Take it away; that there is none is well. */
void attempt_remove(const char *dir, const char *host);

/* Was it made at that directory? Of a long URL only the beginning counts. */
bool attempt_was_at(const struct attempt *a, const char *directory);
/* Did another directory issue our pair, as far as is known (RULES A9)? */
bool attempt_issued_elsewhere(const struct attempt *a, const char *directory);

#endif
