/* SPDX-License-Identifier: ISC */

/*
 * One reader for all that look at these records. It is as strict as the RFC:
 * what a kinder sender takes all the same, another one may not.
 */

#include "txt.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "dns.h"
#include "policy/policy.h"

#define FIELD_MAX 32

struct span *txt_join(
    const struct dns_record *records, size_t count, struct arena *a)
{
	struct span *all = arena_array(a, count + 1, sizeof(*all));

	for (size_t i = 0; i < count; i++) {
		const struct dns_record *r = &records[i];
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
		all[i] = (struct span){ bytes, len };
	}
	return all;
}

/* Does it begin with the version, and no longer word? */
static bool has_version(struct span t, const char *version)
{
	size_t len = strlen(version);

	return span_begins(t, version) &&
	       (t.len == len || !span_is_alnum(t.at[len]));
}

/* The same for who wrote it in other case, with spaces, or in quotes. */
static bool has_near_version(struct span t, const char *version)
{
	size_t len = strlen(version), at = 0;

	for (size_t i = 0; i < t.len && at < len - 1; i++) {
		if (span_is_white(t.at[i]) || t.at[i] == '"')
			continue;
		if (strncasecmp(&t.at[i], &version[at++], 1) != 0)
			return false;
	}
	return at == len - 1; /* another number is near too */
}

struct txt_sorted txt_sort(
    const struct span *all, size_t count, const char *version)
{
	struct txt_sorted s = { .valid_count = 0 };

	for (size_t i = 0; i < count; i++) {
		if (has_version(all[i], version)) {
			if (s.valid_count++ == 0)
				s.valid = all[i];
		} else if (has_near_version(all[i], version)) {
			if (s.near_count++ == 0)
				s.near = all[i];
		} else if (s.foreign_count++ == 0) {
			s.foreign = all[i];
		}
	}
	return s;
}

/* What is wrong with a field, its value apart; NULL: nothing. */
static const char *field_fault(struct span name, struct span value)
{
	if (name.len == 0 || name.len > FIELD_MAX || !span_is_alnum(name.at[0]))
		return "a field has no name";
	for (size_t i = 1; i < name.len; i++)
		if (!span_is_alnum(name.at[i]) &&
		    (name.at[i] == '\0' || strchr("_-.", name.at[i]) == NULL))
			return span_is_white(name.at[i])
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

/* What stands behind the version and its separator. NULL; or what is wrong. */
static const char *begin(
    struct span record, const char *version, struct span *ret_rest)
{
	struct span before;

	record.at += strlen(version);
	record.len -= strlen(version);
	if (record.len > 0 && record.at[0] != ';')
		return "no ; right after the version";
	(void)span_cut(&record, ';', &before);
	*ret_rest = record;
	return NULL;
}

enum txt_fault txt_read_sts(
    struct span record, struct span *ret_id, const char **ret_why)
{
	struct span rest, field, name;
	bool more, has_id = false;

	*ret_why = begin(record, TXT_STS, &rest);
	for (more = *ret_why == NULL; more;) {
		more = span_cut(&rest, ';', &field);
		field = span_trim(field);
		if (field.len == 0 && !more)
			break;
		if (!span_cut(&field, '=', &name)) {
			*ret_why = "a field without =";
			break;
		}
		if (span_is(name, "id") && !has_id) {
			has_id = true;
			*ret_id = field;
			if (!policy_id_is_valid(field.at, field.len))
				return TXT_ODD_ID;
		}
		*ret_why = field_fault(name, field);
		if (*ret_why != NULL)
			break;
	}
	if (*ret_why != NULL)
		return TXT_SYNTAX;
	return has_id ? TXT_WELL : TXT_NO_ID;
}

const char *txt_read_tlsrpt(struct span record, struct span *ret_rua)
{
	struct span rest, field, name, list = { "", 0 };
	const char *why = begin(record, TXT_TLSRPT, &rest);
	bool more = true;

	if (why != NULL)
		return why;
	while (more) {
		more = span_cut(&rest, ';', &field);
		field = span_trim(field);
		if (field.len == 0 && !more)
			break;
		if (!span_cut(&field, '=', &name))
			return "a field without =";
		if (span_is(name, "rua") && list.len == 0)
			list = field;
	}
	if (list.len == 0)
		return "no rua";
	if (memchr(list.at, '\0', list.len) != NULL)
		return "a NUL byte in rua";
	*ret_rua = list;
	return NULL;
}

bool txt_cut_uri(struct span *list, struct span *ret_uri)
{
	bool more = span_cut(list, ',', ret_uri);

	*ret_uri = span_trim(*ret_uri);
	return more;
}
