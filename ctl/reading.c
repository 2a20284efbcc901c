/* SPDX-License-Identifier: ISC */
/*
 * Read the configuration for a verb, tell its faults, and find the domain
 * that a person asked for.
 */
#include "reading.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "config/config.h"
#include "config/faults.h"
#include "policy/catalog.h"
#include "policy/host.h"
#include "verb.h"

struct config *reading_open(const char *path, struct faults *f)
{
	struct config *c = config_open(path, f);

	if (c != NULL)
		config_fill(c, NULL, CONFIG_TAKE_ALL, f);
	return c;
}

/* Is domain the subject of a fault, in whatever form it is written there? */
static bool is_about(const char *fault, const char *domain)
{
	char subject[HOST_MAX + 1], host[HOST_MAX + 1];
	const char *from = strstr(fault, ": "), *to;
	size_t len;

	while (from != NULL && (to = strstr(from + 2, ": ")) != NULL) {
		len = (size_t)(to - from) - 2;
		if (len < sizeof(subject)) {
			memcpy(subject, from + 2, len);
			subject[len] = '\0';
			if (host_from_text(subject, host, NULL) == 0 &&
			    strcmp(host, domain) == 0)
				return true;
		}
		from = to;
	}
	return false;
}

/* The faults about domain (NULL: all). Were there any? */
static bool tell_faults(struct faults *f, const char *domain)
{
	enum severity severity;
	const char *text;
	bool any = false;
	size_t i;

	for (i = 0; i < faults_total(f); i++) {
		text = faults_at(f, i, &severity);
		if (severity != SEVERITY_FAULT ||
		    (domain != NULL && !is_about(text, domain)))
			continue;
		fprintf(stderr, "%s\n", text);
		any = true;
	}
	return any;
}

void reading_tell_faults(struct faults *f)
{
	(void)tell_faults(f, NULL); /* there may be none */
}

static void tell_absence(const struct config *c, const char *domain)
{
	const struct catalog *k = c->catalog;
	struct near near = { .text = domain };
	size_t i;

	for (i = 0; i < catalog_count(k); i++)
		near_try(&near, catalog_at(k, i)->domain);
	if (near.best != NULL)
		verb_complain("%s is not configured: did you mean %s?", domain,
		    near.best);
	else
		verb_complain("%s is not configured", domain);
}

const struct catalog_entry *reading_find(
    const struct config *c, struct faults *f, const char *text)
{
	const struct catalog_entry *e;
	char domain[HOST_MAX + 1];
	struct err err;

	if (host_from_text(text, domain, &err) != 0) {
		verb_complain("%s", err.text);
		return NULL;
	}
	e = catalog_find(c->catalog, domain);
	if (e != NULL)
		return e;
	if (tell_faults(f, domain))
		return NULL;
	tell_absence(c, domain);
	/* Its policy's fault, say, names the policy, and a bad file's none. */
	if (faults_count(f, SEVERITY_FAULT) > 0)
		verb_complain("unless one of these hides it:");
	reading_tell_faults(f);
	return NULL;
}
