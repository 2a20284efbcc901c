/* SPDX-License-Identifier: ISC */
#ifndef TLS_CLIENT_H
#define TLS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The client's side of a handshake, to see what a server shows for a name.
 * Nothing is verified here: whoever asks judges what is shown.
 */

struct client;     /* one handshake that stands */
struct client_tls; /* what handshakes share; for any number of threads */
struct err;
struct peer;

enum client_end {
	CLIENT_WELL,
	CLIENT_REFUSED,     /* connection refused */
	CLIENT_UNREACHABLE, /* no way there, or no socket */
	CLIENT_SILENT,      /* no answer, or half of one, by the deadline */
	CLIENT_CLOSED,      /* the peer closed or reset in the handshake */
	CLIENT_ALERT,       /* the peer declined */
	CLIENT_NOT_TLS,     /* what came is no TLS that we know */
	CLIENT_STOPPED,     /* by stop_fd */
};

#define CLIENT_ALPN_MAX 32

struct client_plan {
	const char *host;    /* SNI */
	const char *alpn;    /* the one protocol offered; NULL: none */
	int64_t deadline_ms; /* as clock_now_ms */
	int stop_fd;         /* readable: end at once; -1: none */
};

/* NULL and err where OpenSSL refuses. */
struct client_tls *client_tls_new(struct err *err);
void client_tls_free(struct client_tls *t);

/*
 * Connect to a peer by the plan's deadline. *ret_fd is the caller's to close.
 * err: what became of it, in words for the line after "port 443 of ADDRESS".
 */
enum client_end client_connect(const struct peer *to,
    const struct client_plan *p, int *ret_fd, struct err *err);

/*
 * A handshake of TLS 1.2 or 1.3 over the stream socket fd, which stays the
 * caller's. *ret_client is set where the end is CLIENT_WELL; else err.
 */
enum client_end client_shake(struct client_tls *t, int fd,
    const struct client_plan *p, struct client **ret_client, struct err *err);
void client_free(struct client *c);

/* The protocol that the server chose, or "". */
const char *client_alpn(const struct client *c);

/*
 * The digest in the critical acmeIdentifier of the certificate shown (RFC 8737
 * section 3), where host is its one name, a dNSName. False: it is not such a
 * certificate.
 */
bool client_acme_digest(
    const struct client *c, const char *host, unsigned char ret_digest[32]);

#endif
