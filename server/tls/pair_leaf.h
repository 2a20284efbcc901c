/* SPDX-License-Identifier: ISC */
#ifndef TLS_PAIR_LEAF_H
#define TLS_PAIR_LEAF_H

#include <openssl/types.h>

#include "tls/pair.h"

struct judged;

/*
 * What a leaf says of itself: *p's names and dates, and *ret_oddities. 0; or
 * -1 and f's err. The leaf may be one without its public key.
 */
int leaf_read(
    X509 *leaf, const struct judged *f, struct pair *p, unsigned *ret_oddities);

#endif
