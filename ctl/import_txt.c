/* SPDX-License-Identifier: ISC */
/*
 * What the records of a domain say, as facts. They are read as verify reads
 * them, so that both take the same for live.
 */
#include <string.h>

#include "base/arena.h"
#include "dns.h"
#include "import.h"
#include "mx.h"
#include "policy/host.h"
#include "txt.h"

/*
 * The one record of that version; false: it is not there. Why, where anything
 * is, is a fault.
 */
static bool choose(const struct dns_record *records, size_t count,
    const char *version, struct arena *a, struct span *ret_record,
    const char **ret_fault)
{
	struct txt_sorted s =
	    txt_sort(txt_join(records, count, a), count, version);

	if (s.valid_count > 1)
		*ret_fault = arena_format(a,
		    "there are %zu records that begin with %s, and senders "
		    "take none of them",
		    s.valid_count, version);
	else if (s.valid_count == 0 && s.near_count > 0)
		*ret_fault =
		    arena_format(a, "its record %s does not begin with %s;",
		        span_quote(s.near, a), version);
	*ret_record = s.valid;
	return s.valid_count == 1;
}

void import_take_sts(struct facts *f, const struct dns_record *records,
    size_t count, struct arena *a)
{
	struct span record, id;
	const char *why;

	if (!choose(records, count, TXT_STS, a, &record, &f->txt_fault))
		return;
	switch (txt_read_sts(record, &id, &why)) {
	case TXT_WELL:
		f->id = arena_copy(a, id.at, id.len);
		break;
	case TXT_SYNTAX:
		f->txt_fault = arena_format(
		    a, "its TXT record %s: %s", span_quote(record, a), why);
		break;
	case TXT_NO_ID:
		f->txt_fault = "its TXT record has no id";
		break;
	case TXT_ODD_ID:
		f->txt_fault = arena_format(a,
		    "the id %s of its TXT record is not 1 to 32 letters and "
		    "digits",
		    span_quote(id, a));
		break;
	}
}

void import_take_tlsrpt(struct facts *f, const struct dns_record *records,
    size_t count, struct arena *a)
{
	struct span record, rua;
	const char *why;

	if (!choose(records, count, TXT_TLSRPT, a, &record, &f->tlsrpt_fault))
		return;
	why = txt_read_tlsrpt(record, &rua);
	if (why == NULL)
		f->tlsrpt = arena_copy(a, rua.at, rua.len);
	else
		f->tlsrpt_fault = arena_format(
		    a, "its record %s: %s", span_quote(record, a), why);
}

void import_take_mx(struct facts *f, const struct dns_record *records,
    size_t count, struct arena *a)
{
	struct mx mx;

	mx_read(records, count, a, &mx);
	if (mx.malformed > 0)
		f->mx_fault = "one of its MX records holds no name";
	for (size_t i = 0; i < mx.count; i++) {
		const char *host = mx.hosts[i];

		if (strcmp(host, ".") == 0)
			f->null_mx = true;
		else if (host_is_valid(host, strlen(host)))
			mx.hosts[f->mx_count++] = host;
		else
			f->mx_fault = "one of its MX records names no host";
	}
	f->mx = mx.hosts;
}
