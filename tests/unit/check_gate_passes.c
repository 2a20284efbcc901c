/* SPDX-License-Identifier: ISC */
/*
 * What passes the gate, and what it is made into: method, host and path in
 * alphabets of our own, whatever else the head says.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "gate_heads.h"
#include "http/gate.h"

#include "suite.h"

/* What passes, and as what. host NULL: ours, path NULL: the policy's. */
static const struct pass {
	const char *bytes;
	size_t len;
	const char *method, *host, *path, *forwarded;
} passes[] = {
	/* methods */
	{ B(GET H END), "GET", NULL, NULL, "" },
	{ B("HEAD " POLICY " HTTP/1.1\r\n" H END), "HEAD", NULL, NULL, "" },
	{ B(POST H END), "POST", NULL, NULL, "" },
	{ B("GET " POLICY " HTTP/1.2\r\n" H END), "GET", NULL, NULL, "" },
	{ B("PUT / HTTP/1.1\r\n" H END), "PUT", NULL, "/", "" },
	{ B("DELETE / HTTP/1.1\r\n" H END), "DELETE", NULL, "/", "" },
	{ B("TRACE / HTTP/1.1\r\n" H END), "TRACE", NULL, "/", "" },
	{ B("PATCH / HTTP/1.1\r\n" H END), "PATCH", NULL, "/", "" },
	{ B("OPTIONS / HTTP/1.1\r\n" H END), "OPTIONS", NULL, "/", "" },
	{ B("OPTIONS * HTTP/1.1\r\n" H END), "OPTIONS", NULL, "/", "" },
	{ B("CONNECT " OURS ":443 HTTP/1.1\r\n" H END), "CONNECT", NULL, "/",
	    "" },
	{ B("CONNECT other.example:25 HTTP/1.1\r\n" H END), "CONNECT", NULL,
	    "/", "" },
	/* the line before, versions, hosts */
	{ B("\r\n" GET H END), "GET", NULL, NULL, "" },
	{ B("GET / HTTP/1.0\r\n" END), "GET", NULL, "/", "" },
	{ B("GET / HTTP/1.0\r\n" H END), "GET", NULL, "/", "" },
	{ B(GET "hOsT:MTA-STS.Example.COM\r\n" END), "GET", NULL, NULL, "" },
	{ B(GET "Host: \t " OURS "\t \r\n" END), "GET", NULL, NULL, "" },
	{ B(GET "Host: " OURS ".\r\n" END), "GET", NULL, NULL, "" },
	{ B(GET "Host: " OURS ":443\r\n" END), "GET", NULL, NULL, "" },
	{ B(GET "Host: " OURS ".:8443\r\n" END), "GET", NULL, NULL, "" },
	{ B(GET "Host: " OURS ":\r\n" END), "GET", NULL, NULL, "" },
	/* targets */
	{ B("GET / HTTP/1.1\r\n" H END), "GET", NULL, "/", "" },
	{ B("GET /a~b.c_d-E/9 HTTP/1.1\r\n" H END), "GET", NULL, "/a~b.c_d-E/9",
	    "" },
	{ B("GET " POLICY "? HTTP/1.1\r\n" H END), "GET", NULL, "/-", "" },
	{ B("GET " POLICY "?a=b HTTP/1.1\r\n" H END), "GET", NULL, "/-", "" },
	{ B("GET " POLICY "%00 HTTP/1.1\r\n" H END), "GET", NULL, "/-", "" },
	{ B("GET /.well-known/mta-sts%2etxt HTTP/1.1\r\n" H END), "GET", NULL,
	    "/-", "" },
	{ B("GET /%2e HTTP/1.1\r\n" H END), "GET", NULL, "/-", "" },
	{ B("GET /a+b HTTP/1.1\r\n" H END), "GET", NULL, "/-", "" },
	{ B("GET /a\\b HTTP/1.1\r\n" H END), "GET", NULL, "/-", "" },
	{ B("GET /\"<>` HTTP/1.1\r\n" H END), "GET", NULL, "/-", "" },
	{ B("GET //x HTTP/1.1\r\n" H END), "GET", NULL, "//x", "" },
	{ B("GET /x/.." POLICY " HTTP/1.1\r\n" H END), "GET", NULL,
	    "/x/.." POLICY, "" },
	{ B("GET /" X64 X64 X64 X8 X8 X8 X8 X8 X8 X8
	    "xxxxxx HTTP/1.1\r\n" H END),
	    "GET", NULL, "/" X64 X64 X64 X8 X8 X8 X8 X8 X8 X8 "xxxxxx", "" },
	{ B("GET /" X64 X64 X64 X8 X8 X8 X8 X8 X8 X8
	    "xxxxxxx HTTP/1.1\r\n" H END),
	    "GET", NULL, "/-", "" },
	{ B("GET /" X1024 " HTTP/1.1\r\n" H END), "GET", NULL, "/-", "" },
	/* absolute-form: P2 */
	{ B("GET https://" OURS POLICY " HTTP/1.1\r\n" H END), "GET", NULL,
	    NULL, "" },
	{ B("GET https://" OURS POLICY " HTTP/1.1\r\nHost: a.example\r\n" END),
	    "GET", NULL, NULL, "" },
	{ B("GET https://" OURS POLICY " HTTP/1.0\r\n" END), "GET", NULL, NULL,
	    "" },
	{ B("GET HTTP://MTA-STS.example.com.:80" POLICY " HTTP/1.1\r\n" H END),
	    "GET", NULL, NULL, "" },
	{ B("GET https://" OURS " HTTP/1.1\r\n" H END), "GET", NULL, "/", "" },
	{ B("GET https://" OURS "? HTTP/1.1\r\n" H END), "GET", NULL, "/-",
	    "" },
	{ B("GET https://" OURS "?@x HTTP/1.1\r\n" H END), "GET", NULL, "/-",
	    "" },
	{ B("GET https://" OURS POLICY "?q HTTP/1.1\r\n" H END), "GET", NULL,
	    "/-", "" },
	{ B("GET https://" OURS "/" X1024 " HTTP/1.1\r\n" H END), "GET", NULL,
	    "/-", "" },
	{ B("GET https://" OURS ":" ZEROS "/" X1024 " HTTP/1.1\r\n" H END),
	    "GET", NULL, "/-", "" },
	{ B("OPTIONS https://" OURS " HTTP/1.1\r\n" H END), "OPTIONS", NULL,
	    "/", "" },
	/* fields that are let be, and bodies that are announced */
	{ B(GET H "A:\r\nB: \t\r\nC: \x80\xff\tx\r\n" END), "GET", NULL, NULL,
	    "" },
	{ B(GET H "Expect: 100-continue\r\nTE: chunked\r\n" END), "GET", NULL,
	    NULL, "" },
	{ B(GET "Ho: a b\r\nHostt: a b\r\n" X1024 ": a b\r\n" H END), "GET",
	    NULL, NULL, "" },
	{ B(GET H "Content-Length: 0\r\n" END), "GET", NULL, NULL, "" },
	{ B(GET H "Content-Length: 0\r\nContent-Length: 00\r\n" END), "GET",
	    NULL, NULL, "" },
	{ B(POST H "Content-Length: 5\r\nContent-Length: 5\r\n" END), "POST",
	    NULL, NULL, "" },
	{ B(POST H "Content-Length: 18446744073709551615\r\n" END), "POST",
	    NULL, NULL, "" },
	{ B(POST H "Transfer-Encoding: \tChunked \r\n" END), "POST", NULL, NULL,
	    "" },
	/* X-Forwarded-For: the last value */
	{ B(GET H "X-Forwarded-For: 192.0.2.1\r\n" END), "GET", NULL, NULL,
	    "192.0.2.1" },
	{ B(GET H "x-forwarded-for: 192.0.2.1, x ,\t2001:db8::1 \r\n" END),
	    "GET", NULL, NULL, "2001:db8::1" },
	{ B(GET H "X-Forwarded-For: a\r\nX-Forwarded-For: b\r\n" END), "GET",
	    NULL, NULL, "b" },
	{ B(GET H "X-Forwarded-For: a\r\nX-Forwarded-For:\r\n" END), "GET",
	    NULL, NULL, "" },
	{ B(GET H "X-Forwarded-For: a, \r\n" END), "GET", NULL, NULL, "" },
	{ B(GET H "X-Forwarded-For: a, b c\r\n" END), "GET", NULL, NULL, "" },
	{ B(GET H "X-Forwarded-For: a, \xe9\r\n" END), "GET", NULL, NULL, "" },
	{ B(GET H "X-Forwarded-For: a, " X64 "\r\n" END), "GET", NULL, NULL,
	    "" },
	{ B(GET H "X-Forwarded-For: " X1024 ", b\r\n" END), "GET", NULL, NULL,
	    "b" },
};

