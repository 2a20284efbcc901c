/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_TRUTHS_H
#define FUZZ_TRUTHS_H

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "policy/catalog.h"
#include "policy/host.h"

/* What holds of whatever is taken, by more than one fuzzer. */

/* May it stand in a message: one line, that shows as it is? */
static inline void must_be_seen(const char *text)
{
	for (; *text != '\0'; text++)
		assert((unsigned char)*text >= ' ' && *text != 0x7f);
}

/* What holds of every catalog, whatever it was made of: it can be served. */
static inline void must_be_servable(const struct catalog *c)
{
	struct arena *a = arena_new(false);

	for (size_t i = 0; i < catalog_count(c); i++) {
		const struct catalog_entry *e = catalog_at(c, i);
		struct policy p;

		assert(host_is_valid(e->domain, strlen(e->domain)));
		assert(strlen(e->domain) <= DOMAIN_MAX);
		assert(
		    policy_parse(e->policy, e->policy_len, a, &p, NULL) == 0);
		assert(p.mode == e->mode);
		assert(policy_id_is_valid(e->id, strlen(e->id)));
		assert(catalog_find(c, e->domain) == e);
		assert(catalog_find_host(c, e->host) == e);
	}
	arena_free(a);
}

#endif
