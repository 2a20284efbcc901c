/* SPDX-License-Identifier: ISC */

/* The last good catalog on disk: as it was, or not at all. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "config/config.h"
#include "config/faults.h"
#include "config/lastgood.h"
#include "policy/catalog.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static char state[] = "/tmp/check_lastgood.XXXXXX";
static char path[64];
static struct arena *arena;
static struct err err;

static const char yaml[] =
    "state: %s\n"
    "delegated: sts.example.net\n"
    "defaults: { mode: enforce, mx: [mail.example.com, \"*.b.example\"] }\n"
    "domains:\n"
    "  a.example: { tlsrpt: \"mailto:a@example.com\" }\n"
    "  b.example: { mode: none, delegated: no, mx: [] }\n"
    "  b\xc3\xbc"
    "cher.example: {}\n";

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(state));
	(void)snprintf(path, sizeof(path), "%s/last-good", state);
	arena = arena_new(false);
}

static void tear_down(void)
{
	arena_free(arena);
	(void)unlink(path); /* it may not be there */
	ck_assert_int_eq(rmdir(state), 0);
}

static struct config *written(void)
{
	struct faults *f = faults_new();
	struct config *c;
	char text[512];

	(void)snprintf(text, sizeof(text), yaml, state);
	c = config_open_bytes("etc/x.yaml", text, strlen(text), f);
	ck_assert_ptr_nonnull(c);
	config_fill(c, NULL, 0, f);
	faults_free(f);
	ck_assert_int_eq(lastgood_write(c, &err), 0);
	return c;
}

static int read_back(const struct catalog **ret_catalog)
{
	struct lastgood last = { .catalog = NULL };
	int result = lastgood_read(state, arena, &last, &err);

	*ret_catalog = last.catalog;
	return result;
}

static void assert_same(
    const struct catalog_entry *a, const struct catalog_entry *b)
{
	ck_assert_str_eq(a->domain, b->domain);
	ck_assert_str_eq(a->host, b->host);
	ck_assert_int_eq(a->mode, b->mode);
	ck_assert_str_eq(a->id, b->id);
	ck_assert_uint_eq(a->policy_len, b->policy_len);
	ck_assert_str_eq(a->policy, b->policy);
	ck_assert_pstr_eq(a->tlsrpt, b->tlsrpt);
	ck_assert(a->delegated == b->delegated);
}

START_TEST(what_was_written_is_read)
{
	struct config *c = written();
	struct lastgood last;
	struct stat st;

	ck_assert_int_eq(lastgood_read(state, arena, &last, &err), 0);
	ck_assert_str_eq(last.path, c->path);
	ck_assert_int_eq(last.path[0], '/');
	ck_assert_uint_eq(last.main_len, c->main_len);
	ck_assert_mem_eq(last.main, c->main_bytes, last.main_len + 1);
	ck_assert_uint_eq(catalog_count(last.catalog), 3);
	ck_assert_str_eq(catalog_at(last.catalog, 0)->origin, c->path);
	for (size_t i = 0; i < 3; i++)
		assert_same(
		    catalog_at(last.catalog, i), catalog_at(c->catalog, i));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	config_free(c);
}
END_TEST

START_TEST(there_may_be_none)
{
	const struct catalog *last;

	ck_assert_int_eq(read_back(&last), 1);
}
END_TEST

static void put(const char *bytes, size_t len)
{
	ck_assert_int_eq(file_replace(path, bytes, len, 0600, &err), 0);
}

/* Wherever it is cut, and whatever bit is turned. */
START_TEST(a_damaged_file_is_refused)
{
	const struct catalog *last;
	char *bytes;
	size_t len;

	config_free(written());
	ck_assert_int_eq(file_read(path, 65536, &bytes, &len, NULL, &err), 0);
	for (size_t cut = 0; cut < len; cut += 7) {
		put(bytes, cut);
		ck_assert_int_eq(read_back(&last), -1);
	}
	for (size_t i = 0; i < len; i += 5) {
		bytes[i] ^= (char)(1 << i % 8);
		put(bytes, len);
		bytes[i] ^= (char)(1 << i % 8);
		ck_assert_int_eq(read_back(&last), -1);
		ck_assert_ptr_null(last);
	}
	free(bytes);
}
END_TEST

