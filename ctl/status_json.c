/* SPDX-License-Identifier: ISC */
/*
 * status for programs: what the manual says, and no more. Moments are as in
 * RFC 3339, what is not known is null.
 */
#include <jansson.h>
#include <stdio.h>

#include "base/moment.h"
#include "config/config.h"
#include "daemon.h"
#include "policy/catalog.h"
#include "seen.h"
#include "status_deeds.h"

#define DAY_S 86400

static json_t *text_or_null(const char *text)
{
	return text == NULL || text[0] == '\0' ? json_null() : seen_json(text);
}

static json_t *moment_or_null(int64_t at)
{
	char text[MOMENT_MAX];

	if (at == 0)
		return json_null();
	moment_text(at, text);
	return json_string(text);
}

static json_t *certificate(const struct status *s, const struct status_host *h)
{
	const struct due_pair *p = &h->due.pair;
	json_t *days = json_null();

	if (p->there)
		days = json_integer((p->not_after - s->now) / DAY_S);
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "state",
	    certificate_text(h->certificate), "not_before",
	    moment_or_null(p->there ? p->not_before : 0), "not_after",
	    moment_or_null(p->there ? p->not_after : 0), "days_left", days,
	    "fault", text_or_null(h->due.fault));
}

static json_t *renewal(const struct status_host *h)
{
	const struct attempt *a = &h->due.last;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:i}", "last",
	    moment_or_null(h->last), "next", moment_or_null(h->next), "tried",
	    moment_or_null(a->tried), "result", text_or_null(a->result), "seen",
	    text_or_null(a->seen), "failures", (int)a->failures);
}

static json_t *host(const struct status *s, const struct status_host *h)
{
	const struct catalog_entry *e = h->entry;

	return json_pack(
	    "{s:o, s:s, s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o}",
	    "domain", text_or_null(e != NULL ? e->domain : NULL), "host",
	    h->due.host, "status", grade_text(h->grade), "to_do",
	    seen_json(h->step), "mode",
	    text_or_null(e != NULL ? mode_text(e->mode) : NULL), "id",
	    text_or_null(e != NULL ? e->id : NULL), "kept",
	    e != NULL && e->kept, "served_id",
	    text_or_null(h->served != NULL ? h->served->id : NULL), "fetches",
	    h->served != NULL && h->served->fetches >= 0
	        ? json_integer(h->served->fetches)
	        : json_null(),
	    "held_until", moment_or_null(h->held_until), "certificate",
	    certificate(s, h), "renewal", renewal(h));
}

static json_t *daemon_json(const struct daemon *d)
{
	if (d == NULL)
		return json_null();
	return json_pack("{s:o, s:o, s:b, s:b, s:{s:I, s:o}, "
	                 "s:{s:o, s:b, s:I, s:I, s:I}, s:{s:I, s:I, s:I}}",
	    "version", text_or_null(d->version), "started",
	    moment_or_null(d->started), "alive", d->alive, "ready", d->ready,
	    "generation", "number", (json_int_t)d->generation, "since",
	    moment_or_null(d->since), "reload", "at",
	    moment_or_null(d->reloaded), "taken", d->taken, "faults",
	    (json_int_t)d->faults, "kept", (json_int_t)d->kept, "held_by_brake",
	    (json_int_t)d->held, "workers", "wanted", (json_int_t)d->wanted,
	    "alive", (json_int_t)d->workers, "restarts",
	    (json_int_t)d->restarts);
}

static json_t *lingering(const struct status *s)
{
	json_t *all = json_array();

	for (size_t i = 0; s->daemon != NULL && i < s->daemon->host_count; i++)
		if (status_lingers(s, &s->daemon->hosts[i]))
			(void)json_array_append_new(
			    all, seen_json(s->daemon->hosts[i].domain));
	return all;
}

static json_t *strangers(const struct status *s)
{
	const struct daemon *d = s->daemon;
	json_t *all = json_array();

	for (size_t i = 0; d != NULL && i < d->stranger_count; i++)
		if (!config_has_host(s->config, d->strangers[i].host))
			(void)json_array_append_new(
			    all, json_pack("{s:o, s:o}", "host",
			             seen_json(d->strangers[i].host), "at",
			             moment_or_null(d->strangers[i].at)));
	return all;
}

static json_t *left(const struct status *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->left_count; i++)
		(void)json_array_append_new(
		    all, json_pack("{s:s, s:o}", "domain", s->left[i].domain,
		             "held_until", moment_or_null(s->left[i].until)));
	return all;
}

int status_show_json(const struct status *s, const struct status_host *one)
{
	json_t *hosts = json_array(), *orphans = json_array(), *all;

	for (size_t i = 0; i < s->count; i++)
		if (one == NULL || one == &s->hosts[i])
			(void)json_array_append_new(
			    hosts, host(s, &s->hosts[i]));
	for (size_t i = 0; one == NULL && i < s->orphan_count; i++)
		(void)json_array_append_new(orphans, seen_json(s->orphans[i]));
	all = json_pack(
	    "{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "configuration", seen_json(s->config->path), "last_good",
	    s->last_good, "certificates_fault", text_or_null(s->certs_fault),
	    "state_fault", text_or_null(s->state_fault), "served_fault",
	    text_or_null(s->served_fault), "daemon", daemon_json(s->daemon),
	    "daemon_fault", text_or_null(s->daemon_fault), "paused_until",
	    moment_or_null(s->paused ? s->pause.until : 0), "hosts", hosts,
	    "left", one == NULL ? left(s) : json_array(), "orphans", orphans,
	    "lingering", one == NULL ? lingering(s) : json_array(), "strangers",
	    one == NULL ? strangers(s) : json_array());
	return seen_json_print(stdout, all, JSON_INDENT(2));
}
