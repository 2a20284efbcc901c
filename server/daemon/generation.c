/* SPDX-License-Identifier: ISC */

/*
 * Building a generation: the configuration with what is kept of the last good
 * one, the pairs, and every line of the log about them. Only the manager
 * builds. Nothing of a generation changes once it is built.
 */

#include "daemon/generation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "config/config.h"
#include "config/faults.h"
#include "config/lastgood.h"
#include "daemon/generation_part.h"
#include "policy/catalog.h"
#include "tls/store.h"

#define FAULTS_TOLD 200
#define NO_START                                                               \
	"the configuration cannot be used, and there is no last good one to "  \
	"start from"

/* All of them, as far as a log should go: a broken generator makes many. */
static void tell_faults(struct faults *f)
{
	size_t warnings = faults_count(f, SEVERITY_WARNING);
	size_t total = faults_total(f);

	size_t left = faults_count(f, SEVERITY_FAULT); /* of the faults */

	for (size_t i = 0; i < total && i < FAULTS_TOLD; i++) {
		enum severity s;
		const char *text = faults_at(f, i, &s);

		if (s == SEVERITY_FAULT) {
			log_error("%s", text);
			left--;
		} else {
			log_info("%s", text);
		}
	}
	if (total > FAULTS_TOLD && left > 0)
		log_error("%zu more faults and warnings: see mta-stsctl check",
		    total - FAULTS_TOLD);
	else if (total > FAULTS_TOLD)
		log_info("%zu more warnings: see mta-stsctl check",
		    total - FAULTS_TOLD);
	if (warnings > 0)
		log_notice("the configuration has %zu warning%s: see "
		           "mta-stsctl check",
		    warnings, warnings == 1 ? "" : "s");
}

/* What was last good by a state directory; false: nothing, its fault told. */
static bool read_last(
    const char *state, struct arena *a, struct lastgood *ret_last)
{
	struct err err;
	int result = lastgood_read(state, a, ret_last, &err);

	if (result < 0)
		log_warn("%s", err.text);
	return result == 0;
}

/* The configuration as it was last good. NULL: there is none. */
static struct config *open_last_good(
    const char *path, struct arena *a, const struct catalog **ret_last)
{
	char *state = config_guess_state(path);
	struct faults *f = faults_new(); /* of a file that is gone: not told */
	struct config *c = NULL;
	struct lastgood last;

	if (read_last(state, a, &last))
		c = config_open_bytes(path, last.main, last.main_len, f);
	/* A mistyped -c must not serve what another file said. */
	if (c != NULL && strcmp(c->path, last.path) != 0) {
		log_error(
		    "%s/last-good is of %s, and not used", state, last.path);
		config_free(c);
		c = NULL;
	}
	*ret_last = c != NULL ? last.catalog : NULL;
	free(state);
	faults_free(f);
	return c;
}

/* Nothing to start from: is it that nothing was ever put there? */
static void tell_no_start(const char *path, struct faults *f, struct err *err)
{
	const char *slash = strrchr(path, '/');

	if (access(path, F_OK) == 0 || errno != ENOENT) {
		tell_faults(f);
		err_set(err, NO_START);
		return;
	}
	err_set(err,
	    "there is no %s: write it (see mta-stsd.yaml(5)); in a container, "
	    "mount a directory with it at %.*s",
	    path, slash == NULL ? 1 : (int)(slash - path) + (slash == path),
	    slash == NULL ? "." : path);
}

struct config *generation_settings(
    const char *path, bool *ret_last_good, struct err *err)
{
	struct arena *a = arena_new(false);
	struct faults *f = faults_new();
	const struct catalog *last;
	struct config *c = config_open(path, f);

	*ret_last_good = c == NULL;
	if (c == NULL) {
		c = open_last_good(path, a, &last);
		if (c == NULL)
			tell_no_start(path, f, err);
	}
	faults_free(f);
	arena_free(a);
	return c;
}

/* At a start: what the file says, else what was last good. */
static struct config *first_config(struct generation *g, const char *path,
    unsigned flags, struct faults *f, struct err *err)
{
	struct config *c = config_open(path, f);
	struct lastgood last;

	g->before_arena = arena_new(false);
	if (c != NULL) {
		if (read_last(c->settings.state, g->before_arena, &last))
			g->before = last.catalog;
		config_fill(c, g->before,
		    flags & BUILD_TAKE_ALL ? CONFIG_TAKE_ALL : 0, f);
		return c;
	}
	c = open_last_good(path, g->before_arena, &g->before);
	if (c == NULL) {
		err_set(err, NO_START);
		return NULL;
	}
	config_keep(c, g->before);
	g->from_last_good = true;
	return c;
}

