/* SPDX-License-Identifier: ISC */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The server's side of TLS 1.2 and 1.3 (DESIGN section 6), between memory and
 * memory: whoever owns the socket moves the bytes. No certificate is shown to
 * a name that is not ours (RFC 8461 section 7.1); no ticket, no resumption, no
 * renegotiation, no compression (RULES H10, H11).
 */

struct err;
struct pair;
struct session;
struct tls; /* what all sessions of a worker share, the parsed pairs too */

/* Why there is no pair for a name. */
enum sni { SNI_OK, SNI_NONE, SNI_BAD, SNI_UNKNOWN, SNI_NO_PAIR };

/* What is asked about a host, a name in the form of policy/host.h. */
struct tls_calls {
	/* Its pair; or NULL and *ret_why, SNI_UNKNOWN or SNI_NO_PAIR. */
	const struct pair *(*find)(
	    void *cookie, const char *host, enum sni *ret_why);
	/* Does a challenge wait for it, and of what digest? NULL: never. */
	bool (*challenge)(
	    void *cookie, const char *host, unsigned char ret_digest[32]);
	void *cookie;
};

/*
 * calls is copied. cache_bytes bounds the parsed pairs that are kept. NULL and
 * err where OpenSSL refuses.
 */
struct tls *tls_new(
    const struct tls_calls *calls, size_t cache_bytes, struct err *err);
void tls_free(struct tls *t);

struct session *session_new(struct tls *t); /* NULL: no memory */
void session_free(struct session *s);

enum session_state {
	SESSION_HANDSHAKE,
	SESSION_OPEN,   /* plain bytes may be read and written */
	SESSION_EOF,    /* the peer said close_notify; we may still write */
	SESSION_FAILED, /* an alert may be left to send; session_why says why */
};

/* len bytes came from the peer. The state after them. */
enum session_state session_take(
    struct session *s, const void *bytes, size_t len);

/* Up to cap plain bytes; 0: none for now (see the state). */
size_t session_read(struct session *s, void *bytes, size_t cap);
enum session_state session_state(const struct session *s);

/* Encrypt len plain bytes; with end, close_notify after them. 0; or -1. */
int session_write(struct session *s, const void *bytes, size_t len, bool end);

/* What is to be sent to the peer; session_sent takes len bytes of it away. */
const void *session_pending(struct session *s, size_t *ret_len);
void session_sent(struct session *s, size_t len);

/* The host that the peer named (known after its ClientHello), or "". */
const char *session_host(const struct session *s);
/* SNI_OK, or why the handshake was refused for its name. */
enum sni session_sni(const struct session *s);
/* Is a CA shown what answers its challenge? Once open, all is said: end it. */
bool session_is_challenge(const struct session *s);
/* Why it failed, in words for the log; "" where it did not. */
const char *session_why(const struct session *s);
/* What an open one agreed upon: "TLSv1.3", and OpenSSL's name of the cipher. */
const char *session_version(const struct session *s);
const char *session_cipher(const struct session *s);

#endif
