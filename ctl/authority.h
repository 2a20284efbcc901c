/* SPDX-License-Identifier: ISC */
#ifndef CTL_AUTHORITY_H
#define CTL_AUTHORITY_H

#include <stdbool.h>

/*
 * A throw-away certificate authority. Its root is kept, in DIR/ca.pem and
 * DIR/private/ca/key.pem, so that who trusts it once goes on doing so. Below
 * it is an intermediate, as in real chains, that ends with this struct.
 */

struct authority;
struct err;

#define AUTHORITY_DAYS 3650 /* the life of a root; no leaf lives longer */

/*
 * The authority in directory dir; or a new one, where there is none or it
 * would end before a leaf of days does. NULL and err: it cannot be read or
 * made, half of it is there, or dir holds other things but no authority.
 */
struct authority *authority_open(const char *dir, int days, struct err *err);
void authority_free(struct authority *a);

/* Was it made just now, so that nobody trusts it yet? */
bool authority_is_new(const struct authority *a);

/*
 * May host have a pair, or stands another authority's in its place? 0; or -1
 * and err.
 */
int authority_judge(struct authority *a, const char *host, struct err *err);

/*
 * Write a new pair for host, in uacme's layout: DIR/host/cert.pem, the leaf
 * and the intermediate, and DIR/private/host/key.pem. days: its life; 0 or
 * less: it ended so many days ago. 0; or -1 and err.
 */
int authority_issue(
    struct authority *a, const char *host, int days, bool rsa, struct err *err);

#endif
