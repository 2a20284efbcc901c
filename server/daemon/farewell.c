/* SPDX-License-Identifier: ISC */

/*
 * A file that promises some time ahead needs no last word: a daemon that is
 * killed has promised a minute too much, and never too little.
 */

#include "daemon/farewell.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "config/config.h"
#include "config/served.h"
#include "daemon/generation.h"
#include "policy/catalog.h"
#include "tls/store.h"

#define AGAIN_MS ((SERVED_AHEAD_S - 10) * 1000)

struct farewell {
	struct loop *loop;
	struct timer again;
	struct served *served;
	char *state;  /* the directory */
	bool foreign; /* the file there is of a newer version */
	bool kept;    /* the file has been written */
	bool failed;  /* it could not be, the last time, which was told */
};

static void keep(struct farewell *f)
{
	struct err err;

	if (f->foreign)
		return;
	if (served_write(f->served, f->state, &err) == 0) {
		if (f->failed)
			log_notice("what senders may still hold is kept again");
		f->kept = true;
		f->failed = false;
		return;
	}
	if (!f->failed)
		log_warn(
		    "what senders may still hold is not kept: %s", err.text);
	f->failed = true;
}

static void on_again(void *cookie)
{
	struct farewell *f = cookie;

	served_go_on(f->served, (int64_t)time(NULL));
	if (served_count(f->served) > 0)
		keep(f);
	loop_set(f->loop, &f->again, loop_now_ms(f->loop) + AGAIN_MS);
}

/* Without a certificate nobody can fetch it; a proxy may have one. */
static bool is_served(const void *cookie, const struct catalog_entry *e)
{
	const struct generation *g = cookie;

	return g->config->settings.plain.count > 0 ||
	       store_find(g->store, e->host, (int64_t)time(NULL)) != NULL;
}

static void set_aside(const struct farewell *f, const struct err *why)
{
	struct err err;

	if (served_set_aside(f->state, &err) == 0)
		log_warn("%s: it is set aside as served.corrupt", why->text);
	else
		log_warn("%s; %s", why->text, err.text);
}

static enum served_found read_file(struct farewell *f)
{
	struct err err;
	enum served_found found = served_read(f->served, f->state, &err);

	f->foreign = found == SERVED_NEWER;
	if (f->foreign)
		log_warn("%s: it is left alone, and what senders may still "
		         "hold is not kept",
		    err.text);
	if (found == SERVED_BROKEN)
		set_aside(f, &err);
	return found;
}

struct farewell *farewell_new(struct loop *l, const struct generation *first)
{
	struct farewell *f = calloc(1, sizeof(*f));

	if (f == NULL)
		arena_no_memory();
	f->loop = l;
	f->served = served_new();
	f->state = strdup(first->config->settings.state);
	if (f->state == NULL)
		arena_no_memory();
	if (read_file(f) != SERVED_WHOLE && first->before != NULL)
		(void)served_follow(f->served, first->before, is_served, first,
		    (int64_t)time(NULL)); /* it is written with first */
	f->again = (struct timer){ .on_time = on_again, .cookie = f };
	loop_set(l, &f->again, loop_now_ms(l) + AGAIN_MS);
	return f;
}

void farewell_free(struct farewell *f)
{
	if (f == NULL)
		return;
	loop_unset(f->loop, &f->again);
	served_free(f->served);
	free(f->state);
	free(f);
}

void farewell_follow(struct farewell *f, const struct generation *g)
{
	bool changed = served_follow(
	    f->served, g->config->catalog, is_served, g, (int64_t)time(NULL));

	if (changed || (!f->kept && served_count(f->served) > 0))
		keep(f);
}

const struct served *farewell_served(const struct farewell *f)
{
	return f->served;
}
