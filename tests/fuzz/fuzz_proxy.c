/* SPDX-License-Identifier: ISC */
/*
 * The PROXY header under libFuzzer. It is decided at one byte and stays so,
 * whatever follows; its length is bounded; a peer is told only where it is
 * good.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/address.h"
#include "http/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct peer before = { .ip = { 1, 2, 3 }, .port = 99 };
	size_t most = size < PROXY_HEADER_MAX + 8 ? size : PROXY_HEADER_MAX + 8;
	struct peer decided = before;
	int result = 0;

	for (size_t len = 0; len <= most; len++) {
		struct peer peer = before;
		int now = proxy_read(data, len, &peer);

		assert(now >= -1 && now <= PROXY_HEADER_MAX);
		if (result != 0) {
			assert(now == result);
			assert(memcmp(&peer, &decided, sizeof(peer)) == 0);
			continue;
		}
		assert(now <= 0 || (size_t)now == len);
		assert(now > 0 || memcmp(&peer, &before, sizeof(peer)) == 0);
		assert(now != 0 || len < PROXY_HEADER_MAX);
		result = now;
		decided = peer;
	}
	return 0;
}