/* On a listener without TLS: host as said, or "". */
static const struct pass plain_passes[] = {
	{ B(GET H END), "GET", NULL, NULL, "" },
	{ B("GET / HTTP/1.0\r\n" END), "GET", "", "/", "" },
	{ B(GET "Host: other.example\r\n" END), "GET", "other.example", NULL,
	    "" },
	{ B(GET "Host: 127.0.0.1:80\r\n" END), "GET", "", NULL, "" },
	{ B(GET "Host: [::1]\r\n" END), "GET", "", NULL, "" },
	{ B(GET "Host: localhost\r\n" END), "GET", "", NULL, "" },
	{ B("GET http://a.example/ HTTP/1.1\r\n" H END), "GET", "a.example",
	    "/", "" },
	{ B("GET http://[::1]/ HTTP/1.1\r\n" H END), "GET", "", "/", "" },
	{ B("CONNECT a.example:1 HTTP/1.0\r\n" END), "CONNECT", "", "/", "" },
};

static void check_pass(const struct pass *p, const char *sni)
{
	struct gate g;
	const struct request *r;

	feed(&g, sni, p->bytes, p->len);
	r = gate_request(&g);
	ck_assert_uint_eq(gate_status(&g), 0);
	ck_assert_str_eq(r->method_name, p->method);
	ck_assert_str_eq(r->host, p->host != NULL ? p->host : OURS);
	ck_assert_str_eq(r->path, p->path != NULL ? p->path : POLICY);
	ck_assert_str_eq(r->forwarded, p->forwarded);
	ck_assert_int_eq(
	    r->method == METHOD_GET, strcmp(p->method, "GET") == 0);
	ck_assert_int_eq(gate_is_head(&g), strcmp(p->method, "HEAD") == 0);
}

