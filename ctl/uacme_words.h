/* SPDX-License-Identifier: ISC */
#ifndef CTL_UACME_WORDS_H
#define CTL_UACME_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What uacme and the CA said, as a verdict and in words (RFC 8555 section
 * 6.7, RULES A5). A pure function of bytes that a stranger had his hands in.
 */

struct uacme_result;

struct uacme_said {
	const char *output; /* with -vvv, standard output and error */
	size_t len;
	int status;       /* its exit status; -1: it was ended, being late */
	int64_t limit_ms; /* after which it was late */
	const char *host; /* NULL: it was to make the account */
	bool our_hook;    /* the hook takes what passed the pre-flight */
	int64_t now_s;    /* the system's clock */
};

void uacme_judge(const struct uacme_said *s, struct uacme_result *ret_r);

#endif
