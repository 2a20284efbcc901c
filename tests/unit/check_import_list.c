/* SPDX-License-Identifier: ISC */

/*
 * What import reads: lists and tables of domains, and records as DNS has
 * them.
 */

#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "config/faults.h"
#include "ctl/dns.h"
#include "ctl/import.h"
#include "ctl/import_list.h"
#include "ctl/txt.h"
#include "ctl/verify_judge.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct arena *a;

static void set_up(void)
{
	a = arena_new(false);
}

static void tear_down(void)
{
	arena_free(a);
}

#define EXPORT                                                                 \
	"\"Name\";\"DomainName\";\"MX_Record_Pointing_To\";"                   \
	"\"MTA_STS_TXTRecord\";\"MTA_STS_Policy\";\"TLSRPT\"\r\n"

/* "DOMAIN ...", then each fault, and each warning with a "?". */
static const struct {
	const char *name, *bytes, *want;
} lists[] = {
	{ "nothing", "", "" },
	{ "a list", "# all\na.example\n\n  B.Example # of ours\r\nc.example",
	    "a.example b.example c.example" },
	{ "mark",
	    "\xef\xbb\xbf"
	    "a.example\n",
	    "a.example" },
	{ "u-labels",
	    "B\xc3\xbc"
	    "cher.example\n",
	    "xn--bcher-kva.example=B\xc3\xbc"
	    "cher.example" },
	{ "a bad line costs itself", "a.example\nlocalhost\n-.x\nb.example",
	    "a.example b.example\nf:2:1\nf:3:1" },
	{ "a URL", "https://a.example/\nb.example", "b.example\nf:1:1" },
	{ "two in a line", "a.example b.example\nc.example",
	    "c.example\nf:1:1" },
	{ "a policy host", "a.example\n mta-sts.b.example\n",
	    "a.example\nf:2:2: mta-sts.b.example: write the mail domain "
	    "itself: b.example" },
	{ "a domain named so", "mta-sts.example\n", "mta-sts.example" },
	{ "twice", "a.example\nb.example\nA.example\n",
	    "a.example b.example\n?f:3:1: a.example: is there already, at "
	    "line 1" },
	{ "microsoft's own", "a.onmicrosoft.com\nb.example",
	    "b.example\n?f:1:1: a.onmicrosoft.com: is left out: its DNS is "
	    "Microsoft's, which nobody else can change" },
	{ "an export",
	    EXPORT "\"A\";\"a.example\";\"a.mail\";\"v=STSv1; id=1;\";"
	           "\"version: STSv1\r\nmode: enforce\r\nmx: a;b\r\n\";"
	           "\"v=TLSRPTv1\"\r\n\"B \"\"b\"\"\";\"b.example\";;;;\r\n",
	    "a.example b.example" },
	{ "an export with a mark", "\xef\xbb\xbf" EXPORT "A;a.example;;;;\n",
	    "a.example" },
	{ "an export with a bad row",
	    EXPORT "A;a.example;;;;\nB;b.example;;\nC;\"c.example\"x;;;;\n"
	           "D;d_.example;;;;\nE;;;;;\nF;f.example;;;;\n",
	    "a.example f.example\nf:3:1: 4 fields, where the first row has 6\n"
	    "f:4:14\nf:5:3\nf:6:3" },
	{ "the table of a test",
	    "DomainName;Host;MX_Record_Pointing_To;MTA_STS_CNAME;"
	    "MTA_STS_Policy;MTA_STS_PolicyContent;MTA_STS_TXTRecord;"
	    "MTA_STS_OVERALL;TLSRPT\n"
	    "a.example;h;m;c;p;\"x\ny\";t;OK;r\nb.example;;;;;;;ISSUE_FOUND;\n",
	    "a.example b.example" },
	{ "commas", "Name,domainname\nA,a.example\n", "a.example" },
	{ "one column", "\"DomainName\"\n\"a.example\"\n", "a.example" },
	{ "tabs", "DomainName\tx\na.example\ty\n", "a.example" },
	{ "no such column", "Name;Domain\nA;a.example\n",
	    "!\nf:1:1: a table without a column DomainName: its first row "
	    "names the columns" },
	{ "the column twice", "DomainName;DomainName\na.example;\n",
	    "!\nf:1:12: the column DomainName is there twice" },
	{ "UTF-16",
	    "\xff\xfe"
	    "a",
	    "!\nf: this is UTF-16: save it as UTF-8" },
};

