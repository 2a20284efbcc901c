/* SPDX-License-Identifier: ISC */
/*
 * import's own look at what it wrote, before anybody else gets to see it: an
 * entry that would change an id is a fault of ours, and not printed. It costs
 * its domain alone.
 */
#include <string.h>

#include "base/arena.h"
#include "config/config.h"
#include "config/faults.h"
#include "import.h"
#include "import_write.h"
#include "policy/catalog.h"
#include "policy/policy.h"

#define FILE_NAME "import"

static const char *first_fault(struct faults *f, struct arena *a)
{
	enum severity severity;

	for (size_t i = 0; i < faults_total(f); i++) {
		const char *text = faults_at(f, i, &severity);

		if (severity == SEVERITY_FAULT)
			return arena_string(a, text);
	}
	return NULL;
}

static bool same_policy(const struct policy *x, const struct policy *y)
{
	if (x->mode != y->mode || x->max_age != y->max_age ||
	    x->mx_count != y->mx_count)
		return false;
	for (size_t i = 0; i < x->mx_count; i++)
		if (strcmp(x->mx[i], y->mx[i]) != 0)
			return false;
	return true;
}

/* One that was left out is served nothing, which changes nothing. */
static const char *compare(
    const struct facts *f, const struct catalog *c, struct arena *a)
{
	const struct catalog_entry *e = catalog_find(c, f->domain);
	struct policy live, ours;

	if (e == NULL || f->policy == NULL)
		return NULL;
	if (policy_parse(f->policy, f->policy_len, a, &live, NULL) != 0 ||
	    policy_parse(e->policy, e->policy_len, a, &ours, NULL) != 0 ||
	    !same_policy(&live, &ours))
		return arena_format(
		    a, "%s: it would be another policy", f->domain);
	if (f->id != NULL && strcmp(f->id, e->id) != 0)
		return arena_format(a, "%s: its id would be %s, not %s",
		    f->domain, e->id, f->id);
	return NULL;
}

const char *import_prove(
    const char *text, const struct facts *facts, size_t count, struct arena *a)
{
	struct faults *faults = faults_new();
	struct config *c =
	    config_open_bytes(FILE_NAME, text, strlen(text), faults);
	const char *fault;

	if (c != NULL)
		config_fill(c, NULL, CONFIG_TAKE_ALL, faults);
	fault = first_fault(faults, a);
	for (size_t i = 0; c != NULL && fault == NULL && i < count; i++)
		fault = compare(&facts[i], c->catalog, a);
	config_free(c);
	faults_free(faults);
	return fault;
}

/* Without the place, which is in a text that nobody sees. */
static const char *without_place(const char *fault)
{
	const char *end = strstr(fault, ": ");

	return strncmp(fault, FILE_NAME ":", sizeof(FILE_NAME)) == 0 &&
	               end != NULL
	           ? end + 2
	           : fault;
}

/* Each is written and read alone. Was any refused? */
static bool refuse(struct facts *facts, size_t count, int64_t now,
    const char *const *taken, size_t taken_count, struct arena *a)
{
	struct import_sum sum;
	const char *text, *fault;
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		text =
		    import_text(&facts[i], 1, now, taken, taken_count, a, &sum);
		fault = import_prove(text, &facts[i], 1, a);
		if (fault == NULL)
			continue;
		facts[i].refused = without_place(fault);
		any = true;
	}
	return any;
}

const char *import_write(struct facts *facts, size_t count, int64_t now,
    const char *const *taken, size_t taken_count, struct arena *a,
    struct import_sum *ret_sum, const char **ret_fault)
{
	const char *text =
	    import_text(facts, count, now, taken, taken_count, a, ret_sum);

	*ret_fault = import_prove(text, facts, count, a);
	if (*ret_fault != NULL &&
	    refuse(facts, count, now, taken, taken_count, a)) {
		text = import_text(
		    facts, count, now, taken, taken_count, a, ret_sum);
		*ret_fault = import_prove(text, facts, count, a);
	}
	return *ret_fault == NULL ? text : NULL;
}
