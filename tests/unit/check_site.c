/* SPDX-License-Identifier: ISC */
/*
 * Routes and answers, compared as whole answers, byte for byte but for the
 * date; and false answers of libmicrohttpd's, which must never be passed on.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "http/gate.h"
#include "http/site.h"
#include "http/site_wire.h"
#include "policy/catalog.h"
#include "policy/challenge.h"

#include "suite.h"

#define OURS         "mta-sts.example.com"
#define BIG          "mta-sts.big.example"
#define OWN          "policies.example.net"
#define SHARED       "mta-sts.example.net"
#define PATH         "/.well-known/mta-sts.txt"
#define POLICY       "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
#define ABOUT        "This host serves the MTA-STS policy of example.com.\n"
#define NOTHING      "There is nothing here.\n"
#define ONLY         "Only GET and HEAD are allowed here.\n"
#define THUMB        "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"
#define TOKEN        "-vaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr_oA"
#define ELSEWHERE    "http://vps1.example.net"
#define MOVED        "This challenge is answered elsewhere.\n"
#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static struct arena *arena;
static struct catalog *catalog;
static struct site *site;
static char big[POLICY_BYTES_MAX];
static char answer[SITE_ANSWER_MAX];
static char want[SITE_ANSWER_MAX];

static void add(const char *domain, const char *bytes, size_t len)
{
	struct catalog_entry e = { .domain = domain,
		.origin = "test",
		.id = "1",
		.policy = bytes,
		.policy_len = len,
		.host = arena_format(arena, "mta-sts.%s", domain) };

	ck_assert_int_eq(catalog_add(catalog, &e), 0);
}

static void open_site(const struct site_plan *p)
{
	struct site_plan plan = *p;
	struct err err;

	arena = arena_new(false);
	catalog = catalog_new(arena);
	memset(big, 'x', sizeof(big));
	add("example.com", POLICY, sizeof(POLICY) - 1);
	add("big.example", big, sizeof(big));
	add("example.net", POLICY, sizeof(POLICY) - 1);
	catalog_seal(catalog);
	plan.catalog = catalog;
	site = site_new(&plan, &err);
	ck_assert_ptr_nonnull(site);
}

static void setup(void)
{
	const struct site_plan plan = { .host = OWN, .challenges = -1 };

	open_site(&plan);
}

static void teardown(void)
{
	site_free(site);
	arena_free(arena);
}

static size_t ask(enum door door, const char *method, const char *host,
    const char *path, unsigned *ret_status)
{
	struct request r = { .method = METHOD_OTHER };
	struct answered answered = { 0, NULL };
	size_t len;

	if (strcmp(method, "GET") == 0)
		r.method = METHOD_GET;
	else if (strcmp(method, "HEAD") == 0)
		r.method = METHOD_HEAD;
	(void)snprintf(r.method_name, sizeof(r.method_name), "%s", method);
	(void)snprintf(r.host, sizeof(r.host), "%s", host);
	(void)snprintf(r.path, sizeof(r.path), "%s", path);
	r.named = host[0] != '\0';
	/* An address, or a single label, is a host that is never ours. */
	if (strcmp(host, "192.0.2.1") == 0)
		r.host[0] = '\0';
	len = site_answer(site, door, &r, answer, &answered);
	*ret_status = answered.status;
	/* Every policy of these tests has this path, and no other has. */
	ck_assert_int_eq(answered.policy != NULL,
	    answered.status == 200 && strcmp(path, PATH) == 0);
	return len;
}

/* Take the value of Date, which must be now, out of the answer. */
static size_t take_date(size_t len)
{
	static const char name[] = "Date: ";
	char *date = memmem(answer, len, name, strlen(name));
	char *end;
	struct tm tm = { .tm_mday = 1 };

	ck_assert_ptr_nonnull(date);
	date += strlen(name);
	end = strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	ck_assert_ptr_nonnull(end);
	ck_assert_int_eq(end - date, 29);
	ck_assert_int_eq(memcmp(end, "\r\n", 2), 0);
	ck_assert_int_le(labs(time(NULL) - timegm(&tm)), 5);
	memmove(date, end, len - (size_t)(end - answer));
	return len - (size_t)(end - date);
}

