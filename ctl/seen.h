/* SPDX-License-Identifier: ISC */
#ifndef CTL_SEEN_H
#define CTL_SEEN_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Bytes that somebody else wrote, in what mta-stsctl prints: of DNS, of
 * servers, of CAs, names of files. No terminal obeys them, none is lost.
 */

/* text with \xNN for each byte that is not seen as it is. */
void seen_put(FILE *to, const char *text);

/* A string in which \xNN stands for a NUL and what is not UTF-8. NULL: null. */
json_t *seen_json(const char *text);
json_t *seen_json_bytes(const char *bytes, size_t len);

/*
 * Print it, in ASCII alone, with a newline behind it; flags of json_dumpf. That
 * it could not be written is told by the state of to. all is given up. 0; or
 * -1: all is NULL.
 */
int seen_json_print(FILE *to, json_t *all, size_t flags);

#endif
