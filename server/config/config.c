/* SPDX-License-Identifier: ISC */

/*
 * One reading of the configuration from the main file to the catalog. What
 * stays lies in one arena; trees and drafts lie in another, which ends with
 * the fill, so that workers inherit nothing of them. Where a setting is wrong
 * policies and domains are still judged, that all is told at once.
 */

#include "config/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "config/config_map.h"
#include "policy/catalog.h"

/* The absolute form of a directory that is "" or ends with a slash. */
static const char *absolute(struct arena *a, const char *dir)
{
	char *here;

	if (dir[0] == '/')
		return dir;
	here = getcwd(NULL, 0);
	if (here == NULL)
		return dir; /* it was deleted: relative paths are lost anyway */
	while (strncmp(dir, "./", 2) == 0)
		dir += 2;
	dir = arena_format(a, "%s/%s", here, dir);
	free(here);
	return dir;
}

static struct reading *reading_new(const char *path, const struct file_id *id,
    const char *bytes, size_t len, struct faults *f)
{
	struct arena *a = arena_new(false);
	struct reading *r = arena_alloc(a, sizeof(*r));
	const char *slash = strrchr(path, '/');
	const char **files = arena_array(a, 1, sizeof(*files));
	struct file_id *ids = arena_array(a, 1, sizeof(*ids));

	r->c.arena = a;
	r->scratch = arena_new(false);
	r->faults = f;
	r->path = arena_string(a, path);
	r->near_dir =
	    arena_copy(a, path, slash != NULL ? (size_t)(slash - path) + 1 : 0);
	r->dir = absolute(a, r->near_dir);
	r->c.path =
	    arena_format(a, "%s%s", r->dir, slash != NULL ? slash + 1 : path);
	r->section = "";
	r->main.file = r->path;
	r->main.path = r->c.path;
	r->c.main_bytes = arena_copy(a, bytes, len);
	r->c.main_len = len;
	files[0] = r->path;
	ids[0] = *id;
	r->c.files = files;
	r->c.file_ids = ids;
	r->c.file_count = 1;
	return r;
}

void config_free(struct config *c)
{
	struct reading *r = (struct reading *)c;

	if (r == NULL)
		return;
	arena_free(r->scratch);
	arena_free(r->c.arena);
}

static void read_settings(struct reading *r)
{
	if (r->root->kind == NODE_MAP) {
		map_read(r, main_keys, r->root, r);
		settings_judge(r);
	} else if (r->root->plain_null) {
		/* Taken as it stands it would undo every setting. */
		faults_add(r->faults, SEVERITY_FAULT,
		    (struct place){ .file = r->path }, NULL,
		    "is empty: there are neither settings nor domains");
	} else {
		faults_add(r->faults, SEVERITY_FAULT, r->root->at, NULL,
		    "a map of keys and values belongs here, not a %s",
		    r->root->kind == NODE_LIST ? "list" : "single value");
	}
}

static struct config *open_bytes(const char *path, const struct file_id *id,
    const char *bytes, size_t len, struct faults *f)
{
	struct reading *r = reading_new(path, id, bytes, len, f);
	size_t before = faults_count(f, SEVERITY_FAULT);

	r->root =
	    yaml_parse(r->c.main_bytes, len, r->path, r->scratch, f, NULL);
	if (r->root != NULL) {
		read_settings(r);
		if (faults_count(f, SEVERITY_FAULT) == before)
			return &r->c;
		/* Nothing will come of it: this is for its faults alone. */
		if (r->defaults != NULL)
			config_fill(&r->c, NULL, 0, f);
	}
	config_free(&r->c);
	return NULL;
}

struct config *config_open_bytes(
    const char *path, const char *bytes, size_t len, struct faults *f)
{
	struct file_id id;

	file_identify(path, &id);
	return open_bytes(path, &id, bytes, len, f);
}

/* Words of base/file begin with the path; a place has it already. */
static const char *without_path(const char *words, const char *path)
{
	size_t len = strlen(path);

	if (strncmp(words, path, len) == 0 &&
	    strncmp(words + len, ": ", 2) == 0)
		return words + len + 2;
	return words;
}

int config_read_file(const char *path, char **ret_bytes, size_t *ret_len,
    struct file_id *ret_id, struct faults *f)
{
	struct err err;

	if (file_read(
	        path, CONFIG_BYTES_MAX, ret_bytes, ret_len, ret_id, &err) == 0)
		return 0;
	faults_add(f, SEVERITY_FAULT, (struct place){ .file = path }, NULL,
	    "cannot be read: %s", without_path(err.text, path));
	return -1;
}

