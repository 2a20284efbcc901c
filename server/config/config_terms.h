/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_CONFIG_TERMS_H
#define CONFIG_CONFIG_TERMS_H

#include "config/config_map.h"
#include "policy/policy.h"

/*
 * What defaults, a named policy and a domain may say of a policy, each key
 * with its place; NULL there: nothing was said.
 */

struct terms {
	const struct node *mode_at, *mx_at, *max_age_at, *tlsrpt_at;
	enum mode mode;
	const char *const *mx;
	size_t mx_count;
	int64_t max_age_s;
	const char *tlsrpt; /* joined and escaped for the record; NULL: off */
	bool age_told, size_told; /* a warning is told once a place */
};

/* A domain's own. */
struct entry {
	struct terms terms; /* first: it shares their readers */
	const struct node *policy_at, *id_at, *delegated_at;
	const char *policy; /* a name; NULL: none */
	const char *id;     /* as written: "ID@BEGINNING" */
	bool delegated;
};

/* The rows of the schema for defaults and policies; for a domain. */
extern const struct key terms_keys[], entry_keys[];

/* Its target: struct terms **. */
read_fn read_defaults;

#endif
