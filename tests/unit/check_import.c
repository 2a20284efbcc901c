/* SPDX-License-Identifier: ISC */

/*
 * From what was seen of domains to the configuration that import prints,
 * without asking anybody; and that it changes no id.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "config/faults.h"
#include "config/yaml.h"
#include "ctl/import.h"
#include "ctl/import_part.h"
#include "ctl/import_write.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define NOW      INT64_C(1795308000) /* 2026-11-22 00:40:00 UTC */

static struct arena *a;

static void set_up(void)
{
	a = arena_new(false);
}

static void tear_down(void)
{
	arena_free(a);
}

#define POLICY(mode, mx)                                                       \
	"version: STSv1\r\nmode: " mode "\r\nmx: " mx "\r\nmax_age: "          \
	"604800\r\n"
#define HOSTED "*.mail.protection.outlook.com"

static const char *const ours[] = { "mail.a.example" };
static const char *const hosted[] = { "a.mail.protection.outlook.com" };
static const char *const google[] = { "aspmx.l.google.com",
	"alt1.aspmx.l.google.com" };

/* What of one domain must stand in the text, line by line. */
static const struct {
	const char *name;
	struct facts f;
	const char *lines[4];
} texts[] = {
	{ "live, pinned",
	    { .id = "20231019145600Z",
	        .policy = POLICY("enforce", "mail.a.example"),
	        .mx = ours,
	        .mx_count = 1 },
	    { "  a.example: { mode: enforce, mx: [mail.a.example], max_age: "
	      "604800, id: 20231019145600Z@50e4c30e }\n" } },
	{ "live, with our own id",
	    { .id = "50e4c30e3257a10d1188Z",
	        .policy = POLICY("enforce", "mail.a.example"),
	        .mx = ours,
	        .mx_count = 1 },
	    { "  a.example: { mode: enforce, mx: [mail.a.example], max_age: "
	      "604800 }\n" } },
	{ "live, a provider's, reports",
	    { .id = "7",
	        .policy = POLICY("testing", HOSTED),
	        .mx = hosted,
	        .mx_count = 1,
	        .tlsrpt = "mailto:r@a.example" },
	    { "  imported-exchange-online: { mx: [\"" HOSTED "\"], max_age: "
	      "604800, tlsrpt: \"mailto:r@a.example\" }\n",
	        "  a.example: { policy: imported-exchange-online, mode: "
	        "testing, id: 7@" } },
	{ "several addresses for reports",
	    { .policy = POLICY("testing", "mail.a.example"),
	        .mx = ours,
	        .mx_count = 1,
	        .tlsrpt = "mailto:r@a.example, https://b.example/c" },
	    { "tlsrpt: [\"mailto:r@a.example\", \"https://b.example/c\"]\n",
	        "# a.example: a policy is served, but no TXT record tells of "
	        "it\n" } },
	{ "an address for reports that is none",
	    { .id = "7",
	        .policy = POLICY("testing", "mail.a.example"),
	        .mx = ours,
	        .mx_count = 1,
	        .tlsrpt = "r@a.example,mailto:x\",mailto:s@a.example" },
	    { "TLSRPT address \"r@a.example\" is left out",
	        "TLSRPT address \"mailto:x\\\"\" is left out",
	        "tlsrpt: \"mailto:s@a.example\" }\n" } },
	{ "LF",
	    { .id = "7",
	        .mx = ours,
	        .mx_count = 1,
	        .policy = "version: STSv1\nmode: none\nmax_age: 86400\n" },
	    { "another form (line ends); the id\n  # holds\n",
	        "  a.example: { mode: none, max_age: 86400, id: 7@" } },
	{ "no line end at the end",
	    { .id = "7",
	        .mx = ours,
	        .mx_count = 1,
	        .policy = "version: STSv1\r\nmode: none\r\nmax_age: 86400" },
	    { "another form (line ends)" } },
	{ "upper case",
	    { .id = "7",
	        .mx = ours,
	        .mx_count = 1,
	        .policy = POLICY("testing", "MAIL.a.example") },
	    { "another form (upper case)", "mx: [mail.a.example]" } },
	{ "another order, a field of its own",
	    { .id = "7",
	        .mx = ours,
	        .mx_count = 1,
	        .policy = "version: STSv1\r\nmx: mail.a.example\r\nx: y\r\n"
	                  "max_age: 86400\r\nmode: testing\r\n" },
	    { "another form (fields of" } },
	{ "an MX uncovered",
	    { .id = "7",
	        .policy = POLICY("enforce", "mail.b.example"),
	        .mx = ours,
	        .mx_count = 1 },
	    { "# a.example: its MX mail.a.example is not covered by its "
	      "policy\n" } },
	{ "CAA",
	    { .id = "7",
	        .policy = POLICY("enforce", "mail.a.example"),
	        .mx = ours,
	        .mx_count = 1,
	        .caa = "CAA of a.example says no" },
	    { "# a.example: before the move: CAA of a.example says no\n" } },
	{ "two TXT records",
	    { .txt_fault = "there are 2 records",
	        .policy = POLICY("enforce", "mail.a.example"),
	        .mx = ours,
	        .mx_count = 1 },
	    { "# a.example: there are 2 records: publish the new one\n",
	        "  a.example: { mode: enforce, mx: [mail.a.example], max_age: "
	        "604800 }\n" } },
	{ "h5 an mx with a dot at its end",
	    { .id = "7",
	        .policy = POLICY("enforce", "mail.a.example."),
	        .mx = ours,
	        .mx_count = 1 },
	    { "# a.example is left out: what it serves is no valid policy: "
	      "line 3: mx",
	        "  # a.example: { mode: testing, mx: [mail.a.example], "
	        "max_age: 604800 }\n" } },
	{ "h3 a max_age that is too large",
	    { .id = "7",
	        .mx = ours,
	        .mx_count = 1,
	        .policy = "version: STSv1\r\nmode: testing\r\nmx: "
	                  "mail.a.example\r\nmax_age: 99999999\r\n" },
	    { "# a.example is left out: what it serves is no valid policy: "
	      "line 4: max_age" } },
	{ "a record without a policy",
	    { .id = "7",
	        .mx = ours,
	        .mx_count = 1,
	        .policy_fault = "mta-sts.a.example: certificate expired" },
	    { "is left out: its TXT record promises a policy",
	        "certificate expired" } },
	{ "an id that could not be asked for",
	    { .txt_unasked = true,
	        .txt_fault = "DNS: SERVFAIL",
	        .policy = POLICY("enforce", "mail.a.example"),
	        .mx = ours,
	        .mx_count = 1 },
	    { "is left out: its policy is there, but its id could not be "
	      "asked" } },
	{ "nothing could be asked",
	    { .txt_unasked = true,
	        .txt_fault = "DNS: no answer in time",
	        .mx_fault = "DNS: no answer in time" },
	    { "# a.example is left out: it could not be asked for: DNS: no "
	      "answer in time\n" } },
	{ "none live, a provider's", { .mx = google, .mx_count = 2 },
	    { "  imported-google-workspace: { mx: [smtp.google.com, "
	      "aspmx.l.google.com, \"*.aspmx.l.google.com\"], max_age: ",
	        "  a.example: { policy: imported-google-workspace, mode: "
	        "testing }\n",
	        "# a.example: no policy is live; its MX are those of "
	        "google-workspace\n" } },
	{ "none live, its own", { .mx = ours, .mx_count = 1 },
	    { "# a.example is left out: no policy is live, and its MX are no "
	      "known\n  # provider's; a proposal:\n"
	      "  # a.example: { mode: testing, mx: [mail.a.example], max_age: "
	      "604800 }\n" } },
	{ "none live, no MX", { .mx_count = 0 },
	    { "  # a.example: { mode: testing, mx: [a.example], max_age: "
	      "604800 }\n" } },
	{ "none live, null MX", { .null_mx = true },
	    { "it takes no mail (null MX): there is nothing to\n  # "
	      "protect\n" } },
	{ "its own script",
	    { .written = "\xc3\xa4.example",
	        .policy = POLICY("none", "mail.a.example"),
	        .mx = ours,
	        .mx_count = 1 },
	    { "max_age: 604800 }  # \xc3\xa4.example\n" } },
	{ "a stranger's words",
	    { .id = "7",
	        .mx = ours,
	        .mx_count = 1,
	        .policy_fault = "x\ny: z\r\xe2\x80\xa8w\xc2\x85v" },
	    { "there is none:\n  # x?y: z????w??v;" } },
};

