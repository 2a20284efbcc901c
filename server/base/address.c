/* SPDX-License-Identifier: ISC */

/*
 * Addresses are held as 16 bytes, IPv4 as ::ffff:a.b.c.d, so that a peer is
 * the same one whichever way it came to us.
 */

#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/quote.h"

static const char unix_prefix[] = "unix:";
static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool is_v4(const uint8_t ip[16])
{
	return memcmp(ip, mapped_prefix, 12) == 0;
}

/* An address alone, as it is written without brackets. */
static bool ip_from_text(const char *text, uint8_t ret_ip[16])
{
	uint8_t ip[16];

	memcpy(ip, mapped_prefix, 12);
	if (inet_pton(AF_INET, text, ip + 12) != 1 &&
	    inet_pton(AF_INET6, text, ip) != 1)
		return false;
	memcpy(ret_ip, ip, 16);
	return true;
}

/* Digits alone, at most max. */
static bool number_from_text(const char *text, unsigned max, unsigned *ret)
{
	unsigned n = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
		if (n > max)
			return false;
	}
	*ret = n;
	return true;
}

static int unix_endpoint(
    const char *text, struct endpoint *ret_endpoint, struct err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *path = text + strlen(unix_prefix);
	size_t len = strlen(path);
	char quoted[QUOTE_MAX];

	if (path[0] != '/' || len >= sizeof(un.sun_path)) {
		quote_text(text, quoted);
		err_set(err,
		    "%s: a socket's path begins with / and is shorter than "
		    "%zu bytes",
		    quoted, sizeof(un.sun_path));
		return -1;
	}
	memcpy(un.sun_path, path, len);
	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	memcpy(&ret_endpoint->addr, &un, sizeof(un));
	ret_endpoint->len = sizeof(un);
	return 0;
}

/* Split "[v6]:port", "v4:port", "v6" or "v4" into address and port. */
static bool split(const char *text, char *host, size_t cap, const char **port)
{
	const char *end, *colon = strchr(text, ':');
	size_t len;

	*port = NULL;
	if (text[0] == '[') {
		text++;
		end = strchr(text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
		if (end[1] == ':')
			*port = end + 2;
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		end = colon;
		*port = colon + 1;
	} else {
		end = text + strlen(text);
	}
	len = (size_t)(end - text);
	if (len >= cap)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	return true;
}

int endpoint_parse(const char *text, uint16_t default_port,
    struct endpoint *ret_endpoint, struct err *err)
{
	char host[INET6_ADDRSTRLEN + 1];
	char quoted[QUOTE_MAX];
	const char *port_text;
	unsigned port = default_port;
	uint8_t ip[16];
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (strncmp(text, unix_prefix, strlen(unix_prefix)) == 0)
		return unix_endpoint(text, ret_endpoint, err);
	quote_text(text, quoted);
	if (!split(text, host, sizeof(host), &port_text) ||
	    !ip_from_text(host, ip)) {
		err_set(err,
		    "%s is no address: write it like 192.0.2.1:443, "
		    "[2001:db8::1]:443 or unix:/path",
		    quoted);
		return -1;
	}
	if (port_text != NULL && !number_from_text(port_text, 65535, &port)) {
		err_set(err, "%s: a port is a number up to 65535", quoted);
		return -1;
	}
	if (port_text == NULL && default_port == 0) {
		err_set(err, "%s has no port: write it like %s:443", quoted,
		    strchr(text, ':') ? "[2001:db8::1]" : "192.0.2.1");
		return -1;
	}
	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	if (is_v4(ip)) {
		memcpy(&in.sin_addr, ip + 12, 4);
		in.sin_port = htons((uint16_t)port);
		memcpy(&ret_endpoint->addr, &in, sizeof(in));
		ret_endpoint->len = sizeof(in);
	} else {
		memcpy(&in6.sin6_addr, ip, 16);
		in6.sin6_port = htons((uint16_t)port);
		memcpy(&ret_endpoint->addr, &in6, sizeof(in6));
		ret_endpoint->len = sizeof(in6);
	}
	return 0;
}

bool endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
	return a->len == b->len && memcmp(&a->addr, &b->addr, a->len) == 0;
}

bool endpoint_any4(const struct endpoint *e, struct endpoint *ret_any4)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6;

	if (e->addr.ss_family != AF_INET6)
		return false;
	memcpy(&in6, &e->addr, sizeof(in6));
	if (!IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr))
		return false;
	in.sin_port = in6.sin6_port;
	memset(ret_any4, 0, sizeof(*ret_any4));
	memcpy(&ret_any4->addr, &in, sizeof(in));
	ret_any4->len = sizeof(in);
	return true;
}