/* The answer of len bytes must be this one, whole and with nothing after. */
static void check_answer(size_t len, unsigned status, const char *reason,
    const char *body, size_t body_len, bool head)
{
	int head_len = snprintf(want, sizeof(want),
	    "HTTP/1.1 %u %s\r\n"
	    "Date: \r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Cache-Control: max-age=60\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "%s%s"
	    "Content-Length: %zu\r\n"
	    "Connection: close\r\n"
	    "\r\n",
	    status, reason, status == 405 ? "Allow: GET, HEAD\r\n" : "",
	    status == 302 ? "Location: " ELSEWHERE CHALLENGE_PATH TOKEN "\r\n"
	                  : "",
	    body_len);
	size_t want_len = (size_t)head_len + (head ? 0 : body_len);

	memcpy(want + head_len, body, body_len);
	len = take_date(len);
	ck_assert_uint_eq(len, want_len);
	ck_assert_mem_eq(answer, want, want_len);
}

static const struct route {
	enum door door;
	const char *method, *host, *path;
	unsigned status;
	const char *body;
} routes[] = {
	{ DOOR_HTTPS, "GET", OURS, PATH, 200, POLICY },
	{ DOOR_HTTPS, "HEAD", OURS, PATH, 200, POLICY },
	{ DOOR_HTTPS, "GET", SHARED, PATH, 200, POLICY },
	{ DOOR_HTTPS, "GET", OURS, "/", 200, ABOUT },
	{ DOOR_HTTPS, "HEAD", OURS, "/", 200, ABOUT },
	{ DOOR_HTTPS, "GET", OURS, "/-", 404, NOTHING },
	{ DOOR_HTTPS, "HEAD", OURS, "/-", 404, NOTHING },
	{ DOOR_HTTPS, "GET", OURS, PATH "/", 404, NOTHING },
	{ DOOR_HTTPS, "GET", OURS, "/" PATH, 404, NOTHING },
	{ DOOR_HTTPS, "GET", OURS, "/x/.." PATH, 404, NOTHING },
	{ DOOR_HTTPS, "GET", OURS, "/.well-known/MTA-STS.txt", 404, NOTHING },
	{ DOOR_HTTPS, "GET", OURS, "/.well-known/", 404, NOTHING },
	{ DOOR_HTTPS, "POST", OURS, PATH, 405, ONLY },
	{ DOOR_HTTPS, "PUT", OURS, PATH, 405, ONLY },
	{ DOOR_HTTPS, "DELETE", OURS, PATH, 405, ONLY },
	{ DOOR_HTTPS, "OPTIONS", OURS, PATH, 405, ONLY },
	{ DOOR_HTTPS, "TRACE", OURS, PATH, 405, ONLY },
	{ DOOR_HTTPS, "PATCH", OURS, PATH, 405, ONLY },
	{ DOOR_HTTPS, "CONNECT", OURS, "/", 405, ONLY },
	{ DOOR_HTTPS, "OPTIONS", OURS, "/", 405, ONLY },
	{ DOOR_HTTPS, "POST", OURS, "/-", 404, NOTHING },
	{ DOOR_HTTPS, "TRACE", OURS, "/nothing", 404, NOTHING },
	{ DOOR_HTTPS, "GET", OWN, PATH, 404, NOTHING },
	{ DOOR_HTTPS, "POST", OWN, PATH, 404, NOTHING },
	{ DOOR_HTTPS, "GET", OWN, "/", 200,
	    "This host serves MTA-STS policies.\n" },
	{ DOOR_HTTPS, "POST", OWN, "/", 405, ONLY },
	{ DOOR_HTTPS, "GET", "other.example", PATH, 404, NOTHING },
	{ DOOR_HTTPS, "GET", "example.com", PATH, 404, NOTHING },
	{ DOOR_PLAIN, "GET", OURS, PATH, 200, POLICY },
	{ DOOR_PLAIN, "HEAD", OURS, PATH, 200, POLICY },
	{ DOOR_PLAIN, "POST", OURS, PATH, 405, ONLY },
	{ DOOR_PLAIN, "GET", OURS, "/", 200, ABOUT },
	{ DOOR_PLAIN, "GET", OWN, PATH, 404, NOTHING },
	{ DOOR_PLAIN, "GET", "other.example", PATH, 404, NOTHING },
	{ DOOR_PLAIN, "GET", "", PATH, 404, NOTHING },
	{ DOOR_PLAIN, "GET", "", "/", 404, NOTHING },
	{ DOOR_PLAIN, "CONNECT", "", "/", 404, NOTHING },
	{ DOOR_HTTP, "GET", OURS, PATH, 404, NOTHING },
	{ DOOR_HTTP, "HEAD", OURS, PATH, 404, NOTHING },
	{ DOOR_HTTP, "POST", OURS, PATH, 404, NOTHING },
	{ DOOR_HTTP, "GET", OURS, "/", 404, NOTHING },
};

