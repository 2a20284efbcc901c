/* SPDX-License-Identifier: ISC */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include <stdint.h>

/*
 * Moments, in seconds since the epoch, as they stand in files and as they are
 * told. What lies outside the years 1970 to 9999 is told as their edge.
 */

#define MOMENT_MAX 32

/* 2026-11-22T00:30:00Z (RFC 3339). */
void moment_text(int64_t at, char ret_text[MOMENT_MAX]);

/* The same back, and nothing else. 0; or -1. */
int moment_parse(const char *text, int64_t *ret_at);

/* 2026-11-22 00:30 UTC, for a person. */
void moment_words(int64_t at, char ret_words[MOMENT_MAX]);

#endif
