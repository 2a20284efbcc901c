/* SPDX-License-Identifier: ISC */

/* Host names and mx patterns, taken and refused (RULES H4 and H5). */

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "policy/host.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define TEN      "0123456789"
#define SIXTY    TEN TEN TEN TEN TEN TEN
#define L63      SIXTY "abc"
#define N253     L63 "." L63 "." L63 "." SIXTY "a" /* 253 bytes */

#define BYTES(text) text, sizeof(text) - 1

#define FORM " (RFC 8461 section 3.2)"
#define SIZE " (RFC 1035 section 2.3.4)"
#define STAR                                                                   \
	"has a star; an mx may have one, as its whole left-most label "        \
	"(RFC 8461 section 4.1)"
#define NONE   "has a character that no host name may have (UTS 46)"
#define ALABEL "has an xn-- label that is no A-label (RFC 5890 section 2.3.2.1)"

static const struct {
	const char *text, *host;
} names[] = {
	{ "example.com", "example.com" },
	{ "MAIL.Example.COM", "mail.example.com" },
	{ "a.b", "a.b" },
	{ "1.2.3.a4", "1.2.3.a4" },
	{ "0x7f.example", "0x7f.example" },
	{ "a-b.c--d.example", "a-b.c--d.example" },
	{ "r3---sn.example.com", "r3---sn.example.com" },
	{ L63 ".example", L63 ".example" },
	{ N253, N253 },
	{ "b\u00fccher.example", "xn--bcher-kva.example" },
	{ "B\u00dcCHER.Example", "xn--bcher-kva.example" },
	{ "bu\u0308cher.example", "xn--bcher-kva.example" },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ "XN--BCHER-KVA.example", "xn--bcher-kva.example" },
	{ "fa\u00df.de", "xn--fa-hia.de" },
	{ "\u65e5\u672c\u8a9e\u3002jp", "xn--wgv71a119e.jp" },
	{ "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
	    "xn--e1afmkfd.xn--p1ai" },
};

START_TEST(rfc8461_h4_name_is_taken_in_its_one_form)
{
	char host[HOST_MAX + 1], again[HOST_MAX + 1];
	struct err e;

	ck_assert_msg(
	    host_from_text(names[_i].text, host, &e) == 0, "%s", e.text);
	ck_assert_str_eq(host, names[_i].host);
	ck_assert(host_is_valid(host, strlen(host)));
	ck_assert_int_eq(host_from_text(host, again, &e), 0);
	ck_assert_str_eq(host, again);
	ck_assert_int_eq(pattern_from_text(names[_i].text, again, &e), 0);
	ck_assert_str_eq(host, again);
}
END_TEST

