/* SPDX-License-Identifier: ISC */

/*
 * The way to a peer, by a deadline. What the system says is brought to the few
 * ends that a person can do something about.
 */

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/err.h"
#include "base/loop.h"
#include "tls/client_part.h"

void client_end_words(enum client_end end, struct err *err)
{
	static const char *const words[] = {
		[CLIENT_WELL] = "",
		[CLIENT_REFUSED] = "connection refused",
		[CLIENT_UNREACHABLE] = "network unreachable",
		[CLIENT_SILENT] = "no answer in time",
		[CLIENT_CLOSED] = "closed without an answer",
		[CLIENT_ALERT] = "declined",
		[CLIENT_NOT_TLS] = "no TLS that we know",
		[CLIENT_STOPPED] = "stopped",
	};

	err_set(err, "%s", words[end]);
}

enum client_end client_wait(int fd, bool to_write, const struct client_plan *p)
{
	struct pollfd fds[2] = {
		{ .fd = fd, .events = to_write ? POLLOUT : POLLIN },
		{ .fd = p->stop_fd, .events = POLLIN },
	};
	int64_t left;

	for (;;) {
		left = p->deadline_ms - clock_now_ms();
		if (left <= 0)
			return CLIENT_SILENT;
		if (poll(fds, 2, (int)left) < 0)
			continue;
		if (fds[1].revents != 0)
			return CLIENT_STOPPED;
		if (fds[0].revents != 0)
			return CLIENT_WELL;
	}
}

static enum client_end judge(int error)
{
	switch (error) {
	case 0:
		return CLIENT_WELL;
	case ECONNREFUSED:
		return CLIENT_REFUSED;
	case ETIMEDOUT:
		return CLIENT_SILENT;
	case ECONNRESET:
		return CLIENT_CLOSED;
	default:
		return CLIENT_UNREACHABLE;
	}
}

static socklen_t to_sockaddr(
    const struct peer *p, struct sockaddr_storage *ret_addr)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	memset(ret_addr, 0, sizeof(*ret_addr));
	if (memcmp(p->ip, mapped, sizeof(mapped)) == 0) {
		in.sin_port = htons(p->port);
		memcpy(&in.sin_addr, p->ip + sizeof(mapped), 4);
		memcpy(ret_addr, &in, sizeof(in));
		return sizeof(in);
	}
	in6.sin6_port = htons(p->port);
	memcpy(&in6.sin6_addr, p->ip, sizeof(p->ip));
	memcpy(ret_addr, &in6, sizeof(in6));
	return sizeof(in6);
}

enum client_end client_connect(const struct peer *to,
    const struct client_plan *p, int *ret_fd, struct err *err)
{
	struct sockaddr_storage addr;
	socklen_t len = to_sockaddr(to, &addr), size = sizeof(int);
	enum client_end end = CLIENT_UNREACHABLE;
	int error = 0;
	int fd = socket(addr.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		goto failed;
	if (connect(fd, (const struct sockaddr *)&addr, len) != 0)
		error = errno;
	if (error == EINPROGRESS) {
		end = client_wait(fd, true, p);
		if (end != CLIENT_WELL)
			goto failed;
		error = 0;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
			error = errno;
	}
	end = judge(error);
	if (end != CLIENT_WELL)
		goto failed;
	*ret_fd = fd;
	return CLIENT_WELL;
failed:
	if (fd >= 0)
		(void)close(fd); /* nothing was written */
	client_end_words(end, err);
	return end;
}
