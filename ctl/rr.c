/* SPDX-License-Identifier: ISC */
/*
 * From configuration to records (RFC 8461 sections 3.1 and 8.2, RFC 8460
 * section 3, RFC 8659). What a person must fill in is a record without a
 * value. Nothing is asked of DNS or printed here.
 */
#include "rr.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "caa.h"
#include "config/config.h"
#include "policy/catalog.h"
#include "policy/host.h"

/* Of one domain: three of its own, and two in our zone. */
#define DOMAIN_RECORDS 5
#define HOST_RECORDS   3
#define TXT_MAX        60000 /* room in a message for the rest of it */
#define SHORT_LEN      20

struct listing {
	const struct config *c;
	const struct pairs *pairs;
	int64_t now;
	struct arena *a;
	struct rr *at;
	size_t count, room;
};

const char *rr_type_text(enum rr_type t)
{
	switch (t) {
	case RR_A:
		return "A";
	case RR_CNAME:
		return "CNAME";
	case RR_TXT:
		return "TXT";
	case RR_AAAA:
		return "AAAA";
	case RR_CAA:
		return "CAA";
	}
	assert(false);
	return NULL;
}

static void add(struct listing *l, struct rr r)
{
	assert(l->count < l->room);
	r.ttl = RR_TTL;
	l->at[l->count++] = r;
}

/* The issuer's name, as it stands in CAA records; NULL: not known here. */
static const char *issuer_of(const struct acme *acme)
{
	struct caa_names names;

	if (!acme->configured || acme->redirect != NULL ||
	    !caa_names_known(acme->directory, &names))
		return NULL;
	return names.at[0];
}

static void list_host(struct listing *l)
{
	const struct settings *s = &l->c->settings;
	const char *issuer = issuer_of(&s->acme);
	struct rr r = {
		.place = PLACE_HOST,
		.domain = s->host,
		.name = s->host,
		.ready = READY_YES,
	};

	r.type = RR_A;
	r.note = "put the IPv4 addresses of this host, if it has any";
	add(l, r);
	r.type = RR_AAAA;
	r.note = "put the IPv6 addresses of this host, if it has any";
	add(l, r);
	r.type = RR_CAA;
	r.note = "put the CA that issues the certificates, if CAA is wanted; "
	         "it then holds for every name that points here by CNAME";
	if (issuer != NULL) {
		r.value = arena_format(l->a, "0 issue \"%s\"", issuer);
		r.note = NULL;
	}
	add(l, r);
}

/*
 * Where our zone keeps a domain's record: <domain>.<label>.<zone>. A domain is
 * a host name, without an underscore, so no two of all names are the same.
 * What would be too long is named by a digest, one label, which no domain is.
 * NULL: the zone's own name leaves no room.
 */
static const char *kept_at(
    const struct listing *l, const char *domain, const char *label)
{
	unsigned char digest[DIGEST_LEN];
	char hex[DIGEST_HEX_LEN + 1];
	const char *zone = l->c->settings.delegated;
	size_t rest = 1 + strlen(label) + 1 + strlen(zone);

	if (strlen(domain) + rest <= HOST_MAX)
		return arena_format(l->a, "%s.%s.%s", domain, label, zone);
	if (SHORT_LEN + rest > HOST_MAX)
		return NULL;
	digest_bytes(domain, strlen(domain), digest);
	digest_hex(digest, hex);
	return arena_format(l->a, "%.*s.%s.%s", SHORT_LEN, hex, label, zone);
}

/* The record that says there is a policy (RFC 8461 section 3.1). */
static struct rr policy_record(
    const struct listing *l, const struct catalog_entry *e)
{
	struct rr r = {
		.domain = e->domain,
		.type = RR_TXT,
		.value = arena_format(l->a, "v=STSv1; id=%s;", e->id),
	};
	const char *why = NULL;

	r.ready = pairs_judge(l->pairs, e->host, l->now, &why);
	if (r.ready != READY_YES)
		r.note = arena_format(l->a, "%s: %s", e->host, why);
	return r;
}

/* Where reports are to go (RFC 8460 section 3). */
static struct rr report_record(
    const struct listing *l, const struct catalog_entry *e)
{
	struct rr r = {
		.domain = e->domain,
		.type = RR_TXT,
		.ready = READY_YES,
		.value = arena_format(l->a, "v=TLSRPTv1; rua=%s", e->tlsrpt),
	};

	if (strlen(r.value) > TXT_MAX) {
		r.value = NULL;
		r.note = "the addresses of tlsrpt do not fit into one record";
	}
	return r;
}

/* r at name in the domain's zone; delegated: there a CNAME, r in ours. */
static void place(struct listing *l, const struct catalog_entry *e,
    enum rr_place where, const char *label, struct rr r)
{
	const char *ours = e->delegated ? kept_at(l, e->domain, label) : NULL;

	r.place = where;
	if (where == PLACE_OURS) {
		r.name = ours;
		if (ours != NULL)
			add(l, r);
		return;
	}
	r.name = arena_format(l->a, "%s.%s", label, e->domain);
	if (e->delegated) {
		r.type = RR_CNAME;
		r.ready = READY_YES;
		r.value = ours;
		r.note = ours != NULL ? NULL
		                      : "the name of the zone that `delegated` "
		                        "names is too long for it";
	}
	add(l, r);
}

static void list_texts(
    struct listing *l, const struct catalog_entry *e, enum rr_place where)
{
	if (e->tlsrpt != NULL)
		place(l, e, where, "_smtp._tls", report_record(l, e));
	place(l, e, where, "_mta-sts", policy_record(l, e));
}

/* It is never `host:` itself: the configuration refuses that. */
static void list_policy_host(struct listing *l, const struct catalog_entry *e)
{
	const char *host = l->c->settings.host;
	struct rr r = {
		.place = PLACE_DOMAIN,
		.domain = e->domain,
		.name = e->host,
		.type = RR_CNAME,
		.ready = READY_YES,
		.value = host,
	};

	if (host == NULL)
		r.note = "put the name of the host that serves the policies; "
		         "the key `host` of the configuration would tell it";
	add(l, r);
}

void rr_list(const struct config *c, const struct pairs *p, int64_t now,
    struct arena *a, struct rrs *ret_rrs)
{
	const struct catalog *k = c->catalog;
	struct listing l = { .c = c, .pairs = p, .now = now, .a = a };
	size_t i;

	l.room = HOST_RECORDS + DOMAIN_RECORDS * catalog_count(k);
	l.at = arena_array(a, l.room, sizeof(*l.at));
	if (c->settings.host != NULL)
		list_host(&l);
	for (i = 0; i < catalog_count(k); i++)
		if (catalog_at(k, i)->delegated)
			list_texts(&l, catalog_at(k, i), PLACE_OURS);
	for (i = 0; i < catalog_count(k); i++) {
		list_policy_host(&l, catalog_at(k, i));
		list_texts(&l, catalog_at(k, i), PLACE_DOMAIN);
	}
	*ret_rrs = (struct rrs){ l.at, l.count };
}
