/* SPDX-License-Identifier: ISC */
#ifndef CTL_VERIFY_CODES_H
#define CTL_VERIFY_CODES_H

#include <stddef.h>

#include "verify.h"

/*
 * The tables of codes: of the TXT record, the policy host and the policy; of
 * MX hosts and what stands beside. Private to verify.
 */

extern const struct verify_code verify_codes_policy[], verify_codes_mail[];
extern const size_t verify_codes_policy_count, verify_codes_mail_count;

/* The code at index, in the order of the checks; of that name. NULL: none. */
const struct verify_code *verify_code_at(size_t index);
const struct verify_code *verify_code_find(const char *name);

/*
 * So many findings of one code are told: a stranger can make thousands. One
 * that is left out and worse than the last takes its place.
 */
#define VERIFY_ALIKE_MAX 32

#endif