static const char *text_of(
    struct facts *f, size_t count, struct import_sum *ret_sum)
{
	for (size_t i = 0; i < count; i++)
		if (f[i].policy != NULL && f[i].policy_len == 0)
			f[i].policy_len = strlen(f[i].policy);
	return import_text(f, count, NOW, NULL, 0, a, ret_sum);
}

START_TEST(what_is_written)
{
	struct facts f = texts[_i].f;
	struct import_sum sum;
	const char *text, *fault;

	f.domain = "a.example";
	text = text_of(&f, 1, &sum);
	for (int i = 0; i < 4 && texts[_i].lines[i] != NULL; i++)
		ck_assert_msg(strstr(text, texts[_i].lines[i]) != NULL,
		    "%s: no \"%s\" in:\n%s", texts[_i].name, texts[_i].lines[i],
		    text);
	fault = import_prove(text, &f, 1, a);
	ck_assert_msg(
	    fault == NULL, "%s: %s:\n%s", texts[_i].name, fault, text);
	ck_assert_uint_eq(sum.live + sum.proposed + sum.left_out, 1);
	ck_assert_uint_eq(sum.left_out == 1,
	    strstr(text, "  # a.example is left out") != NULL);
}
END_TEST

START_TEST(equal_policies_have_one_name)
{
	struct facts f[] = {
		{ .domain = "a.example",
		    .id = "1",
		    .policy = POLICY("enforce", "mx.host.example") },
		{ .domain = "b.example",
		    .id = "2",
		    .policy = POLICY("testing", "mx.host.example") },
		{ .domain = "c.example",
		    .id = "3",
		    .policy = "version: STSv1\r\nmode: enforce\r\nmx: "
		              "mx.host.example\r\nmax_age: 86400\r\n" },
		{ .domain = "d.example",
		    .id = "4",
		    .policy = "version: STSv1\nmode: enforce\nmx: "
		              "mx.host.example\nmax_age: 86400\n" },
		{ .domain = "e.example",
		    .id = "5",
		    .policy = POLICY("enforce", "mx.e.example") },
	};
	static const char *const taken[] = { "imported-host.example" };
	struct import_sum sum;
	const char *text = text_of(f, 5, &sum);

	ck_assert_uint_eq(sum.live, 5);
	ck_assert_uint_eq(sum.pinned, 5);
	ck_assert_ptr_nonnull(strstr(text,
	    "policies:\n"
	    "  imported-host.example: { mx: [mx.host.example], max_age: "
	    "604800 }\n"
	    "  imported-host.example-2: { mx: [mx.host.example], max_age: "
	    "86400 }\n"
	    "\ndomains:\n"));
	ck_assert_ptr_nonnull(strstr(text,
	    "  a.example: { policy: imported-host.example, mode: enforce"));
	ck_assert_ptr_nonnull(strstr(text,
	    "  d.example: { policy: imported-host.example-2, mode: enforce"));
	ck_assert_ptr_nonnull(strstr(text, "  e.example:"));
	ck_assert_ptr_null(import_prove(text, f, 5, a));
	text = import_text(f, 5, NOW, taken, 1, a, &sum);
	ck_assert_ptr_nonnull(
	    strstr(text, "policies:\n  imported-host.example-2:"));
}
END_TEST

