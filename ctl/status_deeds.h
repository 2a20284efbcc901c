/* SPDX-License-Identifier: ISC */
#ifndef CTL_STATUS_DEEDS_H
#define CTL_STATUS_DEEDS_H

#include "status_part.h"

/* How what status tells is found out, judged and shown. */

struct daemon_host;

/* status_survey.c: all that files tell, and mta-stsd where it is there. */
void status_survey(struct status *s);
/* status_step.c: h's grade, next and step, from the rest of it. */
void status_judge(struct status *s, struct status_host *h);
const char *grade_text(enum grade g);
const char *certificate_text(enum certificate c);
/* "36 d", "5 h", "3 min": how long. */
#define SPAN_MAX 24
void span_words(int64_t seconds, char ret_words[SPAN_MAX]);

/* status_orphans.c: of what there is something, but no entry. */
void status_find_left(struct status *s);
void status_find_orphans(struct status *s);

/*
 * status_daemon.c: ask mta-stsd. An answer that is none, or is of one with
 * another configuration, is told on standard error.
 */
void status_ask(struct status *s);
/* Does it serve all that it has taken, and did it take the last change? */
bool status_daemon_is_well(const struct daemon *d);
/* What it serves of h that is not what stands here; NULL: nothing known. */
const char *status_behind(const struct status *s, const struct status_host *h);
/* Does it serve a domain that is not configured (any more)? */
bool status_lingers(const struct status *s, const struct daemon_host *h);
void status_show_daemon(const struct status *s);

/* status_show.c: on standard output. */
void status_show_all(const struct status *s);
void status_show_one(const struct status *s, const struct status_host *h);
/* The terminal's sequence for it; "": no terminal, or no colour. */
const char *status_colour(enum grade g);
/* status_json.c: of all, or of the one. 0; or -1: no memory. */
int status_show_json(const struct status *s, const struct status_host *one);

#endif
