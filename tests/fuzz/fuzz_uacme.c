/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as what uacme wrote: the last one chooses how it ended and what
 * it was run for. Whatever a CA may have put there, the words are one line
 * that may be seen, and a pause is bounded and about the host's own domain.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "ctl/uacme.h"
#include "ctl/uacme_talk.h"
#include "ctl/uacme_words.h"

static const char host[] = "mta-sts.a.example";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const struct uacme_result *r)
{
	size_t len = strnlen(r->words, sizeof(r->words)), n;

	assert(len > 0 && len < sizeof(r->words));
	for (size_t i = 0; i < len; i += n) {
		n = quote_seen_len(r->words + i, len - i);
		assert(n > 0);
	}
}

static void check_pause(const struct uacme_result *r)
{
	size_t len = strnlen(r->subject, sizeof(r->subject));

	assert(len < sizeof(r->subject));
	assert((len > 0) == (r->verdict == VERDICT_LIMIT_DOMAIN));
	if (len > 0)
		assert(strlen(host) > len + 1 &&
		       strcmp(host + strlen(host) - len, r->subject) == 0);
	assert(r->retry_after_s >= 0 && r->retry_after_s <= TALK_WAIT_MAX_S);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int endings[] = { 2, -1, 0, 1 };
	uint8_t choice = size > 0 ? data[size - 1] : 0;
	/* A copy of exact size, so that a byte too far is seen. */
	char *output = malloc(size > 0 ? size : 1);
	struct uacme_said said = {
		.output = output,
		.len = size,
		.status = endings[choice & 3],
		.limit_ms = 30000,
		.host = (choice & 4) != 0 ? NULL : host,
		.our_hook = (choice & 8) == 0,
		.now_s = 1795308000,
	};
	struct uacme_result r;

	assert(output != NULL);
	if (size > 0)
		memcpy(output, data, size);
	uacme_judge(&said, &r);
	check_words(&r);
	check_pause(&r);
	assert(said.status != 0 || r.verdict == VERDICT_WELL);
	if (said.host == NULL)
		assert(r.verdict != VERDICT_LIMIT_HOST &&
		       r.verdict != VERDICT_LIMIT_DOMAIN);
	free(output);
	return 0;
}
