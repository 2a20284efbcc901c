/* SPDX-License-Identifier: ISC */

/* From configuration to records: what stands in each, in which order. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "config/config.h"
#include "config/faults.h"
#include "ctl/pairs.h"
#include "ctl/rr.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define POLICY   "{ mode: enforce, max_age: 1w, mx: [mail.example.com] }"
#define ID       "a5963b31a082635c6ec6Z"
#define TEN      "0123456789"
#define FIFTY    TEN TEN TEN TEN TEN
#define LABEL_62 FIFTY TEN "01"
/* 244 bytes, the longest there is: RULES H17 */
#define LONGEST LABEL_62 "." LABEL_62 "." LABEL_62 "." FIFTY "01.ex"
#define MIDDLE  LABEL_62 "." LABEL_62 "." LABEL_62 "." FIFTY ".ex"

static struct arena *arena;
static struct faults *faults;
static struct config *config;
static struct pairs *pairs;
static struct rrs list;

static void set_up(void)
{
	arena = arena_new(false);
	faults = faults_new();
	config = NULL;
	pairs = NULL;
}

static void tear_down(void)
{
	pairs_free(pairs);
	config_free(config);
	faults_free(faults);
	arena_free(arena);
}

static void list_for(const char *settings, const char *domains)
{
	const char *yaml = arena_format(arena,
	    "certs: /nonexistent\n%s\ndomains:\n%s\n", settings, domains);
	enum severity s;

	config = config_open_bytes("x.yaml", yaml, strlen(yaml), faults);
	if (config != NULL)
		config_fill(config, NULL, CONFIG_TAKE_ALL, faults);
	if (faults_count(faults, SEVERITY_FAULT) > 0)
		ck_abort_msg("%s", faults_at(faults, 0, &s));
	pairs = pairs_open(&config->settings);
	rr_list(config, pairs, 0, arena, &list);
}

/* All of a list, a line each. */
static const char *told(void)
{
	const char *text = "";

	for (size_t i = 0; i < list.count; i++) {
		const struct rr *r = &list.at[i];

		text = arena_format(arena, "%s%c %s %s %s %s\n", text,
		    "HOD"[r->place], r -> domain, r -> name,
		    rr_type_text(r->type),
		    r -> value != NULL ? r -> value : "?");
		ck_assert_uint_eq(r->ttl, RR_TTL);
		ck_assert(r->value != NULL || r->note != NULL);
	}
	return text;
}

