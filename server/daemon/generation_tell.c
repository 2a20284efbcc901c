/* SPDX-License-Identifier: ISC */

/*
 * What one generation changes for its domains: what to publish by now, and
 * what senders may still go by that was served before.
 */

#include "daemon/generation.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/moment.h"
#include "config/config.h"
#include "config/served.h"
#include "policy/catalog.h"
#include "policy/policy.h"

static void tell_record(
    const struct catalog_entry *e, const struct catalog_entry *was)
{
	char before[64] = "new";

	if (was != NULL)
		(void)snprintf(before, sizeof(before), "was %s id %s",
		    mode_text(was->mode), was->id);
	log_notice("%s: %s id %s (%s); publish: _mta-sts.%s. 3600 IN TXT "
	           "\"v=STSv1; id=%s;\"",
	    e->domain, mode_text(e->mode), e->id, before, e->domain, e->id);
}

static bool has_mx(const struct policy *p, const char *mx)
{
	for (size_t i = 0; i < p->mx_count; i++)
		if (strcmp(p->mx[i], mx) == 0)
			return true;
	return false;
}

/* Who still goes by an enforced policy delivers to its mx and no other. */
static void tell_mx_gone(const struct catalog_entry *e,
    const struct catalog_entry *was, const char *until)
{
	struct arena *a = arena_new(false);
	struct policy old, new;

	if (policy_parse(was->policy, was->policy_len, a, &old, NULL) == 0 &&
	    policy_parse(e->policy, e->policy_len, a, &new, NULL) == 0)
		for (size_t i = 0; i < old.mx_count; i++)
			if (!has_mx(&new, old.mx[i]))
				log_notice("%s: mx %s is not in the policy any "
				           "more; senders may go by the old "
				           "one until %s",
				    e->domain, old.mx[i], until);
	arena_free(a);
}

/* until is empty where no sender can have it. */
static void tell_leaving(const struct catalog_entry *e, const char *until)
{
	if (until[0] == '\0')
		log_notice("%s: is not served any more (was %s id %s); take "
		           "its TXT record away",
		    e->domain, mode_text(e->mode), e->id);
	else
		log_warn("%s: is not served any more, though senders may keep "
		         "a policy of it until %s: serve mode none until then "
		         "(RFC 8461 section 8.3)",
		    e->domain, until);
}

static void tell_change(const struct catalog_entry *e,
    const struct catalog_entry *was, const char *until)
{
	if (was == NULL || strcmp(was->id, e->id) != 0 || was->mode != e->mode)
		tell_record(e, was);
	if (was == NULL || until[0] == '\0')
		return;
	if (was->mode == MODE_ENFORCE && strcmp(was->policy, e->policy) != 0)
		tell_mx_gone(e, was, until);
	if (was->mode != MODE_NONE && e->mode == MODE_NONE)
		log_notice("%s: senders may keep an earlier policy until %s: "
		           "leave it in mode none until then (RFC 8461 section "
		           "8.3)",
		    e->domain, until);
}

static void until_text(
    const struct served *s, const char *domain, char ret_text[MOMENT_MAX])
{
	int64_t until = served_until(s, domain, (int64_t)time(NULL));

	ret_text[0] = '\0';
	if (until != 0)
		moment_text(until, ret_text);
}

void generation_tell_changes(const struct generation *old,
    const struct generation *new, const struct served *served)
{
	const struct catalog *a = old ? old->config->catalog : new->before;
	const struct catalog *b = new->config->catalog;
	char until[MOMENT_MAX];

	if (a == NULL)
		return;
	for (size_t i = 0; i < catalog_count(b); i++) {
		const struct catalog_entry *e = catalog_at(b, i);

		until_text(served, e->domain, until);
		tell_change(e, catalog_find(a, e->domain), until);
	}
	for (size_t i = 0; i < catalog_count(a); i++) {
		const struct catalog_entry *e = catalog_at(a, i);

		until_text(served, e->domain, until);
		if (catalog_find(b, e->domain) == NULL)
			tell_leaving(e, until);
	}
}
