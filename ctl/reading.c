/* SPDX-License-Identifier: ISC */
/*
 * Read the configuration for a verb, tell its faults, and find the domain or
 * the host that a person asked for.
 */
#include "reading.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "config/config.h"
#include "config/faults.h"
#include "config/lastgood.h"
#include "config/served.h"
#include "policy/catalog.h"
#include "policy/host.h"
#include "seen.h"
#include "verb.h"

#define PREFIX "mta-sts."

struct config *reading_open(const char *path, struct faults *f)
{
	struct config *c = config_open(path, f);

	if (c != NULL)
		config_fill(c, NULL, CONFIG_TAKE_ALL, f);
	return c;
}

/* Is it there, whole? */
static bool read_served(struct served *s, const char *state)
{
	struct err err;
	enum served_found found = served_read(s, state, &err);

	if (found == SERVED_NEWER || found == SERVED_BROKEN)
		verb_complain("%s: until when senders may keep policies is not "
		              "known",
		    err.text);
	return found == SERVED_WHOLE;
}

struct config *reading_open_merged(const char *path, struct arena *scratch,
    struct faults *f, struct served *served, struct err *ret_unread)
{
	struct config *c = config_open(path, f);
	struct lastgood last = { .catalog = NULL };
	unsigned flags = 0;

	ret_unread->text[0] = '\0';
	if (c == NULL)
		return NULL;
	if (lastgood_read(c->settings.state, scratch, &last, ret_unread) >= 0)
		ret_unread->text[0] = '\0';
	if (served != NULL && read_served(served, c->settings.state))
		flags = CONFIG_LEFT_UNTOLD;
	config_fill(c, last.catalog, flags, f);
	return c;
}

static struct config *open_last_good(
    const char *path, struct arena *scratch, struct err *ret_unread)
{
	struct faults *unseen = faults_new(); /* of a file that is gone */
	char *state = config_guess_state(path);
	struct config *c = NULL;
	struct lastgood last;
	int result = lastgood_read(state, scratch, &last, ret_unread);

	if (result >= 0)
		ret_unread->text[0] = '\0';
	if (result == 0)
		c = config_open_bytes(path, last.main, last.main_len, unseen);
	/* A mistyped -c must not do what another file said. */
	if (c != NULL && strcmp(c->path, last.path) != 0) {
		config_free(c);
		c = NULL;
	}
	if (c != NULL)
		config_keep(c, last.catalog);
	free(state);
	faults_free(unseen);
	return c;
}

struct config *reading_open_served(const char *path, struct arena *scratch,
    struct faults *f, bool *ret_last_good, struct err *ret_unread)
{
	struct config *c =
	    reading_open_merged(path, scratch, f, NULL, ret_unread);

	*ret_last_good = c == NULL;
	return c != NULL ? c : open_last_good(path, scratch, ret_unread);
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
		seen_put(stderr, text);
		fputc('\n', stderr);
		any = true;
	}
	return any;
}

void reading_tell_faults(struct faults *f)
{
	(void)tell_faults(f, NULL); /* there may be none */
}

static void tell_absence(const struct config *c, const char *name, bool hosts)
{
	const struct catalog *k = c->catalog;
	struct near near = { .text = name };
	size_t i;

	for (i = 0; i < catalog_count(k); i++) {
		near_try(&near, catalog_at(k, i)->domain);
		if (hosts)
			near_try(&near, catalog_at(k, i)->host);
	}
	if (hosts && c->settings.host != NULL)
		near_try(&near, c->settings.host);
	if (near.best != NULL)
		verb_complain(
		    "%s is not configured: did you mean %s?", name, near.best);
	else
		verb_complain("%s is not configured", name);
}

/* Why there is no domain, as far as faults tell; name is what was asked for. */
static void explain_absence(const struct config *c, struct faults *f,
    const char *domain, const char *name, bool hosts)
{
	if (tell_faults(f, domain))
		return;
	tell_absence(c, name, hosts);
	/* Its policy's fault, say, names the policy, and a bad file's none. */
	if (faults_count(f, SEVERITY_FAULT) > 0)
		verb_complain("unless one of these hides it:");
	reading_tell_faults(f);
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
	if (e == NULL)
		explain_absence(c, f, domain, domain, false);
	return e;
}

const char *reading_find_host(
    const struct config *c, struct faults *f, const char *text)
{
	const char *own = c->settings.host, *domain;
	const struct catalog_entry *e;
	char name[HOST_MAX + 1];
	struct err err;

	if (host_from_text(text, name, &err) != 0) {
		verb_complain("%s", err.text);
		return NULL;
	}
	e = catalog_find(c->catalog, name);
	if (e == NULL)
		e = catalog_find_host(c->catalog, name);
	if (e != NULL)
		return e->host;
	if (own != NULL && strcmp(own, name) == 0)
		return own;
	domain = strncmp(name, PREFIX, sizeof(PREFIX) - 1) == 0
	             ? name + sizeof(PREFIX) - 1
	             : name;
	explain_absence(c, f, domain, name, true);
	return NULL;
}