static const struct {
	const char *settings, *domains, *records;
} lists[] = {
	{ "host: p.example.net",
	    "  b.example: " POLICY "\n  A.example: " POLICY,
	    "H p.example.net p.example.net A ?\n"
	    "H p.example.net p.example.net AAAA ?\n"
	    "H p.example.net p.example.net CAA ?\n"
	    "D a.example mta-sts.a.example CNAME p.example.net\n"
	    "D a.example _mta-sts.a.example TXT v=STSv1; id=" ID ";\n"
	    "D b.example mta-sts.b.example CNAME p.example.net\n"
	    "D b.example _mta-sts.b.example TXT v=STSv1; id=" ID ";\n" },
	/* Without host: what the CNAME points to is for a person to put. */
	{ "defaults: { tlsrpt: \"mailto:t@example.net\" }",
	    "  a.example: " POLICY,
	    "D a.example mta-sts.a.example CNAME ?\n"
	    "D a.example _smtp._tls.a.example TXT "
	    "v=TLSRPTv1; rua=mailto:t@example.net\n"
	    "D a.example _mta-sts.a.example TXT v=STSv1; id=" ID ";\n" },
	/* RFC 8461 section 8.2: all that changes lives in our zone. */
	{ "host: p.example.net\ndelegated: sts.example.net\n"
	  "defaults: { tlsrpt: \"mailto:t@example.net\" }\n"
	  "acme: { agree_to_terms: true }",
	    "  a.example: " POLICY "\n"
	    "  b.example: { mode: none, max_age: 1d, tlsrpt: off }\n"
	    "  c.example: { policy: p, delegated: no }\n"
	    "policies:\n  p: " POLICY,
	    "H p.example.net p.example.net A ?\n"
	    "H p.example.net p.example.net AAAA ?\n"
	    "H p.example.net p.example.net CAA 0 issue \"letsencrypt.org\"\n"
	    "O a.example a.example._smtp._tls.sts.example.net TXT "
	    "v=TLSRPTv1; rua=mailto:t@example.net\n"
	    "O a.example a.example._mta-sts.sts.example.net TXT "
	    "v=STSv1; id=" ID ";\n"
	    "O b.example b.example._mta-sts.sts.example.net TXT "
	    "v=STSv1; id=94815eb6141fb6e55268Z;\n"
	    "D a.example mta-sts.a.example CNAME p.example.net\n"
	    "D a.example _smtp._tls.a.example CNAME "
	    "a.example._smtp._tls.sts.example.net\n"
	    "D a.example _mta-sts.a.example CNAME "
	    "a.example._mta-sts.sts.example.net\n"
	    "D b.example mta-sts.b.example CNAME p.example.net\n"
	    "D b.example _mta-sts.b.example CNAME "
	    "b.example._mta-sts.sts.example.net\n"
	    "D c.example mta-sts.c.example CNAME p.example.net\n"
	    "D c.example _smtp._tls.c.example TXT "
	    "v=TLSRPTv1; rua=mailto:t@example.net\n"
	    "D c.example _mta-sts.c.example TXT v=STSv1; id=" ID ";\n" },
	/* RFC 8460 section 3: what divides the fields is escaped. */
	{ "",
	    "  b\u00fccher.example: { policy: p, tlsrpt: "
	    "[\"mailto:a!b@example.net\", \"https://r.example/a;b,c\"] }\n"
	    "policies:\n  p: " POLICY,
	    "D xn--bcher-kva.example mta-sts.xn--bcher-kva.example CNAME ?\n"
	    "D xn--bcher-kva.example _smtp._tls.xn--bcher-kva.example TXT "
	    "v=TLSRPTv1; rua=mailto:a%21b@example.net,"
	    "https://r.example/a%3Bb%2Cc\n"
	    "D xn--bcher-kva.example _mta-sts.xn--bcher-kva.example TXT "
	    "v=STSv1; id=" ID ";\n" },
	/* A live record that was taken over keeps its id. */
	{ "",
	    "  a.example: { policy: p, id: 20231019145600Z@a596 }\n"
	    "policies:\n  p: " POLICY,
	    "D a.example mta-sts.a.example CNAME ?\n"
	    "D a.example _mta-sts.a.example TXT "
	    "v=STSv1; id=20231019145600Z;\n" },
	{ "host: p.example.net", "  {}",
	    "H p.example.net p.example.net A ?\n"
	    "H p.example.net p.example.net AAAA ?\n"
	    "H p.example.net p.example.net CAA ?\n" },
};

START_TEST(records_of_a_configuration)
{
	list_for(lists[_i].settings, lists[_i].domains);
	ck_assert_str_eq(told(), lists[_i].records);
}
END_TEST

static const struct {
	const char *acme, *value;
} issuers[] = {
	{ "{ agree_to_terms: true }", "0 issue \"letsencrypt.org\"" },
	{ "{ agree_to_terms: true, directory: "
	  "\"https://acme-staging-v02.api.letsencrypt.org/directory\" }",
	    "0 issue \"letsencrypt.org\"" },
	{ "{ agree_to_terms: true, directory: "
	  "\"https://acme.letsencrypt.org:443\" }",
	    "0 issue \"letsencrypt.org\"" },
	{ "{ agree_to_terms: true, directory: "
	  "\"https://letsencrypt.org.example/directory\" }",
	    NULL },
	{ "{ agree_to_terms: true, directory: "
	  "\"https://notletsencrypt.org/directory\" }",
	    NULL },
	{ "{ agree_to_terms: true, directory: \"https://ca/.letsencrypt.org\" "
	  "}",
	    NULL },
	{ "{ redirect: \"http://vps1.example.net\" }", NULL },
};

START_TEST(rfc8659_the_configured_ca_may_issue)
{
	list_for(arena_format(
	             arena, "host: p.example.net\nacme: %s", issuers[_i].acme),
	    "  {}");
	ck_assert_uint_eq(list.count, 3);
	ck_assert_int_eq(list.at[2].type, RR_CAA);
	if (issuers[_i].value == NULL)
		ck_assert_ptr_null(list.at[2].value);
	else
		ck_assert_str_eq(list.at[2].value, issuers[_i].value);
}
END_TEST

