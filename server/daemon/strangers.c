/* SPDX-License-Identifier: ISC */

/* A table that one writes and others read, without a lock on either side. */

#include "daemon/strangers.h"

#include <string.h>

#define PREFIX "mta-sts."

static bool is_policy_host(const char *host)
{
	const size_t len = strlen(PREFIX);

	return strncmp(host, PREFIX, len) == 0 && host[len] != '\0';
}

/* Where host stands, or else the one that was asked for longest ago. */
static struct stranger *place_of(struct strangers *s, const char *host)
{
	struct stranger *oldest = &s->at[0];

	for (size_t i = 0; i < STRANGERS_MOST; i++) {
		if (strcmp(s->at[i].host, host) == 0)
			return &s->at[i];
		if (s->at[i].at < oldest->at)
			oldest = &s->at[i];
	}
	return oldest;
}

void strangers_add(struct strangers *s, const char *host, int64_t now)
{
	size_t len = strlen(host);
	struct stranger *one;

	if (!is_policy_host(host) || len > HOST_MAX)
		return;
	one = place_of(s, host);
	/* A writer that died in between left it odd. */
	one->turn |= 1;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	one->at = now;
	memcpy(one->host, host, len + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&one->turn, one->turn + 1, __ATOMIC_RELEASE);
}

bool strangers_read(
    const struct strangers *s, size_t i, struct stranger *ret_stranger)
{
	const struct stranger *one = &s->at[i];
	struct stranger copy;
	uint32_t turn = __atomic_load_n(&one->turn, __ATOMIC_ACQUIRE);

	memcpy(&copy, one, sizeof(copy));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (turn % 2 != 0 || copy.at == 0 ||
	    __atomic_load_n(&one->turn, __ATOMIC_RELAXED) != turn)
		return false;
	copy.host[HOST_MAX] = '\0';
	if (!is_policy_host(copy.host) ||
	    !host_is_valid(copy.host, strlen(copy.host)))
		return false;
	*ret_stranger = copy;
	return true;
}
