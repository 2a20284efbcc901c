/* SPDX-License-Identifier: ISC */
#ifndef TLS_CLIENT_PART_H
#define TLS_CLIENT_PART_H

#include <stdbool.h>

#include "tls/client.h"

/*
 * Wait until fd can be written to, or read from. CLIENT_WELL, _SILENT or
 * _STOPPED.
 */
enum client_end client_wait(int fd, bool to_write, const struct client_plan *p);

/* The words for an end that has no more to say. */
void client_end_words(enum client_end end, struct err *err);

#endif
