/* SPDX-License-Identifier: ISC */

/*
 * A datagram socket that is connected asks the routes, and nobody else. [::]
 * takes IPv4 too, and is 0.0.0.0 where there is no IPv6.
 */

#include "reach.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"

#define ANY_PORT 443

static bool is_mapped(const struct peer *p)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(p->ip, mapped, sizeof(mapped)) == 0;
}

bool reach_lacks_ipv6(const struct peer *p)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
		.sin6_port = htons(ANY_PORT) };
	bool result = false;
	int fd;

	if (is_mapped(p))
		return false;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return true;
	memcpy(&to.sin6_addr, p->ip, sizeof(p->ip));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		result = true;
	(void)close(fd); /* nothing was written */
	return result;
}

static bool is_any(const struct endpoint *e, const struct peer *p)
{
	static const unsigned char none[10];

	return e->addr.ss_family != AF_UNIX && memcmp(p->ip, none, 10) == 0 &&
	       memcmp(p->ip + 12, none, 4) == 0;
}

struct endpoint reach_here(const struct endpoint *e)
{
	struct endpoint loopback = *e;
	char text[ADDRESS_TEXT_MAX];
	struct peer p;

	peer_from_sockaddr((const struct sockaddr *)&e->addr, &p);
	if (is_any(e, &p)) {
		(void)snprintf(text, sizeof(text), "127.0.0.1:%u", p.port);
		(void)endpoint_parse(text, 0, &loopback, NULL); /* it is one */
	}
	return loopback;
}
