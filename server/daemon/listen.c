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
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/passed.h"

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

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* What a listener has, whoever bound it. */
static int set_up(int fd, bool internet)
{
	if (!internet)
		return 0;
	return set(fd, IPPROTO_TCP, TCP_NODELAY, 1) != 0 ||
	               set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_SECONDS) !=
	                   0
	           ? -1
	           : 0;
}

/* What is served is public: the directory says who may connect. */
static mode_t mode_of(enum door door)
{
	return door == DOOR_ADMIN ? 0660 : 0666;
}

static int open_one(const struct endpoint *e, enum door door, int *ret_fd)
{
	bool internet = e->addr.ss_family != AF_UNIX;
	struct endpoint any4;
	struct sockaddr_un un;
	int fd = socket(
	    e->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int saved;

	if (fd < 0)
		return -1;
	if (!internet)
		remove_stale(e);
	if (set_up(fd, internet) != 0 ||
	    (internet && set(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0))
		goto failed;
	if (e->addr.ss_family == AF_INET6 &&
	    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !endpoint_any4(e, &any4)) != 0)
		goto failed;
	if (bind(fd, (const struct sockaddr *)&e->addr, e->len) != 0)
		goto failed;
	if (!internet && chmod(path_of(e, &un), mode_of(door)) != 0)
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

/* fd is another listener of l, and closed with it. fd. */
static int add(struct listeners *l, int fd, enum door door)
{
	l->at[l->count++] = (struct listener){ .fd = fd, .door = door };
	return fd;
}

static bool is_only6(int fd)
{
	socklen_t len = sizeof(int);
	int only = 0;

	return getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &len) == 0 &&
	       only != 0;
}

/* [::] is both families, in one socket or in two. */
static int open_any(struct listeners *l, const struct endpoint *any6,
    const struct endpoint *any4, struct passed *passed, enum door door)
{
	int fd6 = passed_take(passed, any6), fd4 = passed_take(passed, any4);

	if (fd6 >= 0 && set_up(add(l, fd6, door), true) != 0)
		return -1;
	if (fd4 >= 0)
		return set_up(add(l, fd4, door), true);
	if (fd6 >= 0 && !is_only6(fd6))
		return 0;
	if (fd6 < 0) {
		if (open_one(any6, door, &fd6) == 0) {
			(void)add(l, fd6, door);
			return 0;
		}
		if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
			return -1;
	}
	if (open_one(any4, door, &fd4) != 0)
		return -1;
	(void)add(l, fd4, door);
	return 0;
}

static int open_endpoint(struct listeners *l, const struct endpoint *e,
    struct passed *passed, enum door door)
{
	struct endpoint any4;
	int fd;

	if (endpoint_any4(e, &any4))
		return open_any(l, e, &any4, passed, door);
	fd = passed_take(passed, e);
	if (fd >= 0)
		return set_up(add(l, fd, door), e->addr.ss_family != AF_UNIX);
	if (open_one(e, door, &fd) != 0)
		return -1;
	(void)add(l, fd, door);
	return 0;
}

static int open_all(struct listeners *l, const struct endpoints *e,
    struct passed *passed, enum door door, struct err *err)
{
	for (size_t i = 0; i < e->count; i++) {
		char text[ADDRESS_TEXT_MAX];

		if (open_endpoint(l, &e->at[i], passed, door) == 0)
			continue;
		endpoint_text(&e->at[i], text);
		err_set_errno(err, "cannot listen on %s%s", text,
		    errno == EACCES
		        ? " without root, CAP_NET_BIND_SERVICE, a socket of "
		          "systemd or, in a container, the sysctl "
		          "net.ipv4.ip_unprivileged_port_start=0"
		        : "");
		return -1;
	}
	return 0;
}

static bool is_port_80(const struct endpoint *e)
{
	struct sockaddr_in6 in6; /* the port is where IPv4 has it */

	memcpy(&in6, &e->addr, sizeof(in6));
	return e->addr.ss_family != AF_UNIX && in6.sin6_port == htons(80);
}

/*
 * A socket that is passed in is open to peers, whether we want it or not: one
 * for port 80 also where nobody asks for challenges.
 */
static void take_rest(struct listeners *l, struct passed *passed)
{
	struct endpoint at;
	char text[ADDRESS_TEXT_MAX];
	int fd;

	while ((fd = passed_take_next(passed, &at)) >= 0) {
		endpoint_text(&at, text);
		if (is_port_80(&at))
			log_info("%s is passed in and answers 404: no "
			         "challenge comes that way",
			    text);
		else
			log_warn("%s is passed in, and `listen` has no use "
			         "for it: it answers 404 to plain HTTP, until "
			         "its socket unit is changed or masked",
			    text);
		(void)set_up(
		    add(l, fd, DOOR_HTTP), at.addr.ss_family != AF_UNIX);
	}
}

int listeners_open(const struct settings *s, struct passed *passed,
    struct listeners *ret_l, struct err *err)
{
	size_t room =
	    s->https.count + s->http.count + s->plain.count + passed->count;
	struct listeners l = { .at = calloc(room + 1, sizeof(*l.at)) };

	if (l.at == NULL) {
		err_set(err, "no memory");
		return -1;
	}
	if (open_all(&l, &s->https, passed, DOOR_HTTPS, err) != 0 ||
	    open_all(&l, &s->http, passed, DOOR_HTTP, err) != 0 ||
	    open_all(&l, &s->plain, passed, DOOR_PLAIN, err) != 0) {
		listeners_close(&l);
		return -1;
	}
	take_rest(&l, passed);
	*ret_l = l;
	return 0;
}

/* Whom the daemon becomes shall be able to connect, and to replace it. */
static void give_away(const struct endpoint *e, const struct settings *s)
{
	const struct passwd *pw;
	struct sockaddr_un un;

	if (e->addr.ss_family != AF_UNIX || geteuid() != 0)
		return;
	pw = getpwnam(s->user); /* that there is none is told soon */
	if (pw != NULL && chown(path_of(e, &un), pw->pw_uid, pw->pw_gid) != 0)
		log_warn("%s stays root's: %s", un.sun_path, strerror(errno));
}

static void tell_no_admin(const struct endpoint *e)
{
	char text[ADDRESS_TEXT_MAX], why[128];

	(void)snprintf(why, sizeof(why), "%s", strerror(errno));
	if (errno == ENOENT)
		(void)snprintf(why, sizeof(why),
		    "its directory is not there, which systemd makes; make it, "
		    "or say `listen: { admin: off }`");
	endpoint_text(e, text);
	log_warn("no health and no metrics at %s: %s", text, why);
}

void listeners_open_admin(
    const struct settings *s, struct passed *passed, struct listeners *ret_l)
{
	struct listeners l = { .count = 0 };

	/* [::] may be two. */
	l.at = calloc(2 * s->admin.count + 1, sizeof(*l.at));
	for (size_t i = 0; l.at != NULL && i < s->admin.count; i++)
		if (open_endpoint(&l, &s->admin.at[i], passed, DOOR_ADMIN) == 0)
			give_away(&s->admin.at[i], s);
		else
			tell_no_admin(&s->admin.at[i]);
	*ret_l = l;
}

void listeners_close(struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++)
		(void)close(l->at[i].fd);
	free(l->at);
	*l = (struct listeners){ .count = 0 };
}
