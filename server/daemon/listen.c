/* SPDX-License-Identifier: ISC */

/*
 * Binding. A listener does not block, defers accept for a second (most peers
 * speak first, and then accept and first read are one wake-up), and sends
 * without Nagle's delay; accepted sockets inherit the last.
 */

#include "daemon/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "config/config.h"

#define BACKLOG       4096
#define DEFER_SECONDS 1

/* The path of a socket in the file system. */
static const char *path_of(const struct endpoint *e, struct sockaddr_un *un)
{
	memcpy(un, &e->addr, sizeof(*un));
	return un->sun_path;
}

/* A socket file that nobody answers at is left over from a crash. */
static void remove_stale(const struct endpoint *e)
{
	struct sockaddr_un un;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&e->addr, e->len) != 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(path_of(e, &un)); /* else bind says why */
	(void)close(fd);
}

static bool is_any6(const struct endpoint *e)
{
	struct sockaddr_in6 in6;

	if (e->addr.ss_family != AF_INET6)
		return false;
	memcpy(&in6, &e->addr, sizeof(in6));
	return IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr);
}

static struct endpoint any4(const struct endpoint *e)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6;
	struct endpoint v4;

	memcpy(&in6, &e->addr, sizeof(in6));
	in.sin_port = in6.sin6_port;
	memset(&v4, 0, sizeof(v4));
	memcpy(&v4.addr, &in, sizeof(in));
	v4.len = sizeof(in);
	return v4;
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int open_one(const struct endpoint *e, int *ret_fd)
{
	bool internet = e->addr.ss_family != AF_UNIX;
	struct sockaddr_un un;
	int fd = socket(
	    e->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int saved;

	if (fd < 0)
		return -1;
	if (!internet)
		remove_stale(e);
	if (internet &&
	    (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 ||
	        set(fd, IPPROTO_TCP, TCP_NODELAY, 1) != 0 ||
	        set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_SECONDS) != 0))
		goto failed;
	if (e->addr.ss_family == AF_INET6 &&
	    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !is_any6(e)) != 0)
		goto failed;
	if (bind(fd, (const struct sockaddr *)&e->addr, e->len) != 0)
		goto failed;
	/* What is served is public: its directory says who may connect. */
	if (!internet && chmod(path_of(e, &un), 0666) != 0)
		goto failed;
	if (listen(fd, BACKLOG) != 0)
		goto failed;
	*ret_fd = fd;
	return 0;
failed:
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

static int open_endpoint(const struct endpoint *e, int *ret_fd)
{
	struct endpoint v4;

	if (open_one(e, ret_fd) == 0)
		return 0;
	if (!is_any6(e) || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
		return -1;
	v4 = any4(e);
	return open_one(&v4, ret_fd);
}

static int open_all(struct listeners *l, const struct endpoints *e,
    enum door door, struct err *err)
{
	for (size_t i = 0; i < e->count; i++) {
		char text[ADDRESS_TEXT_MAX];

		if (open_endpoint(&e->at[i], &l->at[l->count].fd) != 0) {
			endpoint_text(&e->at[i], text);
			err_set_errno(err, "cannot listen on %s%s", text,
			    errno == EACCES ? " without root or "
			                      "CAP_NET_BIND_SERVICE"
			                    : "");
			return -1;
		}
		l->at[l->count++].door = door;
	}
	return 0;
}

int listeners_open(
    const struct settings *s, struct listeners *ret_l, struct err *err)
{
	size_t room = s->https.count + s->http.count + s->plain.count;
	struct listeners l = { .at = calloc(room + 1, sizeof(*l.at)) };

	if (l.at == NULL) {
		err_set(err, "no memory");
		return -1;
	}
	if (open_all(&l, &s->https, DOOR_HTTPS, err) != 0 ||
	    open_all(&l, &s->http, DOOR_HTTP, err) != 0 ||
	    open_all(&l, &s->plain, DOOR_PLAIN, err) != 0) {
		listeners_close(&l);
		return -1;
	}
	*ret_l = l;
	return 0;
}

void listeners_close(struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++)
		(void)close(l->at[i].fd);
	free(l->at);
	*l = (struct listeners){ .count = 0 };
}
