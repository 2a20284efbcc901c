/* SPDX-License-Identifier: ISC */
/*
 * forget: the certificate, the key and the state of a host that is no longer
 * configured. It removes nothing that serves a configured host, and where the
 * configuration is at fault nothing at all, since the fault may hide the host.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/owner.h"
#include "config/config.h"
#include "config/faults.h"
#include "forget_files.h"
#include "policy/catalog.h"
#include "policy/host.h"
#include "reading.h"
#include "renew_lock.h"
#include "tls/pair.h"
#include "tls/store.h"
#include "verb.h"

static bool is_configured(const struct config *c, const char *host)
{
	return catalog_find(c->catalog, host) != NULL ||
	       config_has_host(c, host);
}

static void on_note(void *cookie, const struct store_note *n)
{
	(void)cookie;
	(void)n; /* what cannot be used serves nobody */
}

/* The configured host that the pair of name serves. NULL: none. */
static const char *find_served(const struct config *c, const char *name)
{
	const struct store_calls calls = { .on_note = on_note };
	struct store *s = store_load(c->settings.certs, NULL, 0, &calls);
	int64_t now = (int64_t)time(NULL);
	const char *served = NULL, *own = c->settings.host;
	size_t count = catalog_count(c->catalog);

	for (size_t i = 0; i <= count && served == NULL; i++) {
		const char *host =
		    i < count ? catalog_at(c->catalog, i)->host : own;
		const struct pair *p =
		    host == NULL ? NULL : store_find(s, host, now);

		if (p != NULL && strcmp(p->name, name) == 0)
			served = host;
	}
	store_free(s);
	return served;
}

/* May the host be forgotten? If not, why, was told. */
static bool may_forget(
    const struct config *c, struct faults *f, const char *host)
{
	const char *served;

	if (is_configured(c, host)) {
		verb_complain(
		    "%s is configured: take it out of %s first", host, c->path);
		return false;
	}
	if (faults_count(f, SEVERITY_FAULT) > 0) {
		reading_tell_faults(f);
		verb_complain(
		    "one of these may hide %s: mend them first", host);
		return false;
	}
	served = find_served(c, host);
	if (served == NULL)
		return true;
	verb_complain("the certificate in %s/%s serves %s, which is configured",
	    c->settings.certs, host, served);
	return false;
}

/* -1: there is none to be taken, and why was told. -2: nobody uses one. */
static int lock(const char *dir)
{
	struct err err;
	bool busy;
	int fd;

	if (access(dir, F_OK) != 0 && errno == ENOENT)
		return -2;
	fd = renew_lock(dir, &busy, &err);
	if (fd < 0)
		verb_complain("%s", err.text);
	return fd;
}

/* What a person names: a host, or the policy domain that it was for. */
static int find_host(const struct forget_places *p, const char *text,
    char ret_host[HOST_MAX + 1])
{
	char policy_host[HOST_MAX + sizeof("mta-sts.")];
	struct err err;

	if (host_from_text(text, ret_host, &err) != 0) {
		verb_complain("%s", err.text);
		return -1;
	}
	(void)snprintf(
	    policy_host, sizeof(policy_host), "mta-sts.%s", ret_host);
	if (!forget_knows(p, ret_host) && strlen(policy_host) <= HOST_MAX &&
	    forget_knows(p, policy_host))
		memcpy(ret_host, policy_host, strlen(policy_host) + 1);
	return 0;
}

static int forget_host(struct config *c, struct faults *f, const char *text)
{
	struct forget_places p = {
		.certs = c->settings.certs,
		.state = c->settings.state,
		.renew = arena_format(c->arena, "%s/renew", c->settings.state),
	};
	char host[HOST_MAX + 1];
	struct err err;
	int fd, status = UNABLE;

	if (owner_become(p.state, &err) != 0) {
		verb_complain("%s", err.text);
		return UNABLE;
	}
	if (find_host(&p, text, host) != 0 || !may_forget(c, f, host))
		return UNABLE;
	fd = lock(p.renew);
	if (fd == -1)
		return UNABLE;
	if (!forget_knows(&p, host)) {
		forget_tell_near(&p, host);
		status = NOT_WELL;
	} else if (forget_remove(&p, host) == 0) {
		status = WELL;
	}
	if (fd >= 0)
		(void)close(fd); /* nothing was written to it */
	return status;
}

static int forget(const char *config_path, int argc, char **argv)
{
	struct faults *faults;
	struct arena *scratch;
	struct config *c;
	struct err unread;
	int status = UNABLE;

	if (argc == 2 && argv[1][0] == '-')
		return verb_misused(
		    &verb_forget, "forget knows no option %s", argv[1]);
	if (argc != 2)
		return verb_misused(
		    &verb_forget, "forget takes the name of one host");
	faults = faults_new();
	scratch = arena_new(false);
	c = reading_open_merged(config_path, scratch, faults, NULL, &unread);
	if (c == NULL)
		reading_tell_faults(faults);
	else if (unread.text[0] != '\0')
		verb_complain("%s: what is served is not known", unread.text);
	else
		status = forget_host(c, faults, argv[1]);
	config_free(c);
	arena_free(scratch);
	faults_free(faults);
	return status;
}

const struct verb verb_forget = {
	.name = "forget",
	.arguments = "HOST",
	.summary = "removes the certificate and key of a host that has left",
	.help =
	    "HOST, or the policy domain that it was for, must be configured no "
	    "more. What is\nremoved is told, and what is left and why; a link "
	    "is removed, never followed. The\nCA is not told: a certificate "
	    "that nobody uses ends by itself.\n\n"
	    "Exit status 1: nothing is known of HOST.\n\n"
	    "Example: a customer has left, and the domain is out of the "
	    "file\n\n"
	    "  mta-stsctl forget mta-sts.example.com\n",
	.run = forget,
};