struct config *config_open(const char *path, struct faults *f)
{
	struct file_id id;
	struct config *c;
	char *bytes;
	size_t len;

	if (config_read_file(path, &bytes, &len, &id, f) != 0)
		return NULL;
	c = open_bytes(path, &id, bytes, len, f);
	free(bytes);
	return c;
}

void config_fill(struct config *c, const struct catalog *last, unsigned flags,
    struct faults *f)
{
	struct reading *r = (struct reading *)c;
	struct parts parts;

	assert(c->catalog == NULL);
	r->faults = f;
	c->catalog = catalog_new(c->arena);
	parts = files_read(r);
	domains_read(r, &parts, last);
	if (last != NULL)
		last_merge(r, &parts, last, flags);
	catalog_seal(c->catalog);
	arena_free(r->scratch);
	r->scratch = NULL;
}

void config_keep(struct config *c, const struct catalog *last)
{
	struct reading *r = (struct reading *)c;

	assert(c->catalog == NULL);
	c->catalog = catalog_new(c->arena);
	for (size_t i = 0; i < catalog_count(last); i++)
		last_keep(r, catalog_at(last, i));
	catalog_seal(c->catalog);
	arena_free(r->scratch);
	r->scratch = NULL;
}

bool config_has_host(const struct config *c, const char *host)
{
	const char *own = c->settings.host;

	return catalog_find_host(c->catalog, host) != NULL ||
	       (own != NULL && strcmp(own, host) == 0);
}

bool config_renews(const struct settings *s)
{
	return s->acme.configured && s->acme.redirect == NULL &&
	       s->https.count > 0;
}

char *config_guess_state(const char *path)
{
	struct file_id id;
	const char *state = NULL, *service = getenv("STATE_DIRECTORY");
	const struct node *partial = NULL;
	struct faults *f = faults_new();
	struct reading *r = NULL;
	char *bytes, *result;
	size_t len;

	if (config_read_file(path, &bytes, &len, &id, f) == 0) {
		const struct node *n;

		r = reading_new(path, &id, bytes, len, f);
		free(bytes);
		(void)yaml_parse(r->c.main_bytes, len, r->path, r->scratch, f,
		    &partial); /* what there is of it is enough */
		n = partial != NULL ? node_get(partial, "state") : NULL;
		if (n != NULL && n->kind == NODE_SCALAR && n->text[0] != '\0')
			state = arena_format(r->scratch, "%s%s",
			    n->text[0] == '/' ? "" : r->dir, n->text);
	}
	if (state == NULL && service != NULL && service[0] == '/')
		result = strndup(service, strcspn(service, ":"));
	else
		result = strdup(state != NULL ? state : CONFIG_STATE);
	assert(result != NULL);
	config_free(r != NULL ? &r->c : NULL);
	faults_free(f);
	return result;
}

const char *config_absolute(
    const struct config *c, struct arena *a, const char *file)
{
	const struct reading *r = (const struct reading *)c;
	size_t len = strlen(r->near_dir);

	if (file[0] == '/' || strncmp(file, r->near_dir, len) != 0)
		return file;
	return arena_format(a, "%s%s", r->dir, file + len);
}

static void add_text(struct digest *d, const char *text)
{
	/* With its NUL, so that no two rows of texts are the same bytes. */
	if (text != NULL)
		digest_add(d, text, strlen(text) + 1);
	else
		digest_add(d, "\xff", 1);
}

void config_digest(const struct config *c, unsigned char ret_digest[32])
{
	struct digest *d = digest_new();
	uint64_t main_len = c->main_len;

	digest_add(d, &main_len, sizeof(main_len));
	digest_add(d, c->main_bytes, c->main_len);
	add_text(d, c->settings.host);
	for (size_t i = 0; c->catalog && i < catalog_count(c->catalog); i++) {
		const struct catalog_entry *e = catalog_at(c->catalog, i);
		unsigned char flags[2] = { e->delegated, e->kept };
		uint64_t len = e->policy_len;

		add_text(d, e->domain);
		add_text(d, e->origin);
		add_text(d, e->id);
		add_text(d, e->tlsrpt);
		digest_add(d, flags, sizeof(flags));
		digest_add(d, &len, sizeof(len));
		digest_add(d, e->policy, e->policy_len);
	}
	digest_end(d, ret_digest);
}
