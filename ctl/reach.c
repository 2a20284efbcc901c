/* SPDX-License-Identifier: ISC */

/*
 * A datagram socket that is connected asks the routes, and nobody else.
 */

#include "reach.h"

#include <netinet/in.h>
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
