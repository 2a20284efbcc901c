/* SPDX-License-Identifier: ISC */

/*
 * Values of which there may be several: addresses, networks, challenges. A
 * single one need not be put into a list.
 */

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/quote.h"
#include "config/config_values.h"

static bool is_off(const struct node *n)
{
	return n->kind == NODE_SCALAR && strcmp(n->text, "off") == 0;
}

static bool is_among(
    const struct endpoint *list, size_t count, const struct endpoint *e)
{
	for (size_t i = 0; i < count; i++)
		if (endpoint_same(&list[i], e))
			return true;
	return false;
}

void read_endpoints(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct endpoints *ends = target;
	struct endpoint *at;
	struct names list;
	struct err err;
	size_t count = 0;

	if (is_off(n)) {
		*ends = (struct endpoints){ NULL, 0 };
		return;
	}
	if (list_of(r, k, n, &list) != 0)
		return;
	at = arena_array(r->c.arena, list.count, sizeof(*at));
	for (size_t i = 0; i < list.count; i++) {
		const struct node *item = list.at[i];
		char quoted[QUOTE_MAX];

		quote_text(item->text, quoted);
		if (endpoint_parse(
		        item->text, (uint16_t)k->scale, &at[count], &err) != 0)
			complain(r, k, item, SEVERITY_FAULT, " %s", err.text);
		else if (is_among(at, count, &at[count]))
			complain(r, k, item, SEVERITY_FAULT,
			    " %s is there twice", quoted);
		else
			count++;
	}
	*ends = (struct endpoints){ at, count };
}

void read_networks(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct settings *settings = target;
	struct network *at;
	struct names list;
	struct err err;
	size_t count = 0;

	if (is_off(n) || list_of(r, k, n, &list) != 0)
		return;
	at = arena_array(r->c.arena, list.count, sizeof(*at));
	for (size_t i = 0; i < list.count; i++) {
		if (network_parse(list.at[i]->text, &at[count], &err) == 0)
			count++;
		else
			complain(
			    r, k, list.at[i], SEVERITY_FAULT, " %s", err.text);
	}
	settings->proxies = at;
	settings->proxy_count = count;
}

void read_challenges(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct acme *acme = target;
	struct names list;

	if (list_of(r, k, n, &list) != 0)
		return;
	if (list.count == 0)
		complain(r, k, n, SEVERITY_FAULT,
		    " is empty: name http-01, tls-alpn-01 or both");
	for (size_t i = 0; i < list.count; i++) {
		int is_http;

		if (!word_of(r, k, list.at[i], &is_http))
			continue;
		acme->http_01 |= is_http != 0;
		acme->tls_alpn_01 |= is_http == 0;
	}
}

void read_resolver(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	struct endpoints *ends = target;

	read_endpoints(r, k, n, target);
	for (size_t i = 0; i < ends->count; i++)
		if (ends->at[i].addr.ss_family == AF_UNIX)
			complain(r, k, n, SEVERITY_FAULT,
			    " is a DNS server's address, not a path");
}

void read_acme(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	static const struct node none = { .plain_null = true, .text = "" };
	bool given = n->at.line != 0 && !is_off(n);

	r->c.settings.acme.configured = given;
	read_section(r, k, given ? n : &none, target);
}
