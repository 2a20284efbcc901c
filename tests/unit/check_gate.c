/* SPDX-License-Identifier: ISC */
/*
 * What the gate refuses, and at which byte: a table of heads that are
 * malformed, one of heads that are refused when they are whole, and bounds.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "gate_heads.h"
#include "http/gate.h"

#include "suite.h"

struct refusal {
	unsigned status;
	const char *bytes;
	size_t len;
};

/* RULES P1: what is malformed or ambiguous; 400 comes before all others. */
static const struct refusal malformed[] = {
	/* the request line */
	{ 400, B(" ") },
	{ 400, B("\n") },
	{ 400, B("\r\r") },
	{ 400, B("\rG") },
	{ 400, B("\r\n\r") },
	{ 400, B("\r\n\n") },
	{ 400, B("\r\n ") },
	{ 400, B("\t") },
	{ 400, B("\x16") },
	{ 400, B("\0") },
	{ 400, B("\x80") },
	{ 400, B(":") },
	{ 400, B("GET\n") },
	{ 400, B("GET\r") },
	{ 400, B("GET\t") },
	{ 400, B("GET\0") },
	{ 400, B("G@") },
	{ 400, B("GET  ") },
	{ 400, B("GET \t") },
	{ 400, B("GET \r") },
	{ 400, B("GET /\r") },
	{ 400, B("GET /\n") },
	{ 400, B("GET /\t") },
	{ 400, B("GET /a\0") },
	{ 400, B("GET /\x80") },
	{ 400, B("GET /\x7f") },
	{ 400, B("GET /#") },
	{ 400, B("GET /  ") },
	{ 400, B("GET / \t") },
	{ 400, B("GET / h") },
	{ 400, B("GET / HTTP/x") },
	{ 400, B("GET / HTTP/1,") },
	{ 400, B("GET / HTTP/1.1 ") },
	{ 400, B("GET / HTTP/1.1\n") },
	{ 400, B("GET / HTTP/1.1\rH") },
	{ 400, B("GET / HTTP/1.1\r\r") },
	{ 400, B("GET / HTTP/1.10") },
	{ 400, B("GET / HTTP/11") },
	/* the target's form */
	{ 400, B("GET * ") },
	{ 400, B("FOO * ") },
	{ 400, B("OPTIONS ** ") },
	{ 400, B("GET index.html ") },
	{ 400, B("GET " OURS ":443 ") },
	{ 400, B("GET " OURS " ") },
	{ 400, B("GET ftp://" OURS "/ ") },
	{ 400, B("GET https:/" OURS "/ ") },
	{ 400, B("GET https:// ") },
	{ 400, B("GET https:/// ") },
	{ 400, B("GET https://:443/ ") },
	{ 400, B("GET https://u@" OURS "/ ") },
	{ 400, B("GET https://u:p@" OURS "/ ") },
	{ 400, B("GET https://" OURS ":x/ ") },
	{ 400, B("GET https://" OURS "\\/ ") },
	{ 400, B("GET https://" X1024 "/ ") },
	{ 400, B("GET https://" OURS ":" ZEROS ZEROS " ") },
	{ 400, B("GET https://" OURS ":" ZEROS ZEROS "/ ") },
	{ 400, B("CONNECT / ") },
	{ 400, B("CONNECT * ") },
	{ 400, B("CONNECT " OURS " ") },
	{ 400, B("CONNECT " OURS ": ") },
	{ 400, B("CONNECT https://" OURS ":443/ ") },
	{ 400, B("CONNECT " X1024 ":443 ") },
	/* field lines */
	{ 400, B(GET " ") },
	{ 400, B(GET "\t") },
	{ 400, B(GET "\n") },
	{ 400, B(GET ":") },
	{ 400, B(GET "Host ") },
	{ 400, B(GET "Host\t") },
	{ 400, B(GET "Host\r") },
	{ 400, B(GET "Host\n") },
	{ 400, B(GET "Ho\0") },
	{ 400, B(GET "Ho(") },
	{ 400, B(GET "H\xc3") },
	{ 400, B(GET H "A: b\r\n ") },
	{ 400, B(GET H "A: b\r\n\t") },
	{ 400, B(GET H "A: b\n") },
	{ 400, B(GET H "A: b\rc") },
	{ 400, B(GET H "A: b\r\r") },
	{ 400, B(GET H "A: \0") },
	{ 400, B(GET H "A: \x01") },
	{ 400, B(GET H "A: \x1f") },
	{ 400, B(GET H "A: \x7f") },
	{ 400, B(GET H "A:\v") },
	{ 400, B(GET H "\r\r") },
	{ 400, B(GET H "\rA") },
	{ 400, B(GET H "\n") },
	/* Host */
	{ 400, B(GET END) },
	{ 400, B(GET "Hos: a.example\r\n" END) },
	{ 400, B("GET https://" OURS "/ HTTP/1.1\r\n" END) },
	{ 400, B("OPTIONS * HTTP/1.1\r\n" END) },
	{ 400, B(GET H "Host: " OURS "\r") },
	{ 400, B(GET H "hOST: other.example\r") },
	{ 400, B("GET / HTTP/1.0\r\n" H "Host: " OURS "\r") },
	{ 400, B("GET https://" OURS "/ HTTP/1.1\r\n" H "Host: a.example\r") },
	{ 400, B("GET https://" OURS "/ HTTP/1.1\r\nHost: a b\r") },
	{ 400, B(GET "Host:\r") },
	{ 400, B(GET "Host: \t \r") },
	{ 400, B(GET "Host: " OURS ", " OURS "\r") },
	{ 400, B(GET "Host: " OURS "," OURS "\r") },
	{ 400, B(GET "Host: " OURS " " OURS "\r") },
	{ 400, B(GET "Host: u@" OURS "\r") },
	{ 400, B(GET "Host: https://" OURS "\r") },
	{ 400, B(GET "Host: " OURS "/\r") },
	{ 400, B(GET "Host: " OURS "?\r") },
	{ 400, B(GET "Host: " OURS ":https\r") },
	{ 400, B(GET "Host: " OURS ":443:443\r") },
	{ 400, B(GET "Host: " OURS ": 443\r") },
	{ 400, B(GET "Host: :443\r") },
	{ 400, B(GET "Host: .\r") },
	{ 400, B(GET "Host: " OURS "..\r") },
	{ 400, B(GET "Host: ." OURS "\r") },
	{ 400, B(GET "Host: mta-sts..example.com\r") },
	{ 400, B(GET "Host: mta-sts%2eexample.com\r") },
	{ 400, B(GET "Host: m\xc3\xbcller.example\r") },
	{ 400, B(GET "Host: [::1\r") },
	{ 400, B(GET "Host: ::1\r") },
	{ 400, B(GET "Host: []\r") },
	{ 400, B(GET "Host: [::1]443\r") },
	{ 400, B(GET "Host: [::1%25eth0]\r") },
	{ 400, B(GET "Host: [" OURS "]\r") },
	{ 400, B(GET "Host: " X256 "\r") },
	{ 400, B(GET "Host: " X1024 "\r") },
	/* Content-Length and Transfer-Encoding */
	{ 400, B(POST H "Content-Length:\r") },
	{ 400, B(POST H "Content-Length: x\r") },
	{ 400, B(POST H "Content-Length: +5\r") },
	{ 400, B(POST H "Content-Length: -5\r") },
	{ 400, B(POST H "Content-Length: 0x5\r") },
	{ 400, B(POST H "Content-Length: 5 5\r") },
	{ 400, B(POST H "Content-Length: 5, 5\r") },
	{ 400, B(POST H "Content-Length: 5,\r") },
	{ 400, B(POST H "Content-Length: 5.0\r") },
	{ 400, B(POST H "Content-Length: 18446744073709551616\r") },
	{ 400, B(POST H "Content-Length: 5\r\nContent-Length: 6\r") },
	{ 400, B(POST H "Content-Length: 0\r\ncontent-length: 6\r") },
	{ 400, B(POST H "Content-Length: 5\r\nTransfer-Encoding: chunked\r") },
	{ 400, B(POST H "Content-Length: 5\r\nTransfer-Encoding: foo\r") },
	{ 400, B(POST H "Transfer-Encoding: chunked\r\nContent-Length: 0\r") },
	{ 400, B(POST H "Transfer-Encoding:\r") },
	{ 400, B(POST H "Transfer-Encoding: ,\r") },
	{ 400, B(POST H "Transfer-Encoding: chunked,\r") },
	{ 400, B(POST H "Transfer-Encoding: ,chunked\r") },
	{ 400, B(POST H "Transfer-Encoding: \"chunked\"\r") },
	{ 400, B(POST H "Transfer-Encoding: chunked;a=b\r") },
	{ 400, B(POST H "Transfer-Encoding: chunked foo\r") },
	{ 400, B(POST H "Transfer-Encoding: chunked, chunked\r") },
	{ 400, B(POST H "Transfer-Encoding: chunked, gzip\r") },
	{ 400, B(POST H "Transfer-Encoding: chunked\r\n"
	                "Transfer-Encoding: gzip\r") },
	{ 400, B("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r") },
	/* a body on GET or HEAD */
	{ 400, B(GET H "Content-Length: 1\r") },
	{ 400, B(GET H "Content-Length: 0\r\nContent-Length: 1\r") },
	{ 400, B(GET H "Transfer-Encoding: chunked\r") },
	{ 400, B(GET H "Transfer-Encoding: foo\r") },
	{ 400, B("HEAD / HTTP/1.1\r\nContent-Length: 9\r") },
	{ 400, B("HEAD / HTTP/1.1\r\nTransfer-Encoding: chunked\r") },
	/* 400 before 505, 501 and 421 */
	{ 400, B("GET / HTTP/2.0\r\nHost: a b\r") },
	{ 400, B("GET / HTTP/2.0\r\n" H "Host: a.example\r") },
	{ 400, B("FOO / HTTP/1.1\r\n" END) },
	{ 400, B("FOO / HTTP/1.1\r\n" H "A ") },
	{ 400, B(GET "Host: other.example\r\nA: b\n") },
	{ 400, B(POST H "Transfer-Encoding: foo\r\nContent-Length: 5\r") },
	{ 400, B("PRI * ") },
};

