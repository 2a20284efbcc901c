/* SPDX-License-Identifier: ISC */
#ifndef CTL_RR_H
#define CTL_RR_H

#include <stddef.h>
#include <stdint.h>

#include "pairs.h"

/*
 * The DNS records that a configuration asks for. They follow from it alone
 * and have a stable order: those of `host:`, those in our zone (`delegated:`),
 * then each domain's, by name. Names, in values too, have no dot at the end.
 */

struct arena;
struct config;

enum rr_type { /* the numbers of DNS */
	RR_A = 1,
	RR_CNAME = 5,
	RR_TXT = 16,
	RR_AAAA = 28,
	RR_CAA = 257,
};

enum rr_place {
	PLACE_HOST,   /* the zone of `host:` */
	PLACE_OURS,   /* our zone, for a domain that is delegated to it */
	PLACE_DOMAIN, /* the domain's own zone */
};

#define RR_TTL 3600 /* seconds */

struct rr {
	enum rr_place place;
	const char *domain; /* whom it is for: a policy domain, or `host:` */
	const char *name;   /* its owner */
	enum rr_type type;
	unsigned ttl;
	/*
	 * A TXT record's strings, joined; a CAA record's in presentation form.
	 * NULL: the configuration does not tell it, and note says what to put.
	 */
	const char *value;
	enum readiness ready; /* may it be published? */
	const char *note;     /* why not, or what is missing; NULL: nothing */
};

struct rrs {
	const struct rr *at;
	size_t count;
};

/* "TXT" */
const char *rr_type_text(enum rr_type t);

/*
 * The records that c asks for, in a, with strings of c. A record that says
 * there is a policy is ready when its host has a pair that is good at the time
 * now, seconds since the epoch; the others always are.
 */
void rr_list(const struct config *c, const struct pairs *p, int64_t now,
    struct arena *a, struct rrs *ret_rrs);

#endif