START_TEST(names)
{
	struct faults *f = faults_new();
	struct import_list list = { .count = 0 };
	const char *bytes = lists[_i].bytes, *got = "", *line;
	char *want = arena_string(a, lists[_i].want), *save = NULL, *head;
	enum severity severity;
	size_t told = 0;

	if (import_list_read("f", bytes, strlen(bytes), a, f, &list) != 0)
		got = "!";
	for (size_t i = 0; i < list.count; i++)
		got = arena_format(a, "%s%s%s%s%s", got, i == 0 ? "" : " ",
		    list.at[i].domain, list.at[i].written != NULL ? "=" : "",
		    list.at[i].written != NULL ? list.at[i].written : "");
	head = want[0] == '\0' ? want : strtok_r(want, "\n", &save);
	ck_assert_str_eq(got, head);
	while (save != NULL && (head = strtok_r(NULL, "\n", &save)) != NULL) {
		ck_assert_uint_lt(told, faults_total(f));
		line = faults_at(f, told++, &severity);
		if (severity == SEVERITY_WARNING)
			line = arena_format(a, "?%s", line);
		ck_assert_msg(strncmp(line, head, strlen(head)) == 0,
		    "%s: got: %s wanted: %s", lists[_i].name, line, head);
	}
	ck_assert_uint_eq(told, faults_total(f));
	faults_free(f);
}
END_TEST

/* ---- records ----------------------------------------------------------- */

/* Records are "STRING|STRING", several divided by a newline. */
static size_t make_txt(const char *text, struct dns_record *ret_records)
{
	char *copy = arena_string(a, text), *save = NULL, *one;
	size_t count = 0;

	for (one = strtok_r(copy, "\n", &save); one != NULL;
	     one = strtok_r(NULL, "\n", &save)) {
		unsigned char *data = arena_alloc(a, strlen(one) + 2);
		size_t len = 0;
		char *more = NULL, *part;

		for (part = strtok_r(one, "|", &more); part != NULL;
		     part = strtok_r(NULL, "|", &more)) {
			data[len++] = (unsigned char)strlen(part);
			memcpy(data + len, part, strlen(part));
			len += strlen(part);
		}
		ret_records[count++] = (struct dns_record){ data, len };
	}
	return count;
}

static const struct {
	const char *records, *id;
	bool fault;
} sts[] = {
	{ "v=STSv1; id=20160831085700Z;", "20160831085700Z", false },
	{ "v=STSv1;id=a", "a", false },
	{ "v=STSv1; id=a ; x=y", "a", false },
	{ "v=STSv1; x=y; id=a;", "a", false },
	{ "v=STSv1; id=a; id=b;", "a", false },
	{ "v=STS|v1; id=20160831|085700Z;", "20160831085700Z", false },
	{ "v=spf1 -all\nv=STSv1; id=a;\nother", "a", false },
	{ "v=spf1 -all", NULL, false },
	{ "v=STSv2; id=a;", NULL, true },
	{ "v=STSv12; id=a;", NULL, true },
	{ "V=STSv1; id=a;", NULL, true },
	{ " v=STSv1; id=a;", NULL, true },
	{ "v=STSv1 ; id=a;", NULL, true },
	{ "v=STSv1; id=a; x", NULL, true },
	{ "v=STSv1; id =a;", NULL, true },
	{ "v=STSv1; id=a;\nv=STSv1; id=a;", NULL, true },
	{ "v=STSv1;", NULL, true },
	{ "v=STSv1", NULL, true },
	{ "v=STSv1; ID=a;", NULL, true },
	{ "v=STSv1; id=;", NULL, true },
	{ "v=STSv1; id=a-b;", NULL, true },
	{ "v=STSv1; id=123456789012345678901234567890123;", NULL, true },
	{ "v=STSv1; id=12345678901234567890123456789012;",
	    "12345678901234567890123456789012", false },
};

