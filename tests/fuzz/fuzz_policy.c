/* SPDX-License-Identifier: ISC */

/*
 * Any bytes, as a policy. Whatever is taken must be in the one form, and give
 * itself again.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/quote.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must_be_whole(const char *told)
{
	size_t len = strlen(told);

	assert(len > 0);
	for (size_t i = 0; i < len; i++)
		assert((unsigned char)told[i] >= ' ' && told[i] != 0x7f);
}

static size_t rendered_len(const struct policy *p)
{
	size_t len = strlen("version: STSv1\r\nmode: enforce\r\n"
	                    "max_age: 31557600\r\n");

	for (size_t i = 0; i < p->mx_count; i++)
		len += strlen("mx: \r\n") + strlen(p->mx[i]);
	return len;
}

static void try_policy(const char *bytes, size_t len, struct arena *a)
{
	struct policy p, again;
	const char *first, *second;
	size_t first_len, second_len;
	struct err e;

	if (policy_parse(bytes, len, a, &p, &e) != 0) {
		must_be_whole(e.text);
		return;
	}
	if (policy_render(&p, a, &first, &first_len, &e) != 0) {
		assert(rendered_len(&p) > POLICY_BYTES_MAX);
		return;
	}
	assert(policy_parse(first, first_len, a, &again, &e) == 0);
	assert(policy_render(&again, a, &second, &second_len, &e) == 0);
	assert(again.mode == p.mode && again.max_age == p.max_age);
	assert(again.mx_count == p.mx_count);
	assert(first_len == second_len);
	assert(memcmp(first, second, first_len) == 0);
	p.max_age = POLICY_MAX_AGE_MAX + 1;
	assert(policy_render(&p, a, &first, &first_len, &e) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new(false);
	char quoted[QUOTE_MAX];
	/* A copy of exact size, so that a byte too far is seen. */
	char *exact = malloc(len > 0 ? len : 1);

	assert(exact != NULL);
	if (len > 0)
		memcpy(exact, bytes, len);
	quote_bytes(exact, len, quoted);
	must_be_whole(quoted);
	try_policy(exact, len, a);
	free(exact);
	arena_free(a);
	return 0;
}
