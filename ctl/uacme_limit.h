/* SPDX-License-Identifier: ISC */
#ifndef CTL_UACME_LIMIT_H
#define CTL_UACME_LIMIT_H

#include "uacme.h"

/*
 * Whom a limit is about, in the words of a CA (RFC 8555 section 6.6): host,
 * VERDICT_LIMIT_HOST; a domain above it, VERDICT_LIMIT_DOMAIN and ret_subject;
 * else the account, VERDICT_ACCOUNT. Words about any other domain count as
 * words about the account: none is paused but on an order of its own.
 */
enum verdict limit_judge(
    const char *detail, const char *host, char ret_subject[HOST_MAX + 1]);

#endif
