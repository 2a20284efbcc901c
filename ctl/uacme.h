/* SPDX-License-Identifier: ISC */
#ifndef CTL_UACME_H
#define CTL_UACME_H

#include <stddef.h>
#include <stdint.h>

#include "policy/host.h"

/*
 * uacme, run for one host under a time limit, in an empty directory, and what
 * it says translated into what we do about it (RULES A5). It runs in a group
 * of its own and dies with us: with the thread that started it, so that is to
 * be the main one. A certificate that was stored is VERDICT_WELL, however
 * uacme ended then.
 */

struct settings;

enum verdict {
	VERDICT_WELL,         /* issued; or the account is there */
	VERDICT_HOST,         /* the CA refuses this host, or its challenge */
	VERDICT_LIMIT_HOST,   /* a limit that names the host */
	VERDICT_LIMIT_DOMAIN, /* one that names `subject`, a domain above it */
	VERDICT_ACCOUNT,      /* the account's limit or error: stop the run */
	VERDICT_NO_ACCOUNT,   /* we or the CA know none: register, try again */
	VERDICT_NONCE,        /* rejected nonces alone: may be tried at once */
	VERDICT_CA,           /* it hangs, fails, or talks nonsense */
	VERDICT_OURS,         /* uacme cannot be run, or cannot write */
	VERDICT_STOPPED,      /* stop_fd: no failure of anybody's */
};

struct uacme_plan {
	const struct settings *settings; /* acme, certs */
	const char *hook;                /* absolute */
	const char *challenges;          /* the directory, absolute */
	const char *work_dir;            /* an empty one, absolute */
	int64_t limit_ms;
	int stop_fd; /* readable: end at once; -1: none */
};

struct uacme_result {
	enum verdict verdict;
	int64_t retry_after_s;      /* of the CA, at most a week; 0: none */
	char subject[HOST_MAX + 1]; /* of VERDICT_LIMIT_DOMAIN */
	char words[512];            /* one line, the CA's own words if any */
};

/* Make the account, where there is none yet, and agree to the terms. */
void uacme_register(const struct uacme_plan *p, struct uacme_result *ret_r);
/* Tell the CA the account's address of now; none takes it away. */
void uacme_update(const struct uacme_plan *p, struct uacme_result *ret_r);

/*
 * Get host a certificate now (-f). passed: the CHALLENGE_ bits that our hook
 * may accept; without effect on another hook.
 */
void uacme_issue(const struct uacme_plan *p, const char *host, unsigned passed,
    struct uacme_result *ret_r);

#endif
