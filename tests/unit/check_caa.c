/* SPDX-License-Identifier: ISC */

/* What CAA records let a CA do, case by case. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/caa.h"

#include "suite.h"

#define COUNT(a)    ((int)(sizeof(a) / sizeof((a)[0])))
#define RECORDS_MAX 3
#define RDATA_MAX   128
#define METHODS     "; validationmethods="

static const char *const le[] = { "ca1.example.net", "ca1.example.org" };
static const struct caa_names ours = { le, 2 }, unknown = { NULL, 0 };

/* A tag of each record, with its flags before it, and its value. */
struct set {
	struct {
		unsigned flags;
		const char *tag, *value;
	} records[RECORDS_MAX];
	enum caa_verdict verdict;        /* for http-01 */
	enum caa_verdict without_a_name; /* of our CA */
};

static size_t encode(const struct set *s, struct dns_record *records,
    unsigned char (*rdata)[RDATA_MAX])
{
	size_t n = 0, tag_len, value_len;

	for (; n < RECORDS_MAX && s->records[n].tag != NULL; n++) {
		tag_len = strlen(s->records[n].tag);
		value_len = strlen(s->records[n].value);
		ck_assert_uint_lt(2 + tag_len + value_len, RDATA_MAX);
		rdata[n][0] = (unsigned char)s->records[n].flags;
		rdata[n][1] = (unsigned char)tag_len;
		memcpy(rdata[n] + 2, s->records[n].tag, tag_len);
		memcpy(rdata[n] + 2 + tag_len, s->records[n].value, value_len);
		records[n].data = rdata[n];
		records[n].len = 2 + tag_len + value_len;
	}
	return n;
}

static const struct set sets[] = {
	/* RFC 8659 section 4.2: the issue property */
	{ { { 0 } }, CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" } }, CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.org" } }, CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "issue", "ca2.example.org" } }, CAA_OTHERS, CAA_ALLOWS },
	{ { { 0, "issue", ";" } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "" } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "  ;  " } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "; account=230123" } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "ca1.example.net; account=230123" } }, CAA_ALLOWS,
	    CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net; policy=ev; a=b" } }, CAA_ALLOWS,
	    CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net;" } }, CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "issue", "\t ca1.example.net \t; \t" } }, CAA_ALLOWS,
	    CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net;a=;b = c \t" } }, CAA_ALLOWS,
	    CAA_ALLOWS },
	/* several: one that allows is enough */
	{ { { 0, "issue", "ca2.example.org" },
	      { 0, "issue", "ca1.example.net" } },
	    CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "issue", ";" }, { 0, "issue", "ca1.example.net" } },
	    CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "issue", "ca2.example.org" }, { 0, "issue", ";" } },
	    CAA_OTHERS, CAA_ALLOWS },
	/* case: tags and names do not have it (sections 4.1 and 4.2) */
	{ { { 0, "ISSUE", "CA1.Example.NET" } }, CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "Issue", "ca2.example.org" } }, CAA_OTHERS, CAA_ALLOWS },
	/* a value that breaks the grammar allows nobody */
	{ { { 0, "issue", "%%%%%" } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "ca1.example.net." } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "-a.example.net" } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "ca1..example.net" } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "ca1.example.net b=c" } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "ca1.example.net; policy" } }, CAA_NOBODY,
	    CAA_NOBODY },
	{ { { 0, "issue", "ca1.example.net; a=b;" } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "ca1.example.net; a=b c" } }, CAA_NOBODY,
	    CAA_NOBODY },
	{ { { 0, "issue", "ca1.example.net; =b" } }, CAA_NOBODY, CAA_NOBODY },
	{ { { 0, "issue", "ca1.example.net; a_b=c" } }, CAA_NOBODY,
	    CAA_NOBODY },
	{ { { 0, "issue", "ca1.example.net; a=\xc3\xbc" } }, CAA_NOBODY,
	    CAA_NOBODY },
	/* no issue property at all (section 4.1), wildcards apart (4.3) */
	{ { { 0, "iodef", "mailto:security@example.com" } }, CAA_ALLOWS,
	    CAA_ALLOWS },
	{ { { 0, "issuewild", ";" } }, CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "issuewild", "ca1.example.net" }, { 0, "issue", ";" } },
	    CAA_NOBODY, CAA_NOBODY },
	{ { { 128, "issuewild", ";" }, { 128, "iodef", "mailto:a@b" } },
	    CAA_ALLOWS, CAA_ALLOWS },
	{ { { 128, "issuemail", ";" } }, CAA_ALLOWS, CAA_ALLOWS },
	/* the critical flag (section 4.1) */
	{ { { 128, "issue", "ca1.example.net" } }, CAA_ALLOWS, CAA_ALLOWS },
	{ { { 128, "tbs", "Unknown" } }, CAA_CRITICAL, CAA_CRITICAL },
	{ { { 1, "tbs", "Unknown" } }, CAA_CRITICAL, CAA_CRITICAL },
	{ { { 0, "tbs", "Unknown" } }, CAA_ALLOWS, CAA_ALLOWS },
	{ { { 126, "tbs", "Unknown" } }, CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" }, { 128, "tbs", "Unknown" } },
	    CAA_CRITICAL, CAA_CRITICAL },
	{ { { 128, "tbs", "Unknown" }, { 0, "", "x" } }, CAA_MALFORMED,
	    CAA_MALFORMED },
	{ { { 0, "", "x" } }, CAA_MALFORMED, CAA_MALFORMED },
	/* RFC 8657 section 4: validationmethods */
	{ { { 0, "issue", "ca1.example.net" METHODS "http-01" } }, CAA_ALLOWS,
	    CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" METHODS "dns-01" } }, CAA_METHOD,
	    CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" METHODS "dns-01,http-01" } },
	    CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" METHODS "" } }, CAA_METHOD,
	    CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" METHODS "http-01," } }, CAA_METHOD,
	    CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" METHODS "http-01,a_b" } },
	    CAA_METHOD, CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" METHODS "HTTP-01" } }, CAA_METHOD,
	    CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" METHODS "http-011" } }, CAA_METHOD,
	    CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" METHODS "ca-http-01" } },
	    CAA_METHOD, CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net; ValidationMethods=dns-01" } },
	    CAA_METHOD, CAA_ALLOWS },
	{ { { 0, "issue",
	      "ca1.example.net" METHODS "http-01" METHODS "dns-01" } },
	    CAA_METHOD, CAA_ALLOWS },
	{ { { 0, "issue", "ca2.example.org" METHODS "dns-01" } }, CAA_OTHERS,
	    CAA_ALLOWS },
	{ { { 0, "issue", "ca1.example.net" METHODS "dns-01" },
	      { 0, "issue", "ca1.example.org" METHODS "http-01" } },
	    CAA_ALLOWS, CAA_ALLOWS },
	{ { { 0, "issue", "ca2.example.org" },
	      { 0, "issue", "ca1.example.org" METHODS "dns-01" },
	      { 0, "issue", ";" } },
	    CAA_METHOD, CAA_ALLOWS },
	/* accounturi is passed over (RFC 8657 section 3) */
	{ { { 0, "issue",
	      "ca1.example.net; accounturi=https://example.net/acct/1" } },
	    CAA_ALLOWS, CAA_ALLOWS },
};