static const struct {
	const char *text, *told;
} refused[] = {
	{ "", "\"\" is empty where a host name belongs" FORM },
	{ "mail_1.example.com",
	    "\"mail_1.example.com\" has an underscore; a host name has "
	    "letters, digits and hyphens" FORM },
	{ "mail.example.com.", "\"mail.example.com.\" ends with a dot" FORM
	                       ": did you mean \"mail.example.com\"?" },
	{ "example.com..", "\"example.com..\" ends with a dot" FORM
	                   ": did you mean \"example.com\"?" },
	{ ".example.com", "\".example.com\" begins with a dot" FORM
	                  ": did you mean \"example.com\"?" },
	{ "mail..example.com",
	    "\"mail..example.com\" has two dots in a row" FORM },
	{ ".", "\".\" begins with a dot" FORM },
	{ "192.0.2.1", "\"192.0.2.1\" is an IP address, not a host name" FORM },
	{ "2001:db8::1",
	    "\"2001:db8::1\" is an IP address, not a host name" FORM },
	{ "[2001:db8::1]",
	    "\"[2001:db8::1]\" is an IP address, not a host name" FORM },
	{ "[192.0.2.1]",
	    "\"[192.0.2.1]\" is an IP address, not a host name" FORM },
	{ "::ffff:192.0.2.1",
	    "\"::ffff:192.0.2.1\" is an IP address, not a host name" FORM },
	{ "\uff11.\uff12.\uff13.\uff14",
	    "\"\uff11.\uff12.\uff13.\uff14\" is an IP address, not a host "
	    "name" FORM },
	{ "mail.example.123",
	    "\"mail.example.123\" ends in a number; no domain does "
	    "(RFC 3696 section 2)" },
	{ "localhost",
	    "\"localhost\" is a single label; a host name has at least "
	    "two" FORM },
	{ L63 "d.example",
	    "\"" L63 "d.example\" has a label of more than 63 bytes" SIZE },
	{ N253 "b", "\"" L63 "." },
	{ "a." N253, "\"a." },
	{ "-a.example.com",
	    "\"-a.example.com\" has a label that begins or ends with a "
	    "hyphen" FORM },
	{ "a.example-.com",
	    "\"a.example-.com\" has a label that begins or ends with a "
	    "hyphen" FORM },
	{ "*.example.com",
	    "\"*.example.com\" " STAR ": did you mean \"example.com\"?" },
	{ "mail.example .com",
	    "\"mail.example .com\" has white space in it" FORM },
	{ "mail.example.com\t",
	    "\"mail.example.com\\x09\" has white space in it" FORM
	    ": did you mean \"mail.example.com\"?" },
	{ "10 mail.example.com.",
	    "\"10 mail.example.com.\" has white space in it" FORM },
	{ "https://mta-sts.example.com/.well-known/mta-sts.txt",
	    "\"https://mta-sts.example.com/.well-known/mta-sts.txt\" is a "
	    "URL, not a host name" FORM
	    ": did you mean \"mta-sts.example.com\"?" },
	{ "smtp://me@mail.example.com:25",
	    "\"smtp://me@mail.example.com:25\" is a URL, not a host name" FORM
	    ": did you mean \"mail.example.com\"?" },
	{ "https://", "\"https://\" is a URL, not a host name" FORM },
	{ "mail.example.com:25",
	    "\"mail.example.com:25\" has a port, and a host name has none" FORM
	    ": did you mean \"mail.example.com\"?" },
	{ "192.0.2.1:25",
	    "\"192.0.2.1:25\" has a port, and a host name has none" FORM },
	{ "me@example.com",
	    "\"me@example.com\" is a mail address, not a host name" FORM
	    ": did you mean \"example.com\"?" },
	{ "example.com/",
	    "\"example.com/\" has a character other than letters, digits and "
	    "hyphens" FORM ": did you mean \"example.com\"?" },
	{ "a\001.example.com",
	    "\"a\\x01.example.com\" has a control character in it" FORM },
	{ "\u00fc*.example", "\"\u00fc*.example\" " STAR },
	{ "\xff.example", "\"\\xff.example\" is not UTF-8" FORM },
	{ "a\uff3fb.example",
	    "\"a\uff3fb.example\" has an underscore; a host name has letters, "
	    "digits and hyphens" FORM },
	{ "\u2603.example", "\"\u2603.example\" " NONE },
	{ "\u2260.example", "\"\u2260.example\" " NONE },
	{ "a\u2260b.example", "\"a\u2260b.example\" " NONE },
	{ "a\uff0fb.example", "\"a\uff0fb.example\" " },
	{ "-\u00fc.example",
	    "\"-\u00fc.example\" has a label that begins or ends with a "
	    "hyphen" FORM },
	{ "ab--\u00fc.example",
	    "\"ab--\u00fc.example\" has hyphens in third and fourth place of "
	    "a label (RFC 5891 section 4.2.3.1)" },
	{ "\u0301a.example", "\"\u0301a.example\" has a label that begins "
	                     "with a combining mark" },
	{ "a\u200db.example",
	    "\"a\\xe2\\x80\\x8db.example\" has a character where it may not "
	    "stand (RFC 5892 appendix A)" },
	{ "\u05d01a.example", "\"\u05d01a.example\" has a label that mixes "
	                      "directions of writing (RFC 5893 section 2)" },
	{ "\u00ad.example", "\"\\xc2\\xad.example\" begins with a dot" FORM },
	{ "b\u00fccher.example\u3002",
	    "\"b\u00fccher.example\u3002\" ends with a dot" FORM },
	{ "b\u00fccher", "\"b\u00fccher\" is a single label" },
	{ "\u00fc" L63 ".example",
	    "\"\u00fc" L63 ".example\" has a label of more than 63 "
	    "bytes" SIZE },
	{ "xn--bcher-kv.example", "\"xn--bcher-kv.example\" " ALABEL },
	{ "xn--a.example", "\"xn--a.example\" " ALABEL },
	{ "xn--.example", "\"xn--.example\" " },
	{ "xn--ls8h.example", "\"xn--ls8h.example\" " ALABEL },
	{ "mail.xn--zzzzzz.example", "\"mail.xn--zzzzzz.example\" " ALABEL },
	{ "xn--ab-miv.example", "\"xn--ab-miv.example\" " ALABEL },
	{ "xn--a_b-hoa.example", "\"xn--a_b-hoa.example\" has an underscore" },
	{ "xn--xn---epa.example", "\"xn--xn---epa.example\" " },
};

