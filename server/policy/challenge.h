/* SPDX-License-Identifier: ISC */
#ifndef POLICY_CHALLENGE_H
#define POLICY_CHALLENGE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What proves to a CA that a host is ours: a small file each, all below one
 * directory, STATE/challenges. For http-01 its name is the token, which never
 * has a dot, and it holds the key authorization (RFC 8555 section 8.3). For
 * tls-alpn-01 its name is the host, which always has a dot, and it holds the
 * key authorization's SHA-256 in base64url (RFC 8737 section 3). Names that
 * begin with a dot are files that are being written. One that nobody took
 * away counts for nothing after an hour (RULES A7).
 */

struct err;

#define CHALLENGE_DIR       "challenges" /* below `state` */
#define CHALLENGE_PATH      "/.well-known/acme-challenge/"
#define CHALLENGE_TOKEN_MAX 128 /* ours; a CA's have 43 bytes */
#define CHALLENGE_TEXT_MAX  256 /* with a NUL */
#define CHALLENGE_DIGEST    43  /* a SHA-256 in base64url */
#define CHALLENGE_AGE_S     3600

/* base64url and nothing else, 1 to CHALLENGE_TOKEN_MAX bytes (RULES A1). */
bool challenge_token_is_valid(const char *token, size_t len);

/*
 * What the challenge name (a token or a host, as it came from a peer) holds,
 * without a newline, from the directory that dir is a descriptor of. 0; or -1:
 * there is none, it is too old, no regular file, or not of the form above.
 */
int challenge_read(
    int dir, const char *name, char ret_text[CHALLENGE_TEXT_MAX]);

/* 32 bytes from CHALLENGE_DIGEST characters; false: not of that form. */
bool challenge_digest(const char *text, unsigned char ret_digest[32]);

/*
 * Put text where a challenge of that name stands, by temp and rename. Whoever
 * writes is the owner of the directory path. 0; or -1 and err.
 */
int challenge_write(
    const char *path, const char *name, const char *text, struct err *err);
/* Take it away; that there is none is well. */
void challenge_remove(const char *path, const char *name);
/* Take away what is older than an hour, half-written files too. */
void challenge_sweep(const char *path);

#endif
