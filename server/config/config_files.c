/* SPDX-License-Identifier: ISC */

/*
 * Which files there are to read: the main file, then those that `include`
 * names, each pattern's in order of name and no file twice. A file that is
 * named by a pattern alone may be missing; one that is named itself may not.
 */

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "config/config_map.h"

static const char wildcards[] = "*?[";

struct list {
	struct reading *r;
	struct parts parts;
	size_t part_room;
	const char **files; /* for the watcher */
	struct file_id *ids;
	size_t file_count, file_room, id_room;
};

/* Room for one more of size bytes each. */
static void *grown(
    struct arena *a, void *old, size_t count, size_t *room, size_t size)
{
	void *more;

	if (count < *room)
		return old;
	*room = *room == 0 ? 16 : *room * 2;
	more = arena_array(a, *room, size);
	if (count > 0)
		memcpy(more, old, count * size);
	return more;
}

/* To be called before it is looked at: no change meanwhile is missed. */
static void add_file(struct list *l, const char *file)
{
	struct arena *a = l->r->c.arena;

	l->files =
	    grown(a, l->files, l->file_count, &l->file_room, sizeof(*l->files));
	l->ids = grown(a, l->ids, l->file_count, &l->id_room, sizeof(*l->ids));
	file_identify(file, &l->ids[l->file_count]);
	l->files[l->file_count++] = arena_string(l->r->c.arena, file);
}

static void add_part(struct list *l, const struct part *part)
{
	l->parts.at = grown(l->r->scratch, l->parts.at, l->parts.count,
	    &l->part_room, sizeof(*l->parts.at));
	l->parts.at[l->parts.count++] = *part;
}

/* A pattern below the main file's directory, whose own name is no pattern. */
static const char *pattern_in(
    const struct reading *r, const char *dir, const char *text)
{
	char *pattern, *to;

	if (text[0] == '/')
		return text;
	pattern = to =
	    arena_alloc(r->scratch, 2 * strlen(dir) + strlen(text) + 1);
	for (const char *c = dir; *c != '\0'; c++) {
		if (*c == '\\' || strchr(wildcards, *c) != NULL)
			*to++ = '\\';
		*to++ = *c;
	}
	memcpy(to, text, strlen(text) + 1);
	return pattern;
}

static const char *plain_path(const struct reading *r, const char *text)
{
	return arena_format(
	    r->scratch, "%s%s", text[0] == '/' ? "" : r->near_dir, text);
}

static bool is_pattern(const char *text)
{
	return strpbrk(text, wildcards) != NULL;
}

bool files_name(const struct reading *r, const char *file)
{
	const char *wanted = config_absolute(&r->c, r->scratch, file);

	for (size_t i = 0; i < r->include.count; i++) {
		const char *text = r->include.at[i]->text;
		const char *path =
		    config_absolute(&r->c, r->scratch, plain_path(r, text));

		if (is_pattern(text)
		        ? fnmatch(pattern_in(r, r->dir, text), wanted,
		              FNM_PATHNAME | FNM_PERIOD) == 0
		        : strcmp(path, wanted) == 0)
			return true;
	}
	return false;
}

static void read_part(struct list *l, const char *file)
{
	struct reading *r = l->r;
	size_t before = faults_count(r->faults, SEVERITY_FAULT);
	struct part part = { .file = arena_string(r->scratch, file) };
	const struct node *root;
	char *bytes;
	size_t len;

	part.path = config_absolute(&r->c, r->scratch, part.file);
	if (config_read_file(file, &bytes, &len, NULL, r->faults) == 0) {
		root = yaml_parse(
		    bytes, len, part.file, r->scratch, r->faults, NULL);
		free(bytes);
		if (root != NULL && root->kind == NODE_MAP)
			map_read(r, included_keys, root, &part);
		else if (root != NULL && root->plain_null)
			part.empty = true;
		else if (root != NULL)
			faults_add(r->faults, SEVERITY_FAULT, root->at, NULL,
			    "a map with policies and domains belongs here");
	}
	part.broken = faults_count(r->faults, SEVERITY_FAULT) > before;
	add_part(l, &part);
}

/* Was it read before the parts from index on? The main file was, too. */
static bool is_read(const struct list *l, const char *file, size_t index,
    const struct file_id *main_id)
{
	struct file_id id;

	for (size_t i = 0; i < index; i++)
		if (strcmp(l->parts.at[i].file, file) == 0)
			return true;
	file_identify(file, &id);
	return id.inode != 0 && id.inode == main_id->inode &&
	       id.device == main_id->device;
}

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* The directory that a new file for the pattern would be made in. */
static const char *directory_of(struct list *l, const char *text)
{
	const char *path = plain_path(l->r, text);
	size_t fixed = strlen(path) - strlen(strpbrk(text, wildcards));

	while (fixed > 0 && path[fixed - 1] != '/')
		fixed--;
	return fixed == 0 ? "." : arena_copy(l->r->scratch, path, fixed);
}

static void read_pattern(
    struct list *l, const struct node *n, const struct file_id *main_id)
{
	const char *directory = directory_of(l, n->text);
	size_t before = l->parts.count;
	glob_t found = { .gl_pathc = 0 };
	int rc;

	add_file(l, directory);
	rc = glob(pattern_in(l->r, l->r->near_dir, n->text), GLOB_NOSORT, NULL,
	    &found);
	if (rc == GLOB_NOMATCH && access(directory, R_OK | X_OK) != 0 &&
	    errno != ENOENT)
		faults_add(l->r->faults, SEVERITY_FAULT, n->at, NULL,
		    "include: %s cannot be read: %s", directory,
		    strerror(errno));
	else if (rc != 0 && rc != GLOB_NOMATCH)
		faults_add(l->r->faults, SEVERITY_FAULT, n->at, NULL,
		    "include: %s cannot be searched", directory);
	if (rc == 0)
		qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), by_text);
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++) {
		if (is_read(l, found.gl_pathv[i], before, main_id))
			continue;
		add_file(l, found.gl_pathv[i]);
		read_part(l, found.gl_pathv[i]);
	}
	globfree(&found);
}

static void read_one(
    struct list *l, const struct node *n, const struct file_id *main_id)
{
	const char *file = plain_path(l->r, n->text);

	if (is_read(l, file, l->parts.count, main_id))
		return;
	add_file(l, file);
	if (access(file, F_OK) == 0 || errno != ENOENT) {
		read_part(l, file);
		return;
	}
	faults_add(l->r->faults, SEVERITY_FAULT, n->at, NULL,
	    "include: there is no file %s", file);
}

struct parts files_read(struct reading *r)
{
	struct list l = { .r = r };
	struct file_id main_id;

	file_identify(r->path, &main_id);
	add_file(&l, r->path);
	l.ids[0] = r->c.file_ids[0];
	add_part(&l, &r->main);
	for (size_t i = 0; i < r->include.count; i++) {
		const struct node *n = r->include.at[i];

		if (is_pattern(n->text))
			read_pattern(&l, n, &main_id);
		else
			read_one(&l, n, &main_id);
	}
	r->c.files = l.files;
	r->c.file_ids = l.ids;
	r->c.file_count = l.file_count;
	return l.parts;
}
