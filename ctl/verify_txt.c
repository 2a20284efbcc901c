/* SPDX-License-Identifier: ISC */

/*
 * The TXT records of a domain as senders read them (RFC 8461 section 3.1, RFC
 * 8460 section 3): what begins with the version counts, exactly one has to
 * remain. What nearly begins so was meant for it, and is told so.
 */

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/quote.h"
#include "policy/catalog.h"
#include "policy/policy.h"
#include "verify_part.h"

#define STS       "v=STSv1"
#define TLSRPT    "v=TLSRPTv1"
#define FIELD_MAX 32

struct verify_text *verify_join(const struct dns_answer *from, struct arena *a)
{
	struct verify_text *all = arena_array(a, from->count + 1, sizeof(*all));

	for (size_t i = 0; i < from->count; i++) {
		const struct dns_record *r = &from->records[i];
		char *bytes = arena_alloc(a, r->len + 1);
		size_t at = 0, len = 0, part;

		while (at < r->len) {
			part = r->data[at++];
			if (part > r->len - at)
				part = r->len - at;
			memcpy(bytes + len, r->data + at, part);
			len += part;
			at += part;
		}
		all[i] = (struct verify_text){ bytes, len };
	}
	return all;
}

static bool is_white(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

static struct verify_text trim(struct verify_text t)
{
	while (t.len > 0 && is_white(t.at[0])) {
		t.at++;
		t.len--;
	}
	while (t.len > 0 && is_white(t.at[t.len - 1]))
		t.len--;
	return t;
}

/* Takes what stands before the next c away from *rest; false: no c. */
static bool cut(struct verify_text *rest, char c, struct verify_text *ret_part)
{
	const char *end =
	    rest->len == 0 ? NULL : memchr(rest->at, c, rest->len);

	*ret_part = *rest;
	if (end == NULL) {
		rest->at += rest->len;
		rest->len = 0;
		return false;
	}
	ret_part->len = (size_t)(end - rest->at);
	rest->at = end + 1;
	rest->len -= ret_part->len + 1;
	return true;
}

static bool is_text(struct verify_text t, const char *text)
{
	return t.len == strlen(text) && memcmp(t.at, text, t.len) == 0;
}

/* Does it begin with the version, and no longer word? */
static bool has_version(struct verify_text t, const char *version)
{
	size_t len = strlen(version);

	return t.len >= len && memcmp(t.at, version, len) == 0 &&
	       (t.len == len || !is_alnum(t.at[len]));
}

/* The same for who wrote it in other case, with spaces, or in quotes. */
static bool has_near_version(struct verify_text t, const char *version)
{
	size_t len = strlen(version), at = 0;

	for (size_t i = 0; i < t.len && at < len - 1; i++) {
		if (is_white(t.at[i]) || t.at[i] == '"')
			continue;
		if (strncasecmp(&t.at[i], &version[at++], 1) != 0)
			return false;
	}
	return at == len - 1; /* another number is near too */
}

/* The records of a name, sorted out. */
struct sorted {
	struct verify_text valid, near, foreign; /* the first of each kind */
	size_t valid_count, near_count, foreign_count;
};

static struct sorted sort_out(
    const struct verify_text *texts, size_t count, const char *version)
{
	struct sorted s = { .valid_count = 0 };

	for (size_t i = 0; i < count; i++) {
		if (has_version(texts[i], version)) {
			if (s.valid_count++ == 0)
				s.valid = texts[i];
		} else if (has_near_version(texts[i], version)) {
			if (s.near_count++ == 0)
				s.near = texts[i];
		} else if (s.foreign_count++ == 0) {
			s.foreign = texts[i];
		}
	}
	return s;
}

/* What is wrong with a field, its value apart; NULL: nothing. */
static const char *field_fault(
    struct verify_text name, struct verify_text value)
{
	if (name.len == 0 || name.len > FIELD_MAX || !is_alnum(name.at[0]))
		return "a field has no name";
	for (size_t i = 1; i < name.len; i++)
		if (!is_alnum(name.at[i]) &&
		    (name.at[i] == '\0' || strchr("_-.", name.at[i]) == NULL))
			return is_white(name.at[i])
			           ? "white space before ="
			           : "a character that no field's name has";
	if (value.len == 0)
		return "a field without a value";
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] <= ' ' || value.at[i] > '~' ||
		    value.at[i] == '=')
			return "a character that no field's value has";
	return NULL;
}

/* Reads v=STSv1; and the fields behind it. A code and what is wrong. */
static const char *read_fields(
    struct verify_text rest, const char **ret_fault, struct verify_text *ret_id)
{
	struct verify_text field, name;
	bool more = true, has_id = false;

	*ret_fault = NULL;
	rest.at += strlen(STS);
	rest.len -= strlen(STS);
	if (rest.len > 0 && rest.at[0] != ';') {
		*ret_fault = "no ; right after " STS;
		return "txt-syntax";
	}
	(void)cut(&rest, ';', &field);
	while (more) {
		more = cut(&rest, ';', &field);
		field = trim(field);
		if (field.len == 0 && !more)
			break;
		if (!cut(&field, '=', &name)) {
			*ret_fault = "a field without =";
			return "txt-syntax";
		}
		if (is_text(name, "id") && !has_id) {
			has_id = true;
			*ret_id = field;
			if (!policy_id_is_valid(field.at, field.len))
				return "txt-id";
		}
		*ret_fault = field_fault(name, field);
		if (*ret_fault != NULL)
			return "txt-syntax";
	}
	return has_id ? "txt" : "txt-no-id";
}

