/* SPDX-License-Identifier: ISC */
/*
 * What of the records that are asked for stands in DNS already. All are looked
 * up side by side; one that fails is told, and harms no other.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"
#include "config/config.h"
#include "dns_addresses.h"
#include "jobs.h"
#include "records_part.h"
#include "rr.h"
#include "rr_live.h"
#include "verb.h"

#define AT_ONCE 16

enum difference { SAME, OTHER, UNKNOWN };

struct lookup {
	struct dns_answer answer;
	enum difference difference;
};

struct comparison {
	struct showing *s;
	struct lookup *lookups; /* one each */
	struct dns *dns;
	struct arena *a;
};

/* Is all that can be asked whether the name has an address? */
static bool wants_address(const struct rr *r)
{
	return r->value == NULL &&
	       (r->type == RR_A || r->type == RR_AAAA || r->type == RR_CNAME);
}

static void ask(void *cookie, size_t index)
{
	struct comparison *c = cookie;
	const struct rr *r = c->s->at[index].record;
	struct dns_answer *answer = &c->lookups[index].answer;
	int64_t deadline = clock_now_ms() + DNS_LIMIT_MS;
	struct dns_addresses found;

	if (r->value != NULL) {
		dns_lookup(c->dns, r->name, (int)r->type, deadline, answer);
	} else if (wants_address(r)) {
		dns_addresses(c->dns, r->name, deadline, &found);
		answer->outcome = found.outcome;
		memcpy(answer->words, found.words, sizeof(found.words));
	}
}

/* The answer's records as text, in the order of the alphabet. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void take_live(
    struct arena *a, const struct dns_answer *answer, struct shown *s)
{
	const char **texts = arena_array(a, answer->count + 1, sizeof(*texts));
	const char *text;

	for (size_t i = 0; i < answer->count; i++) {
		text = rr_from_wire(s->record->type, answer->records[i].data,
		    answer->records[i].len, a);
		texts[i] = text != NULL ? text : "(malformed)";
	}
	qsort(texts, answer->count, sizeof(*texts), by_text);
	s->live = texts;
	s->live_count = answer->count;
}

/* Beside what is asked for nothing may stand, but for other CAA records. */
static enum difference judge(const struct shown *s, enum dns_outcome outcome)
{
	const struct rr *r = s->record;
	size_t same = 0;

	if (outcome == DNS_FAILED)
		return UNKNOWN;
	if (r->value == NULL)
		return !wants_address(r) || outcome == DNS_FOUND ? SAME : OTHER;
	for (size_t i = 0; i < s->live_count; i++)
		same += rr_same(r->type, s->live[i], r->value);
	if (r->type == RR_CAA)
		return same > 0 ? SAME : OTHER;
	return same == 1 && s->live_count == 1 ? SAME : OTHER;
}

static void on_answer(void *cookie, size_t index)
{
	struct comparison *c = cookie;
	struct lookup *l = &c->lookups[index];

	take_live(c->a, &l->answer, &c->s->at[index]);
	l->difference = judge(&c->s->at[index], l->answer.outcome);
	dns_answer_fini(&l->answer);
}

static size_t keep_others(struct showing *s, const struct lookup *lookups)
{
	size_t kept = 0, failed = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct rr *r = s->at[i].record;

		if (lookups[i].difference == UNKNOWN) {
			verb_complain("%s %s: not compared: %s", r->name,
			    rr_type_text(r->type), lookups[i].answer.words);
			failed++;
		} else if (lookups[i].difference == OTHER) {
			s->at[kept++] = s->at[i];
		}
	}
	s->count = kept;
	return failed;
}

int records_compare(struct showing *s, const struct settings *settings,
    struct arena *a, size_t *ret_failed, struct err *err)
{
	struct comparison c = { .s = s, .a = a };
	const struct jobs jobs = {
		.count = s->count,
		.at_once = AT_ONCE,
		.work = ask,
		.on_done = on_answer,
		.cookie = &c,
	};

	c.dns = dns_new(&settings->resolver, -1, err);
	if (c.dns == NULL)
		return -1;
	c.lookups = arena_array(a, s->count + 1, sizeof(*c.lookups));
	jobs_run(&jobs);
	*ret_failed = keep_others(s, c.lookups);
	dns_free(c.dns);
	return 0;
}
