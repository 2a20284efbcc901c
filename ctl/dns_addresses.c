/* SPDX-License-Identifier: ISC */

/*
 * All addresses of a host, as one answer of two lookups.
 */

#include "dns_addresses.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return memcmp(((const struct peer *)a)->ip,
	    ((const struct peer *)b)->ip, sizeof(((const struct peer *)a)->ip));
}

/*
 * All are gathered before they are cut, so that the same ones stay. How many
 * there were.
 */
static size_t gather(const struct dns_answer *from, struct dns_addresses *a)
{
	size_t count = 0;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct peer p;

	for (size_t i = 0; i < from->count; i++) {
		const struct dns_record *r = &from->records[i];

		if (r->len == 4) {
			memcpy(&in.sin_addr, r->data, 4);
			peer_from_sockaddr((const struct sockaddr *)&in, &p);
		} else if (r->len == 16) {
			memcpy(&in6.sin6_addr, r->data, 16);
			peer_from_sockaddr((const struct sockaddr *)&in6, &p);
		} else {
			continue;
		}
		count++;
		if (a->count < DNS_ADDRESSES_MAX)
			a->at[a->count++] = p;
		else if (compare(&p, &a->at[a->count - 1]) < 0)
			a->at[a->count - 1] = p;
		qsort(a->at, a->count, sizeof(*a->at), compare);
	}
	return count;
}

/* Is what was found all there is? If not, what is missing, in words. */
static void tell_missing(
    const char *failed, size_t count, char ret_words[DNS_WORDS_MAX])
{
	char why[DNS_WORDS_MAX];

	(void)snprintf(why, sizeof(why), "%s", ret_words);
	if (failed != NULL)
		(void)snprintf(
		    ret_words, DNS_WORDS_MAX, "%s: %.96s", failed, why);
	else if (count > DNS_ADDRESSES_MAX)
		(void)snprintf(ret_words, DNS_WORDS_MAX,
		    "there are %zu, of which %d are asked", count,
		    DNS_ADDRESSES_MAX);
}

void dns_addresses(struct dns *d, const char *host, int64_t deadline_ms,
    struct dns_addresses *ret_addresses)
{
	static const char *const types[] = { "A", "AAAA" };
	const struct dns_question questions[] = {
		{ host, DNS_A },
		{ host, DNS_AAAA },
	};
	struct dns_addresses a = { .outcome = DNS_NO_RECORD };
	const char *failed = NULL;
	struct dns_answer found[2];
	size_t count = 0;

	dns_lookups(d, questions, 2, deadline_ms, found);
	for (size_t i = 0; i < 2; i++) {
		enum dns_outcome outcome = found[i].outcome;

		if (found[i].alias[0] != '\0')
			memcpy(a.alias, found[i].alias, sizeof(a.alias));
		if (outcome == DNS_FOUND)
			count += gather(&found[i], &a);
		else if (outcome == DNS_NO_NAME || a.outcome == DNS_NO_RECORD)
			a.outcome = outcome;
		if (outcome == DNS_FAILED) {
			failed = types[i];
			memcpy(a.words, found[i].words, sizeof(a.words));
		}
		dns_answer_fini(&found[i]);
	}
	if (a.count != 0) {
		a.outcome = DNS_FOUND;
		tell_missing(failed, count, a.words);
	}
	*ret_addresses = a;
}
