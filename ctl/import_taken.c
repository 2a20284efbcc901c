/* SPDX-License-Identifier: ISC */
/*
 * The names that policies of a configuration have, so that what import prints
 * can be included in it. They are no part of a catalog: its files are read
 * again, as YAML. What is wrong with them was told before.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "config/config.h"
#include "config/faults.h"
#include "config/yaml.h"
#include "import_write.h"

struct names {
	const char **at;
	size_t count;
};

static void add(struct names *n, const struct node *policies, struct arena *a)
{
	const char **more =
	    arena_array(a, n->count + policies->count, sizeof(*more));

	for (size_t i = 0; i < n->count; i++)
		more[i] = n->at[i];
	for (size_t i = 0; i < policies->count; i++)
		more[n->count++] = policies->keys[i]->text;
	n->at = more;
}

static void read_file(struct names *n, const char *path, struct arena *a)
{
	struct faults *told = faults_new();
	const struct node *root, *policies = NULL;
	char *bytes = NULL;
	size_t len;

	/* Directories are among the files of a configuration. */
	if (file_read(path, CONFIG_BYTES_MAX, &bytes, &len, NULL, NULL) == 0) {
		root = yaml_parse(bytes, len, path, a, told, NULL);
		policies = root == NULL ? NULL : node_get(root, "policies");
	}
	if (policies != NULL && policies->kind == NODE_MAP &&
	    policies->count > 0)
		add(n, policies, a);
	free(bytes);
	faults_free(told);
}

size_t import_find_taken(
    const struct config *c, struct arena *a, const char *const **ret_names)
{
	struct names n = { .count = 0 };

	for (size_t i = 0; c != NULL && i < c->file_count; i++)
		read_file(&n, c->files[i], a);
	*ret_names = n.at;
	return n.count;
}
