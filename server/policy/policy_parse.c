/* SPDX-License-Identifier: ISC */

/*
 * A policy as a strict sender reads it: the grammar of RFC 8461 section 3.2,
 * line by line. A field given twice is refused here, where the RFC lets a
 * sender take the first: whoever serves two has not decided which holds.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/quote.h"
#include "policy/host.h"
#include "policy/policy.h"

#define SECTION " (RFC 8461 section 3.2)"
#define KEY_MAX 32

/* Some bytes of the policy, without a NUL after them. */
struct span {
	const char *at;
	size_t len;
};

struct reader {
	struct span rest;
	unsigned line;
	unsigned seen; /* fields, as bits by their place in the table */
	struct arena *arena;
	const char **mx;
	struct policy policy;
	struct err *err;
};

static bool is_text(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static int refuse(const struct reader *r, const char *words)
{
	err_set(r->err, "line %u %s" SECTION, r->line, words);
	return -1;
}

static int refuse_value(const struct reader *r, const char *key,
    struct span value, const char *words)
{
	char quoted[QUOTE_MAX];

	quote_bytes(value.at, value.len, quoted);
	err_set(
	    r->err, "line %u: %s %s %s" SECTION, r->line, key, quoted, words);
	return -1;
}

static int take_version(struct reader *r, struct span value)
{
	if (!is_text(value, "STSv1"))
		return refuse_value(r, "version", value, "is not STSv1");
	return 0;
}

static int take_mode(struct reader *r, struct span value)
{
	char text[16] = "";

	if (value.len < sizeof(text))
		memcpy(text, value.at, value.len);
	if (mode_from_text(text, &r->policy.mode) != 0)
		return refuse_value(
		    r, "mode", value, "is none of enforce, testing and none");
	return 0;
}

static int take_max_age(struct reader *r, struct span value)
{
	char digits[11] = "";
	unsigned long long age;

	if (value.len < sizeof(digits))
		memcpy(digits, value.at, value.len);
	if (strspn(digits, "0123456789") != value.len)
		return refuse_value(
		    r, "max_age", value, "is not 1 to 10 digits");
	age = strtoull(digits, NULL, 10);
	if (age > POLICY_MAX_AGE_MAX)
		return refuse_value(r, "max_age", value, "is above 31557600");
	r->policy.max_age = (uint32_t)age;
	return 0;
}

static int take_mx(struct reader *r, struct span value)
{
	char pattern[HOST_MAX + 1];
	const char *text;
	struct err e;

	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.at[i] >= 0x80)
			return refuse_value(
			    r, "mx", value, "is not in A-labels");
	text = arena_copy(r->arena, value.at, value.len);
	if (pattern_from_text(text, pattern, &e) != 0) {
		err_set(r->err, "line %u: mx %s", r->line, e.text);
		return -1;
	}
	r->mx[r->policy.mx_count++] = arena_string(r->arena, pattern);
	return 0;
}

static const struct field {
	const char *key;
	bool many;
	int (*take)(struct reader *r, struct span value);
} fields[] = {
	{ "version", false, take_version },
	{ "mode", false, take_mode },
	{ "max_age", false, take_max_age },
	{ "mx", true, take_mx },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static bool is_white(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_key(struct span key)
{
	static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "abcdefghijklmnopqrstuvwxyz0123456789";

	if (key.len == 0 || key.len > KEY_MAX)
		return false;
	for (size_t i = 0; i < key.len; i++) {
		const char *also = i > 0 ? "_-." : "";
		char c = key.at[i];

		if (c == '\0' ||
		    (strchr(alnum, c) == NULL && strchr(also, c) == NULL))
			return false;
	}
	return true;
}

/* Printable characters in UTF-8; white space is judged by its place. */
static int check_text(const struct reader *r, struct span line)
{
	if (line.len == 0)
		return refuse(r, "is empty");
	while (line.len > 0) {
		size_t n = quote_utf8_len(line.at, line.len);
		unsigned char c = (unsigned char)line.at[0];

		if (n == 0)
			return refuse(r, "is not UTF-8");
		if (c == '\r')
			return refuse(r, "has a CR without an LF");
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return refuse(r, "has a control character");
		line.at += n;
		line.len -= n;
	}
	return 0;
}

static int split(const struct reader *r, struct span line, struct span *ret_key,
    struct span *ret_value)
{
	const char *colon = memchr(line.at, ':', line.len);
	struct span key, value;

	if (is_white(line.at[0]))
		return refuse(r, "begins with white space");
	if (colon == NULL)
		return refuse(r, "has no colon");
	key = (struct span){ line.at, (size_t)(colon - line.at) };
	if (key.len > 0 && is_white(key.at[key.len - 1]))
		return refuse(r, "has white space before its colon");
	if (!is_key(key))
		return refuse_value(r, "key", key,
		    "is not 1 to 32 letters, digits, _, - and .");
	value = (struct span){ colon + 1, line.len - key.len - 1 };
	while (value.len > 0 && is_white(value.at[0])) {
		value.at++;
		value.len--;
	}
	while (value.len > 0 && is_white(value.at[value.len - 1]))
		value.len--;
	if (value.len == 0)
		return refuse(r, "has no value");
	if (memchr(value.at, '\t', value.len) != NULL)
		return refuse(r, "has a tab in its value");
	*ret_key = key;
	*ret_value = value;
	return 0;
}

static int take_line(struct reader *r, struct span line)
{
	struct span key, value;

	if (r->line == 1 && line.len >= 3 &&
	    memcmp(line.at, "\xef\xbb\xbf", 3) == 0)
		return refuse(r, "begins with a byte order mark");
	if (check_text(r, line) != 0 || split(r, line, &key, &value) != 0)
		return -1;
	if (r->line == 1 && !is_text(key, "version"))
		return refuse_value(
		    r, "key", key, "stands where version comes first");
	for (size_t i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];

		if (!is_text(key, f->key))
			continue;
		if (!f->many && (r->seen & 1u << i) != 0)
			return refuse_value(
			    r, "key", key, "is there for the second time");
		r->seen |= 1u << i;
		return f->take(r, value);
	}
	return 0;
}

static size_t count_lines(struct span s)
{
	size_t lines = 1;

	for (size_t i = 0; i < s.len; i++)
		lines += s.at[i] == '\n';
	return lines;
}

static struct span next_line(struct reader *r)
{
	struct span line = r->rest;
	const char *end = memchr(line.at, '\n', line.len);

	if (end == NULL) {
		r->rest.len = 0;
	} else {
		line.len = (size_t)(end - line.at);
		r->rest.at = end + 1;
		r->rest.len -= line.len + 1;
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
	}
	r->line++;
	return line;
}

static int check_whole(const struct reader *r)
{
	for (size_t i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];

		if ((r->seen & 1u << i) != 0 ||
		    (f->many && r->policy.mode == MODE_NONE))
			continue;
		err_set(r->err, "%s is missing" SECTION, f->key);
		return -1;
	}
	return 0;
}

int policy_parse(const char *bytes, size_t len, struct arena *a,
    struct policy *ret_policy, struct err *err)
{
	struct reader r = {
		.rest = { bytes, len },
		.arena = a,
		.err = err,
	};

	r.mx = arena_array(a, count_lines(r.rest), sizeof(*r.mx));
	do {
		if (take_line(&r, next_line(&r)) != 0)
			return -1;
	} while (r.rest.len > 0);
	if (check_whole(&r) != 0)
		return -1;
	r.policy.mx = r.mx;
	*ret_policy = r.policy;
	return 0;
}