static const char *quote(struct arena *a, struct verify_text t)
{
	char quoted[QUOTE_MAX];

	quote_bytes(t.at, t.len, quoted);
	return arena_string(a, quoted);
}

const char *verify_judge_txt(struct verify_report *r,
    const struct verify_text *texts, size_t count, const char *expected)
{
	struct sorted s = sort_out(texts, count, STS);
	const char *about = arena_format(r->arena, "_mta-sts.%s", r->domain);
	const char *code = "txt", *found = NULL, *fault = NULL;
	struct verify_text id = { "", 0 };

	if (s.valid_count > 1) {
		code = "txt-two";
		found = arena_format(r->arena, "%zu records", s.valid_count);
	} else if (s.valid_count == 1) {
		code = read_fields(s.valid, &fault, &id);
		found = quote(r->arena, s.valid);
	} else if (s.near_count > 0) {
		code = "txt-version";
		found = quote(r->arena, s.near);
	} else {
		code = "txt-missing";
		if (s.foreign_count > 0)
			found = quote(r->arena, s.foreign);
	}
	if (fault != NULL)
		found = arena_format(r->arena, "%s: %s", found, fault);
	if (strcmp(code, "txt") == 0 && s.near_count + s.foreign_count > 0) {
		code = "txt-extra";
		found =
		    quote(r->arena, s.foreign_count > 0 ? s.foreign : s.near);
	}
	if (s.valid_count == 1)
		r->txt = arena_copy(r->arena, s.valid.at, s.valid.len);
	verify_add(r, code, about, expected, found);
	if (strcmp(code, "txt") != 0 && strcmp(code, "txt-extra") != 0)
		return NULL;
	return arena_copy(r->arena, id.at, id.len);
}

static bool is_report_uri(struct verify_text uri)
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

/* The value of rua, NULL and *ret_fault where the record is malformed. */
static const char *read_rua(
    struct verify_text rest, struct verify_text *ret_rua)
{
	struct verify_text field, name, uri, list = { "", 0 };
	bool more = true;

	rest.at += strlen(TLSRPT);
	rest.len -= strlen(TLSRPT);
	if (rest.len > 0 && rest.at[0] != ';')
		return "no ; right after " TLSRPT;
	(void)cut(&rest, ';', &field);
	while (more) {
		more = cut(&rest, ';', &field);
		field = trim(field);
		if (field.len == 0 && !more)
			break;
		if (!cut(&field, '=', &name))
			return "a field without =";
		if (is_text(name, "rua") && list.len == 0)
			list = field;
	}
	if (list.len == 0)
		return "no rua";
	*ret_rua = list;
	for (more = true; more;) {
		more = cut(&list, ',', &uri);
		if (!is_report_uri(trim(uri)))
			return "an address in rua that is neither mailto: nor "
			       "https:, or has a character to be escaped";
	}
	return NULL;
}

/* Is each of ours, a list with commas, in list? */
static bool lists_all(struct verify_text list, const char *ours)
{
	struct verify_text wanted = { ours, strlen(ours) }, one, rest, uri;
	bool more = true, others, found;

	while (more) {
		more = cut(&wanted, ',', &one);
		one = trim(one);
		rest = list;
		found = false;
		for (others = true; others && !found;) {
			others = cut(&rest, ',', &uri);
			uri = trim(uri);
			found = uri.len == one.len &&
			        memcmp(uri.at, one.at, one.len) == 0;
		}
		if (!found)
			return false;
	}
	return true;
}

void verify_judge_tlsrpt(struct verify_report *r,
    const struct verify_text *texts, size_t count, bool wanted)
{
	struct sorted s = sort_out(texts, count, TLSRPT);
	const char *about = arena_format(r->arena, "_smtp._tls.%s", r->domain);
	const char *ours = r->entry == NULL ? NULL : r->entry->tlsrpt;
	const char *expected = NULL, *fault = NULL;
	struct verify_text rua;

	if (ours != NULL)
		expected =
		    arena_format(r->arena, "\"" TLSRPT "; rua=%s\"", ours);
	if (s.valid_count == 1)
		r->tlsrpt = arena_copy(r->arena, s.valid.at, s.valid.len);
	if (s.valid_count > 1)
		verify_add(r, "tlsrpt-two", about, expected,
		    arena_format(r->arena, "%zu records", s.valid_count));
	else if (s.valid_count == 0 && s.near_count > 0)
		verify_add(r, "tlsrpt-syntax", about, expected,
		    quote(r->arena, s.near));
	else if (s.valid_count == 0)
		verify_add(r, wanted ? "tlsrpt-missing" : "tlsrpt", about,
		    expected, wanted ? NULL : "none, and none is asked for");
	else if ((fault = read_rua(s.valid, &rua)) != NULL)
		verify_add(r, "tlsrpt-syntax", about, expected,
		    arena_format(
		        r->arena, "%s: %s", quote(r->arena, s.valid), fault));
	else
		verify_add(r,
		    ours != NULL && !lists_all(rua, ours) ? "tlsrpt-differs"
		                                          : "tlsrpt",
		    about, expected, quote(r->arena, s.valid));
}
