/* SPDX-License-Identifier: ISC */

/*
 * From a configuration to the bytes that are served and their id: defaults,
 * policies and domains, lists, pinned ids (DESIGN sections 4 and 6, RULES H4
 * and H12). The ids were computed outside: printf BYTES | sha256sum.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/faults.h"
#include "policy/catalog.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define ONE(entry) "domains:\n  example.com: " entry "\n"
#define MX(name)   "mx: " name "\r\n"
#define POLICY(mode, mx, max_age)                                              \
	"version: STSv1\r\nmode: " mode "\r\n" mx "max_age: " max_age "\r\n"

static const struct {
	const char *yaml, *domain, *bytes, *id;
} served[] = {
	/* the smallest file */
	{ "acme: { agree_to_terms: true }\n"
	  "domains:\n"
	  "  example.com: { mode: testing, mx: [mail.example.com] }\n",
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* no acme */
	{ ONE("{ mode: testing, mx: [mail.example.com] }"), "example.com",
	    POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* each mode */
	{ ONE("{ mode: enforce, mx: [mail.example.com] }"), "example.com",
	    POLICY("enforce", MX("mail.example.com"), "604800"),
	    "a5963b31a082635c6ec6Z" },
	{ ONE("{ mode: none, mx: [mail.example.com] }"), "example.com",
	    POLICY("none", MX("mail.example.com"), "604800"),
	    "7f6024b3b59c544a2c28Z" },
	/* mode none without mx */
	{ ONE("{ mode: none }"), "example.com", POLICY("none", "", "604800"),
	    "6b0a272c43f662b68aa6Z" },
	{ ONE("{ mode: none, mx: [], max_age: 1d }"), "example.com",
	    POLICY("none", "", "86400"), "94815eb6141fb6e55268Z" },
	/* one mx without a list */
	{ ONE("{ mode: testing, mx: mail.example.com }"), "example.com",
	    POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* order of the file, not of the names */
	{ ONE("{ mode: testing, mx: [z.example.com, a.example.com, "
	      "m.example.com] }"),
	    "example.com",
	    POLICY("testing",
	        MX("z.example.com") MX("a.example.com") MX("m.example.com"),
	        "604800"),
	    "fb1f16ceb3c2cd8042edZ" },
	/* an mx twice stays */
	{ ONE("{ mode: testing, mx: [a.example.com, b.example.com, "
	      "a.example.com] }"),
	    "example.com",
	    POLICY("testing",
	        MX("a.example.com") MX("b.example.com") MX("a.example.com"),
	        "604800"),
	    "52bc89d2a36d87225344Z" },
	/* a star */
	{ ONE("{ mode: testing, mx: [\"*.example.com\"] }"), "example.com",
	    POLICY("testing", MX("*.example.com"), "604800"),
	    "98e6aafd25a0e73be1beZ" },
	/* lower case */
	{ ONE("{ mode: testing, mx: [Mail.EXAMPLE.com, \"*.Example.Net\"] }"),
	    "example.com",
	    POLICY("testing", MX("mail.example.com") MX("*.example.net"),
	        "604800"),
	    "e5bd9d99fca53382b102Z" },
	/* U-labels */
	{ ONE("{ mode: testing, mx: [mail.bücher.example, "
	      "\"*.BÜCHER.example\"] }"),
	    "example.com",
	    POLICY("testing",
	        MX("mail.xn--bcher-kva.example") MX("*.xn--bcher-kva.example"),
	        "604800"),
	    "79c3f5c53a8a1ca0e601Z" },
	/* non-transitional */
	{ ONE("{ mode: testing, mx: [faß.example] }"), "example.com",
	    POLICY("testing", MX("xn--fa-hia.example"), "604800"),
	    "a72d9a0c1b4bc5ea5e25Z" },
	/* a domain of U-labels */
	{ "domains:\n"
	  "  bücher.example: { mode: testing, mx: [mail.example.com] }\n",
	    "xn--bcher-kva.example",
	    POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* a domain in upper case */
	{ "domains:\n"
	  "  EXAMPLE.Com: { mode: testing, mx: [mail.example.com] }\n",
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* block style */
	{ "domains:\n"
	  "  example.com:\n"
	  "    mode: enforce\n"
	  "    mx:\n"
	  "      - mail.example.com\n"
	  "      - \"*.example.net\"\n"
	  "    max_age: 604800\n",
	    "example.com",
	    POLICY("enforce", MX("mail.example.com") MX("*.example.net"),
	        "604800"),
	    "edcb11fc0ad1171d90edZ" },
	/* times */
	{ ONE("{ mode: testing, mx: mail.example.com, max_age: 0 }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "0"),
	    "3f14da45b54f13fdcd3dZ" },
	{ ONE("{ mode: testing, mx: mail.example.com, max_age: 86400 }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "86400"),
	    "be6a844a94b9834664e5Z" },
	{ ONE("{ mode: testing, mx: mail.example.com, max_age: 31557600 }"),
	    "example.com",
	    POLICY("testing", MX("mail.example.com"), "31557600"),
	    "8ee5c03c130336b27052Z" },
	{ ONE("{ mode: testing, mx: mail.example.com, max_age: 90s }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "90"),
	    "6a34bdf07c2013d0daafZ" },
	{ ONE("{ mode: testing, mx: mail.example.com, max_age: 5m }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "300"),
	    "af80418f411467ed6a88Z" },
	{ ONE("{ mode: testing, mx: mail.example.com, max_age: 12h }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "43200"),
	    "8e5281b31664843a8ce6Z" },
	{ ONE("{ mode: testing, mx: mail.example.com, max_age: 30d }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "2592000"),
	    "1339cb4659dcda897ee8Z" },
	{ ONE("{ mode: testing, mx: mail.example.com, max_age: 52w }"),
	    "example.com",
	    POLICY("testing", MX("mail.example.com"), "31449600"),
	    "a4ced1b04408a0696e41Z" },
	{ ONE("{ mode: testing, mx: mail.example.com, max_age: \"1w\" }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	{ ONE("{ mode: testing, mx: mail.example.com, max_age: 0086400 }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "86400"),
	    "be6a844a94b9834664e5Z" },
	/* everything from defaults */
	{ "defaults: { mode: enforce, mx: mail.example.com, max_age: 3w }\n"
	  "domains:\n"
	  "  example.com: {}\n",
	    "example.com", POLICY("enforce", MX("mail.example.com"), "1814400"),
	    "78bcb3bcdd0315c38547Z" },
	/* a domain before defaults */
	{ "defaults: { mode: enforce, mx: mail.example.com, max_age: 3w }\n"
	  "domains:\n"
	  "  example.com: { mode: testing }\n",
	    "example.com", POLICY("testing", MX("mail.example.com"), "1814400"),
	    "d204b39d433d8e1581dbZ" },
	{ "defaults: { mode: enforce, mx: mail.example.com, max_age: 3w }\n"
	  "domains:\n"
	  "  example.com: { max_age: 1w }\n",
	    "example.com", POLICY("enforce", MX("mail.example.com"), "604800"),
	    "a5963b31a082635c6ec6Z" },
	/* a list is replaced, not joined */
	{ "defaults: { mode: enforce, mx: [a.example.net, b.example.net] }\n"
	  "domains:\n"
	  "  example.com: { mx: mail.example.com }\n",
	    "example.com", POLICY("enforce", MX("mail.example.com"), "604800"),
	    "a5963b31a082635c6ec6Z" },
	/* a named policy */
	{ "policies:\n"
	  "  one: { mode: enforce, mx: [a.example.net, \"*.b.example.net\"], "
	  "max_age: 2w }\n"
	  "domains:\n"
	  "  example.com: one\n",
	    "example.com",
	    POLICY("enforce", MX("a.example.net") MX("*.b.example.net"),
	        "1209600"),
	    "abd42908db5afa9c5c9fZ" },
	{ "policies:\n"
	  "  one: { mode: enforce, mx: [a.example.net, \"*.b.example.net\"], "
	  "max_age: 2w }\n"
	  "domains:\n"
	  "  example.com: { policy: one }\n",
	    "example.com",
	    POLICY("enforce", MX("a.example.net") MX("*.b.example.net"),
	        "1209600"),
	    "abd42908db5afa9c5c9fZ" },
	/* a domain before its policy */
	{ "policies:\n"
	  "  one: { mode: enforce, mx: [a.example.net, \"*.b.example.net\"], "
	  "max_age: 2w }\n"
	  "domains:\n"
	  "  example.com: { policy: one, mode: testing }\n",
	    "example.com",
	    POLICY("testing", MX("a.example.net") MX("*.b.example.net"),
	        "1209600"),
	    "56f27eec5c72122a287aZ" },
	{ "policies:\n"
	  "  one: { mode: enforce, mx: [a.example.net, \"*.b.example.net\"], "
	  "max_age: 2w }\n"
	  "domains:\n"
	  "  example.com: { policy: one, mx: [mail.example.com] }\n",
	    "example.com", POLICY("enforce", MX("mail.example.com"), "1209600"),
	    "7efc38a76ac733aa4afbZ" },
	{ "policies:\n"
	  "  one: { mode: enforce, mx: [a.example.net, \"*.b.example.net\"], "
	  "max_age: 2w }\n"
	  "domains:\n"
	  "  example.com: { policy: one, max_age: 1d, mode: none, mx: [] }\n",
	    "example.com", POLICY("none", "", "86400"),
	    "94815eb6141fb6e55268Z" },
	/* a policy before defaults */
	{ "defaults: { mode: testing, mx: d.example.net, max_age: 1d }\n"
	  "policies:\n"
	  "  one: { mode: enforce, mx: [a.example.net, \"*.b.example.net\"], "
	  "max_age: 2w }\n"
	  "domains:\n"
	  "  example.com: one\n",
	    "example.com",
	    POLICY("enforce", MX("a.example.net") MX("*.b.example.net"),
	        "1209600"),
	    "abd42908db5afa9c5c9fZ" },
	/* domain, policy, defaults: one key each */
	{ "defaults: { mode: testing, mx: d.example.net, max_age: 5w }\n"
	  "policies: { two: { mode: enforce, mx: mail.example.com } }\n"
	  "domains:\n"
	  "  example.com: { policy: two, mode: none }\n",
	    "example.com", POLICY("none", MX("mail.example.com"), "3024000"),
	    "47a22613f87c53f7d2faZ" },
	/* a policy of a later place */
	{ "domains: { example.com: one }\n"
	  "policies:\n"
	  "  one: { mode: enforce, mx: [a.example.net, \"*.b.example.net\"], "
	  "max_age: 2w }\n",
	    "example.com",
	    POLICY("enforce", MX("a.example.net") MX("*.b.example.net"),
	        "1209600"),
	    "abd42908db5afa9c5c9fZ" },
	/* a policy with an odd name */
	{ "policies: { \"1e3\": { mode: none } }\n"
	  "domains:\n"
	  "  example.com: 1e3\n",
	    "example.com", POLICY("none", "", "604800"),
	    "6b0a272c43f662b68aa6Z" },
	/* no surprises: names that YAML 1.1 takes for booleans */
	{ "policies: { no: { mode: none } }\n"
	  "domains:\n"
	  "  example.com: no\n",
	    "example.com", POLICY("none", "", "604800"),
	    "6b0a272c43f662b68aa6Z" },
	/* an anchor */
	{ "domains:\n"
	  "  example.org: &a { mode: enforce, mx: [mail.example.com] }\n"
	  "  example.com: *a\n",
	    "example.com", POLICY("enforce", MX("mail.example.com"), "604800"),
	    "a5963b31a082635c6ec6Z" },
	{ "policies: { x: { mx: &m [mail.example.com], mode: none } }\n"
	  "domains:\n"
	  "  example.com: { mode: testing, mx: *m }\n",
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* mta-sts. is no prefix here */
	{ "domains: { mta-sts.com: { mode: testing, mx: [mail.example.com] } "
	  "}\n",
	    "mta-sts.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* tlsrpt is no part of it */
	{ ONE("{ mode: testing, mx: mail.example.com, tlsrpt: "
	      "\"mailto:a@example.com\" }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* a pinned id */
	{ ONE("{ mode: testing, mx: mail.example.com, id: "
	      "\"20231019145600Z@c0a76264\" }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "20231019145600Z" },
	{ ONE("{ mode: testing, mx: mail.example.com, id: \"1@c0a7\" }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "1" },
	{ ONE("{ mode: testing, mx: mail.example.com, id: "
	      "\"a1B2c3d4e5a1B2c3d4e5a1B2c3d4e5xy@c0a762642c8ff96deabcZ\" }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "a1B2c3d4e5a1B2c3d4e5a1B2c3d4e5xy" },
	/* pinned to another policy */
	{ ONE("{ mode: testing, mx: mail.example.com, id: "
	      "\"20231019145600Z@ffff\" }"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* without a pin */
	{ ONE("{ mode: testing, mx: mail.example.com, id: \"20231019145600Z\" "
	      "}"),
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* a byte order mark */
	{ "\xef\xbb\xbf"
	  "domains:\n"
	  "  example.com: { mode: testing, mx: [mail.example.com] }\n",
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
	/* CRLF in the file */
	{ "domains:\r\n"
	  "  example.com: { mode: testing, mx: [mail.example.com] }\r\n",
	    "example.com", POLICY("testing", MX("mail.example.com"), "604800"),
	    "c0a762642c8ff96deabcZ" },
};

static struct faults *faults;

static void set_up(void)
{
	faults = faults_new();
}

static void tear_down(void)
{
	faults_free(faults);
}

static struct config *filled(const char *yaml)
{
	struct config *c =
	    config_open_bytes("x.yaml", yaml, strlen(yaml), faults);
	enum severity s;

	if (c == NULL)
		ck_abort_msg("%s", faults_at(faults, 0, &s));
	config_fill(c, NULL, 0, faults);
	return c;
}

START_TEST(design_6_bytes_and_id)
{
	struct config *c = filled(served[_i].yaml);
	const struct catalog_entry *e =
	    catalog_find(c->catalog, served[_i].domain);

	ck_assert_uint_eq(faults_count(faults, SEVERITY_FAULT), 0);
	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->policy_len, strlen(served[_i].bytes));
	ck_assert_str_eq(e->policy, served[_i].bytes);
	ck_assert_str_eq(e->id, served[_i].id);
	ck_assert_str_eq(e->origin, "x.yaml");
	ck_assert(!e->kept);
	config_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config bytes");
	TCase *t = tcase_create("config");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, design_6_bytes_and_id, 0, COUNT(served));
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
