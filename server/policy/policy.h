/* SPDX-License-Identifier: ISC */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One RFC 8461 policy: judged, rendered, read, and named by its id. */

#define POLICY_MAX_AGE_MAX 31557600 /* seconds; RFC 8461 section 3.2 */
#define POLICY_BYTES_MAX   10240    /* RULES H9 */
#define POLICY_ID_MAX      32       /* RFC 8461 section 3.1 */
#define POLICY_ID_LEN      21       /* of a computed id */

enum mode { MODE_NONE, MODE_TESTING, MODE_ENFORCE };

struct policy {
	enum mode mode;
	uint32_t max_age;      /* seconds */
	const char *const *mx; /* patterns: A-labels, lower case, in order */
	size_t mx_count;
};

struct arena;
struct err;

/* "none", "testing" or "enforce". */
const char *mode_text(enum mode m);
/* 0; or -1: none of the three, to the letter. */
int mode_from_text(const char *text, enum mode *ret_mode);

/*
 * The policy's bytes, allocated in a: CRLF after every line, fields in the
 * order version, mode, mx, max_age. The same policy is the same bytes, for
 * ever. 0; or -1 and err: no mx though the mode asks for one, max_age out of
 * range, more than POLICY_BYTES_MAX bytes.
 */
int policy_render(const struct policy *p, struct arena *a,
    const char **ret_bytes, size_t *ret_len, struct err *err);

/*
 * A policy as a sender reads it (section 3.2): CRLF or LF, any order after
 * version, unknown fields passed over; but stricter in that a field given
 * twice is refused. Its mx are allocated in a. 0; or -1 and err: the line and
 * what is wrong with it.
 */
int policy_parse(const char *bytes, size_t len, struct arena *a,
    struct policy *ret_policy, struct err *err);

/*
 * The computed id: 20 hexadecimal digits of the SHA-256 of the bytes, and
 * "Z" (section 3.1; RULES H12).
 */
void policy_id(const char *bytes, size_t len, char ret_id[POLICY_ID_LEN + 1]);

/* Is this an id, 1 to 32 letters and digits (section 3.1)? */
bool policy_id_is_valid(const char *id, size_t len);

#endif
