/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_STAMP_H
#define CONFIG_STAMP_H

#include <stddef.h>

/*
 * The first line of a file of ours in the state directory: its format, with
 * the version, and the SHA-256 of all that is behind the line, so that
 * accidents of the disk are found.
 */

struct err;

/* The length of the line: format ends with a space, after the version. */
size_t stamp_len(const char *format);

/* Fill the line in at the start of bytes, where there is room for it. */
void stamp_put(const char *format, char *bytes, size_t len);

/* Does the line say so, and truly? 0; or -1 and err. */
int stamp_check(
    const char *format, const char *bytes, size_t len, struct err *err);

#endif
