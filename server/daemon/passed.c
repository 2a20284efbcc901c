/* SPDX-License-Identifier: ISC */

/* What is passed in is known by its address, whatever its order or name. */

#include "daemon/passed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

#define FIRST 3 /* SD_LISTEN_FDS_START */

/* A whole number up to most, or -1. */
static long number_of(const char *variable, long most)
{
	const char *text = getenv(variable);
	char *end;
	long n;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	n = strtol(text, &end, 10);
	return *end == '\0' && errno == 0 && n <= most ? n : -1;
}

static bool is_set(int fd, int option, int value)
{
	socklen_t len = sizeof(int);
	int is;

	return getsockopt(fd, SOL_SOCKET, option, &is, &len) == 0 &&
	       is == value;
}

static bool is_known(int family)
{
	return family == AF_INET || family == AF_INET6 || family == AF_UNIX;
}

static bool look_at(int fd, struct endpoint *ret_e)
{
	struct endpoint e;
	int flags = fcntl(fd, F_GETFL);

	memset(&e, 0, sizeof(e));
	e.len = sizeof(e.addr);
	if (flags < 0 || !is_set(fd, SO_TYPE, SOCK_STREAM) ||
	    !is_set(fd, SO_ACCEPTCONN, 1) ||
	    getsockname(fd, (struct sockaddr *)&e.addr, &e.len) != 0 ||
	    !is_known(e.addr.ss_family) ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return false;
	if (e.addr.ss_family == AF_UNIX) /* as endpoint_parse has it */
		e.len = sizeof(struct sockaddr_un);
	*ret_e = e;
	return true;
}

void passed_take_all(struct passed *ret_passed)
{
	long pid = number_of("LISTEN_PID", LONG_MAX);
	long count = number_of("LISTEN_FDS", PASSED_MOST);

	ret_passed->count = 0;
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	if (pid != getpid())
		return;
	if (count < 0)
		log_warn("$LISTEN_FDS is no number up to %d: no socket is "
		         "taken from whoever started us",
		    PASSED_MOST);
	for (int fd = FIRST; fd < FIRST + count; fd++) {
		struct passed_socket *s = &ret_passed->at[ret_passed->count];

		if (look_at(fd, &s->at)) {
			s->fd = fd;
			ret_passed->count++;
			continue;
		}
		log_warn("descriptor %d, which was passed in, is no listening "
		         "socket",
		    fd);
		(void)close(fd);
	}
}

int passed_take(struct passed *p, const struct endpoint *e)
{
	for (size_t i = 0; i < p->count; i++) {
		int fd = p->at[i].fd;

		if (fd < 0 || !endpoint_same(&p->at[i].at, e))
			continue;
		p->at[i].fd = -1;
		return fd;
	}
	return -1;
}

int passed_take_next(struct passed *p, struct endpoint *ret_at)
{
	while (p->count > 0) {
		const struct passed_socket *s = &p->at[--p->count];

		if (s->fd < 0)
			continue;
		*ret_at = s->at;
		return s->fd;
	}
	return -1;
}
