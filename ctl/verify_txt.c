/* SPDX-License-Identifier: ISC */

/*
 * The TXT records of a domain, as txt.c reads them, with a code for whatever
 * is wrong.
 */

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "policy/catalog.h"
#include "txt.h"
#include "verify_part.h"

/* Of the one record that counts: is it well, and if not, what is found. */
static const char *judge_record(struct verify_report *r, struct span record,
    struct span *ret_id, const char **ret_found)
{
	static const char *const codes[] = {
		[TXT_WELL] = "txt",
		[TXT_SYNTAX] = "txt-syntax",
		[TXT_NO_ID] = "txt-no-id",
		[TXT_ODD_ID] = "txt-id",
	};
	const char *why;
	enum txt_fault fault = txt_read_sts(record, ret_id, &why);

	r->txt = arena_copy(r->arena, record.at, record.len);
	*ret_found = span_quote(record, r->arena);
	if (fault == TXT_SYNTAX)
		*ret_found = arena_format(r->arena, "%s: %s", *ret_found, why);
	return codes[fault];
}

const char *verify_judge_txt(struct verify_report *r, const struct span *texts,
    size_t count, const char *expected)
{
	struct txt_sorted s = txt_sort(texts, count, TXT_STS);
	const char *about = arena_format(r->arena, "_mta-sts.%s", r->domain);
	const char *code = "txt", *found = NULL;
	struct span id = { "", 0 };

	if (s.valid_count > 1) {
		code = "txt-two";
		found = arena_format(r->arena, "%zu records", s.valid_count);
	} else if (s.valid_count == 1) {
		code = judge_record(r, s.valid, &id, &found);
	} else if (s.near_count > 0) {
		code = "txt-version";
		found = span_quote(s.near, r->arena);
	} else {
		code = "txt-missing";
		if (s.foreign_count > 0)
			found = span_quote(s.foreign, r->arena);
	}
	if (strcmp(code, "txt") == 0 && s.near_count + s.foreign_count > 0) {
		code = "txt-extra";
		found = span_quote(
		    s.foreign_count > 0 ? s.foreign : s.near, r->arena);
	}
	verify_add(r, code, about, expected, found);
	if (strcmp(code, "txt") != 0 && strcmp(code, "txt-extra") != 0)
		return NULL;
	return arena_copy(r->arena, id.at, id.len);
}

static bool is_report_uri(struct span uri)
{
	static const char *const schemes[] = { "mailto:", "https:" };
	size_t len;

	for (size_t i = 0; i < uri.len; i++)
		if (uri.at[i] <= ' ' || uri.at[i] > '~' || uri.at[i] == '!')
			return false;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		len = strlen(schemes[i]);
		if (uri.len > len && strncasecmp(uri.at, schemes[i], len) == 0)
			return true;
	}
	return false;
}

/* Where reports go. NULL; or what is wrong with it. */
static const char *read_rua(struct span record, struct span *ret_rua)
{
	const char *fault = txt_read_tlsrpt(record, ret_rua);
	struct span list, uri;
	bool more;

	if (fault != NULL)
		return fault;
	list = *ret_rua;
	do {
		more = txt_cut_uri(&list, &uri);
		if (!is_report_uri(uri))
			return "an address in rua that is neither mailto: nor "
			       "https:, or has a character to be escaped";
	} while (more);
	return NULL;
}

/* Is each of ours, a list with commas, in list? */
static bool lists_all(struct span list, const char *ours)
{
	struct span wanted = { ours, strlen(ours) }, one, rest, uri;
	bool more = true, others, found;

	while (more) {
		more = txt_cut_uri(&wanted, &one);
		rest = list;
		found = false;
		for (others = true; others && !found;) {
			others = txt_cut_uri(&rest, &uri);
			found = uri.len == one.len &&
			        memcmp(uri.at, one.at, one.len) == 0;
		}
		if (!found)
			return false;
	}
	return true;
}

void verify_judge_tlsrpt(struct verify_report *r, const struct span *texts,
    size_t count, bool wanted)
{
	struct txt_sorted s = txt_sort(texts, count, TXT_TLSRPT);
	const char *about = arena_format(r->arena, "_smtp._tls.%s", r->domain);
	const char *ours = r->entry == NULL ? NULL : r->entry->tlsrpt;
	const char *expected = NULL, *fault = NULL;
	struct span rua;

	if (ours != NULL)
		expected =
		    arena_format(r->arena, "\"" TXT_TLSRPT "; rua=%s\"", ours);
	if (s.valid_count == 1)
		r->tlsrpt = arena_copy(r->arena, s.valid.at, s.valid.len);
	if (s.valid_count > 1)
		verify_add(r, "tlsrpt-two", about, expected,
		    arena_format(r->arena, "%zu records", s.valid_count));
	else if (s.valid_count == 0 && s.near_count > 0)
		verify_add(r, "tlsrpt-syntax", about, expected,
		    span_quote(s.near, r->arena));
	else if (s.valid_count == 0)
		verify_add(r, wanted ? "tlsrpt-missing" : "tlsrpt", about,
		    expected, wanted ? NULL : "none, and none is asked for");
	else if ((fault = read_rua(s.valid, &rua)) != NULL)
		verify_add(r, "tlsrpt-syntax", about, expected,
		    arena_format(r->arena, "%s: %s",
		        span_quote(s.valid, r->arena), fault));
	else
		verify_add(r,
		    ours != NULL && !lists_all(rua, ours) ? "tlsrpt-differs"
		                                          : "tlsrpt",
		    about, expected, span_quote(s.valid, r->arena));
}