#define ENTRY(domain, id, delegated, policy)                                   \
	"1:1," domain "1:x," id "0:," delegated policy
#define NONE  "44:version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n,"
#define GOOD  ENTRY("9:a.example,", "1:a,", "1:0,", NONE)
#define OTHER ENTRY("9:a.example,", "1:a,", "1:1,", NONE)

/* With a digest that is right: written by a version that was wrong, say. */
static const struct {
	const char *body;
	int result;
} bodies[] = {
	{ "0:,1:0,", 0 },
	{ "4:a: b,1:0,", 0 },
	{ "0:," GOOD, 0 },
	{ "0:," OTHER, 0 },
	{ "", -1 },
	{ "0:,", -1 },
	{ "0:,1:1,", -1 },
	{ "0:,1:0,x", -1 },
	{ "0:,1:-,", -1 },
	{ "0:,0:,", -1 },
	{ "0:,2:1x,", -1 },
	{ "-1:,1:0,", -1 },
	{ ":,1:0,", -1 },
	{ "99999999999999999999:,1:0,", -1 },
	{ "4294967295:,1:0,", -1 },
	{ "1:,1:0,", -1 },
	{ "0:," GOOD GOOD, -1 },
	{ "0:,1:2,9:a.example,1:x,1:a,0:,1:0," NONE
	  "9:a.example,1:x,1:a,0:,1:0," NONE,
	    -1 },
	{ "0:," ENTRY("0:,", "1:a,", "1:0,", NONE), -1 },
	{ "0:," ENTRY("9:A.example,", "1:a,", "1:0,", NONE), -1 },
	{ "0:," ENTRY("7:example,", "1:a,", "1:0,", NONE), -1 },
	{ "0:," ENTRY("9:a.example,", "0:,", "1:0,", NONE), -1 },
	{ "0:," ENTRY("9:a.example,", "3:a b,", "1:0,", NONE), -1 },
	{ "0:," ENTRY("9:a.example,", "33:aaaaaaaaaabbbbbbbbbbccccccccccddd,",
	      "1:0,", NONE),
	    -1 },
	{ "0:," ENTRY("9:a.example,", "1:a,", "1:2,", NONE), -1 },
	{ "0:," ENTRY("9:a.example,", "1:a,", "1:0,", "0:,"), -1 },
	{ "0:," ENTRY("9:a.example,", "1:a,", "1:0,", "3:a\r\n,"), -1 },
};

START_TEST(nothing_in_it_is_trusted)
{
	unsigned char digest[DIGEST_LEN];
	char hex[DIGEST_HEX_LEN + 1], text[1024], body[800];
	const struct catalog *last;

	(void)snprintf(body, sizeof(body), "2:/c,%s", bodies[_i].body);
	digest_bytes(body, strlen(body), digest);
	digest_hex(digest, hex);
	(void)snprintf(
	    text, sizeof(text), "mta-stsd last-good 1 %s\n%s", hex, body);
	put(text, strlen(text));
	ck_assert_int_eq(read_back(&last), bodies[_i].result);
	ck_assert((last != NULL) == (bodies[_i].result == 0));
}
END_TEST

START_TEST(another_version_is_told)
{
	static const char text[] = "mta-stsd last-good 2 x\n";
	const struct catalog *last;
	char words[256];

	put(text, strlen(text));
	ck_assert_int_eq(read_back(&last), -1);
	(void)snprintf(words, sizeof(words),
	    "%s: cannot be used: it is of another version, or cut short", path);
	ck_assert_str_eq(err.text, words);
}
END_TEST

START_TEST(where_it_cannot_be_written_is_told)
{
	struct config *c = written();

	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(state), 0);
	ck_assert_int_eq(lastgood_write(c, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_int_eq(mkdir(state, 0700), 0);
	config_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lastgood");
	TCase *t = tcase_create("lastgood");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, what_was_written_is_read);
	tcase_add_test(t, there_may_be_none);
	tcase_add_test(t, a_damaged_file_is_refused);
	tcase_add_loop_test(t, nothing_in_it_is_trusted, 0, COUNT(bodies));
	tcase_add_test(t, another_version_is_told);
	tcase_add_test(t, where_it_cannot_be_written_is_told);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
