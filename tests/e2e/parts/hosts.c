/* SPDX-License-Identifier: ISC */
/*
 * Reads every body once, before the first fetch. Files of one directory are
 * taken in the order of their names, so that two runs ask alike.
 */
#include "hosts.h"

#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 65536 };

static struct host *find(const struct hosts *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->count; i++)
		if (strcmp(h->at[i].name, name) == 0)
			return &h->at[i];
	return NULL;
}

static struct host *add(struct hosts *h, const char *name)
{
	struct host *host;

	h->at = realloc(h->at, (h->count + 1) * sizeof *h->at);
	if (h->at == NULL)
		err(2, "realloc");
	host = &h->at[h->count++];
	(void)snprintf(host->name, sizeof host->name, "%s", name);
	atomic_init(&host->newest, 0);
	host->bodies = calloc(h->versions, sizeof *host->bodies);
	if (host->bodies == NULL)
		err(2, "calloc");
	return host;
}

static void read_body(const char *dir, const char *file, struct body *ret_body)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, file);
	f = fopen(path, "re");
	ret_body->bytes = malloc(BODY_MAX);
	if (f == NULL || ret_body->bytes == NULL)
		err(2, "%s", path);
	ret_body->len = fread(ret_body->bytes, 1, BODY_MAX, f);
	(void)fclose(f);
	ret_body->bytes = realloc(ret_body->bytes, ret_body->len + 1);
	if (ret_body->bytes == NULL)
		err(2, "realloc");
}

static int is_file(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void read_version(struct hosts *h, const char *dir, unsigned version)
{
	struct dirent **list;
	struct host *host;
	char name[264];
	int i, n;

	n = scandir(dir, &list, is_file, alphasort);
	if (n < 0)
		err(2, "%s", dir);
	for (i = 0; i < n; i++) {
		(void)snprintf(
		    name, sizeof name, "mta-sts.%.255s", list[i]->d_name);
		/* In one directory no name is twice. */
		host = version > 0 ? find(h, name) : NULL;
		if (host == NULL)
			host = add(h, name);
		read_body(dir, list[i]->d_name, &host->bodies[version]);
		free(list[i]);
	}
	free(list);
}

void hosts_read(struct hosts *h, char *const dirs[], unsigned count)
{
	unsigned i;

	h->at = NULL;
	h->count = 0;
	h->versions = count;
	for (i = 0; i < count; i++)
		read_version(h, dirs[i], i);
	if (h->count == 0)
		errx(2, "no bodies");
}

void hosts_free(struct hosts *h)
{
	size_t i;
	unsigned v;

	for (i = 0; i < h->count; i++) {
		for (v = 0; v < h->versions; v++)
			free(h->at[i].bodies[v].bytes);
		free(h->at[i].bodies);
	}
	free(h->at);
}

int host_version(const struct hosts *all, const struct host *h,
    const char *bytes, size_t len)
{
	unsigned i;

	for (i = all->versions; i-- > 0;)
		if (h->bodies[i].bytes != NULL && h->bodies[i].len == len &&
		    memcmp(h->bodies[i].bytes, bytes, len) == 0)
			return (int)i;
	return -1;
}
