/* SPDX-License-Identifier: ISC */
#ifndef CTL_PREFLIGHT_PART_H
#define CTL_PREFLIGHT_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns_addresses.h"
#include "policy/challenge.h"
#include "preflight.h"
#include "preflight_ca.h"

#define ANSWER_LIMIT_MS 5000 /* of one connection and its answer */
#define ANSWER_LIMIT    "5 s"

struct client_tls;
enum { TYPES = 2 };

struct preflight {
	struct preflight_plan plan; /* its stop_fd -1: none */
	struct dns *dns;
	struct client_tls *tls;
	struct preflight_ca *ca;
};

/* What one host is tried with. */
struct trial {
	struct preflight *p;
	const char *host;
	int64_t deadline_ms;
	char token[CHALLENGE_DIGEST + 1];
	char authorization[CHALLENGE_TEXT_MAX]; /* of http-01 */
	char digest[CHALLENGE_DIGEST + 1];      /* of tls-alpn-01 */
	struct dns_addresses addresses;
};

enum sight_kind {
	SIGHT_UNSEEN,
	SIGHT_PASSED,
	SIGHT_OTHER, /* another server answered */
	SIGHT_SILENT,
	SIGHT_FAULT, /* what its words say */
};

/* What was seen of one type at one address. */
struct sight {
	enum sight_kind kind;
	char words[192];
};

void preflight_see_http(
    const struct trial *t, const struct peer *at, struct sight *ret_sight);
void preflight_see_tls(
    const struct trial *t, const struct peer *at, struct sight *ret_sight);

/* How a type is told: "http-01", and the port it is asked on. */
extern const struct preflight_type {
	unsigned bit;
	const char *name;
	unsigned port;
	void (*see)(const struct trial *t, const struct peer *at,
	    struct sight *ret_sight);
} preflight_types[TYPES];
struct sights {
	struct sight of[TYPES][DNS_ADDRESSES_MAX];
};

/* What did not pass, in words; "" where nothing was seen amiss. */
void preflight_tell(
    const struct trial *t, const struct sights *s, char *ret_words, size_t cap);

/*
 * The types among types that CAA allows; if not all of them, in words (cap
 * bytes) why.
 */
unsigned preflight_judge_caa(
    const struct trial *t, unsigned types, char *ret_words, size_t cap);

#endif
