/* SPDX-License-Identifier: ISC */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>

/* SHA-256 (FIPS 180-4), whole or in pieces. */

#define DIGEST_LEN     32
#define DIGEST_HEX_LEN 64

struct digest;

struct digest *digest_new(void);
void digest_add(struct digest *d, const void *bytes, size_t len);
/* The digest of all that was added; frees d. */
void digest_end(struct digest *d, unsigned char ret_digest[DIGEST_LEN]);

void digest_bytes(
    const void *bytes, size_t len, unsigned char ret_digest[DIGEST_LEN]);
/* Lower-case hexadecimal and a NUL. */
void digest_hex(
    const unsigned char digest[DIGEST_LEN], char ret_hex[DIGEST_HEX_LEN + 1]);

#endif
