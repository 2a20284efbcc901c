/* SPDX-License-Identifier: ISC */

/*
 * What settings must be together, once each of them is read: where one asks
 * for another, where one makes another useless, and what follows from both.
 */

#include <netinet/in.h>
#include <string.h>

#include "base/arena.h"
#include "base/quote.h"
#include "config/config_part.h"

/* The value of a key of a section, or the section, or the file. */
static struct place place_of(
    const struct reading *r, const char *section, const char *key)
{
	const struct node *n = node_get(r->root, section);
	const struct node *value = n != NULL ? node_get(n, key) : NULL;

	if (value != NULL)
		return value->at;
	return n != NULL ? n->at : (struct place){ .file = r->path };
}

/* A port that the system chooses is another one each time. */
static bool is_fixed(const struct endpoint *e)
{
	struct sockaddr_in in;

	if (e->addr.ss_family == AF_UNIX)
		return true;
	/* The port lies at the same place in sockaddr_in6. */
	memcpy(&in, &e->addr, sizeof(in));
	return in.sin_port != 0;
}

static void judge_shared(struct reading *r, const char *name,
    const struct endpoints *these, const char *other,
    const struct endpoints *those)
{
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < these->count; i++) {
		for (size_t j = 0; j < those->count; j++) {
			if (!endpoint_same(&these->at[i], &those->at[j]) ||
			    !is_fixed(&these->at[i]))
				continue;
			endpoint_text(&these->at[i], text);
			faults_add(r->faults, SEVERITY_FAULT,
			    place_of(r, "listen", name), NULL,
			    "listen.%s %s is listen.%s's already", name, text,
			    other);
		}
	}
}

/* Was it said to be off? What is wrong otherwise is told already. */
static bool is_empty(const struct node *n)
{
	if (n == NULL || n->kind == NODE_MAP)
		return false;
	return n->kind == NODE_LIST ? n->count == 0
	                            : strcmp(n->text, "off") == 0;
}

/* It tells whoever reaches it which domains are hosted, and who asks. */
static void judge_admin(struct reading *r)
{
	const struct endpoints *ends = &r->c.settings.admin;
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < ends->count; i++) {
		if (endpoint_is_local(&ends->at[i]))
			continue;
		endpoint_text(&ends->at[i], text);
		faults_add(r->faults, SEVERITY_WARNING,
		    place_of(r, "listen", "admin"), NULL,
		    "listen.admin %s is no loopback address: whoever reaches "
		    "it reads all that is hosted here",
		    text);
	}
}

static void judge_listen(struct reading *r)
{
	const struct settings *s = &r->c.settings;
	const struct node *listen = node_get(r->root, "listen");
	const struct node *https =
	    listen != NULL ? node_get(listen, "https") : NULL;
	const struct {
		const char *name;
		const struct endpoints *ends;
	} all[] = {
		{ "https", &s->https },
		{ "http", &s->http },
		{ "plain", &s->plain },
		{ "admin", &s->admin },
	};

	if (is_empty(https) && s->plain.count == 0)
		faults_add(r->faults, SEVERITY_FAULT,
		    place_of(r, "listen", "https"), NULL,
		    "listen.https may be off only where listen.plain is set");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (size_t j = 0; j < i; j++)
			judge_shared(r, all[i].name, all[i].ends, all[j].name,
			    all[j].ends);
}

/* A scheme and a host; the path of a challenge is put behind it. */
static void judge_redirect(struct reading *r)
{
	struct acme *acme = &r->c.settings.acme;
	const struct node *section = node_get(r->root, "acme");
	const char *host = strstr(acme->redirect, "://") + 3;
	size_t len = strcspn(host, "/?#");

	if (host[len] != '\0' && strcmp(host + len, "/") != 0)
		faults_add(r->faults, SEVERITY_FAULT,
		    place_of(r, "acme", "redirect"), NULL,
		    "acme.redirect is a scheme and a host alone, as "
		    "http://vps1.example.net: the challenge's own path is put "
		    "behind it");
	else
		acme->redirect = arena_copy(r->c.arena, acme->redirect,
		    (size_t)(host - acme->redirect) + len);
	for (size_t i = 0; i < section->count; i++) {
		const struct node *key = section->keys[i];
		char quoted[QUOTE_MAX];

		if (strcmp(key->text, "redirect") == 0)
			continue;
		quote_text(key->text, quoted);
		faults_add(r->faults, SEVERITY_WARNING, key->at, NULL,
		    "acme: %s has no effect beside redirect", quoted);
	}
}

/* Are the terms not agreed to? Not so where the value is no yes and no no. */
static bool is_refused(const struct reading *r)
{
	static const char *const no[] = { "off", "no", "false" };
	const struct node *section = node_get(r->root, "acme"), *n;

	if (!r->c.settings.acme.configured ||
	    (section->kind != NODE_MAP && !section->plain_null) ||
	    node_get(section, "redirect") != NULL)
		return false;
	n = node_get(section, "agree_to_terms");
	for (size_t i = 0; n != NULL && i < sizeof(no) / sizeof(no[0]); i++)
		if (n->kind == NODE_SCALAR && strcmp(n->text, no[i]) == 0)
			return true;
	return n == NULL;
}

static void judge_acme(struct reading *r)
{
	struct acme *acme = &r->c.settings.acme;

	if (node_get(r->root, "acme") == NULL ||
	    node_get(node_get(r->root, "acme"), "challenges") == NULL)
		acme->http_01 = acme->tls_alpn_01 = true;
	if (acme->redirect != NULL) {
		judge_redirect(r);
		return;
	}
	if (is_refused(r))
		faults_add(r->faults, SEVERITY_FAULT,
		    place_of(r, "acme", "agree_to_terms"), NULL,
		    "acme.agree_to_terms must be true: you agree to the terms "
		    "of service of the CA");
	if ((acme->eab_kid == NULL) != (acme->eab_key_file == NULL))
		faults_add(r->faults, SEVERITY_FAULT,
		    place_of(r, "acme", "eab"), NULL,
		    "acme.eab needs both kid and key_file");
}

void settings_judge(struct reading *r)
{
	struct settings *s = &r->c.settings;
	const struct acme *acme = &s->acme;
	bool needed;

	judge_acme(r);
	needed = acme->redirect != NULL ||
	         (acme->configured && acme->http_01 && acme->hook == NULL);
	if (!needed)
		s->http = (struct endpoints){ NULL, 0 };
	judge_listen(r);
	judge_admin(r);
	if (s->certs == NULL && s->state != NULL)
		s->certs = arena_format(r->c.arena, "%s/certs", s->state);
}
