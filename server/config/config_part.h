/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_CONFIG_PART_H
#define CONFIG_CONFIG_PART_H

#include "config/config.h"
#include "config/faults.h"
#include "config/yaml.h"

/* What the parts of config share: one reading, and how a map is read. */

#define CONFIG_STATE "/var/lib/mta-stsd" /* where `state` is not said */

struct catalog_entry;
struct key;   /* config_map.h */
struct terms; /* config_terms.h */

/* Words with their places. */
struct names {
	struct node *const *at;
	size_t count;
};

/* What one file says of policies and domains. */
struct part {
	const char *file, *path;               /* as it is named; absolute */
	const struct node *policies, *domains; /* NULL: none */
	bool broken;                           /* not all of it could be read */
	bool empty;                            /* nothing stands in it */
};

struct reading {
	struct config c;       /* first: the caller holds a pointer to it */
	struct arena *scratch; /* trees and drafts: freed after the fill */
	struct faults *faults;
	const char *path;     /* the main file, as it was given */
	const char *near_dir; /* its directory as given: "", or with a / */
	const char *dir;      /* the same, absolute, with a / */
	const struct node *root;
	struct names include;
	struct terms *defaults;
	struct part main;
	const char *subject; /* of what is being read: a domain, a policy */
	const char *section; /* of settings: "limits." */
};

/* config.c: a whole file, which the caller frees; -1 and a fault. */
int config_read_file(const char *path, char **ret_bytes, size_t *ret_len,
    struct file_id *ret_id, struct faults *f);

/* config_settings.c: what settings must be together, once each is read. */
void settings_judge(struct reading *r);

/*
 * config_files.c: the main file and those that are included, each once; and
 * is name one that an include names, though it is not there?
 */
struct parts {
	struct part *at;
	size_t count;
};
struct parts files_read(struct reading *r);
bool files_name(const struct reading *r, const char *file);

/* config_domains.c: fill c.catalog with what the parts say. */
void domains_read(
    struct reading *r, const struct parts *p, const struct catalog *last);

/* config_last.c: what of the last good catalog stays for another reason. */
void last_merge(struct reading *r, const struct parts *p,
    const struct catalog *last, unsigned flags);
void last_keep(struct reading *r, const struct catalog_entry *e);

#endif
