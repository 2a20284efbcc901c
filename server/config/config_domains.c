/* SPDX-License-Identifier: ISC */

/*
 * Domains, from all files, into the catalog: is each one a mail domain, and
 * given once? An entry that is wrong costs its domain alone, which keeps its
 * last good policy.
 */

#include "config/config_domains.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "policy/catalog.h"
#include "policy/host.h"

/* The mail domain in what is a name or a URL made from one; false: none. */
static bool find_meant(const char *text, char ret_domain[HOST_MAX + 1])
{
	static const char *const before[] = { "http://", "https://",
		"_mta-sts.", "mta-sts.", "*." };
	char name[4 * HOST_MAX];
	size_t len;

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (strncasecmp(text, before[i], strlen(before[i])) == 0)
			text += strlen(before[i]);
	len = strcspn(text, "/:?#");
	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len >= sizeof(name))
		return false;
	memcpy(name, text, len);
	name[len] = '\0';
	return host_from_text(name, ret_domain, NULL) == 0 &&
	       strlen(ret_domain) <= DOMAIN_MAX;
}

static void name_draft(struct reading *r, struct draft *draft, const char *text)
{
	char domain[HOST_MAX + 1], meant[HOST_MAX + 1];
	struct err err = { "" };
	bool bad = host_from_text(text, domain, &err) != 0;
	bool prefixed = strncasecmp(text, "mta-sts.", 8) == 0;

	draft->label = label_of(r, text);
	draft->wrong = true;
	if (strcmp(text, "<<") == 0) {
		draft->value = NULL;
		faults_add(r->faults, SEVERITY_FAULT, draft->at, NULL,
		    "unknown key \"<<\": %s", no_merge);
	} else if ((bad || prefixed) && find_meant(text, meant)) {
		draft->misnamed = true;
		draft->domain = arena_string(r->scratch, meant);
		faults_add(r->faults, SEVERITY_FAULT, draft->at, draft->label,
		    "write the mail domain itself: %s", meant);
	} else if (bad) {
		faults_add(r->faults, SEVERITY_FAULT, draft->at, NULL,
		    "domain %s", err.text);
	} else if (strlen(domain) > DOMAIN_MAX) {
		faults_add(r->faults, SEVERITY_FAULT, draft->at, NULL,
		    "domain \"%.64s...\" has %zu bytes; above %d there is no "
		    "room "
		    "for the _mta-sts. before it (RFC 1035 section 2.3.4)",
		    domain, strlen(domain), DOMAIN_MAX);
	} else {
		draft->wrong = false; /* also mta-sts.com: a domain */
		draft->domain = arena_string(r->scratch, domain);
	}
}

static void collect(struct domains *d, const struct parts *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		if (p->at[i].domains != NULL)
			count += p->at[i].domains->count;
	d->drafts = arena_array(d->r->scratch, count, sizeof(*d->drafts));
	for (size_t i = 0; i < p->count; i++) {
		const struct node *map = p->at[i].domains;

		for (size_t j = 0; map != NULL && j < map->count; j++) {
			struct draft *draft = &d->drafts[d->draft_count++];

			draft->at = map->keys[j]->at;
			draft->origin = p->at[i].file;
			draft->value = map->items[j];
			name_draft(d->r, draft, map->keys[j]->text);
		}
	}
}

/* In order of domain, then of reading: they lie in one array. */
static int by_domain(const void *a, const void *b)
{
	const struct draft *const *x = a, *const *y = b;
	int order = strcmp((*x)->domain, (*y)->domain);

	return order != 0 ? order : (*x > *y) - (*x < *y);
}

static void refuse_twins(struct domains *d)
{
	struct draft **sorted =
	    arena_array(d->r->scratch, d->draft_count, sizeof(struct draft *));
	struct draft *first;
	size_t count = 0;

	for (size_t i = 0; i < d->draft_count; i++)
		if (d->drafts[i].domain != NULL && !d->drafts[i].misnamed)
			sorted[count++] = &d->drafts[i];
	qsort(sorted, count, sizeof(struct draft *), by_domain);
	first = count > 0 ? sorted[0] : NULL;
	for (size_t i = 1; i < count; i++) {
		if (strcmp(first->domain, sorted[i]->domain) != 0) {
			first = sorted[i];
			continue;
		}
		first->wrong = sorted[i]->wrong = true;
		faults_add(d->r->faults, SEVERITY_FAULT, sorted[i]->at,
		    sorted[i]->label,
		    "this domain is given twice, first at %s:%u:%u",
		    first->at.file, first->at.line, first->at.column);
	}
}

static void add_all(struct domains *d, const struct catalog *last)
{
	for (size_t i = 0; i < d->draft_count; i++) {
		struct draft *draft = &d->drafts[i];

		d->r->subject = draft->label;
		if (entry_add(d, draft) != 0)
			draft->wrong = true;
		d->r->subject = NULL;
	}
	for (size_t i = 0; last != NULL && i < d->draft_count; i++) {
		const struct draft *draft = &d->drafts[i];
		const struct catalog_entry *e = NULL;
		struct catalog_entry kept;

		if (draft->wrong && draft->domain != NULL)
			e = catalog_find(last, draft->domain);
		if (e == NULL)
			continue;
		kept = *e;
		kept.origin = draft->origin; /* it may have moved */
		last_keep(d->r, &kept);
	}
}

/*
 * `host` has a page of its own, and a policy host its policy: one name cannot
 * be both. The policy is what mail depends on, so that it is served.
 */
static void judge_host(struct reading *r)
{
	struct settings *s = &r->c.settings;
	const struct catalog_entry *e;

	if (s->host == NULL)
		return;
	e = catalog_find_host(r->c.catalog, s->host);
	if (e == NULL)
		return;
	faults_add(r->faults, SEVERITY_FAULT, node_get(r->root, "host")->at,
	    NULL, "host %s is the policy host of %s: name one of its own",
	    s->host, e->domain);
	s->host = NULL;
}

static void warn(struct domains *d)
{
	struct reading *r = d->r;
	size_t others = d->unreported_count - 1;
	char more[64] = "";

	if (d->draft_count == 0 && faults_count(r->faults, SEVERITY_FAULT) == 0)
		faults_add(r->faults, SEVERITY_WARNING,
		    (struct place){ .file = r->path }, NULL,
		    "there are no domains");
	if (d->unreported == NULL)
		return;
	if (others > 0)
		(void)snprintf(
		    more, sizeof(more), " (and %zu more like it)", others);
	faults_add(r->faults, SEVERITY_WARNING, d->unreported->at,
	    d->unreported->label,
	    "mode testing without tlsrpt: nobody will tell what would have "
	    "failed%s",
	    more);
}

void domains_read(
    struct reading *r, const struct parts *p, const struct catalog *last)
{
	struct domains d = { .r = r };

	policies_read(&d, p);
	collect(&d, p);
	refuse_twins(&d);
	add_all(&d, last);
	judge_host(r);
	warn(&d);
}
