/* SPDX-License-Identifier: ISC */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include <stddef.h>

struct peer;

/*
 * The PROXY protocol's header, versions 1 and 2, before the first byte of a
 * connection from a believed proxy.
 */

#define PROXY_HEADER_MAX 536

/*
 * Read the header at the start of len bytes. Its length, above 0, and
 * *ret_peer as the proxy tells it (as it was for LOCAL and UNKNOWN); 0: more
 * bytes are wanted; -1: this is no PROXY header.
 */
int proxy_read(const void *bytes, size_t len, struct peer *ret_peer);

#endif