START_TEST(rfc8659_4_rfc8657_4_set_is_judged)
{
	unsigned char rdata[RECORDS_MAX][RDATA_MAX];
	struct dns_record records[RECORDS_MAX], turned[RECORDS_MAX];
	size_t count = encode(&sets[_i], records, rdata);

	ck_assert_int_eq(
	    caa_judge(records, count, &ours, "http-01"), sets[_i].verdict);
	ck_assert_int_eq(caa_judge(records, count, &unknown, "http-01"),
	    sets[_i].without_a_name);
	for (size_t i = 0; i < count; i++)
		turned[count - 1 - i] = records[i];
	ck_assert_int_eq(
	    caa_judge(turned, count, &ours, "http-01"), sets[_i].verdict);
}
END_TEST

START_TEST(ca_is_named_where_it_matters_which)
{
	unsigned char rdata[RECORDS_MAX][RDATA_MAX];
	struct dns_record records[RECORDS_MAX];
	size_t count = encode(&sets[_i], records, rdata);
	enum caa_verdict v = sets[_i].verdict;

	if (v == CAA_OTHERS || v == CAA_METHOD)
		ck_assert(caa_names_a_ca(records, count));
	if (v == CAA_NOBODY)
		ck_assert(!caa_names_a_ca(records, count));
}
END_TEST

/* A record that is cut anywhere is malformed, or says what is left of it. */
START_TEST(cut_rdata_is_never_read_past_its_end)
{
	static const char whole[] = "\0\5issueca1.example.net";
	struct dns_record r;
	unsigned char *bytes;

	for (size_t len = 0; len < sizeof(whole); len++) {
		bytes = malloc(len == 0 ? 1 : len); /* for the sanitizer */
		ck_assert_ptr_nonnull(bytes);
		memcpy(bytes, whole, len);
		r.data = bytes;
		r.len = len;
		ck_assert_int_eq(caa_judge(&r, 1, &ours, "http-01"),
		    len < 7                    ? CAA_MALFORMED
		    : len == sizeof(whole) - 1 ? CAA_ALLOWS
		    : len == 7 || whole[len - 1] == '.' || len == sizeof(whole)
		        ? CAA_NOBODY
		        : CAA_OTHERS);
		free(bytes);
	}
}
END_TEST

START_TEST(some_cas_need_not_be_asked)
{
	static const struct {
		const char *directory, *issuer;
	} rows[] = {
		{ NULL, "letsencrypt.org" },
		{ "https://acme-v02.api.letsencrypt.org/directory",
		    "letsencrypt.org" },
		{ "https://Acme-Staging-v02.API.LetsEncrypt.ORG:443/directory",
		    "letsencrypt.org" },
		{ "https://letsencrypt.org/directory", NULL },
		{ "https://acme.notletsencrypt.org/directory", NULL },
		{ "https://letsencrypt.org.example/a.letsencrypt.org", NULL },
		{ "https://a.letsencrypt.org@b.example/", NULL },
		{ "http://127.0.0.1/directory", NULL },
		{ "nonsense", NULL },
	};
	struct caa_names names = { NULL, 0 };

	for (int i = 0; i < COUNT(rows); i++) {
		ck_assert_msg(caa_names_known(rows[i].directory, &names) ==
		                  (rows[i].issuer != NULL),
		    "%s", rows[i].directory);
		if (rows[i].issuer == NULL)
			continue;
		ck_assert_uint_eq(names.count, 1);
		ck_assert_str_eq(names.at[0], rows[i].issuer);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("caa");
	TCase *t = tcase_create("caa");

	tcase_add_loop_test(
	    t, rfc8659_4_rfc8657_4_set_is_judged, 0, COUNT(sets));
	tcase_add_loop_test(
	    t, ca_is_named_where_it_matters_which, 0, COUNT(sets));
	tcase_add_test(t, some_cas_need_not_be_asked);
	tcase_add_test(t, cut_rdata_is_never_read_past_its_end);
	suite_add_tcase(s, t);
	return suite_run(s);
}
