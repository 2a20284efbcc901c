/* SPDX-License-Identifier: ISC */

/*
 * Any bytes, as a main file. Whatever is taken is a policy that a sender
 * takes, whatever is refused is refused in words that
 * stand on one line.
 */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "config/config.h"
#include "config/faults.h"
#include "policy/catalog.h"
#include "policy/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must_be_whole(const struct catalog *c)
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
		assert(strlen(e->id) >= 1 && strlen(e->id) <= POLICY_ID_MAX);
	}
	arena_free(a);
}

static void must_be_told(struct faults *f)
{
	for (size_t i = 0; i < faults_total(f); i++) {
		enum severity s;
		const char *text = faults_at(f, i, &s);

		assert(strstr(text, ": ") != NULL);
		for (; *text != '\0'; text++)
			assert((unsigned char)*text >= ' ' && *text != 0x7f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct faults *f = faults_new();
	struct config *c =
	    config_open_bytes("x.yaml", (const char *)bytes, len, f);

	if (c != NULL)
		config_fill(c, NULL, 0, f);
	else
		assert(faults_count(f, SEVERITY_FAULT) > 0);
	if (c != NULL)
		must_be_whole(c->catalog);
	must_be_told(f);
	config_free(c);
	faults_free(f);
	return 0;
}