static const struct refusal {
	unsigned status, told;
	const char *reason;
} refusals[] = {
	{ 400, 400, "Bad Request" },
	{ 404, 404, "Not Found" },
	{ 405, 405, "Method Not Allowed" },
	{ 408, 408, "Request Timeout" },
	{ 414, 414, "URI Too Long" },
	{ 421, 421, "Misdirected Request" },
	{ 431, 431, "Request Header Fields Too Large" },
	{ 500, 500, "Internal Server Error" },
	{ 501, 501, "Not Implemented" },
	{ 505, 505, "HTTP Version Not Supported" },
	{ 200, 500, "Internal Server Error" },
	{ 302, 500, "Internal Server Error" },
	{ 0, 500, "Internal Server Error" },
};

static const char *reason_of(unsigned status)
{
	for (int i = 0; i < COUNT(refusals); i++)
		if (refusals[i].status == status && refusals[i].told == status)
			return refusals[i].reason;
	return status == 302 ? "Found" : "OK";
}

START_TEST(rfc8461_h1_h7_routes_and_whole_answers)
{
	const struct route *r = &routes[_i];
	unsigned status = 0;
	size_t len = ask(r->door, r->method, r->host, r->path, &status);

	ck_assert_uint_eq(status, r->status);
	check_answer(len, status, reason_of(status), r->body, strlen(r->body),
	    strcmp(r->method, "HEAD") == 0);
}
END_TEST

START_TEST(rfc8461_h9_the_largest_policy_comes_whole)
{
	unsigned status = 0;
	size_t len = ask(DOOR_HTTPS, "GET", BIG, PATH, &status);

	check_answer(len, 200, "OK", big, sizeof(big), false);
	len = ask(DOOR_HTTPS, "HEAD", BIG, PATH, &status);
	check_answer(len, 200, "OK", big, sizeof(big), true);
}
END_TEST

START_TEST(host_may_be_a_policy_host_too_or_nobody)
{
	static const char *const own[] = { SHARED, NULL };
	unsigned status = 0;

	for (int i = 0; i < COUNT(own); i++) {
		const struct site_plan plan = { .host = own[i],
			.challenges = -1 };

		teardown();
		open_site(&plan);
		(void)ask(DOOR_HTTPS, "GET", SHARED, PATH, &status);
		ck_assert_uint_eq(status, 200);
		(void)ask(DOOR_HTTPS, "GET", OWN, "/", &status);
		ck_assert_uint_eq(status, 404);
	}
}
END_TEST

START_TEST(p5_refusals_are_whole_and_say_nothing_of_us)
{
	const struct refusal *r = &refusals[_i];
	size_t len = site_refuse(r->status, false, answer);
	const char *body = (const char *)memmem(answer, len, "\r\n\r\n", 4) + 4;
	size_t body_len = len - (size_t)(body - answer);
	char copy[256];

	ck_assert_uint_lt(body_len, sizeof(copy));
	memcpy(copy, body, body_len);
	ck_assert_ptr_null(memchr(copy, ':', body_len));
	ck_assert_ptr_eq(memchr(copy, '\n', body_len), copy + body_len - 1);
	check_answer(len, r->told, r->reason, copy, body_len, false);
	len = site_refuse(r->status, true, answer);
	check_answer(len, r->told, r->reason, copy, body_len, true);
}
END_TEST