START_TEST(rfc8461_h5_name_is_refused_in_words)
{
	char host[HOST_MAX + 1] = "as it was";
	struct err e;

	ck_assert_int_eq(host_from_text(refused[_i].text, host, &e), -1);
	ck_assert_str_eq(host, "as it was");
	ck_assert_msg(
	    strncmp(e.text, refused[_i].told, strlen(refused[_i].told)) == 0,
	    "%s", e.text);
	ck_assert(!host_is_valid(refused[_i].text, strlen(refused[_i].text)) ||
	          strstr(refused[_i].text, "xn--") != NULL);
	ck_assert_int_eq(host_from_text(refused[_i].text, host, NULL), -1);
}
END_TEST

START_TEST(rfc8461_h5_name_of_any_length_is_refused_shortly)
{
	static const size_t lengths[] = { 254, 255, 1012, 1013, 5000, 70000 };
	char host[HOST_MAX + 1], *text;
	struct err e;

	for (int i = 0; i < COUNT(lengths); i++) {
		text = malloc(lengths[i] + 1);
		ck_assert_ptr_nonnull(text);
		for (size_t k = 0; k < lengths[i]; k++)
			text[k] =
			    k % 50 == 49 && k + 1 < lengths[i] ? '.' : 'a';
		text[lengths[i]] = '\0';
		ck_assert_int_eq(host_from_text(text, host, &e), -1);
		ck_assert_ptr_nonnull(
		    strstr(e.text, "...\" is longer than 253 bytes" SIZE));
		ck_assert_uint_lt(strlen(e.text), 200);
		free(text);
	}
}
END_TEST

static const struct {
	const char *text, *pattern, *told;
} patterns[] = {
	{ "mail.example.com", "mail.example.com", NULL },
	{ "*.example.com", "*.example.com", NULL },
	{ "*.Example.COM", "*.example.com", NULL },
	{ "*.b\u00fccher.example", "*.xn--bcher-kva.example", NULL },
	{ "*", NULL, "\"*\" " STAR },
	{ "*.", NULL, "\"*.\" " STAR },
	{ "**.example.com", NULL, "\"**.example.com\" " STAR },
	{ "*.*.example.com", NULL, "\"*.*.example.com\" " STAR },
	{ "mail.*.example.com", NULL, "\"mail.*.example.com\" " STAR },
	{ "mail*.example.com", NULL, "\"mail*.example.com\" " STAR },
	{ "*mail.example.com", NULL, "\"*mail.example.com\" " STAR },
	{ "*.com", NULL,
	    "\"*.com\" has a single label after its star; at least two belong "
	    "there" FORM },
	{ "*..example.com", NULL,
	    "\"*..example.com\" has two dots in a row" FORM },
	{ "*.example.com.", NULL,
	    "\"*.example.com.\" ends with a dot" FORM
	    ": did you mean \"*.example.com\"?" },
	{ ".example.com", NULL,
	    "\".example.com\" begins with a dot" FORM
	    ": did you mean \"*.example.com\"?" },
	{ "*.example.com:25", NULL,
	    "\"*.example.com:25\" has a port, and a host name has none" FORM
	    ": did you mean \"*.example.com\"?" },
	{ "*.192.0.2.1", NULL, "\"*.192.0.2.1\" is an IP address" },
	{ "*." N253, NULL, "\"*." L63 "." },
	{ "*.a_b.example.com", NULL,
	    "\"*.a_b.example.com\" has an underscore" },
	{ "mail.example.com,mx.example.com", NULL,
	    "\"mail.example.com,mx.example.com\" has a character other than "
	    "letters, digits and hyphens" FORM },
};