START_TEST(rfc8461_t1_t2_t3_txt)
{
	struct dns_record records[4];
	struct facts f = { .domain = "a.example" };

	import_take_sts(&f, records, make_txt(sts[_i].records, records), a);
	if (sts[_i].id == NULL)
		ck_assert_ptr_null(f.id);
	else
		ck_assert_str_eq(f.id, sts[_i].id);
	ck_assert_int_eq(f.txt_fault != NULL, sts[_i].fault);
}
END_TEST

START_TEST(verify_reads_the_same)
{
	struct verify_report r = { .domain = "a.example", .arena = a };
	struct dns_record records[4];
	size_t count = make_txt(sts[_i].records, records);
	const char *id =
	    verify_judge_txt(&r, txt_join(records, count, a), count, NULL);

	ck_assert_pstr_eq(id, sts[_i].id);
	ck_assert_int_eq(r.findings[0].grade == VERIFY_BROKEN, sts[_i].fault);
}
END_TEST

START_TEST(rfc8460_3_tlsrpt)
{
	static const struct {
		const char *records, *rua;
		bool fault;
	} rows[] = {
		{ "v=TLSRPTv1; rua=mailto:a@b.example", "mailto:a@b.example",
		    false },
		{ "v=TLSRPTv1;rua=mailto:a@b.example,https://c.example/d ;",
		    "mailto:a@b.example,https://c.example/d", false },
		{ "v=TLSRPTv1;", NULL, true },
		{ "v=TLSRPTv1; rua=x:1\nv=TLSRPTv1; rua=x:1", NULL, true },
		{ "v=TLSRPTv1 ; rua=mailto:a@b.example", NULL, true },
		{ "V=TLSRPTv1; rua=mailto:a@b.example", NULL, true },
		{ "v=spf1", NULL, false },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct dns_record records[4];
		struct facts f = { .domain = "a.example" };

		import_take_tlsrpt(
		    &f, records, make_txt(rows[i].records, records), a);
		if (rows[i].rua == NULL)
			ck_assert_ptr_null(f.tlsrpt);
		else
			ck_assert_str_eq(f.tlsrpt, rows[i].rua);
		ck_assert_int_eq(f.tlsrpt_fault != NULL, rows[i].fault);
	}
}
END_TEST

#define RECORD(bytes)                                                          \
	{                                                                      \
		(const unsigned char *)(bytes), sizeof(bytes) - 1              \
	}

START_TEST(c4_mx)
{
	static const struct dns_record records[] = {
		RECORD("\0\024\002b2\001b\007example\0"),
		RECORD("\0\012\002B1\001b\007Example\0"),
		RECORD("\0\024\002b2\001b\007example\0"),
	};
	static const struct dns_record null_mx[] = { RECORD("\0\0\0") };
	static const struct dns_record cut[] = { RECORD("\0\012\005b1") };
	struct facts f = { .mx = NULL };

	import_take_mx(&f, records, 3, a);
	ck_assert_uint_eq(f.mx_count, 2);
	ck_assert_str_eq(f.mx[0], "b1.b.example");
	ck_assert_str_eq(f.mx[1], "b2.b.example");
	ck_assert(!f.null_mx && f.mx_fault == NULL);
	f = (struct facts){ .mx = NULL };
	import_take_mx(&f, null_mx, 1, a);
	ck_assert(f.null_mx && f.mx_count == 0 && f.mx_fault == NULL);
	f = (struct facts){ .mx = NULL };
	import_take_mx(&f, cut, 1, a);
	ck_assert(f.mx_fault != NULL && f.mx_count == 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("import_list");
	TCase *t = tcase_create("import_list");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, names, 0, COUNT(lists));
	tcase_add_loop_test(t, rfc8461_t1_t2_t3_txt, 0, COUNT(sts));
	tcase_add_loop_test(t, verify_reads_the_same, 0, COUNT(sts));
	tcase_add_test(t, rfc8460_3_tlsrpt);
	tcase_add_test(t, c4_mx);
	suite_add_tcase(s, t);
	return suite_run(s);
}
