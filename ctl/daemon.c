/* SPDX-License-Identifier: ISC */
/*
 * Its JSON is taken member by member, each of the type that it must have, or
 * else as if it were not there. Without a generation and hosts it is not what
 * mta-stsd answers.
 */
#include "daemon.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/moment.h"
#include "config/config.h"
#include "fetch.h"
#include "policy/host.h"
#include "reach.h"

#define LIMIT_MS       2000
#define BODY_MAX       ((size_t)32 << 20)
#define TEXT_MAX       4096
#define STRANGERS_MOST 100
#define STATUS_OK      200

static const char *text(const json_t *o, const char *key, struct arena *a)
{
	const json_t *v = json_object_get(o, key);
	size_t len = json_string_length(v);

	if (!json_is_string(v) || len == 0 || len > TEXT_MAX)
		return NULL;
	return arena_copy(a, json_string_value(v), len);
}

static int64_t number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (int64_t)n : 0;
}

static int64_t moment(const json_t *o, const char *key)
{
	const char *words = json_string_value(json_object_get(o, key));
	int64_t at = 0;

	return words != NULL && moment_parse(words, &at) == 0 ? at : 0;
}

static bool truth(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static int by_host(const void *a, const void *b)
{
	const struct daemon_host *x = a, *y = b;

	return strcmp(x->host, y->host);
}

static void take_hosts(const json_t *all, struct arena *a, struct daemon *d)
{
	size_t count = json_array_size(all);

	d->hosts = arena_array(a, count, sizeof(*d->hosts));
	for (size_t i = 0; i < count; i++) {
		const json_t *o = json_array_get(all, i);
		struct daemon_host h = {
			.host = text(o, "host", a),
			.domain = text(o, "domain", a),
			.id = text(o, "id", a),
			.mode = text(o, "mode", a),
			.not_after = moment(
			    json_object_get(o, "certificate"), "not_after"),
			.fetches =
			    json_is_integer(json_object_get(o, "fetches"))
			        ? number(o, "fetches")
			        : -1,
		};

		if (h.host != NULL)
			d->hosts[d->host_count++] = h;
	}
	qsort(d->hosts, d->host_count, sizeof(*d->hosts), by_host);
}

static void take_strangers(const json_t *all, struct arena *a, struct daemon *d)
{
	size_t count = json_array_size(all);

	if (count > STRANGERS_MOST)
		count = STRANGERS_MOST;
	d->strangers = arena_array(a, count, sizeof(*d->strangers));
	for (size_t i = 0; i < count; i++) {
		const json_t *o = json_array_get(all, i);
		struct daemon_stranger s = {
			.host = text(o, "host", a),
			.at = moment(o, "at"),
		};

		if (s.host != NULL && strlen(s.host) <= HOST_MAX)
			d->strangers[d->stranger_count++] = s;
	}
}

int daemon_read(
    const char *json, size_t len, struct arena *a, struct daemon *ret_daemon)
{
	json_t *all = json_loadb(json, len, 0, NULL);
	const json_t *generation = json_object_get(all, "generation");
	const json_t *reload = json_object_get(all, "reload");
	const json_t *workers = json_object_get(all, "workers");
	const json_t *hosts = json_object_get(all, "hosts");
	struct daemon d = {
		.version = text(all, "version", a),
		.configuration = text(all, "configuration", a),
		.started = moment(all, "started"),
		.alive = truth(all, "alive"),
		.ready = truth(all, "ready"),
		.generation = number(generation, "number"),
		.since = moment(generation, "since"),
		.reloaded = moment(reload, "at"),
		.taken = truth(reload, "taken"),
		.faults = number(reload, "faults"),
		.kept = number(reload, "kept"),
		.held = number(reload, "held_by_brake"),
		.wanted = number(workers, "wanted"),
		.workers = number(workers, "alive"),
		.restarts = number(workers, "restarts"),
	};
	int result = -1;

	if (json_is_object(generation) && json_is_object(workers) &&
	    json_is_array(hosts)) {
		take_hosts(hosts, a, &d);
		take_strangers(json_object_get(all, "strangers"), a, &d);
		*ret_daemon = d;
		result = 0;
	}
	json_decref(all);
	return result;
}

/* A socket in the file system before an address. NULL: it is off. */
static const struct endpoint *choose(const struct endpoints *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->at[i].addr.ss_family == AF_UNIX)
			return &all->at[i];
	return all->count > 0 ? &all->at[0] : NULL;
}

/* The answer's end, and err where it is none that can be used. */
static enum daemon_end judge(const struct fetch_result *r, struct arena *a,
    struct daemon *ret_daemon, struct err *err)
{
	if (r->end == FETCH_NO_WAY) {
		err_set(err, "no mta-stsd is there");
		return DAEMON_AWAY;
	}
	if (r->end != FETCH_ANSWERED)
		err_set(err, "%s", r->words);
	else if (r->status != STATUS_OK || r->cut || r->body == NULL ||
	         daemon_read(r->body, r->len, a, ret_daemon) != 0)
		err_set(err, "an answer that is not mta-stsd's");
	else
		return DAEMON_TOLD;
	return DAEMON_STRANGE;
}

enum daemon_end daemon_ask(const struct settings *s, struct arena *a,
    struct daemon *ret_daemon, struct err *err)
{
	const struct endpoint *at = choose(&s->admin);
	struct fetch_plan plan = {
		.cap = BODY_MAX,
		.limit_ms = LIMIT_MS,
		.stop_fd = -1,
	};
	char where[ADDRESS_TEXT_MAX];
	struct endpoint here;
	struct fetch_result r;
	struct peer to;
	enum daemon_end end;

	if (at == NULL) {
		err_set(err, "listen.admin is off");
		return DAEMON_AWAY;
	}
	here = reach_here(at);
	endpoint_text(&here, where);
	peer_from_sockaddr((const struct sockaddr *)&here.addr, &to);
	if (here.addr.ss_family == AF_UNIX)
		plan.socket = strchr(where, '/');
	else
		plan.at = &to;
	plan.url = arena_format(a, "http://localhost:%u/status",
	    plan.at == NULL ? 80U : (unsigned)to.port);
	fetch(&plan, &r);
	end = judge(&r, a, ret_daemon, err);
	if (end != DAEMON_TOLD)
		err_prefix(err, "%s", where);
	fetch_result_fini(&r);
	return end;
}

const struct daemon_host *daemon_find(const struct daemon *d, const char *host)
{
	const struct daemon_host key = { .host = host };

	return d->host_count == 0 ? NULL
	                          : bsearch(&key, d->hosts, d->host_count,
	                                sizeof(*d->hosts), by_host);
}
