/* SPDX-License-Identifier: ISC */
#ifndef CTL_RENEW_ACCOUNT_H
#define CTL_RENEW_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "uacme.h"

struct renew;

/* The account at the CA, and what ends a run for its sake. */

/* What uacme is run with. */
struct uacme_plan renew_uacme_plan(const struct renew *r);

/*
 * See to it that there is an account, made at its first use for a directory,
 * an address and an EAB. False: there is none, and the run ends.
 */
bool renew_have_account(struct renew *r);

/* The CA does not know it: make it anew, once a run. False: the run ends. */
bool renew_lost_account(struct renew *r, const char *words);

/* A pause over an account that is wanted no more is over. */
void renew_judge_pause(struct renew *r);

/* No order for so long, and the run ends; told. */
void renew_pause(struct renew *r, int64_t seconds, const char *words);

#endif
