/* SPDX-License-Identifier: ISC */

/*
 * CAA as CAs read it. A value that breaks the grammar authorizes nobody (RFC
 * 8659 section 4.2); where the RFC leaves a choice, the one is taken that
 * Let's Encrypt takes: the lowest bit of the flags means critical too.
 */

#include "caa.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fetch.h"
#include "span.h"

#define FLAGS_CRITICAL (128 | 1)
#define HEADER         2 /* flags and the tag's length */
#define METHODS        "validationmethods"

struct property {
	bool critical;
	struct span tag, value;
};

static bool read_property(const struct dns_record *r, struct property *ret_p)
{
	size_t tag_len = r->len < HEADER ? 0 : r->data[1];

	if (tag_len == 0 || r->len - HEADER < tag_len)
		return false;
	ret_p->critical = (r->data[0] & FLAGS_CRITICAL) != 0;
	ret_p->tag.at = (const char *)r->data + HEADER;
	ret_p->tag.len = tag_len;
	ret_p->value.at = ret_p->tag.at + tag_len;
	ret_p->value.len = r->len - HEADER - tag_len;
	return true;
}

static bool is_known(struct span tag)
{
	static const char *const tags[] = { "issue", "issuewild", "iodef",
		"issuemail" };

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (span_is_like(tag, tags[i]))
			return true;
	return false;
}

/* A label, or a parameter's tag: letters, digits, hyphens inside. */
static bool is_label(struct span s)
{
	if (s.len == 0 || !span_is_alnum(s.at[0]) ||
	    !span_is_alnum(s.at[s.len - 1]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!span_is_alnum(s.at[i]) && s.at[i] != '-')
			return false;
	return true;
}

static bool is_domain(struct span s)
{
	struct span label;
	bool more;

	do {
		more = span_cut(&s, '.', &label);
		if (!is_label(label))
			return false;
	} while (more);
	return true;
}

static bool is_printable(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < 0x21 || s.at[i] > 0x7e)
			return false;
	return true;
}

/* RFC 8657 section 4: a list with commas. */
static bool lists_method(struct span list, const char *method)
{
	bool more, found = false;
	struct span m;

	do {
		more = span_cut(&list, ',', &m);
		for (size_t i = 0; i < m.len; i++)
			if (!span_is_alnum(m.at[i]) && m.at[i] != '-')
				return false;
		if (m.len == 0)
			return false;
		if (span_is(m, method))
			found = true;
	} while (more);
	return found;
}

/*
 * What an issue value says: who may issue (nobody: of length 0), and whether
 * by method.
 */
struct grant {
	struct span issuer;
	bool by_method;
};

static struct grant read_grant(struct span value, const char *method)
{
	struct grant g = { .by_method = true }, nobody = { .by_method = false };
	struct span part, tag;
	bool more = span_cut(&value, ';', &part);

	g.issuer = span_trim(part);
	if (!is_domain(g.issuer))
		return nobody;
	if (!more || span_trim(value).len == 0)
		return g;
	do {
		more = span_cut(&value, ';', &part);
		if (!span_cut(&part, '=', &tag))
			return nobody;
		tag = span_trim(tag);
		part = span_trim(part);
		if (!is_label(tag) || !is_printable(part))
			return nobody;
		if (span_is_like(tag, METHODS) && !lists_method(part, method))
			g.by_method = false;
	} while (more);
	return g;
}

static bool is_ours(struct span issuer, const struct caa_names *ca)
{
	for (size_t i = 0; i < ca->count; i++)
		if (span_is_like(issuer, ca->at[i]))
			return true;
	return ca->count == 0;
}

/* What one issue property says; the most that any of them says counts. */
static enum caa_verdict judge_value(
    struct span value, const struct caa_names *ca, const char *method)
{
	struct grant g = read_grant(value, method);

	if (g.issuer.len == 0)
		return CAA_NOBODY;
	if (!is_ours(g.issuer, ca))
		return CAA_OTHERS;
	return g.by_method || ca->count == 0 ? CAA_ALLOWS : CAA_METHOD;
}

/* What forbids all, whatever else stands there, in whichever order. */
static enum caa_verdict find_flaw(
    const struct dns_record *records, size_t count)
{
	enum caa_verdict flaw = CAA_ALLOWS;
	struct property p;

	for (size_t i = 0; i < count; i++) {
		if (!read_property(&records[i], &p))
			return CAA_MALFORMED;
		if (p.critical && !is_known(p.tag))
			flaw = CAA_CRITICAL;
	}
	return flaw;
}

enum caa_verdict caa_judge(const struct dns_record *records, size_t count,
    const struct caa_names *ca, const char *method)
{
	static const int rank[] = {
		[CAA_NOBODY] = 1,
		[CAA_OTHERS] = 2,
		[CAA_METHOD] = 3,
		[CAA_ALLOWS] = 4,
	};
	enum caa_verdict best = CAA_NOBODY, v = find_flaw(records, count);
	struct property p;
	bool issue = false;

	if (v != CAA_ALLOWS)
		return v;
	for (size_t i = 0; i < count; i++) {
		if (!read_property(&records[i], &p) ||
		    !span_is_like(p.tag, "issue"))
			continue;
		issue = true;
		v = judge_value(p.value, ca, method);
		if (rank[v] > rank[best])
			best = v;
	}
	return issue ? best : CAA_ALLOWS;
}

bool caa_names_a_ca(const struct dns_record *records, size_t count)
{
	struct property p;

	for (size_t i = 0; i < count; i++)
		if (read_property(&records[i], &p) &&
		    span_is_like(p.tag, "issue") &&
		    read_grant(p.value, "").issuer.len != 0)
			return true;
	return false;
}

enum dns_outcome caa_find(struct dns *d, const char *host, int64_t deadline_ms,
    char ret_name[HOST_MAX + 1], struct dns_answer *ret_answer)
{
	const char *name = host;
	const char *dot;

	for (;;) {
		dns_lookup(d, name, DNS_CAA, deadline_ms, ret_answer);
		dot = strchr(name, '.');
		if (ret_answer->outcome == DNS_FOUND ||
		    ret_answer->outcome == DNS_FAILED || dot == NULL)
			break;
		dns_answer_fini(ret_answer);
		name = dot + 1;
	}
	(void)snprintf(ret_name, HOST_MAX + 1, "%s", name);
	return ret_answer->outcome == DNS_NO_NAME ? DNS_NO_RECORD
	                                          : ret_answer->outcome;
}

bool caa_names_known(const char *directory, struct caa_names *ret_names)
{
	/* In whose domain the directory is, and so the issuer's name. */
	static const char *const issuers[] = { "letsencrypt.org" };
	struct fetch_target target;
	size_t len, tail;

	if (directory == NULL) {
		*ret_names = (struct caa_names){ &issuers[0], 1 };
		return true;
	}
	if (fetch_url_read(directory, &target) != 0)
		return false;
	len = strlen(target.host);
	for (size_t i = 0; i < sizeof(issuers) / sizeof(*issuers); i++) {
		tail = strlen(issuers[i]);
		if (len <= tail || target.host[len - tail - 1] != '.' ||
		    strcasecmp(target.host + len - tail, issuers[i]) != 0)
			continue;
		*ret_names = (struct caa_names){ &issuers[i], 1 };
		return true;
	}
	return false;
}