/* What is asked of a node that has a file for TOKEN, or sends it on. */
static const struct challenge {
	enum door door;
	const char *method, *host, *path;
	unsigned status;
	const char *body;
	unsigned sent_on;
	const char *sent_on_body;
} challenges[] = {
	{ DOOR_HTTP, "GET", OURS, CHALLENGE_PATH TOKEN, 200, TOKEN "." THUMB,
	    302, MOVED },
	{ DOOR_HTTP, "HEAD", OURS, CHALLENGE_PATH TOKEN, 200, TOKEN "." THUMB,
	    302, MOVED },
	{ DOOR_HTTP, "GET", OWN, CHALLENGE_PATH TOKEN, 200, TOKEN "." THUMB,
	    302, MOVED },
	{ DOOR_HTTP, "GET", "other.example", CHALLENGE_PATH TOKEN, 200,
	    TOKEN "." THUMB, 404, NOTHING },
	{ DOOR_HTTP, "GET", "192.0.2.1", CHALLENGE_PATH TOKEN, 200,
	    TOKEN "." THUMB, 404, NOTHING },
	{ DOOR_HTTP, "GET", "", CHALLENGE_PATH TOKEN, 404, NOTHING, 404,
	    NOTHING },
	{ DOOR_HTTP, "POST", OURS, CHALLENGE_PATH TOKEN, 405, ONLY, 405, ONLY },
	{ DOOR_HTTP, "TRACE", OURS, CHALLENGE_PATH TOKEN, 405, ONLY, 405,
	    ONLY },
	{ DOOR_HTTP, "POST", OURS, CHALLENGE_PATH "no.token", 404, NOTHING, 404,
	    NOTHING },
	{ DOOR_HTTP, "GET", OURS, CHALLENGE_PATH, 404, NOTHING, 404, NOTHING },
	{ DOOR_HTTP, "GET", OURS, CHALLENGE_PATH TOKEN "/", 404, NOTHING, 404,
	    NOTHING },
	{ DOOR_HTTP, "GET", OURS, CHALLENGE_PATH "/" TOKEN, 404, NOTHING, 404,
	    NOTHING },
	{ DOOR_HTTP, "GET", OURS, CHALLENGE_PATH "../" TOKEN, 404, NOTHING, 404,
	    NOTHING },
	{ DOOR_HTTP, "GET", OURS, CHALLENGE_PATH "mta-sts.example.com", 404,
	    NOTHING, 404, NOTHING },
	{ DOOR_HTTP, "GET", OURS, "/.well-known/acme-challenge", 404, NOTHING,
	    404, NOTHING },
	{ DOOR_HTTP, "GET", OURS, "/.WELL-KNOWN/acme-challenge/" TOKEN, 404,
	    NOTHING, 404, NOTHING },
	{ DOOR_HTTP, "GET", OURS, PATH, 404, NOTHING, 404, NOTHING },
	{ DOOR_HTTPS, "GET", OURS, CHALLENGE_PATH TOKEN, 404, NOTHING, 404,
	    NOTHING },
	{ DOOR_HTTPS, "GET", OWN, CHALLENGE_PATH TOKEN, 404, NOTHING, 404,
	    NOTHING },
	{ DOOR_PLAIN, "GET", OURS, CHALLENGE_PATH TOKEN, 404, NOTHING, 404,
	    NOTHING },
};

static void expect_challenge(
    const struct challenge *c, unsigned wanted, const char *body)
{
	unsigned status = 0;
	size_t len = ask(c->door, c->method, c->host, c->path, &status);

	ck_assert_uint_eq(status, wanted);
	check_answer(len, status, reason_of(status), body, strlen(body),
	    strcmp(c->method, "HEAD") == 0);
}

START_TEST(a1_rfc8555_8_3_a_token_that_was_provisioned_and_no_other)
{
	const struct challenge *c = &challenges[_i];
	char dir[] = "/tmp/check_site.XXXXXX";
	struct site_plan plan = { .host = OWN };
	struct err err;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	plan.challenges = open(dir, O_PATH | O_DIRECTORY);
	teardown();
	open_site(&plan);
	/* Not before it is there, and not after. */
	expect_challenge(c, 404, NOTHING);
	ck_assert_int_eq(challenge_write(dir, TOKEN, TOKEN "." THUMB, &err), 0);
	ck_assert_int_eq(challenge_write(dir, OURS, THUMB, &err), 0);
	for (int again = 0; again < 2; again++)
		expect_challenge(c, c->status, c->body);
	challenge_remove(dir, TOKEN);
	challenge_remove(dir, OURS);
	expect_challenge(c, 404, NOTHING);
	(void)close(plan.challenges); /* was only named */
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(a_node_that_sends_challenges_on_does_so_for_its_hosts_alone)
{
	const struct challenge *c = &challenges[_i];
	const struct site_plan plan = {
		.host = OWN, .challenges = -1, .redirect = ELSEWHERE
	};

	teardown();
	open_site(&plan);
	for (int again = 0; again < 2; again++)
		expect_challenge(c, c->sent_on, c->sent_on_body);
}
END_TEST

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir); /* it was only read */
	return count;
}

/*
 * What the gate never lets through: two requests in one make two answers, and
 * one that announces a body makes none, and would swallow the next request.
 * Such a connection is dropped, the next request has a new one.
 */
