/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_H
#define CTL_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/*
 * What DNS says, asked by many threads at once. Every lookup is a fresh one
 * with a deadline of its own, and no name that hangs holds up another. CNAMEs
 * are followed. The hosts file is not looked at: no CA sees it.
 */

struct dns;
struct endpoints;
struct err;

#define DNS_LIMIT_MS     10000 /* of a lookup, whatever its deadline is */
#define DNS_ALIAS_MAX    256
#define DNS_WORDS_MAX    128
#define DNS_TOGETHER_MAX 8 /* questions */

enum { DNS_A = 1, DNS_SOA = 6, DNS_MX = 15, DNS_TXT = 16 };
enum { DNS_AAAA = 28, DNS_TLSA = 52, DNS_CAA = 257 };

enum dns_outcome {
	DNS_FOUND,
	DNS_NO_NAME,   /* NXDOMAIN */
	DNS_NO_RECORD, /* the name is there, but nothing of that type */
	DNS_FAILED,    /* SERVFAIL, or no answer in time */
};

struct dns_record {
	const unsigned char *data;
	size_t len;
};
struct dns_answer {
	enum dns_outcome outcome;
	char alias[DNS_ALIAS_MAX]; /* where CNAMEs led to; "": there is none */
	char words[DNS_WORDS_MAX]; /* of DNS_FAILED */
	struct dns_record *records;
	size_t count;
	void *result; /* holds the records' data */
};

/*
 * Ask resolver, or the system's where it has none. stop_fd (-1: none):
 * readable, it ends every lookup at once as failed. NULL and err: there is
 * none.
 */
struct dns *dns_new(
    const struct endpoints *resolver, int stop_fd, struct err *err);
void dns_free(struct dns *d);

struct dns_question {
	const char *name;
	int type;
};
/* The records of a type; deadline_ms as clock_now_ms. To be given to _fini. */
void dns_lookup(struct dns *d, const char *name, int type, int64_t deadline_ms,
    struct dns_answer *ret_answer);
/* Up to DNS_TOGETHER_MAX of them side by side, as many answers. */
void dns_lookups(struct dns *d, const struct dns_question *questions,
    size_t count, int64_t deadline_ms, struct dns_answer *ret_answers);
void dns_answer_fini(struct dns_answer *a);

/* Is not even the root answered? Then no fault is any domain's. */
bool dns_is_deaf(struct dns *d, int64_t deadline_ms);

#endif
