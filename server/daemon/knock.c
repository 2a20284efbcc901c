/* SPDX-License-Identifier: ISC */

/*
 * The hosts that knocked, in no order. All of them are compared with each
 * time: that costs nothing beside the handshake that was refused.
 */

#include "daemon/knock.h"

#include <assert.h>
#include <string.h>

#define MINUTE_MS 60000

static bool is_over(const struct knock *k, int64_t now_ms)
{
	return !k->waits &&
	       (k->host[0] == '\0' || now_ms - k->taken_ms >= MINUTE_MS);
}

bool knocks_add(struct knocks *k, const char *host, int64_t now_ms)
{
	struct knock *mine = NULL;

	assert(strlen(host) <= HOST_MAX);
	for (size_t i = 0; i < KNOCKS_MOST; i++) {
		if (strcmp(k->at[i].host, host) == 0) {
			mine = &k->at[i];
			break;
		}
		if (mine == NULL && is_over(&k->at[i], now_ms))
			mine = &k->at[i];
	}
	if (mine == NULL || !is_over(mine, now_ms))
		return false;
	memcpy(mine->host, host, strlen(host) + 1);
	mine->waits = true;
	return true;
}

bool knocks_wait(const struct knocks *k)
{
	for (size_t i = 0; i < KNOCKS_MOST; i++)
		if (k->at[i].waits)
			return true;
	return false;
}

size_t knocks_take(
    struct knocks *k, int64_t now_ms, const char *ret_hosts[KNOCKS_MOST])
{
	size_t count = 0;

	for (size_t i = 0; i < KNOCKS_MOST; i++) {
		if (!k->at[i].waits)
			continue;
		k->at[i].waits = false;
		k->at[i].taken_ms = now_ms;
		ret_hosts[count++] = k->at[i].host;
	}
	return count;
}

void knocks_untake(struct knocks *k, int64_t taken_ms)
{
	for (size_t i = 0; i < KNOCKS_MOST; i++)
		if (k->at[i].host[0] != '\0' && k->at[i].taken_ms == taken_ms)
			k->at[i].waits = true;
}

void knocks_forget(struct knocks *k)
{
	memset(k, 0, sizeof(*k));
}
