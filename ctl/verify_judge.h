/* SPDX-License-Identifier: ISC */
#ifndef CTL_VERIFY_JUDGE_H
#define CTL_VERIFY_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "verify.h"

/* The checks that ask nobody: what was found is put in, findings come out. */

struct arena;
struct policy;
struct span;

/* A check of that name whose ground failed. */
void verify_skip(struct verify_report *r, const char *check, const char *why);

/* RULES T1, T2. The id; NULL: it is not to be had. expected may be NULL. */
const char *verify_judge_txt(struct verify_report *r, const struct span *texts,
    size_t count, const char *expected);
/* RULES R1. wanted: that there is none is worth a warning. */
void verify_judge_tlsrpt(struct verify_report *r, const struct span *texts,
    size_t count, bool wanted);

/* RULES H2 to H9 of report->policy. NULL: it is malformed. */
const struct policy *verify_judge_policy(struct verify_report *r);
/* RULES C6. id may be NULL; is_asked: it matters. */
void verify_judge_ours(struct verify_report *r, const char *id, bool is_asked);

/* RULES C3, C4: the policy (NULL: none was to be had) and the MX hosts. */
void verify_judge_mx(struct verify_report *r, const struct policy *p,
    const char *const *hosts, size_t count);
#endif
