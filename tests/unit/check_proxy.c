/* SPDX-License-Identifier: ISC */
/*
 * The PROXY protocol by a table of headers. A good one is good at its last
 * byte and not before, and what follows it changes nothing; a bad one ends
 * with the byte that shows it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "http/proxy.h"

#include "suite.h"

#define B(text) text, sizeof(text) - 1
#define SIG     "\r\n\r\n\0\r\nQUIT\n"
#define V4      "\xc0\0\2\1\xc6\x33\x64\1\xdc\4\1\xbb"
#define IP6     "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define V6      IP6 IP6 "\xdc\4\1\xbb"
#define N8      "\0\0\0\0\0\0\0\0"
#define N108    N8 N8 N8 N8 N8 N8 N8 N8 N8 N8 N8 N8 N8 "\0\0\0\0"
#define N216    N108 N108
#define F39     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

static const struct good {
	const char *bytes;
	size_t len;
	const char *ip; /* NULL: it says nothing of the peer */
	unsigned port;
} good[] = {
	{ B("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"), "192.0.2.1",
	    56324 },
	{ B("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
	    "255.255.255.255", 65535 },
	{ B("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"), "0.0.0.0", 0 },
	{ B("PROXY TCP6 2001:db8::1 2001:DB8::2 1 2\r\n"), "2001:db8::1", 1 },
	{ B("PROXY TCP6 " F39 " " F39 " 65535 65535\r\n"), F39, 65535 },
	{ B("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"), "192.0.2.1", 1 },
	{ B("PROXY UNKNOWN\r\n"), NULL, 0 },
	{ B("PROXY UNKNOWN \r\n"), NULL, 0 },
	{ B("PROXY UNKNOWN anything at all \0\x80\r\n"), NULL, 0 },
	{ B("PROXY UNKNOWN " F39 " " F39 " 65535 65535\r\n"), NULL, 0 },
	{ B(SIG "\x21\x11\0\x0c" V4), "192.0.2.1", 56324 },
	{ B(SIG "\x21\x12\0\x0c" V4), "192.0.2.1", 56324 },
	{ B(SIG "\x21\x21\0\x24" V6), "2001:db8::1", 56324 },
	{ B(SIG "\x21\x22\0\x24" V6), "2001:db8::1", 56324 },
	{ B(SIG "\x21\x11\0\x12" V4 "\4\0\3abc"), "192.0.2.1", 56324 },
	{ B(SIG "\x21\x21\1\x04" V6 N216 N8), "2001:db8::1", 56324 },
	{ B(SIG "\x21\x31\0\xd8" N216), NULL, 0 },
	{ B(SIG "\x21\x32\0\xd8" N216), NULL, 0 },
	{ B(SIG "\x21\0\0\0"), NULL, 0 },
	{ B(SIG "\x21\0\0\x08" N8), NULL, 0 },
	{ B(SIG "\x21\x10\0\0"), NULL, 0 },
	{ B(SIG "\x21\1\0\x08" N8), NULL, 0 },
	{ B(SIG "\x20\0\0\0"), NULL, 0 },
	{ B(SIG "\x20\x11\0\x0c" V4), NULL, 0 },
	{ B(SIG "\x20\xff\0\x08" N8), NULL, 0 },
	{ B(SIG "\x20\0\2\x08" N216 N216 N8 N8 N8 N8 N8 N8 N8 N8 N8 N8 N8),
	    NULL, 0 },
};

static const struct bad {
	const char *bytes;
	size_t len;
} bad[] = {
	{ B("G") },
	{ B("\x16") },
	{ B("\n") },
	{ B("\0") },
	{ B(" ") },
	{ B("p") },
	{ B("PROXZ") },
	{ B("PROXY\r") },
	{ B("PROXY\n") },
	{ B("PROXY  ") },
	{ B("PROXY \r") },
	{ B("PROXY T\r") },
	{ B("PROXY TCP5") },
	{ B("PROXY TCP4\r") },
	{ B("PROXY TCP44") },
	{ B("PROXY t") },
	{ B("PROXY UNKNOWNS") },
	{ B("PROXY UNKNOWN\n") },
	{ B("PROXY UNKNOWN\rx") },
	{ B("PROXY UNKNOWN a\n") },
	{ B("PROXY TCP4  ") },
	{ B("PROXY TCP4 a") },
	{ B("PROXY TCP4 :") },
	{ B("PROXY TCP4 1.2.3 ") },
	{ B("PROXY TCP4 1.2.3.4.5 ") },
	{ B("PROXY TCP4 1.2.3.256 ") },
	{ B("PROXY TCP4 1.2.3.4.5.6.7.81") },
	{ B("PROXY TCP6 " F39 ":ffff:f") },
	{ B("PROXY TCP4 1.2.3.04 ") },
	{ B("PROXY TCP4 1.2.3.4\r") },
	{ B("PROXY TCP4 1.2.3.4  ") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4\r") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 \r") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 1\r") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 x") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 -") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 01") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 00") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 65536") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 ") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r") },
	{ B("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx") },
	{ B("PROXY TCP6 1.2.3.4 ") },
	{ B("PROXY TCP6 ::g") },
	{ B("PROXY TCP6 ::1%") },
	{ B("PROXY TCP6 [") },
	{ B("PROXY TCP6 1::2::3 ") },
	{ B("PROXY TCP6 1:2:3 ") },
	{ B("PROXY TCP6 ::12345 ") },
	{ B("PROXY TCP6 ::1 1.2.3.4 ") },
	{ B("PROXY UNKNOWN " F39 " " F39 " 65535 655350") },
	{ B("\r\n\r\n\1") },
	{ B("\r\n\r\n\0\r\nQUIT\r") },
	{ B(SIG "\x11") },
	{ B(SIG "\x22") },
	{ B(SIG "\x31") },
	{ B(SIG "\0") },
	{ B(SIG "\x21\x13") },
	{ B(SIG "\x21\x41") },
	{ B(SIG "\x21\xff") },
	{ B(SIG "\x21\x11\0\x0b") },
	{ B(SIG "\x21\x11\0\0") },
	{ B(SIG "\x21\x21\0\x23") },
	{ B(SIG "\x21\x31\0\xd7") },
	{ B(SIG "\x21\x11\2\x09") },
	{ B(SIG "\x21\x11\3") },
	{ B(SIG "\x20\0\2\x09") },
	{ B(SIG "\x20\0\xff") },
};

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static const struct peer before = { .ip = { 1, 2, 3 }, .port = 99 };

