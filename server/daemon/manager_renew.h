/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MANAGER_RENEW_H
#define DAEMON_MANAGER_RENEW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Certificates by themselves: a child, `mta-stsctl renew --supervised`, now
 * and then and never two at once, while there is `acme:` and it is ours to
 * renew. Whatever becomes of the child costs a line of the log, and the next
 * one comes later.
 */

struct generation;
struct loop;
struct renew;
struct stats;

/*
 * For the configuration at path; how its runs end is counted in stats. Both
 * outlive it. NULL: no memory.
 */
struct renew *renew_new(struct loop *l, const char *path, struct stats *stats);
void renew_free(struct renew *r);

/*
 * g is the living generation from now on, after last (NULL: it is the first),
 * which is still there. g lives until the next call or until renew_stop.
 */
void renew_follow(
    struct renew *r, const struct generation *last, const struct generation *g);

/* A worker says that host, len bytes of whatever, was asked for. */
void renew_knock(struct renew *r, const char *host, size_t len);

/* A child of this process has died. False: it was not r's. */
bool renew_bury(struct renew *r, pid_t pid, int wait_status);

/* End the child, and begin none any more; at once: whatever it thinks. */
void renew_stop(struct renew *r, bool at_once);
bool renew_is_alive(const struct renew *r);

#endif
