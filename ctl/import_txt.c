/* SPDX-License-Identifier: ISC */
/*
 * Records as senders read them (RFC 8461 section 3.1, RFC 8460 section 3, RFC
 * 5321 section 5.1): what does not begin with the version is somebody else's,
 * and of the rest exactly one must remain.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/quote.h"
#include "dns.h"
#include "import.h"
#include "policy/host.h"
#include "policy/policy.h"

#define STS    "v=STSv1"
#define TLSRPT "v=TLSRPTv1"

/* The strings of a TXT record, joined (RULES T3). A NUL ends it. */
static char *join(const struct dns_record *r, struct arena *a)
{
	char *text = arena_alloc(a, r->len + 1);
	size_t at = 0, len = 0, part;

	while (at < r->len) {
		part = r->data[at++];
		if (part > r->len - at)
			part = r->len - at;
		memcpy(text + len, r->data + at, part);
		len += part;
		at += part;
	}
	return text;
}

static char *skip_white(char *text)
{
	return text + strspn(text, " \t");
}

static void trim_end(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && strchr(" \t", text[len - 1]) != NULL)
		text[--len] = '\0';
}

/* The one record of that version, behind it; *ret_found: how many. */
static char *choose(const struct dns_record *records, size_t count,
    const char *version, struct arena *a, size_t *ret_found)
{
	size_t len = strlen(version);
	char *chosen = NULL;

	*ret_found = 0;
	for (size_t i = 0; i < count; i++) {
		char *text = join(&records[i], a);
		char *rest = text + len;

		if (strncmp(text, version, len) != 0)
			continue;
		rest = skip_white(rest);
		if (*rest != ';' && *rest != '\0')
			continue;
		(*ret_found)++;
		chosen = rest;
	}
	return chosen;
}

/* The value of the first field of that name; NULL: there is none. */
static char *find_field(char *rest, const char *name)
{
	size_t len = strlen(name);
	char *save = NULL, *field;

	for (field = strtok_r(rest, ";", &save); field != NULL;
	     field = strtok_r(NULL, ";", &save)) {
		field = skip_white(field);
		if (strncmp(field, name, len) != 0 || field[len] != '=')
			continue;
		trim_end(field);
		return field + len + 1;
	}
	return NULL;
}

static const char *quoted(struct arena *a, const char *text)
{
	char words[QUOTE_MAX];

	quote_text(text, words);
	return arena_string(a, words);
}

void import_take_sts(struct facts *f, const struct dns_record *records,
    size_t count, struct arena *a)
{
	size_t found;
	char *rest = choose(records, count, STS, a, &found);
	const char *id;

	if (found > 1) {
		f->txt_fault = arena_format(a,
		    "there are %zu records that begin with " STS
		    ", and senders take none of them",
		    found);
		return;
	}
	if (rest == NULL)
		return;
	id = find_field(rest, "id");
	if (id == NULL)
		f->txt_fault = "its TXT record has no id";
	else if (!policy_id_is_valid(id, strlen(id)))
		f->txt_fault = arena_format(a,
		    "the id %s of its TXT record is not 1 to 32 letters and "
		    "digits",
		    quoted(a, id));
	else
		f->id = id;
}

void import_take_tlsrpt(struct facts *f, const struct dns_record *records,
    size_t count, struct arena *a)
{
	size_t found;
	char *rest = choose(records, count, TLSRPT, a, &found);

	if (found > 1) {
		f->tlsrpt_fault = arena_format(
		    a, "there are %zu records that begin with " TLSRPT, found);
		return;
	}
	if (rest == NULL)
		return;
	f->tlsrpt = find_field(rest, "rua");
	if (f->tlsrpt == NULL)
		f->tlsrpt_fault = "its TLSRPT record has no rua";
}

struct exchanger {
	unsigned preference;
	const char *host;
};

/* The name in MX rdata; libunbound has it without compression. NULL: none. */
static const char *read_name(const struct dns_record *r, struct arena *a)
{
	char name[HOST_MAX + 2], host[HOST_MAX + 1];
	size_t at = 2, len = 0;

	while (at < r->len && r->data[at] != 0) {
		size_t label = r->data[at++];

		if (label > r->len - at || len + label + 1 > HOST_MAX)
			return NULL;
		if (len > 0)
			name[len++] = '.';
		memcpy(name + len, r->data + at, label);
		len += label;
		at += label;
	}
	if (len == 0)
		return "";
	if (!host_from_wire(name, len, host))
		return NULL;
	return arena_string(a, host);
}

static int by_preference(const void *a, const void *b)
{
	const struct exchanger *x = a, *y = b;
	int order =
	    (x->preference > y->preference) - (x->preference < y->preference);

	return order != 0 ? order : strcmp(x->host, y->host);
}

void import_take_mx(struct facts *f, const struct dns_record *records,
    size_t count, struct arena *a)
{
	struct exchanger *all = arena_array(a, count + 1, sizeof(*all));
	const char **hosts = arena_array(a, count + 1, sizeof(*hosts));
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct dns_record *r = &records[i];
		const char *host = r->len < 3 ? NULL : read_name(r, a);

		if (host == NULL)
			f->mx_fault = "one of its MX records names no host";
		else if (host[0] == '\0')
			f->null_mx = true;
		else
			all[n++] = (struct exchanger){
				(unsigned)(r->data[0] << 8 | r->data[1]), host
			};
	}
	qsort(all, n, sizeof(*all), by_preference);
	for (size_t i = 0; i < n; i++)
		if (f->mx_count == 0 ||
		    strcmp(hosts[f->mx_count - 1], all[i].host) != 0)
			hosts[f->mx_count++] = all[i].host;
	f->mx = hosts;
}
