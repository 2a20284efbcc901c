/* SPDX-License-Identifier: ISC */
#ifndef CTL_IMPORT_H
#define CTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is live now of a domain, and the configuration that serves the same.
 * What was seen is one thing (facts), what follows from it another (text), and
 * the second asks nobody.
 */

struct arena;
struct caa_names;
struct config;
struct dns;
struct dns_record;
struct trust;

/* Strings live as long as the arena that they were found with. */
struct facts {
	const char *domain;
	const char *written;   /* in its own script; NULL: it has none */
	const char *id;        /* of the one TXT record; NULL: there is none */
	const char *txt_fault; /* why, where something is there; NULL */
	const char *policy;    /* the body, as it came; NULL: there is none */
	size_t policy_len;
	const char *policy_fault; /* why, where a host is there; NULL */
	const char *tlsrpt;       /* what stands behind rua=; NULL: none */
	const char *tlsrpt_fault;
	const char *const *mx; /* hosts, the first to be asked first */
	size_t mx_count;
	bool null_mx; /* it takes no mail (RFC 7505) */
	const char *mx_fault;
	const char *caa; /* why our CA may not issue; NULL: it may */
	bool txt_unasked, host_unasked; /* could not be: its fault is ours */
};

/* import_txt.c: TXT and MX rdata into f (RULES T1 to T3, R1, C4), in a. */
void import_take_sts(struct facts *f, const struct dns_record *records,
    size_t count, struct arena *a);
void import_take_tlsrpt(struct facts *f, const struct dns_record *records,
    size_t count, struct arena *a);
void import_take_mx(struct facts *f, const struct dns_record *records,
    size_t count, struct arena *a);

/* import_look.c: what is live of f->domain. ca: our CA, as CAA names it. */
void import_look(struct facts *f, struct dns *dns, const struct trust *trust,
    const struct caa_names *ca, struct arena *a);

/* What became of them. */
struct import_sum {
	size_t live;     /* a live policy is taken over */
	size_t pinned;   /* of these, with an id of its own */
	size_t proposed; /* none is live; mode testing */
	size_t left_out; /* commented, for a person to look at */
	size_t troubled; /* of these, with something live, or unasked */
};

/* The text of a configuration, in a. taken: names of policies in use. */
const char *import_text(const struct facts *facts, size_t count, int64_t now,
    const char *const *taken, size_t taken_count, struct arena *a,
    struct import_sum *ret_sum);

/* The names of c's policies (NULL: there is none), in a. Their number. */
size_t import_find_taken(
    const struct config *c, struct arena *a, const char *const **ret_names);

/*
 * Does text, read as a configuration, serve each live policy under the very id
 * that is live? NULL, or the first fault, in a.
 */
const char *import_prove(
    const char *text, const struct facts *facts, size_t count, struct arena *a);

#endif