/* RULES P3: what is well formed, and refused when the whole head is known. */
static const struct refusal refused[] = {
	{ 505, B("GET / HTTP/2.0\r\n" END) },
	{ 505, B("GET / HTTP/2.0\r\n" H END) },
	{ 505, B("GET / HTTP/0.9\r\n" H END) },
	{ 505, B("GET / HTTP/9.9\r\n" H END) },
	{ 505, B("FOO / HTTP/3.0\r\nHost: other.example\r\n" END) },
	{ 505, B("POST / HTTP/2.0\r\nTransfer-Encoding: foo\r\n" END) },
	{ 501, B("FOO / HTTP/1.1\r\n" H END) },
	{ 501, B("get " POLICY " HTTP/1.1\r\n" H END) },
	{ 501, B("GETT / HTTP/1.1\r\n" H END) },
	{ 501, B("GE / HTTP/1.1\r\n" H END) },
	{ 501, B("OPTIONSX / HTTP/1.1\r\n" H END) },
	{ 501, B("PROPFIND / HTTP/1.1\r\n" H END) },
	{ 501, B("!#$%&'*+-.^_`|~ / HTTP/1.1\r\n" H END) },
	{ 501, B(X1024 " / HTTP/1.1\r\n" H END) },
	{ 501, B("FOO / HTTP/1.1\r\nHost: other.example\r\n" END) },
	{ 501, B(POST H "Transfer-Encoding: foo\r\n" END) },
	{ 501, B(POST H "Transfer-Encoding: identity\r\n" END) },
	{ 501, B(POST H "Transfer-Encoding: xchunked\r\n" END) },
	{ 501, B(POST H "Transfer-Encoding: gzip, chunked\r\n" END) },
	{ 501, B(POST H "Transfer-Encoding: a;b=c ,\tchunked\r\n" END) },
	{ 501, B(POST "Transfer-Encoding: foo\r\nHost: a.example\r\n" END) },
	{ 421, B(GET "Host: other.example\r\n" END) },
	{ 421, B(GET "Host: example.com\r\n" END) },
	{ 421, B(GET "Host: x." OURS "\r\n" END) },
	{ 421, B(GET "Host: mta-sts.example.co\r\n" END) },
	{ 421, B(GET "Host: mta_sts.example.com\r\n" END) },
	{ 421, B(GET "Host: localhost\r\n" END) },
	{ 421, B(GET "Host: 192.0.2.1\r\n" END) },
	{ 421, B(GET "Host: [2001:db8::1]:443\r\n" END) },
	{ 421, B("GET / HTTP/1.0\r\nHost: other.example\r\n" END) },
	{ 421, B("POST / HTTP/1.1\r\nHost: other.example\r\n" END) },
	{ 421, B("GET /nothing HTTP/1.1\r\nHost: other.example\r\n" END) },
	{ 421, B("GET https://other.example/ HTTP/1.1\r\n" H END) },
	{ 421, B("GET https://other.example HTTP/1.0\r\n" END) },
	{ 421, B("GET https://192.0.2.1 HTTP/1.0\r\n" H END) },
	{ 421, B("CONNECT " OURS ":443 HTTP/1.1\r\n"
	         "Host: other.example\r\n" END) },
};

