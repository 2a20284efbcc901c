/* SPDX-License-Identifier: ISC */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct err;

/*
 * Internet addresses as they are configured, compared, counted and told.
 * ::ffff:a.b.c.d is the IPv4 address a.b.c.d everywhere.
 */

/* Where to listen, or whom to ask. */
struct endpoint {
	struct sockaddr_storage addr;
	socklen_t len;
};

/* A network, IPv4 held as ::ffff:0:0/96. */
struct network {
	uint8_t prefix[16];
	unsigned bits;
};

/* One peer: an address (IPv4 as ::ffff:) and its port. */
struct peer {
	uint8_t ip[16];
	uint16_t port;
};

#define ADDRESS_TEXT_MAX 128

/*
 * "192.0.2.1:443", "[::]:443", "unix:/path" or, where default_port is not 0,
 * an address alone. 0; or -1 and err in words.
 */
int endpoint_parse(const char *text, uint16_t default_port,
    struct endpoint *ret_endpoint, struct err *err);
bool endpoint_same(const struct endpoint *a, const struct endpoint *b);
/* Is it [::]? *ret_any4: 0.0.0.0, with the same port. */
bool endpoint_any4(const struct endpoint *e, struct endpoint *ret_any4);
/* Can this machine alone reach it: a loopback address, or a unix socket? */
bool endpoint_is_local(const struct endpoint *e);
void endpoint_text(const struct endpoint *e, char ret_text[ADDRESS_TEXT_MAX]);

/* "192.0.2.0/24", "2001:db8::/32" or one address. 0; or -1 and err. */
int network_parse(
    const char *text, struct network *ret_network, struct err *err);
bool network_holds(const struct network *n, const struct peer *p);

/* A socket's peer. An address that is not IP (a unix socket) is ::. */
void peer_from_sockaddr(const struct sockaddr *sa, struct peer *ret_peer);
/* An address without a port, as in X-Forwarded-For; false: none. */
bool peer_from_text(const char *text, size_t len, struct peer *ret_peer);
/* What per_address counts: an IPv4 address, or an IPv6 /64, as 16 bytes. */
void peer_key(const struct peer *p, uint8_t ret_key[16]);

enum peer_detail { PEER_FULL, PEER_NET, PEER_OFF };
/* As told in the log: whole, its /24 or /48, or "-". */
void peer_text(const struct peer *p, enum peer_detail detail,
    char ret_text[ADDRESS_TEXT_MAX]);

#endif