bool endpoint_is_local(const struct endpoint *e)
{
	struct peer p;

	if (e->addr.ss_family == AF_UNIX)
		return true;
	peer_from_sockaddr((const struct sockaddr *)&e->addr, &p);
	return memcmp(p.ip, &in6addr_loopback, sizeof(p.ip)) == 0 ||
	       (memcmp(p.ip, mapped_prefix, 12) == 0 && p.ip[12] == 127);
}

void endpoint_text(const struct endpoint *e, char ret_text[ADDRESS_TEXT_MAX])
{
	char ip[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;

	switch (e->addr.ss_family) {
	case AF_INET:
		memcpy(&in, &e->addr, sizeof(in));
		(void)inet_ntop(AF_INET, &in.sin_addr, ip, sizeof(ip));
		(void)snprintf(ret_text, ADDRESS_TEXT_MAX, "%s:%u", ip,
		    (unsigned)ntohs(in.sin_port));
		break;
	case AF_INET6:
		memcpy(&in6, &e->addr, sizeof(in6));
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, ip, sizeof(ip));
		(void)snprintf(ret_text, ADDRESS_TEXT_MAX, "[%s]:%u", ip,
		    (unsigned)ntohs(in6.sin6_port));
		break;
	default:
		memcpy(&un, &e->addr, sizeof(un));
		(void)snprintf(
		    ret_text, ADDRESS_TEXT_MAX, "unix:%s", un.sun_path);
	}
}

int network_parse(
    const char *text, struct network *ret_network, struct err *err)
{
	char host[INET6_ADDRSTRLEN + 1], quoted[QUOTE_MAX];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct network n;
	unsigned bits, max;

	if (len >= sizeof(host))
		goto bad;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!ip_from_text(host, n.prefix))
		goto bad;
	max = strchr(host, ':') == NULL ? 32 : 128;
	bits = max;
	if (slash != NULL && !number_from_text(slash + 1, max, &bits))
		goto bad;
	n.bits = bits + 128 - max;
	*ret_network = n;
	return 0;
bad:
	quote_text(text, quoted);
	err_set(err,
	    "%s is no network: write it like 192.0.2.0/24 or 2001:db8::/32",
	    quoted);
	return -1;
}

bool network_holds(const struct network *n, const struct peer *p)
{
	size_t whole = n->bits / 8;
	unsigned rest = n->bits % 8;

	if (memcmp(n->prefix, p->ip, whole) != 0)
		return false;
	return rest == 0 ||
	       ((n->prefix[whole] ^ p->ip[whole]) >> (8 - rest)) == 0;
}

void peer_from_sockaddr(const struct sockaddr *sa, struct peer *ret_peer)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(ret_peer, 0, sizeof(*ret_peer));
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		memcpy(ret_peer->ip, mapped_prefix, 12);
		memcpy(ret_peer->ip + 12, &in.sin_addr, 4);
		ret_peer->port = ntohs(in.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		memcpy(ret_peer->ip, &in6.sin6_addr, 16);
		ret_peer->port = ntohs(in6.sin6_port);
	}
}

bool peer_from_text(const char *text, size_t len, struct peer *ret_peer)
{
	char ip[INET6_ADDRSTRLEN + 1];
	struct peer p = { .port = 0 };

	if (len >= sizeof(ip))
		return false;
	memcpy(ip, text, len);
	ip[len] = '\0';
	if (!ip_from_text(ip, p.ip))
		return false;
	*ret_peer = p;
	return true;
}

void peer_key(const struct peer *p, uint8_t ret_key[16])
{
	memset(ret_key, 0, 16);
	memcpy(ret_key, p->ip, is_v4(p->ip) ? 16 : 8);
}

void peer_text(const struct peer *p, enum peer_detail detail,
    char ret_text[ADDRESS_TEXT_MAX])
{
	char text[INET6_ADDRSTRLEN] = "?";
	uint8_t ip[16];
	bool v4 = is_v4(p->ip);
	bool net = detail == PEER_NET;

	memcpy(ip, p->ip, 16);
	if (detail == PEER_OFF) {
		memcpy(ret_text, "-", 2);
		return;
	}
	if (net)
		memset(ip + (v4 ? 15 : 6), 0, v4 ? 1 : 10);
	(void)inet_ntop(
	    v4 ? AF_INET : AF_INET6, v4 ? ip + 12 : ip, text, sizeof(text));
	(void)snprintf(ret_text, ADDRESS_TEXT_MAX, "%s%s", text,
	    !net ? ""
	    : v4 ? "/24"
	         : "/48");
}
