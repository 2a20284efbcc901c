/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as STATE/last-good: the first one says whether its digest is made
 * to be right, as no accident would. Whatever is taken could be served, and is
 * the same when it is written and read again.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "config/config.h"
#include "config/faults.h"
#include "config/lastgood.h"
#include "pieces.h"
#include "place.h"
#include "policy/catalog.h"
#include "truths.h"

#define FILE_NAME "last-good"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_same(const struct catalog *a, const struct catalog *b)
{
	assert(catalog_count(a) == catalog_count(b));
	for (size_t i = 0; i < catalog_count(a); i++) {
		const struct catalog_entry *x = catalog_at(a, i);
		const struct catalog_entry *y = catalog_at(b, i);

		assert(strcmp(x->domain, y->domain) == 0);
		assert(strcmp(x->id, y->id) == 0);
		assert((x->origin == NULL) == (y->origin == NULL));
		assert((x->tlsrpt == NULL) == (y->tlsrpt == NULL));
		assert(x->tlsrpt == NULL || !strcmp(x->tlsrpt, y->tlsrpt));
		assert(x->delegated == y->delegated);
		assert(x->policy_len == y->policy_len);
		assert(memcmp(x->policy, y->policy, x->policy_len) == 0);
	}
}

/* Were it the last good one at a start, it would be kept so. */
static void write_again(
    const struct lastgood *last, const char *state, struct arena *a)
{
	struct faults *f = faults_new();
	char main[64];
	int len = snprintf(main, sizeof(main), "state: %s\n", state);
	struct config *c = config_open_bytes("x.yaml", main, (size_t)len, f);
	struct lastgood again;

	assert(c != NULL);
	config_keep(c, last->catalog);
	assert(c->kept == catalog_count(last->catalog));
	c->settings.state = state; /* absolute it would go elsewhere */
	assert(lastgood_write(c, NULL) == 0);
	assert(lastgood_read(state, a, &again, NULL) == 0);
	must_be_same(last->catalog, again.catalog);
	assert(again.main_len == (size_t)len && !strcmp(again.main, main));
	assert(strcmp(again.path, c->path) == 0);
	config_free(c);
	faults_free(f);
}

static void put_file(
    const char *path, bool is_right, const uint8_t *bytes, size_t len)
{
	unsigned char digest[DIGEST_LEN];
	char hex[DIGEST_HEX_LEN + 1];
	FILE *f = fopen(path, "w");

	assert(f != NULL);
	digest_bytes(bytes, len, digest);
	digest_hex(digest, hex);
	if (is_right)
		(void)fprintf(f, "mta-stsd last-good 1 %s\n", hex);
	assert(fwrite(bytes, 1, len, f) == len);
	assert(fclose(f) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *state = place_made(FILE_NAME);
	struct arena *a = arena_new(false);
	struct lastgood last;
	struct err err;
	char path[64];
	int result;

	(void)snprintf(path, sizeof(path), "%s/" FILE_NAME, state);
	(void)unlink(path); /* it may be gone */
	result = lastgood_read(state, a, &last, &err);
	assert(result == 1);
	put_file(path, size > 0 && data[0] != 0, data + (size > 0),
	    size - (size > 0));
	result = lastgood_read(state, a, &last, &err);
	assert(result == 0 || result == -1);
	if (result == 0) {
		must_be_servable(last.catalog);
		write_again(&last, state, a);
	} else {
		must_be_seen(err.text);
	}
	arena_free(a);
	return 0;
}
