/* SPDX-License-Identifier: ISC */

/* What strangers ask for goes to the manager, thinned out, and is forgotten. */

#include "daemon/worker_knock.h"

#include <string.h>
#include <sys/socket.h>

#include "base/loop.h"
#include "daemon/knock.h"
#include "daemon/worker.h"
#include "daemon/worker_part.h"

void worker_knock(struct worker *w, const char *host)
{
	int64_t now_ms = loop_now_ms(w->loop);
	char said[WORKER_SAYS_MAX] = { WORKER_KNOCK };
	const char *hosts[KNOCKS_MOST];
	size_t len = strlen(host);

	if (w->knock_fd < 0 || !knocks_add(&w->knocks, host, now_ms))
		return;
	(void)knocks_take(&w->knocks, now_ms, hosts); /* told, or lost */
	memcpy(said + 1, host, len);
	/* A manager that has no time for it hears of the next one. */
	(void)send(w->knock_fd, said, 1 + len, MSG_NOSIGNAL | MSG_DONTWAIT);
}
