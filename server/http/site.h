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
struct err;
struct request;
struct site;

enum door { DOOR_HTTPS, DOOR_HTTP, DOOR_PLAIN }; /* by what it came in */

#define SITE_ANSWER_MAX 16384

/*
 * catalog and host outlive the site. host: the policy host's own name, or
 * NULL. NULL and err where libmicrohttpd or the system refuses.
 */
struct site *site_new(
    const struct catalog *catalog, const char *host, struct err *err);
void site_free(struct site *s);

/*
 * The whole answer to r, in ret_bytes, ready to be sent before the connection
 * is closed: always one header block, with Date and Connection: close. Its
 * length; *ret_status its status. What libmicrohttpd gets wrong becomes 500.
 */
size_t site_answer(struct site *s, enum door door, const struct request *r,
    char ret_bytes[SITE_ANSWER_MAX], unsigned *ret_status);

/*
 * The whole answer to what was refused with status: 400 404 405 408 414 421
 * 431 500 501 505, any other is told as 500. head: without the body.
 */
size_t site_refuse(unsigned status, bool head, char ret_bytes[SITE_ANSWER_MAX]);

#endif
