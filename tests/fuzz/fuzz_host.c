/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as a name that a person wrote, as a pattern, and as a name on the
 * wire. Whatever is taken is in the one form and gives itself again, by every
 * way; whatever is refused is refused in words of one line.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "pieces.h"
#include "policy/host.h"
#include "truths.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The rule once more, in other words (RFC 8461 section 3.2). */
static void must_be_labels(const char *host)
{
	static const char ldh[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t labels = 0, len;

	for (;; host += len + 1, labels++) {
		len = strspn(host, ldh);
		assert(len >= 1 && len <= 63);
		assert(host[0] != '-' && host[len - 1] != '-');
		if (host[len] != '.')
			break;
	}
	assert(host[len] == '\0' && labels >= 1);
}

/* A host, as any of the functions gave it. */
static void try_host(const char *host)
{
	char again[HOST_MAX + 1], upper[HOST_MAX + 2], pattern[HOST_MAX + 3];
	size_t len = strlen(host);
	struct err e;

	assert(host_is_valid(host, len) && len <= HOST_MAX);
	must_be_labels(host);
	assert(host_from_wire(host, len, again) && strcmp(host, again) == 0);
	for (size_t i = 0; i < len; i++)
		upper[i] = (char)(host[i] >= 'a' && host[i] <= 'z'
		                      ? host[i] - 'a' + 'A'
		                      : host[i]);
	upper[len] = '.';
	assert(host_from_wire(upper, len + 1, again));
	assert(strcmp(host, again) == 0);
	assert(pattern_covers(host, host) && !host_is_below(host, host));
	/* What is no A-label may stand on the wire, and leads nowhere. */
	if (strncmp(host, "xn--", 4) != 0 && strstr(host, ".xn--") == NULL) {
		assert(host_from_text(host, again, &e) == 0);
		assert(strcmp(host, again) == 0);
	}
	memcpy(pattern, "*.", 2);
	memcpy(pattern + 2, host, len + 1);
	assert(!pattern_covers(pattern, host));
	assert(!pattern_covers(host, pattern));
	if (strchr(strchr(host, '.') + 1, '.') == NULL)
		return;
	assert(host_is_below(host, strchr(host, '.') + 1));
	memcpy(pattern + 1, strchr(host, '.'), strlen(strchr(host, '.')) + 1);
	assert(pattern_covers(pattern, host));
}

static void try_text(const char *text)
{
	char host[HOST_MAX + 1], again[HOST_MAX + 1];
	struct err e;

	if (host_from_text(text, host, &e) == 0) {
		try_host(host);
		assert(host_from_text(host, again, &e) == 0);
		assert(strcmp(host, again) == 0);
		assert(pattern_from_text(text, again, &e) == 0);
		assert(strcmp(host, again) == 0);
	} else {
		must_be_seen(e.text);
	}
	if (pattern_from_text(text, host, &e) == 0) {
		assert(strlen(host) <= HOST_MAX);
		assert(pattern_from_text(host, again, &e) == 0);
		assert(strcmp(host, again) == 0);
	} else {
		must_be_seen(e.text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char host[HOST_MAX + 1];
	struct pieces p;

	pieces_cut(data, size, 1, &p);
	try_text(p.at[0].bytes);
	if (host_from_wire(p.at[0].bytes, p.at[0].len, host))
		try_host(host);
	pieces_free(&p);
	return 0;
}
