/* SPDX-License-Identifier: ISC */

/*
 * What stays of the last good catalog though no file has it now: the domains
 * of a file that is broken, empty or gone, and all that leave at once where
 * they are too many, which looks like an accident. Whoever means it says so by
 * SIGUSR1.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "config/config_part.h"
#include "policy/catalog.h"

#define LEAVING_MIN 3

struct entries {
	const struct catalog_entry **at;
	size_t count;
};

void last_keep(struct reading *r, const struct catalog_entry *e)
{
	struct catalog_entry kept = *e;

	kept.kept = true;
	if (catalog_add(r->c.catalog, &kept) == 0)
		r->c.kept++;
}

static void keep_all(struct reading *r, struct entries list)
{
	for (size_t i = 0; i < list.count; i++)
		last_keep(r, list.at[i]);
}

/* Those not in mode none: only they are missed by senders. */
static size_t count_live(struct entries list)
{
	size_t count = 0;

	for (size_t i = 0; i < list.count; i++)
		count += list.at[i]->mode != MODE_NONE;
	return count;
}

static struct entries all_of(struct arena *a, const struct catalog *last)
{
	struct entries all = { .count = 0 };
	size_t count = catalog_count(last);

	all.at = arena_array(a, count, sizeof(*all.at));
	while (all.count < count) {
		all.at[all.count] = catalog_at(last, all.count);
		all.count++;
	}
	return all;
}

static struct entries missing_of(struct reading *r, struct entries all)
{
	struct entries missing = { .count = 0 };

	missing.at = arena_array(r->scratch, all.count, sizeof(*missing.at));
	for (size_t i = 0; i < all.count; i++)
		if (catalog_find(r->c.catalog, all.at[i]->domain) == NULL)
			missing.at[missing.count++] = all.at[i];
	return missing;
}

static const char *origin_of(const struct catalog_entry *e)
{
	return e->origin != NULL ? e->origin : "";
}

static int by_origin(const void *a, const void *b)
{
	const struct catalog_entry *const *x = a, *const *y = b;
	int order = strcmp(origin_of(*x), origin_of(*y));

	return order != 0 ? order : strcmp((*x)->domain, (*y)->domain);
}

/* By absolute names: the last reading may have named them another way. */
static const struct part *find_part(
    struct reading *r, const struct parts *p, const char *file)
{
	const char *wanted = config_absolute(&r->c, r->scratch, file);

	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->at[i].path, wanted) == 0)
			return &p->at[i];
	return NULL;
}

/* Do the entries of one file stay for the file's sake? */
static bool file_keeps(struct reading *r, const struct parts *p,
    struct entries group, bool take_all)
{
	const char *origin = origin_of(group.at[0]);
	const struct part *part = find_part(r, p, origin);

	if (part != NULL && !part->empty)
		return part->broken;
	if (take_all || (part == NULL && !files_name(r, origin)))
		return false;
	faults_add(r->faults, SEVERITY_FAULT, (struct place){ .file = origin },
	    NULL,
	    "is %s: %zu of its domains stay as they were; SIGUSR1 takes the "
	    "files as they stand",
	    part != NULL ? "empty" : "gone", group.count);
	return true;
}

/* Keep what files keep; what is left leaves, or would. */
static struct entries keep_by_file(struct reading *r, const struct parts *p,
    struct entries missing, bool take_all)
{
	struct entries left = { .at = missing.at, .count = 0 };
	size_t start = 0;

	qsort(missing.at, missing.count, sizeof(*missing.at), by_origin);
	for (size_t i = 1; i <= missing.count; i++) {
		struct entries group = { missing.at + start, i - start };

		if (i < missing.count && strcmp(origin_of(group.at[0]),
		                             origin_of(missing.at[i])) == 0)
			continue;
		if (file_keeps(r, p, group, take_all)) {
			keep_all(r, group);
		} else {
			memmove(left.at + left.count, group.at,
			    group.count * sizeof(*group.at));
			left.count += group.count;
		}
		start = i;
	}
	return left;
}

static void warn_left(struct reading *r, struct entries left)
{
	for (size_t i = 0; i < left.count; i++)
		if (left.at[i]->mode != MODE_NONE)
			faults_add(r->faults, SEVERITY_WARNING,
			    (struct place){ .file = origin_of(left.at[i]) },
			    left.at[i]->domain,
			    "has left in mode %s: senders obey its policy "
			    "until max_age is over; mode none comes first "
			    "(RFC 8461 section 8.3)",
			    mode_text(left.at[i]->mode));
}

void last_merge(struct reading *r, const struct parts *p,
    const struct catalog *last, unsigned flags)
{
	bool take_all = (flags & CONFIG_TAKE_ALL) != 0;
	unsigned percent = r->c.settings.limits.leaving_percent;
	struct entries all = all_of(r->scratch, last);
	struct entries left = keep_by_file(r, p, missing_of(r, all), take_all);
	size_t live = count_live(left), live_before = count_live(all);

	if (take_all || live < LEAVING_MIN ||
	    live * 100 <= live_before * percent) {
		if (!(flags & CONFIG_LEFT_UNTOLD))
			warn_left(r, left);
		return;
	}
	faults_add(r->faults, SEVERITY_FAULT, (struct place){ .file = r->path },
	    NULL,
	    "%zu of %zu domains would leave, which is more than "
	    "limits.leaving %u%%: they stay; SIGUSR1 takes the file as it "
	    "stands",
	    live, live_before, percent);
	keep_all(r, left);
	r->c.held = left.count;
}
