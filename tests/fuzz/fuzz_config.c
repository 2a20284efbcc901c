/* SPDX-License-Identifier: ISC */

/*
 * Any bytes, as a main file, and as the one that comes after it. Whatever is
 * taken is a policy that a sender takes, whatever is refused is refused in
 * words that stand on one line, and a fault takes no domain away.
 */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "config/config.h"
#include "config/faults.h"
#include "pieces.h"
#include "policy/catalog.h"
#include "policy/host.h"

/* So that includes are found below tests/data. */
#define PATH "tests/data/x.yaml"

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

static struct config *opened(const char *bytes, size_t len,
    const struct catalog *last, unsigned flags, struct faults *f)
{
	struct config *c = config_open_bytes(PATH, bytes, len, f);

	if (c != NULL) {
		config_fill(c, last, flags, f);
		must_be_whole(c->catalog);
	} else {
		assert(faults_count(f, SEVERITY_FAULT) > 0);
	}
	must_be_told(f);
	return c;
}

/* Unless all is taken as it stands a file at fault takes no domain away. */
static void must_be_kept(const struct catalog *before, const struct config *c,
    size_t faults, unsigned flags)
{
	size_t kept = 0;

	for (size_t i = 0; i < catalog_count(before); i++) {
		const char *domain = catalog_at(before, i)->domain;
		const struct catalog_entry *e =
		    catalog_find(c->catalog, domain);

		kept += e != NULL && e->kept;
	}
	assert(kept == c->kept);
	assert(faults > 0 || flags != 0 || kept == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct faults *first_faults = faults_new(), *f = faults_new();
	struct config *first, *c = NULL;
	struct pieces p;
	unsigned flags;

	pieces_cut(bytes, len, 3, &p);
	flags = p.at[2].len > 0 ? CONFIG_TAKE_ALL : 0;
	first = opened(p.at[0].bytes, p.at[0].len, NULL, 0, first_faults);
	if (first != NULL && p.count > 1)
		c = opened(
		    p.at[1].bytes, p.at[1].len, first->catalog, flags, f);
	if (c != NULL)
		must_be_kept(
		    first->catalog, c, faults_count(f, SEVERITY_FAULT), flags);
	config_free(c);
	config_free(first);
	faults_free(f);
	faults_free(first_faults);
	pieces_free(&p);
	return 0;
}
