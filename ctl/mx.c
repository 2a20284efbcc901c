/* SPDX-License-Identifier: ISC */

/*
 * The bytes are strangers': each length is checked against what is left, and
 * a name is made of bytes that no terminal obeys.
 */

#include "mx.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dns.h"
#include "policy/host.h"

#define LABEL_MAX      63
#define PREFERENCE_LEN 2

struct exchanger {
	unsigned preference;
	const char *host;
};

/* No host's name has another byte, and a terminal may obey one. */
static char lower(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + 'a' - 'A');
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_')
		return (char)c;
	return '?';
}

/* A name on the wire as text, without a last dot; NULL: it is none. */
static const char *read_name(
    const unsigned char *bytes, size_t len, struct arena *a)
{
	char name[HOST_MAX + 1];
	size_t at = 0, to = 0, label;

	while (at < len && (label = bytes[at++]) != 0) {
		if (label > LABEL_MAX || label > len - at ||
		    to + label + 1 > HOST_MAX)
			return NULL;
		if (to > 0)
			name[to++] = '.';
		for (; label > 0; label--)
			name[to++] = lower(bytes[at++]);
	}
	if (at == 0 || bytes[at - 1] != 0)
		return NULL; /* cut */
	if (to == 0)
		name[to++] = '.';
	return arena_copy(a, name, to);
}

static int compare(const void *left, const void *right)
{
	const struct exchanger *a = left, *b = right;

	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	return strcmp(a->host, b->host);
}

void mx_read(const struct dns_record *records, size_t count, struct arena *a,
    struct mx *ret_mx)
{
	struct exchanger *all = arena_array(a, count + 1, sizeof(*all));
	const char **hosts = arena_array(a, count + 1, sizeof(*hosts));
	struct mx mx = { .hosts = hosts };
	size_t read = 0;

	for (size_t i = 0; i < count; i++) {
		const struct dns_record *r = &records[i];
		const char *host = NULL;

		if (r->len > PREFERENCE_LEN)
			host = read_name(r->data + PREFERENCE_LEN,
			    r->len - PREFERENCE_LEN, a);
		if (host == NULL) {
			mx.malformed++;
			continue;
		}
		all[read++] = (struct exchanger){
			(unsigned)r->data[0] << 8 | (unsigned)r->data[1], host
		};
	}
	qsort(all, read, sizeof(*all), compare);
	for (size_t i = 0; i < read; i++) {
		size_t before = 0;

		while (before < mx.count &&
		       strcmp(hosts[before], all[i].host) != 0)
			before++;
		if (before == mx.count)
			hosts[mx.count++] = all[i].host;
	}
	*ret_mx = mx;
}
