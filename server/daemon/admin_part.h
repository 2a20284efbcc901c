/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_ADMIN_PART_H
#define DAEMON_ADMIN_PART_H

#include <stdint.h>
#include <stdio.h>

/* For the parts of admin alone: what its pages are made of, and the pages. */

struct generation;
struct pair;
struct stats;

struct sight {
	const struct generation *generation;
	const struct stats *stats;
};

/* The pair that a worker would show for host now; NULL: none. */
const struct pair *sight_pair(const struct sight *s, const char *host);
uint64_t sight_fact(const struct sight *s, unsigned fact);
/* Why we are not alive, or not ready, in a line; NULL: we are. */
const char *sight_not_alive(const struct sight *s);
const char *sight_not_ready(const struct sight *s);

/* The state of a host's pair p (NULL: none), and its word. */
#define SIGHT_CERTIFICATES 5
unsigned sight_certificate(
    const struct sight *s, const struct pair *p, int64_t now);
const char *sight_certificate_text(unsigned state);

/* text in quotes, escaped, for JSON (NULL: null), and for a label. */
void put_text(FILE *to, const char *text);
void put_label(FILE *to, const char *text);

/* /status: one JSON object. /metrics: as Prometheus reads them. */
void status_write(const struct sight *s, FILE *to);
void metrics_write(const struct sight *s, FILE *to);

#endif