START_TEST(an_answer_too_many_or_none_is_500_and_drops_the_connection)
{
	static const char *const paths[] = {
		"/ HTTP/1.1\r\nHost: " OURS "\r\n\r\nGET /",
		"/ HTTP/1.1\r\nContent-Length: 999\r\nX:",
	};
	static const char body[] = "Something went wrong here.\n";
	int before = count_descriptors();

	for (int i = 0; i < COUNT(paths); i++) {
		unsigned status = 0;
		size_t len = ask(DOOR_HTTPS, "GET", OURS, paths[i], &status);

		ck_assert_uint_eq(status, 500);
		check_answer(len, 500, "Internal Server Error", body,
		    sizeof(body) - 1, false);
		len = ask(DOOR_HTTPS, "GET", OURS, PATH, &status);
		ck_assert_uint_eq(status, 200);
		check_answer(len, 200, "OK", POLICY, sizeof(POLICY) - 1, false);
		ck_assert_int_eq(count_descriptors(), before);
	}
}
END_TEST

START_TEST(a_thousand_requests_leave_nothing_behind)
{
	int before = count_descriptors();

	for (int i = 0; i < 1000; i++) {
		const struct route *r = &routes[i % COUNT(routes)];
		unsigned status = 0;

		(void)ask(r->door, r->method, r->host, r->path, &status);
		ck_assert_uint_eq(status, r->status);
	}
	ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

#define LINE  "HTTP/1.1 200 OK\r\n"
#define OK    LINE "Content-Length: 2\r\n"
#define CLOSE "Connection: close\r\n"
#define END   "\r\n"

/* What libmicrohttpd might say to a reply of 200 and "ab". */
static const struct copy {
	bool head;
	const char *bytes;
	const char *copy; /* NULL: it must not be passed on */
	bool closing;
} copies[] = {
	{ false, OK END "ab", OK CLOSE END "ab", false },
	{ true, OK END, OK CLOSE END, false },
	{ false, OK "Connection: Keep-Alive\r\nKeep-Alive: x\r\n" END "ab",
	    OK CLOSE END "ab", false },
	{ false, OK "connection: close\r\n" END "ab", OK CLOSE END "ab", true },
	{ false, "", NULL, false },
	{ false, OK, NULL, false },
	{ false, OK END "a", NULL, false },
	{ false, OK END "abc", NULL, false },
	{ true, OK END "ab", NULL, false },
	{ false, LINE END "ab", NULL, false },
	{ false, LINE "Content-Length: 3\r\n" END "ab", NULL, false },
	{ false, LINE "Content-Length: 22\r\n" END "ab", NULL, false },
	{ false, OK END "ax", NULL, false },
	{ false, OK "Content-Length: 2\r\n" END "ab", NULL, false },
	{ false, "HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n" END "ab", NULL,
	    false },
	{ false, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n" END "ab", NULL,
	    false },
	{ false, "x" OK END "ab", NULL, false },
};

START_TEST(only_the_answer_that_was_asked_for_is_copied)
{
	const struct copy *c = &copies[_i];
	const struct reply reply = { 200, "ab", 2, NULL };
	bool closing = false;
	size_t len = wire_copy(&reply, c->head, c->bytes, strlen(c->bytes),
	    answer, sizeof(answer), &closing);

	ck_assert_uint_eq(len, c->copy != NULL ? strlen(c->copy) : 0);
	if (c->copy != NULL)
		ck_assert_mem_eq(answer, c->copy, len);
	ck_assert_int_eq(closing, c->closing);
	/* The same where there is no room for it. */
	ck_assert_uint_eq(wire_copy(&reply, c->head, c->bytes, strlen(c->bytes),
	                      answer, 50, &closing),
	    0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http/site");
	TCase *tc = tcase_create("answers");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
	    tc, rfc8461_h1_h7_routes_and_whole_answers, 0, COUNT(routes));
	tcase_add_test(tc, rfc8461_h9_the_largest_policy_comes_whole);
	tcase_add_test(tc, host_may_be_a_policy_host_too_or_nobody);
	tcase_add_loop_test(tc, p5_refusals_are_whole_and_say_nothing_of_us, 0,
	    COUNT(refusals));
	tcase_add_loop_test(tc,
	    a1_rfc8555_8_3_a_token_that_was_provisioned_and_no_other, 0,
	    COUNT(challenges));
	tcase_add_loop_test(tc,
	    a_node_that_sends_challenges_on_does_so_for_its_hosts_alone, 0,
	    COUNT(challenges));
	tcase_add_test(
	    tc, an_answer_too_many_or_none_is_500_and_drops_the_connection);
	tcase_add_test(tc, a_thousand_requests_leave_nothing_behind);
	tcase_add_loop_test(
	    tc, only_the_answer_that_was_asked_for_is_copied, 0, COUNT(copies));
	return suite_run(suite);
}