/* The longest domain, below zones of all lengths. */
static const struct {
	const char *zone;
	bool fits; /* a digest of it does */
} zones[] = {
	{ "e.ex", true },
	{ "sts.example.net", true },
	{ LABEL_62 "." LABEL_62 "." LABEL_62 ".e.ex", true },
	{ LABEL_62 "." LABEL_62 "." LABEL_62 "." FIFTY "." TEN ".ex", false },
};

START_TEST(rfc1035_2_3_4_no_name_is_too_long)
{
	list_for(arena_format(arena, "delegated: %s", zones[_i].zone),
	    "  " LONGEST ": " POLICY "\n  a.example: " POLICY);
	for (size_t i = 0; i < list.count; i++) {
		const struct rr *r = &list.at[i];

		ck_assert_uint_le(strlen(r->name), 253);
		if (r->type != RR_CNAME || r->name[0] != '_')
			continue;
		ck_assert_int_eq(r->value != NULL, zones[_i].fits);
		if (r->value != NULL)
			ck_assert_uint_le(strlen(r->value), 253);
	}
}
END_TEST

START_TEST(names_in_our_zone_are_unique)
{
	const char *const tricky =
	    "  a.example: " POLICY "\n"
	    "  b.a.example: " POLICY "\n"
	    "  a.example.sts.example: " POLICY "\n"
	    "  sts.example: " POLICY "\n"
	    "  tls.sts.example: { policy: p, delegated: no }\n"
	    "  " LONGEST ": " POLICY "\n"
	    "  a." MIDDLE ": " POLICY "\n"
	    "policies:\n  p: " POLICY;

	list_for("delegated: sts.example\n"
	         "defaults: { tlsrpt: \"mailto:t@example.net\" }",
	    tricky);
	/* The two longest have no room for _smtp._tls. before it. */
	ck_assert_uint_eq(list.count, 7 * 3 + 6 * 2 - 2 * 2);
	for (size_t i = 0; i < list.count; i++)
		for (size_t k = i + 1; k < list.count; k++)
			ck_assert_str_ne(list.at[i].name, list.at[k].name);
}
END_TEST

START_TEST(txt_that_no_message_holds_is_a_note)
{
	char *big = arena_alloc(arena, 70001);

	memset(big, 'a', 70000);
	list_for("", arena_format(arena,
	                 "  a.example: { policy: p, tlsrpt: "
	                 "\"mailto:%s@example.net\" }\npolicies:\n  p: " POLICY,
	                 big));
	ck_assert_uint_eq(list.count, 3);
	ck_assert_str_eq(list.at[1].name, "_smtp._tls.a.example");
	ck_assert_ptr_null(list.at[1].value);
}
END_TEST

START_TEST(policies_alone_wait_for_certificates)
{
	list_for("host: p.example.net\ndelegated: sts.example\n"
	         "defaults: { tlsrpt: \"mailto:t@example.net\" }",
	    "  a.example: " POLICY);
	for (size_t i = 0; i < list.count; i++) {
		const struct rr *r = &list.at[i];
		bool waits =
		    r->value != NULL && strncmp(r->value, "v=STSv1", 7) == 0;

		ck_assert_int_eq(r->ready, waits ? READY_UNKNOWN : READY_YES);
		ck_assert(!waits || r->note != NULL);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rr");
	TCase *t = tcase_create("rr");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, records_of_a_configuration, 0, COUNT(lists));
	tcase_add_loop_test(
	    t, rfc8659_the_configured_ca_may_issue, 0, COUNT(issuers));
	tcase_add_loop_test(
	    t, rfc1035_2_3_4_no_name_is_too_long, 0, COUNT(zones));
	tcase_add_test(t, names_in_our_zone_are_unique);
	tcase_add_test(t, txt_that_no_message_holds_is_a_note);
	tcase_add_test(t, policies_alone_wait_for_certificates);
	suite_add_tcase(s, t);
	return suite_run(s);
}
