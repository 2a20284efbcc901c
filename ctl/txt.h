/* SPDX-License-Identifier: ISC */
#ifndef CTL_TXT_H
#define CTL_TXT_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

/*
 * TXT records as senders read them (RFC 8461 section 3.1, RFC 8460 section 3;
 * RULES T1 to T3, R1). The bytes are strangers', and any may be among them.
 */

struct arena;
struct dns_record;

#define TXT_STS    "v=STSv1"
#define TXT_TLSRPT "v=TLSRPTv1"

/* Each record's strings joined (RULES T3); the array and its bytes in a. */
struct span *txt_join(
    const struct dns_record *records, size_t count, struct arena *a);

/* The records of a name: how many of each kind, and the first of them. */
struct txt_sorted {
	struct span valid, near, foreign;
	size_t valid_count, near_count, foreign_count;
};

/*
 * What begins with version counts, and exactly one should be there (RULES T2).
 * What nearly begins so was meant for it.
 */
struct txt_sorted txt_sort(
    const struct span *all, size_t count, const char *version);

enum txt_fault { TXT_WELL, TXT_SYNTAX, TXT_NO_ID, TXT_ODD_ID };

/*
 * The id of a record that begins with TXT_STS (RULES T1). *ret_id: of TXT_WELL
 * and TXT_ODD_ID. *ret_why: of TXT_SYNTAX, in words, for ever.
 */
enum txt_fault txt_read_sts(
    struct span record, struct span *ret_id, const char **ret_why);

/*
 * Where reports go, by a record that begins with TXT_TLSRPT: a list for
 * txt_cut_uri. NULL; or why it is malformed, in words, for ever.
 */
const char *txt_read_tlsrpt(struct span record, struct span *ret_rua);

/* The next of a list, without white space; false: it is the last one. */
bool txt_cut_uri(struct span *list, struct span *ret_uri);

#endif
