/* SPDX-License-Identifier: ISC */
/*
 * What customers who have left leave behind: policies that senders may still
 * hold; directories of certificates and keys, and state, by the name of a host
 * that is not configured. One whose certificate serves a configured host is
 * none, and one that should come back for the senders' sake neither.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "config/config.h"
#include "config/served.h"
#include "pairs.h"
#include "policy/catalog.h"
#include "policy/host.h"
#include "status_deeds.h"
#include "tls/pair.h"
#include "tls/store.h"

#define PREFIX "mta-sts."

struct in_use {
	const char **names; /* directories that serve; sorted */
	size_t count;
};

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static struct in_use find_in_use(const struct status *s)
{
	const struct store *store = pairs_store(s->pairs);
	struct in_use found = {
		.names = arena_array(s->arena, s->count + 1, sizeof(char *)),
	};

	for (size_t i = 0; store != NULL && i < s->count; i++) {
		const struct pair *p =
		    store_find(store, s->hosts[i].due.host, s->now);

		if (p != NULL)
			found.names[found.count++] = p->name;
	}
	qsort(found.names, found.count, sizeof(char *), by_text);
	return found;
}

static bool is_held(const struct status *s, const char *host)
{
	return strncmp(host, PREFIX, sizeof(PREFIX) - 1) == 0 &&
	       served_until(s->served, host + sizeof(PREFIX) - 1, s->now) != 0;
}

static bool is_orphan(
    const struct status *s, const struct in_use *used, const char *name)
{
	return host_is_valid(name, strlen(name)) &&
	       !config_has_host(s->config, name) && !is_held(s, name) &&
	       (used->count == 0 || bsearch(&name, used->names, used->count,
	                                sizeof(char *), by_text) == NULL);
}

/* A host's name looks like a file's: key.pem is one of both. */
static bool is_of_type(DIR *d, const char *name, mode_t type)
{
	struct stat st;

	return fstatat(dirfd(d), name, &st, 0) == 0 &&
	       (st.st_mode & S_IFMT) == type;
}

static void collect(
    struct status *s, const struct in_use *used, const char *dir, mode_t type)
{
	const char **more;
	const struct dirent *e;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (!is_orphan(s, used, e->d_name) ||
		    !is_of_type(d, e->d_name, type))
			continue;
		if ((s->orphan_count & (s->orphan_count - 1)) == 0) {
			more = arena_array(s->arena,
			    s->orphan_count == 0 ? 1 : 2 * s->orphan_count,
			    sizeof(char *));
			for (size_t i = 0; i < s->orphan_count; i++)
				more[i] = s->orphans[i];
			s->orphans = more;
		}
		s->orphans[s->orphan_count++] =
		    arena_string(s->arena, e->d_name);
	}
	(void)closedir(d); /* was only read */
}

void status_find_left(struct status *s)
{
	size_t count = served_count(s->served);

	s->left = arena_array(s->arena, count, sizeof(*s->left));
	for (size_t i = 0; i < count; i++) {
		struct status_left left = { served_domain(s->served, i), 0 };

		left.until = served_until(s->served, left.domain, s->now);
		if (left.until != 0 &&
		    catalog_find(s->config->catalog, left.domain) == NULL)
			s->left[s->left_count++] = left;
	}
}

void status_find_orphans(struct status *s)
{
	const char *certs = s->config->settings.certs;
	const struct in_use used = find_in_use(s);
	size_t kept = 0;

	if (s->faulty)
		return;
	collect(s, &used, certs, S_IFDIR);
	collect(s, &used, arena_format(s->arena, "%s/private", certs), S_IFDIR);
	collect(s, &used, s->dir, S_IFREG);
	if (s->orphan_count == 0)
		return;
	qsort(s->orphans, s->orphan_count, sizeof(char *), by_text);
	for (size_t i = 0; i < s->orphan_count; i++)
		if (kept == 0 ||
		    strcmp(s->orphans[kept - 1], s->orphans[i]) != 0)
			s->orphans[kept++] = s->orphans[i];
	s->orphan_count = kept;
}