/* Each has its own host at a provider, and many providers name one so. */
START_TEST(thousands_of_policies_are_told_apart)
{
	enum { PAIRS = 1500, DOMAINS = 2 * PAIRS };
	struct facts *f = calloc(DOMAINS + 1, sizeof(*f));
	struct import_sum sum;
	const char *text;

	for (int i = 0; i < DOMAINS; i++) {
		f[i].domain = arena_format(a, "d%d.example", i);
		f[i].policy = arena_format(
		    a, POLICY("enforce", "c%d.host.example"), i / 2);
	}
	f[DOMAINS].domain = "alone.example";
	f[DOMAINS].policy =
	    POLICY("enforce", "alone-example.mail.protection.outlook.com");
	text = text_of(f, DOMAINS + 1, &sum);
	ck_assert_uint_eq(sum.live, DOMAINS + 1);
	ck_assert_ptr_nonnull(strstr(text,
	    "  imported-host.example: { mx: [c0.host.example], max_age: "));
	ck_assert_ptr_nonnull(strstr(text,
	    "  imported-host.example-1500: { mx: [c1499.host.example], "));
	ck_assert_ptr_nonnull(
	    strstr(text, "  alone.example: { mode: enforce, mx: [alone-"));
	ck_assert_ptr_null(import_prove(text, f, DOMAINS + 1, a));
	free(f);
}
END_TEST

START_TEST(reports_stay_with_whom_they_were)
{
	struct facts f[] = {
		{ .domain = "a.example",
		    .id = "1",
		    .policy = POLICY("enforce", "mx.host.example"),
		    .tlsrpt = "mailto:r@a.example" },
		{ .domain = "b.example",
		    .id = "2",
		    .policy = POLICY("enforce", "mx.host.example") },
	};
	struct import_sum sum;
	const char *text = text_of(f, 2, &sum);
	const char *entry = strstr(text, "  a.example:");

	ck_assert_ptr_nonnull(entry);
	ck_assert_ptr_eq(strstr(text, "tlsrpt"), strstr(entry, "tlsrpt"));
	ck_assert_ptr_null(strstr(strstr(entry, "b.example"), "tlsrpt"));
}
END_TEST

