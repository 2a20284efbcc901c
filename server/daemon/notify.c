/* SPDX-License-Identifier: ISC */

/* One datagram a state; what cannot be delivered is nobody's loss. */

#include "daemon/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/quote.h"

static void tell(const char *text)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t path_len = path ? strlen(path) : 0;
	int fd;

	if (path_len < 2 || path_len >= sizeof(un.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(un.sun_path, path, path_len);
	if (path[0] == '@')
		un.sun_path[0] = '\0'; /* the abstract name space */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len));
	(void)close(fd);
}

/* A status is one line of UTF-8, or systemd passes it over. */
static void make_seen(char *text)
{
	size_t len = strlen(text), n;

	for (; len > 0; text += n, len -= n) {
		n = quote_seen_len(text, len);
		if (n == 0) {
			*text = '?';
			n = 1;
		}
	}
}

void notify_ready(const char *fmt, ...)
{
	static const char ready[] = "READY=1\nSTATUS=";
	size_t at = sizeof(ready) - 1;
	char text[1024];
	va_list ap;

	memcpy(text, ready, sizeof(ready));
	va_start(ap, fmt);
	(void)vsnprintf(text + at, sizeof(text) - at, fmt, ap);
	va_end(ap);
	make_seen(text + at);
	tell(text);
}

void notify_reloading(void)
{
	struct timespec ts;
	char text[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	tell(text);
}

void notify_stopping(void)
{
	tell("STOPPING=1");
}

void notify_alive(void)
{
	tell("WATCHDOG=1");
}

int64_t notify_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	int64_t n;

	if (usec == NULL || (pid != NULL && strtoll(pid, NULL, 10) != getpid()))
		return 0;
	n = strtoll(usec, NULL, 10);
	return n > 0 ? n / 1000 : 0;
}
