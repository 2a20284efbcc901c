/* SPDX-License-Identifier: ISC */
#ifndef HTTP_SITE_H
#define HTTP_SITE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Routes and answers (DESIGN section 6). libmicrohttpd answers a canonical
 * request over one kept connection a worker, in the same turn; what the gate
 * refused is answered from a table. No byte of a stranger's comes here but a
 * judged method, path and host.
 */

struct catalog;
struct catalog_entry;
struct err;
struct request;
struct site;

/* By what it came in; nothing comes here by the last. */
enum door { DOOR_HTTPS, DOOR_HTTP, DOOR_PLAIN, DOOR_ADMIN };

#define SITE_ANSWER_MAX 16384

struct site_plan {
	const struct catalog *catalog;
	const char *host; /* the policy host's own name; NULL: none */
	/* For DOOR_HTTP alone, http-01 (RFC 8555 section 8.3): */
	int challenges;       /* their directory; -1: none are answered */
	const char *redirect; /* a scheme and a host, that answers; or NULL */
};

/*
 * plan is copied, what it points to outlives the site. NULL and err where
 * libmicrohttpd or the system refuses.
 */
struct site *site_new(const struct site_plan *plan, struct err *err);
void site_free(struct site *s);

struct answered {
	unsigned status;
	const struct catalog_entry *policy; /* that it gives; NULL: none */
};

/*
 * The whole answer to r, in ret_bytes, ready to be sent before the connection
 * is closed: always one header block, with Date and Connection: close. Its
 * length; *ret_answered what it is. What libmicrohttpd gets wrong becomes 500.
 */
size_t site_answer(struct site *s, enum door door, const struct request *r,
    char ret_bytes[SITE_ANSWER_MAX], struct answered *ret_answered);

/*
 * The whole answer to what was refused with status: 400 404 405 408 414 421
 * 431 500 501 505, any other is told as 500. head: without the body.
 */
size_t site_refuse(unsigned status, bool head, char ret_bytes[SITE_ANSWER_MAX]);

#endif
