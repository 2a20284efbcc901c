/* SPDX-License-Identifier: ISC */
#ifndef CTL_STATUS_PART_H
#define CTL_STATUS_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "due.h"
#include "renew_pause.h"

/* What is known of each host. */

struct arena;
struct catalog_entry;
struct config;
struct daemon;
struct pairs;

enum grade { /* the order in which hosts are shown, the last first */
	GRADE_WELL,
	GRADE_UNKNOWN, /* its certificate cannot be seen */
	GRADE_PENDING, /* on the way; no error */
	GRADE_TROUBLE,
};

enum certificate {
	CERTIFICATE_VALID,
	CERTIFICATE_MISSING,
	CERTIFICATE_BROKEN, /* there is one that cannot be used */
	CERTIFICATE_EXPIRED,
	CERTIFICATE_FUTURE,
	CERTIFICATE_UNKNOWN,
	CERTIFICATE_OTHERS, /* no business of ours: there is no HTTPS */
};
struct status_host {
	const struct catalog_entry *entry; /* NULL: it is `host:` */
	struct due due;
	enum certificate certificate;
	bool renewed_before; /* uacme keeps older ones beside its pair */
	enum grade grade;
	int64_t last; /* when the certificate came; 0: not known */
	int64_t next; /* the next renewal, or try; 0: none is known */
	const struct daemon_host *served; /* as mta-stsd says; NULL: not */
	int64_t held_until; /* by senders, of any policy; 0: by none */
	const char *step;
};

/* A domain that is not configured, while senders hold a policy of it. */
struct status_left {
	const char *domain;
	int64_t until;
};

struct status {
	const struct config *config;
	bool last_good; /* the configuration's files cannot be used */
	bool faulty;    /* a fault in them may hide a host */
	int64_t now;
	struct arena *arena;
	struct pairs *pairs;
	const char *certs_fault; /* why not all can be read; NULL: they can */
	const char *dir;         /* STATE/renew */
	const char *state_fault; /* why that cannot be read; NULL: it can */
	struct pause pause;
	bool paused;
	struct status_host *hosts; /* sorted: trouble first */
	size_t count;
	const char **orphans; /* sorted */
	size_t orphan_count;
	struct served *served;    /* what senders may hold */
	bool served_known;        /* it was read */
	const char *served_fault; /* why it was not; NULL: there is none yet */
	struct status_left *left; /* in order of domain */
	size_t left_count;
	const struct daemon *daemon; /* NULL: files alone, and */
	const char *daemon_fault;    /* why */
};

#endif
