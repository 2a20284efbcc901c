/* SPDX-License-Identifier: ISC */
#ifndef CTL_UACME_TALK_H
#define CTL_UACME_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "span.h"

/*
 * uacme's talk with a CA, as what it wrote with -vvv tells it: how far it
 * came, the last answer, and what uacme itself complained of.
 */

enum talk_step {
	STEP_NONE, /* nothing was asked */
	STEP_DIRECTORY,
	STEP_ACCOUNT,
	STEP_ORDER,
	STEP_AUTHORIZATION,
	STEP_CHALLENGE,
	STEP_POLL, /* of the order */
	STEP_FINALIZE,
	STEP_CERTIFICATE,
	STEP_SAVE, /* here */
};

enum talk_word {
	WORD_NONE,
	WORD_ACCOUNT_THERE,  /* `new`: it exists already */
	WORD_ACCOUNT_NONE,   /* the CA does not know it */
	WORD_ACCOUNT_STATUS, /* ... is `state` */
	WORD_EAB,            /* the CA wants credentials */
	WORD_DECLINED,       /* the hook took no challenge */
	WORD_TURNED,         /* a challenge, authorization, order: `state` */
};

struct talk {
	enum talk_step step;
	enum talk_word word; /* the last one */
	struct span origin;  /* of whom was asked last, https://host:port */

	/* The last answer; all of it empty where none came. */
	int status;       /* of HTTP */
	bool broken;      /* it was to be JSON, and is not */
	json_t *document; /* NULL: none, or not to be read */
	int64_t retry_after_s;

	struct span transfer; /* why no answer came at all, in curl's words */
	struct span state;
	struct span trouble; /* here, the first after the last answer */
	struct span hook;    /* the last thing that our hook complained of */
	struct span last;    /* uacme's last line */
	bool waiting;        /* it was, for the CA to come to an end */
};

/* now_s: a date is counted from it where the CA does not say what it is. */
void talk_read(struct talk *t, const char *output, size_t len, int64_t now_s);
void talk_free(struct talk *t);

#define TALK_WAIT_MAX_S (7 * 86400) /* no limit that we know lasts longer */

/*
 * How long to wait for a moment that text tells as Retry-After does (seconds,
 * or a date: RFC 9110 section 10.2.3) or as Let's Encrypt does in its words;
 * 0: it tells none, or one that is over. At most TALK_WAIT_MAX_S.
 */
int64_t talk_wait_s(const char *text, size_t len, int64_t now_s);

#endif
