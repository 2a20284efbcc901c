/* SPDX-License-Identifier: ISC */
/*
 * The limits of Let's Encrypt, by the words that it has for them today and
 * had in years before; what other CAs write in the like way is understood too.
 */
#include "uacme_limit.h"

#include <stdbool.h>
#include <string.h>

/* What the words name: in quotes, or behind a phrase. */
static bool named_host(const char *detail, char ret_host[HOST_MAX + 1])
{
	static const char *const before[] = { "\"",
		"issued for: ", "requesting certificates for " };
	const char *at;

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		at = strstr(detail, before[i]);
		if (at == NULL)
			continue;
		at += strlen(before[i]);
		if (host_from_wire(at, strcspn(at, "\",: "), ret_host))
			return true;
	}
	return false;
}

enum verdict limit_judge(
    const char *detail, const char *host, char ret_subject[HOST_MAX + 1])
{
	/* What only an order for the host itself can run into. */
	static const char *const own[] = { "exact set of",
		"failed authorizations", "failed validations",
		"requesting certificates for" };
	char named[HOST_MAX + 1];

	if (strcasestr(detail, own[0]) == NULL && named_host(detail, named)) {
		if (strcmp(named, host) == 0)
			return VERDICT_LIMIT_HOST;
		if (host_is_below(host, named)) {
			memcpy(ret_subject, named, strlen(named) + 1);
			return VERDICT_LIMIT_DOMAIN;
		}
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (strcasestr(detail, own[i]) != NULL)
			return VERDICT_LIMIT_HOST;
	return VERDICT_ACCOUNT;
}