START_TEST(rfc9112_p2_passes_and_is_made_canonical)
{
	check_pass(&passes[_i], OURS);
}
END_TEST

START_TEST(rfc9112_p6_without_tls_host_is_as_said)
{
	check_pass(&plain_passes[_i], NULL);
}
END_TEST

START_TEST(rfc9112_p3_whether_a_host_was_named_is_known)
{
	const struct pass *p = &plain_passes[_i];
	struct gate g;

	feed(&g, NULL, p->bytes, p->len);
	ck_assert_int_eq(gate_request(&g)->named,
	    memmem(p->bytes, p->len, "Host:", 5) != NULL ||
	        memmem(p->bytes, p->len, "://", 3) != NULL);
}
END_TEST

START_TEST(rfc9112_what_follows_a_head_is_never_looked_at)
{
	static const char two[] = GET H END "GET /\0 not HTTP at all\n\n";
	struct gate g;

	gate_init(&g, OURS);
	ck_assert_int_eq(gate_feed(&g, two, sizeof(two) - 1), GATE_WHOLE);
	ck_assert_str_eq(gate_request(&g)->path, POLICY);
}
END_TEST

START_TEST(target_for_the_log_is_cut_and_printable)
{
	struct gate g;

	gate_init(&g, OURS);
	ck_assert_int_eq(gate_feed(&g, B("GET /a?b=%0a\n")), GATE_REFUSED);
	ck_assert_str_eq(gate_request(&g)->target, "/a?b=%0a");
	gate_init(&g, OURS);
	ck_assert_int_eq(gate_feed(&g, B("GET /" X256)), GATE_MORE);
	ck_assert_uint_eq(strlen(gate_request(&g)->target), 127);
}
END_TEST

/* What is kept of User-Agent, of heads that pass all the same. */
static const struct {
	const char *bytes;
	size_t len;
	const char *agent;
} agents[] = {
	{ B(GET H END), "" },
	{ B(GET H "User-Agent: Sender/1.0 (x)\r\n" END), "Sender/1.0 (x)" },
	{ B(GET H "uSER-aGENT:\ta \t b \r\n" END), "a \t b" },
	{ B(GET H "User-Agent: \xc2\x9b\xff\"\r\n" END), "\xc2\x9b\xff\"" },
	{ B(GET H "User-Agent: a\r\nUser-Agent: b\r\n" END), "a" },
	{ B(GET H "User-Agent:\r\nUser-Agent: b\r\n" END), "" },
	{ B(GET "User-Agent: a\r\n" H END), "a" },
	{ B(GET H "User-Agents: a\r\n" END), "" },
	{ B(GET H "User-Agent: " X64 X8 X8 X8 X8 X8 X8 X8 "\r\n" END),
	    X64 X8 X8 X8 X8 X8 X8 X8 },
	{ B(GET H "User-Agent: " X64 X64 "\r\n" END),
	    X64 X8 X8 X8 X8 X8 X8 X8 },
	{ B(GET H "User-Agent: " X1024 "\r\n" END), X64 X8 X8 X8 X8 X8 X8 X8 },
};

START_TEST(the_first_user_agent_is_kept_for_the_log)
{
	struct gate g;

	feed(&g, OURS, agents[_i].bytes, agents[_i].len);
	ck_assert_uint_eq(gate_status(&g), 0);
	ck_assert_str_eq(gate_request(&g)->agent, agents[_i].agent);
}
END_TEST

START_TEST(a_gate_is_small)
{
	ck_assert_uint_le(sizeof(struct gate), 2048);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http/gate: what passes");
	TCase *tc = tcase_create("heads");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(
	    tc, rfc9112_p2_passes_and_is_made_canonical, 0, COUNT(passes));
	tcase_add_loop_test(
	    tc, rfc9112_p6_without_tls_host_is_as_said, 0, COUNT(plain_passes));
	tcase_add_loop_test(tc, rfc9112_p3_whether_a_host_was_named_is_known, 0,
	    COUNT(plain_passes));
	tcase_add_test(tc, rfc9112_what_follows_a_head_is_never_looked_at);
	tcase_add_test(tc, target_for_the_log_is_cut_and_printable);
	tcase_add_loop_test(
	    tc, the_first_user_agent_is_kept_for_the_log, 0, COUNT(agents));
	tcase_add_test(tc, a_gate_is_small);
	return suite_run(suite);
}
