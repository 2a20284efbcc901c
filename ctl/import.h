/* SPDX-License-Identifier: ISC */
#ifndef CTL_IMPORT_H
#define CTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What is live now of a domain: facts. What follows from them is written by
 * import_write.h, and asks nobody.
 */

struct arena;
struct caa_names;
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
	const char *refused; /* why what was written is no good; NULL: it is */
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

#endif