START_TEST(rfc8461_h5_mx_wildcard_whole_label_only)
{
	char pattern[HOST_MAX + 1] = "as it was";
	const char *told = patterns[_i].told;
	struct err e;
	int rc = pattern_from_text(patterns[_i].text, pattern, &e);

	if (told == NULL) {
		ck_assert_msg(rc == 0, "%s", e.text);
		ck_assert_str_eq(pattern, patterns[_i].pattern);
	} else {
		ck_assert_int_eq(rc, -1);
		ck_assert_str_eq(pattern, "as it was");
		ck_assert_msg(
		    strncmp(e.text, told, strlen(told)) == 0, "%s", e.text);
	}
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	const char *host; /* NULL: none */
} wires[] = {
	{ BYTES("mta-sts.example.com"), "mta-sts.example.com" },
	{ BYTES("MTA-STS.Example.COM"), "mta-sts.example.com" },
	{ BYTES("mta-sts.example.com."), "mta-sts.example.com" },
	{ BYTES("xn--bcher-kva.example"), "xn--bcher-kva.example" },
	{ BYTES(N253), N253 },
	{ BYTES(N253 "."), N253 },
	{ BYTES(""), NULL },
	{ BYTES("."), NULL },
	{ BYTES("a.example.."), NULL },
	{ BYTES("a.example\0"), NULL },
	{ BYTES("a\0b.example"), NULL },
	{ BYTES("192.0.2.1"), NULL },
	{ BYTES("[::1]"), NULL },
	{ BYTES("::1"), NULL },
	{ BYTES("localhost"), NULL },
	{ BYTES("a_b.example"), NULL },
	{ BYTES("*.example.com"), NULL },
	{ BYTES("a.example:443"), NULL },
	{ BYTES("b\u00fccher.example"), NULL },
	{ BYTES(L63 "x.example"), NULL },
	{ BYTES("a." N253), NULL },
	{ BYTES(N253 N253), NULL },
};

START_TEST(rfc6066_name_on_the_wire)
{
	/* Of its exact size, so that a byte read too far is seen. */
	char *bytes = malloc(wires[_i].len + 1), *exact;
	char host[HOST_MAX + 1] = "as it was";
	bool taken;

	ck_assert_ptr_nonnull(bytes);
	exact = bytes + 1;
	memcpy(exact, wires[_i].bytes, wires[_i].len);
	taken = host_from_wire(exact, wires[_i].len, host);
	ck_assert(taken == (wires[_i].host != NULL));
	ck_assert_str_eq(host, taken ? wires[_i].host : "as it was");
	free(bytes);
}
END_TEST

static const struct {
	const char *pattern, *host;
	bool covers;
} covers[] = {
	{ "mail.example.com", "mail.example.com", true },
	{ "mail.example.com", "mx.example.com", false },
	{ "mail.example.com", "a.mail.example.com", false },
	{ "example.com", "mail.example.com", false },
	{ "*.example.com", "mail.example.com", true },
	{ "*.example.com", "example.com", false },
	{ "*.example.com", "a.mail.example.com", false },
	{ "*.example.com", ".example.com", false },
	{ "*.example.com", "mail.example.net", false },
	{ "*.example.com", "mailexample.com", false },
	{ "*.example.com", "com", false },
	{ "*.example.com", "", false },
};

START_TEST(rfc8461_h5_star_is_exactly_one_label)
{
	ck_assert(pattern_covers(covers[_i].pattern, covers[_i].host) ==
	          covers[_i].covers);
}
END_TEST

START_TEST(rfc8461_h5_valid_is_lower_case_only)
{
	ck_assert(host_is_valid("mail.example.com", 16));
	ck_assert(host_is_valid("mail.example.comx", 16));
	ck_assert(!host_is_valid("Mail.example.com", 16));
	ck_assert(!host_is_valid("mail.example.com.", 17));
}
END_TEST

static const struct {
	const char *host, *domain;
	bool below;
} below[] = {
	{ "mta-sts.example.com", "example.com", true },
	{ "mta-sts.example.com", "com", true },
	{ "example.com", "example.com", false },
	{ "mta-sts.badexample.com", "example.com", false },
	{ "example.com", "mta-sts.example.com", false },
	{ "example.com", "", false },
};

START_TEST(below_is_by_whole_labels)
{
	ck_assert(
	    host_is_below(below[_i].host, below[_i].domain) == below[_i].below);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host");
	TCase *t = tcase_create("host");

	tcase_add_loop_test(
	    t, rfc8461_h4_name_is_taken_in_its_one_form, 0, COUNT(names));
	tcase_add_loop_test(
	    t, rfc8461_h5_name_is_refused_in_words, 0, COUNT(refused));
	tcase_add_test(t, rfc8461_h5_name_of_any_length_is_refused_shortly);
	tcase_add_loop_test(
	    t, rfc8461_h5_mx_wildcard_whole_label_only, 0, COUNT(patterns));
	tcase_add_loop_test(t, rfc6066_name_on_the_wire, 0, COUNT(wires));
	tcase_add_loop_test(
	    t, rfc8461_h5_star_is_exactly_one_label, 0, COUNT(covers));
	tcase_add_test(t, rfc8461_h5_valid_is_lower_case_only);
	tcase_add_loop_test(t, below_is_by_whole_labels, 0, COUNT(below));
	suite_add_tcase(s, t);
	return suite_run(s);
}