/* What a start alone can change stays as it was, and is told. */
static bool endpoints_same(const struct endpoints *a, const struct endpoints *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!endpoint_same(&a->at[i], &b->at[i]))
			return false;
	return true;
}

static void tell_restart(const struct settings *old, const struct settings *new)
{
	if (!endpoints_same(&old->https, &new->https) ||
	    !endpoints_same(&old->http, &new->http) ||
	    !endpoints_same(&old->plain, &new->plain) ||
	    !endpoints_same(&old->admin, &new->admin))
		log_warn("listen: has changed, which needs a restart; until "
		         "then the old addresses are served");
	if (strcmp(old->user, new->user) != 0)
		log_warn("user: has changed, which needs a restart");
	if (strcmp(old->state, new->state) != 0)
		log_warn("state: has changed, which needs a restart; until "
		         "then %s is used",
		    old->state);
}

/* A bind-mounted file that was replaced outside stays the old one in here. */
static void tell_unlinked(const struct config *c)
{
	for (size_t i = 0; i < c->file_count; i++)
		if (c->file_ids[i].inode != 0 && c->file_ids[i].links == 0)
			log_warn("%s was replaced outside, and what is mounted "
			         "here is the old one: mount its directory "
			         "instead of the file",
			    c->files[i]);
}

/* A reload. NULL: what stands there cannot be used. */
static struct config *next_config(const char *path,
    const struct generation *last, unsigned flags, struct faults *f)
{
	struct config *old = last->config, *c = config_open(path, f);

	if (c == NULL)
		return NULL;
	config_fill(
	    c, old->catalog, flags & BUILD_TAKE_ALL ? CONFIG_TAKE_ALL : 0, f);
	tell_restart(&old->settings, &c->settings);
	tell_unlinked(c);
	/* Until a restart it is what it was at the start. */
	c->settings.state = arena_string(c->arena, old->settings.state);
	return c;
}

/* What last (NULL: this build) read is told until it is read anew. */
static void keep_fault(
    struct generation *g, const struct generation *last, struct faults *f)
{
	if (last != NULL) {
		g->fault = last->fault;
		g->fault_count = last->fault_count;
		g->warning_count = last->warning_count;
		return;
	}
	g->fault_count = faults_count(f, SEVERITY_FAULT);
	g->warning_count = faults_count(f, SEVERITY_WARNING);
	for (size_t i = 0; g->fault_count > 0; i++) {
		enum severity s;
		const char *text = faults_at(f, i, &s);

		if (s != SEVERITY_FAULT)
			continue;
		err_set(&g->fault, "%s", text);
		break;
	}
}

struct generation *generation_build(const struct build *b,
    const struct generation *last, bool *ret_refused, struct err *err)
{
	struct faults *f = faults_new();
	struct generation *g = calloc(1, sizeof(*g));

	if (g == NULL)
		arena_no_memory();
	*ret_refused = false;
	if (last == NULL) {
		g->config = first_config(g, b->path, b->flags, f, err);
	} else {
		if (b->flags & BUILD_CONFIG) {
			g->config = next_config(b->path, last, b->flags, f);
			*ret_refused = g->config == NULL;
		}
		if (g->config == NULL)
			g->config = last->config;
	}
	if (b->on_step != NULL)
		b->on_step(b->cookie);
	tell_faults(f);
	keep_fault(g, b->flags & BUILD_CONFIG ? NULL : last, f);
	faults_free(f);
	if (g->config == NULL) {
		arena_free(g->before_arena);
		free(g);
		return NULL;
	}
	if (g->from_last_good)
		log_error("starting with the last good configuration");
	g->number = last ? last->number + 1 : 1;
	generation_build_pairs(g, b, last);
	config_digest(g->config, g->digest);
	if (last == NULL || g->config != last->config) {
		catalog_number(
		    g->config->catalog, last ? last->config->catalog : NULL);
		arena_seal(g->config->arena);
	}
	return g;
}

bool generation_same(const struct generation *a, const struct generation *b)
{
	return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0 &&
	       store_same(a->store, b->store);
}

void generation_free(struct generation *g, const struct generation *survivor)
{
	if (g == NULL)
		return;
	if (survivor == NULL || survivor->store != g->store)
		store_free(g->store);
	if (survivor == NULL || survivor->config != g->config)
		config_free(g->config);
	arena_free(g->before_arena);
	free(g);
}
