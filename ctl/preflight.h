/* SPDX-License-Identifier: ISC */
#ifndef CTL_PREFLIGHT_H
#define CTL_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does a name reach us, as a CA would ask? A nonce of ours is put where a
 * challenge would be, and asked for through the public name at every address
 * that DNS gives, by each type of challenge; CAA is judged (RULES A6). Only
 * what passed is worth an order.
 */

struct endpoints;
struct err;

enum { /* types of challenges, as bits */
	CHALLENGE_HTTP_01 = 1,
	CHALLENGE_TLS_ALPN_01 = 2,
};

struct preflight_plan {
	const struct endpoints *resolver; /* none: the system's */
	const char *challenges;           /* the directory, which is there */
	const char *acme_directory; /* URL: what CAA must name is asked of it,
	                               once and where a CAA record exists */
	unsigned types;             /* to be tried */
	/*
	 * Readable: end within a second or two; what was in hand or not begun
	 * has nothing passed, and "stopped" as its words. 0 or less: none.
	 */
	int stop_fd;
};

struct preflight_result {
	unsigned passed; /* at every address; 0: no order */
	/*
	 * What was seen instead, where something did not pass: "no such name",
	 * "points to 192.0.2.7, where another server answered", "port 80 of
	 * 192.0.2.7: connection refused", "CAA of example.com does not allow
	 * letsencrypt.org", several joined by "; ". Equal sights give equal
	 * words, every time. Empty where all passed.
	 */
	char words[512];
};

struct preflight;

/* plan is copied, what it points to outlives it. NULL and err. */
struct preflight *preflight_new(
    const struct preflight_plan *plan, struct err *err);
void preflight_free(struct preflight *p);

/*
 * Try count hosts side by side; each ends within half a minute, whatever its
 * peers do. on_done (may be NULL) is called in the caller's thread for each
 * host that is done.
 */
void preflight_run(struct preflight *p, const char *const *hosts, size_t count,
    struct preflight_result *ret_results,
    void (*on_done)(void *cookie, size_t index), void *cookie);

#endif
