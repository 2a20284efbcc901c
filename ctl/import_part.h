/* SPDX-License-Identifier: ISC */
#ifndef CTL_IMPORT_PART_H
#define CTL_IMPORT_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

/* Among the files of import: from facts to what is to be written. */

struct arena;
struct facts;

enum plan_kind {
	PLAN_LIVE,     /* a live policy, taken over */
	PLAN_PROPOSED, /* mode testing, where none is live */
	PLAN_COMMENT,  /* for a person to look at: why */
};

struct group {
	const char *name; /* NULL: its entries say all themselves */
	const char *base; /* of the name, and the number behind it */
	unsigned number;  /* 1: none */
	size_t count;
	bool shares_reports; /* all have the same TLSRPT addresses */
	const struct plan *first;
};

#define PLAN_NOTES_MAX   8
#define PLAN_REPORTS_MAX 16 /* as the configuration has it */

struct plan {
	const struct facts *f;
	enum plan_kind kind;
	const char *why; /* of PLAN_COMMENT */
	bool troubled;   /* of PLAN_COMMENT: something is live */
	bool has_policy; /* of PLAN_COMMENT it is a proposal */
	struct policy policy;
	const char *pin; /* "ID@PREFIX"; NULL: the id is the computed */
	const char *reports[PLAN_REPORTS_MAX];
	size_t report_count;
	const char *notes[PLAN_NOTES_MAX];
	size_t note_count;
	const char *key; /* equal for equal mx and max_age */
	struct group *group;
	size_t order;
};

/* import_judge.c: what is to be done about f. */
void plan_judge(struct plan *p, const struct facts *f, struct arena *a);
void plan_note(struct plan *p, struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * import_group.c: plans with equal mx and max_age come under one name. taken:
 * names in use. In order of appearance.
 */
struct groups {
	struct group **at;
	size_t count;
};
void plans_group(struct plan *plans, size_t count, const char *const *taken,
    size_t taken_count, struct arena *a, struct groups *ret_groups);

/* import_provider.c: who takes mail for many. */
struct provider {
	const char *name; /* as in conf/providers.yaml */
	const char *mx[4];
	size_t mx_count;
};
#define PROVIDER_MAX_AGE 604800

/* Whose all these names, hosts or patterns, are. NULL: no provider's. */
const struct provider *provider_find(const char *const *names, size_t count);
/* Number index; NULL: there are no more. */
const struct provider *provider_at(size_t index);

#endif
