/* SPDX-License-Identifier: ISC */

/*
 * Any bytes, as a main file, and as the one that comes after it. Whatever is
 * taken is a policy that a sender takes, whatever is refused is refused in
 * words that stand on one line, and a fault takes no domain away.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "config/config.h"
#include "config/faults.h"
#include "pieces.h"
#include "policy/catalog.h"
#include "truths.h"

/* So that includes are found below tests/data. */
#define PATH "tests/data/x.yaml"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must_be_told(struct faults *f)
{
	for (size_t i = 0; i < faults_total(f); i++) {
		enum severity s;
		const char *text = faults_at(f, i, &s);

		assert(strstr(text, ": ") != NULL);
		must_be_seen(text);
	}
}

/* What else is asked of a configuration that is there. */
static void must_answer(const struct config *c)
{
	unsigned char digest[32], again[32];

	for (size_t i = 0; i < catalog_count(c->catalog); i++)
		assert(config_has_host(c, catalog_at(c->catalog, i)->host));
	assert(!config_has_host(c, "*"));
	assert(!config_renews(&c->settings) || c->settings.acme.configured);
	config_digest(c, digest);
	config_digest(c, again);
	assert(memcmp(digest, again, sizeof(digest)) == 0);
}

/* The same bytes in a file: the same, and where `state` is can be guessed. */
static void try_file(const char *bytes, size_t len, const struct config *same)
{
	struct faults *f = faults_new();
	int fd = memfd_create("fuzz_config", MFD_CLOEXEC);
	struct config *c;
	char path[64], *state;

	assert(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	c = config_open(path, f);
	if (same != NULL)
		assert(c != NULL && c->main_len == same->main_len);
	state = config_guess_state(path);
	assert(state[0] == '/');
	if (c != NULL && strstr(bytes, "state") == NULL)
		assert(strcmp(state, c->settings.state) == 0);
	free(state);
	config_free(c);
	(void)close(fd); /* was only read */
	faults_free(f);
}

static struct config *opened(const char *bytes, size_t len,
    const struct catalog *last, unsigned flags, struct faults *f)
{
	struct config *c = config_open_bytes(PATH, bytes, len, f);

	if (c != NULL) {
		config_fill(c, last, flags, f);
		must_be_servable(c->catalog);
		must_answer(c);
	} else {
		assert(faults_count(f, SEVERITY_FAULT) > 0);
	}
	must_be_told(f);
	return c;
}

/*
 * Unless all is taken as it stands: what is kept is told to be so, and no more
 * than limits.leaving leave at once, those in mode none not counted.
 */
static void must_be_kept(const struct catalog *before, const struct config *c,
    size_t faults, unsigned flags)
{
	size_t kept = 0, live = 0, left = 0;

	for (size_t i = 0; i < catalog_count(before); i++) {
		const struct catalog_entry *was = catalog_at(before, i);
		const struct catalog_entry *e =
		    catalog_find(c->catalog, was->domain);

		kept += e != NULL && e->kept;
		live += was->mode != MODE_NONE;
		left += was->mode != MODE_NONE && e == NULL;
	}
	assert(flags != 0 || left < 3 ||
	       left * 100 <= live * c->settings.limits.leaving_percent);
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
	try_file(p.at[0].bytes, p.at[0].len, first);
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