static void check_refusal(const struct refusal *r)
{
	struct gate g;

	feed(&g, OURS, r->bytes, r->len);
	ck_assert_uint_eq(gate_status(&g), r->status);
}

START_TEST(rfc9112_p1_malformed_is_400_at_the_byte_that_shows_it)
{
	check_refusal(&malformed[_i]);
}
END_TEST

START_TEST(rfc9110_p3_refused_when_the_head_is_whole)
{
	check_refusal(&refused[_i]);
}
END_TEST

/* A head of which one part is filled up, so that it is size bytes long. */
static void check_bound(
    const char *before, const char *after, size_t size, unsigned status)
{
	char bytes[GATE_HEAD_MAX + 64];
	size_t start = strlen(before);
	size_t end = size - strlen(after);
	struct gate g;

	memcpy(bytes, before, start);
	memset(bytes + start, 'x', end - start);
	memcpy(bytes + end, after, strlen(after));
	feed(&g, OURS, bytes, size);
	ck_assert_uint_eq(gate_status(&g), status);
}

START_TEST(p3_bounds_are_exact)
{
	static const char tail[] = " HTTP/1.1\r\n" H END;
	size_t line = GATE_LINE_MAX;

	check_bound("GET /", tail, line + strlen("\r\n" H END), 0);
	check_bound("\r\nGET /", tail, line + strlen("\r\n\r\n" H END), 0);
	check_bound("GET /", "", line + 1, 414);
	check_bound("\r\nGET /", "", line + 3, 414);
	check_bound("", "", line + 1, 414);
	check_bound("GET / HTTP/1.1\r\n" H "A: ", "\r\n\r\n", 8192, 0);
	check_bound("GET / HTTP/1.1\r\n" H "A: ", "\r\n\r\n", 8193, 431);
	check_bound("GET / HTTP/1.1\r\n" H "A: ", "", 8193, 431);
	check_bound("GET / HTTP/1.1\r\n" H, "", 8193, 431);
}
END_TEST

START_TEST(refusal_of_head_is_known_after_the_method)
{
	struct gate g;

	gate_init(&g, OURS);
	ck_assert_int_eq(gate_feed(&g, B("HEAD \n")), GATE_REFUSED);
	ck_assert(gate_is_head(&g));
	gate_init(&g, OURS);
	ck_assert_int_eq(gate_feed(&g, B("HEAD\n")), GATE_REFUSED);
	ck_assert(!gate_is_head(&g));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http/gate");
	TCase *tc = tcase_create("heads");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc,
	    rfc9112_p1_malformed_is_400_at_the_byte_that_shows_it, 0,
	    COUNT(malformed));
	tcase_add_loop_test(
	    tc, rfc9110_p3_refused_when_the_head_is_whole, 0, COUNT(refused));
	tcase_add_test(tc, p3_bounds_are_exact);
	tcase_add_test(tc, refusal_of_head_is_known_after_the_method);
	return suite_run(suite);
}