START_TEST(what_would_change_an_id_is_found)
{
	struct facts f = { .domain = "a.example",
		.id = "1",
		.policy = POLICY("enforce", "mx.a.example") };

	f.policy_len = strlen(f.policy);
	ck_assert_ptr_nonnull(
	    strstr(import_prove("domains:\n  a.example: { mode: enforce, mx: "
	                        "[mx.a.example], max_age: 1w }\n",
	               &f, 1, a),
	        "its id would be"));
	ck_assert_ptr_nonnull(
	    strstr(import_prove("domains:\n  a.example: { mode: testing, mx: "
	                        "[mx.a.example], max_age: 1w }\n",
	               &f, 1, a),
	        "another policy"));
	ck_assert_ptr_nonnull(
	    import_prove("domains:\n  a.example: { mode: x }\n", &f, 1, a));
	ck_assert_ptr_nonnull(import_prove("domains: [\n", &f, 1, a));
}
END_TEST

/* Facts that no reader lets through, each of which spoils an entry. */
static const struct {
	struct facts f;
	const char *why;
} spoilt[] = {
	{ { .domain = "b.example", .id = "not-an-id" }, "before the @" },
	{ { .domain = "mta-sts.b.example", .id = "1" }, "mail domain" },
	{ { .domain = "b.example: [", .id = "1" }, "b.example: [ is left out" },
};

START_TEST(rules_c8_one_domain_s_fault_is_its_own)
{
	struct facts f[] = {
		{ .domain = "a.example",
		    .id = "1",
		    .policy = POLICY("enforce", "mx.host.example") },
		spoilt[_i].f,
		{ .domain = "c.example",
		    .id = "3",
		    .policy = POLICY("enforce", "mx.host.example") },
	};
	struct import_sum sum;
	const char *text, *fault;

	f[1].policy = POLICY("enforce", "mx.host.example");
	for (size_t i = 0; i < 3; i++)
		f[i].policy_len = strlen(f[i].policy);
	ck_assert_ptr_nonnull(
	    import_prove(import_text(f, 3, NOW, NULL, 0, a, &sum), f, 3, a));
	text = import_write(f, 3, NOW, NULL, 0, a, &sum, &fault);
	ck_assert_msg(text != NULL, "%s", fault);
	ck_assert_uint_eq(sum.live, 2);
	ck_assert_uint_eq(sum.left_out, 1);
	ck_assert_uint_eq(sum.troubled, 1);
	ck_assert_ptr_nonnull(strstr(text, "\n  a.example: { policy: "));
	ck_assert_ptr_nonnull(strstr(text, "\n  c.example: { policy: "));
	ck_assert_ptr_null(strstr(text, "\n  b.example:"));
	ck_assert_ptr_nonnull(strstr(text, " is left out: an entry for it"));
	ck_assert_msg(strstr(text, spoilt[_i].why) != NULL, "%s", text);
}
END_TEST

START_TEST(providers_are_those_of_conf)
{
	struct faults *faults = faults_new();
	const struct node *root, *policies;
	char *bytes;
	size_t len, count = 0;

	ck_assert_int_eq(
	    file_read("conf/providers.yaml", 65536, &bytes, &len, NULL, NULL),
	    0);
	root = yaml_parse(bytes, len, "providers.yaml", a, faults, NULL);
	policies = node_get(root, "policies");
	for (; provider_at(count) != NULL; count++) {
		const struct provider *p = provider_at(count);
		const struct node *n = node_get(policies, p->name), *mx;

		ck_assert_ptr_nonnull(n);
		mx = node_get(n, "mx");
		ck_assert_uint_eq(mx->count, p->mx_count);
		for (size_t i = 0; i < p->mx_count; i++)
			ck_assert_str_eq(mx->items[i]->text, p->mx[i]);
		ck_assert_str_eq(node_get(n, "max_age")->text, "1w");
	}
	ck_assert_uint_eq(policies->count, count);
	free(bytes);
	faults_free(faults);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("import");
	TCase *t = tcase_create("import");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, what_is_written, 0, COUNT(texts));
	tcase_add_test(t, equal_policies_have_one_name);
	tcase_add_test(t, thousands_of_policies_are_told_apart);
	tcase_add_test(t, reports_stay_with_whom_they_were);
	tcase_add_test(t, what_would_change_an_id_is_found);
	tcase_add_loop_test(
	    t, rules_c8_one_domain_s_fault_is_its_own, 0, COUNT(spoilt));
	tcase_add_test(t, providers_are_those_of_conf);
	suite_add_tcase(s, t);
	return suite_run(s);
}
