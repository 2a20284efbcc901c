/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as all that import finds live of two domains: records and
 * policies. What it writes is a configuration without a fault that serves each
 * policy under the id that is live, and shows as it is; nothing of a
 * stranger's gets out of a comment or a value.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/quote.h"
#include "ctl/dns.h"
#include "ctl/import.h"
#include "ctl/import_write.h"
#include "pieces.h"
#include "policy/policy.h"

#define NOW INT64_C(1795308000)

enum { STS, TLSRPT, MX, MX_TOO, POLICY, WRITTEN, EACH };

/* What a letter of the last piece says of the first domain. */
#define NO_TXT  't' /* could not be asked */
#define NO_HOST 'h'
#define NO_CAA  'c' /* forbids it */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct facts *f, const struct pieces *p, size_t at,
    const char *domain, struct arena *a)
{
	struct dns_record r[EACH];

	for (size_t i = 0; i < EACH; i++)
		r[i] = (struct dns_record){
			(const unsigned char *)p->at[at + i].bytes,
			p->at[at + i].len,
		};
	*f = (struct facts){ .domain = domain };
	import_take_sts(f, &r[STS], r[STS].len > 0, a);
	import_take_tlsrpt(f, &r[TLSRPT], r[TLSRPT].len > 0, a);
	import_take_mx(f, &r[MX],
	    (size_t)(r[MX].len > 0) + (r[MX].len > 0 && r[MX_TOO].len > 0), a);
	if (r[POLICY].len > 0) {
		f->policy = (const char *)r[POLICY].data;
		f->policy_len = r[POLICY].len;
	}
	if (r[WRITTEN].len > 0)
		f->written = (const char *)r[WRITTEN].data;
}

static void lose(struct facts *f, const char *how)
{
	f->txt_unasked = strchr(how, NO_TXT) != NULL;
	f->host_unasked = strchr(how, NO_HOST) != NULL;
	if (f->txt_unasked) {
		f->id = NULL;
		f->txt_fault = "no answer";
	}
	if (f->host_unasked) {
		f->policy = NULL;
		f->policy_fault = "no answer";
	}
	if (strchr(how, NO_CAA) != NULL)
		f->caa = "another CA's";
}

/* Lines of what may be seen, and no other bytes. */
static void must_be_lines(const char *text)
{
	size_t left = strlen(text), n;

	for (; left > 0; text += n, left -= n) {
		n = *text == '\n' ? 1 : quote_seen_len(text, left);
		assert(n > 0);
	}
}

/* Live is what a strict sender would take, and what we can serve. */
static bool is_live(const struct facts *f, struct arena *a)
{
	const char *bytes;
	struct policy p;
	size_t len;

	return f->policy != NULL && !f->txt_unasked &&
	       policy_parse(f->policy, f->policy_len, a, &p, NULL) == 0 &&
	       policy_render(&p, a, &bytes, &len, NULL) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const taken[] = { "imported-a.example" };
	struct arena *a = arena_new(false);
	struct import_sum sum;
	struct facts f[2];
	struct pieces p;
	const char *text, *fault = NULL;

	pieces_cut(data, size, 2 * EACH + 1, &p);
	take(&f[0], &p, 0, "a.example", a);
	take(&f[1], &p, EACH, "b.example", a);
	lose(&f[0], p.at[2 * EACH].bytes);
	text = import_text(f, 2, NOW, taken, 1, a, &sum);
	must_be_lines(text);
	fault = import_prove(text, f, 2, a);
	assert(fault == NULL);
	assert(sum.live == (size_t)is_live(&f[0], a) + is_live(&f[1], a));
	assert(sum.live + sum.proposed + sum.left_out == 2);
	assert(import_write(f, 2, NOW, taken, 1, a, &sum, &fault) != NULL);
	assert(f[0].refused == NULL && f[1].refused == NULL);
	pieces_free(&p);
	arena_free(a);
	return 0;
}