START_TEST(good_headers_are_good_at_their_last_byte)
{
	const struct good *g = &good[_i];
	struct peer want = before;
	struct peer peer = before;
	char more[PROXY_HEADER_MAX + 8] = { 0 };

	if (g->ip != NULL) {
		ck_assert(peer_from_text(g->ip, strlen(g->ip), &want));
		want.port = (uint16_t)g->port;
	}
	for (size_t len = 0; len < g->len; len++) {
		ck_assert_int_eq(proxy_read(g->bytes, len, &peer), 0);
		ck_assert_mem_eq(&peer, &before, sizeof(peer));
	}
	ck_assert_int_eq(proxy_read(g->bytes, g->len, &peer), (int)g->len);
	ck_assert_mem_eq(&peer, &want, sizeof(peer));
	memcpy(more, g->bytes, g->len);
	ck_assert_int_eq(proxy_read(more, g->len + 8, &peer), (int)g->len);
}
END_TEST

START_TEST(bad_headers_are_bad_at_the_byte_that_shows_it)
{
	const struct bad *b = &bad[_i];
	struct peer peer = before;

	ck_assert_int_eq(proxy_read(b->bytes, b->len - 1, &peer), 0);
	ck_assert_int_eq(proxy_read(b->bytes, b->len, &peer), -1);
	ck_assert_mem_eq(&peer, &before, sizeof(peer));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http/proxy");
	TCase *tc = tcase_create("headers");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(
	    tc, good_headers_are_good_at_their_last_byte, 0, COUNT(good));
	tcase_add_loop_test(
	    tc, bad_headers_are_bad_at_the_byte_that_shows_it, 0, COUNT(bad));
	return suite_run(suite);
}
