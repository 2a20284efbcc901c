/* SPDX-License-Identifier: ISC */

/* What mta-stsd says of itself, and what somebody else would. */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "ctl/daemon.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct arena *arena;

static void set_up(void)
{
	arena = arena_new(false);
}

static void tear_down(void)
{
	arena_free(arena);
}

static int read_text(const char *json, struct daemon *ret_daemon)
{
	return daemon_read(json, strlen(json), arena, ret_daemon);
}

static const char whole[] =
    "{ \"version\": \"0.1\", \"configuration\": \"/etc/x.yaml\","
    "  \"started\": \"2026-12-01T00:00:00Z\", \"alive\": true,"
    "  \"ready\": false, \"generation\": { \"number\": 7,"
    "  \"since\": \"2026-12-01T00:00:01Z\" }, \"reload\": {"
    "  \"at\": \"2026-12-01T00:00:02Z\", \"taken\": false, \"faults\": 3,"
    "  \"kept\": 4, \"held_by_brake\": 5 }, \"workers\": { \"wanted\": 2,"
    "  \"alive\": 1, \"restarts\": 6 }, \"hosts\": ["
    "  { \"domain\": \"b.example\", \"host\": \"mta-sts.b.example\","
    "    \"mode\": \"none\", \"id\": \"x\", \"certificate\": {"
    "    \"not_after\": \"2026-12-02T00:00:00Z\" } },"
    "  { \"domain\": null, \"host\": \"a.example\", \"id\": null } ],"
    "  \"strangers\": [ { \"host\": \"mta-sts.c.example\","
    "    \"at\": \"2026-12-03T00:00:00Z\" } ] }";

START_TEST(all_that_it_says_is_taken)
{
	const struct daemon_host *h;
	struct daemon d;

	ck_assert_int_eq(read_text(whole, &d), 0);
	ck_assert_str_eq(d.version, "0.1");
	ck_assert_str_eq(d.configuration, "/etc/x.yaml");
	ck_assert_int_eq(d.started, 1796083200);
	ck_assert(d.alive && !d.ready && !d.taken);
	ck_assert_int_eq(d.generation, 7);
	ck_assert_int_eq(d.since, 1796083201);
	ck_assert_int_eq(d.reloaded, 1796083202);
	ck_assert_int_eq(d.faults, 3);
	ck_assert_int_eq(d.kept, 4);
	ck_assert_int_eq(d.held, 5);
	ck_assert_int_eq(d.wanted, 2);
	ck_assert_int_eq(d.workers, 1);
	ck_assert_int_eq(d.restarts, 6);
	ck_assert_uint_eq(d.host_count, 2);
	h = daemon_find(&d, "mta-sts.b.example");
	ck_assert_str_eq(h->id, "x");
	ck_assert_str_eq(h->mode, "none");
	ck_assert_int_eq(h->not_after, 1796169600);
	h = daemon_find(&d, "a.example");
	ck_assert_ptr_null(h->domain);
	ck_assert_ptr_null(h->id);
	ck_assert_int_eq(h->not_after, 0);
	ck_assert_ptr_null(daemon_find(&d, "mta-sts.c.example"));
	ck_assert_uint_eq(d.stranger_count, 1);
	ck_assert_str_eq(d.strangers[0].host, "mta-sts.c.example");
	ck_assert_int_eq(d.strangers[0].at, 1796256000);
}
END_TEST

#define OWN "\"generation\": {}, \"workers\": {}"

static const struct {
	const char *json;
	int result;
} answers[] = {
	{ "{ " OWN ", \"hosts\": [] }", 0 },
	{ "{ " OWN ", \"hosts\": [ 1, \"x\", null, [], {} ] }", 0 },
	{ "{ " OWN ", \"hosts\": [ { \"host\": 1 }, { \"host\": \"\" } ] }",
	    0 },
	{ "{ " OWN ", \"hosts\": [], \"strangers\": 7, \"reload\": [] }", 0 },
	{ "{ " OWN ", \"hosts\": [], \"strangers\": [ {}, 1, [] ] }", 0 },
	{ "{ " OWN ", \"hosts\": [], \"started\": 1, \"version\": {} }", 0 },
	{ "", -1 },
	{ "x", -1 },
	{ "7", -1 },
	{ "null", -1 },
	{ "[]", -1 },
	{ "{}", -1 },
	{ "{ " OWN " }", -1 },
	{ "{ " OWN ", \"hosts\": {} }", -1 },
	{ "{ " OWN ", \"hosts\": [] } x", -1 },
	{ "{ " OWN ", \"hosts\": [ { \"host\": \"a\\u0000\" } ] }", -1 },
	{ "{ " OWN ", \"hosts\": [ { \"host\": \"\xff\" } ] }", -1 },
	{ "{ \"generation\": 1, \"workers\": {}, \"hosts\": [] }", -1 },
	{ "{ \"generation\": {}, \"workers\": 2, \"hosts\": [] }", -1 },
};

START_TEST(nothing_in_it_is_trusted)
{
	struct daemon d;

	ck_assert_int_eq(read_text(answers[_i].json, &d), answers[_i].result);
	if (answers[_i].result != 0)
		return;
	ck_assert_uint_eq(d.host_count, 0);
	ck_assert_uint_eq(d.stranger_count, 0);
	ck_assert_ptr_null(d.version);
	ck_assert(!d.alive);
}
END_TEST

START_TEST(no_more_strangers_than_a_hundred)
{
	char json[16384];
	size_t len = 0;
	struct daemon d;

	len += (size_t)snprintf(json, sizeof(json),
	    "{ " OWN ", \"hosts\": [], \"strangers\": [ {}");
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(json + len, sizeof(json) - len,
		    ", { \"host\": \"mta-sts.x.example\" }");
	(void)snprintf(json + len, sizeof(json) - len, " ] }");
	ck_assert_int_eq(read_text(json, &d), 0);
	ck_assert_uint_eq(d.stranger_count, 99);
	ck_assert_int_eq(d.strangers[0].at, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("daemon");
	TCase *t = tcase_create("daemon");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, all_that_it_says_is_taken);
	tcase_add_loop_test(t, nothing_in_it_is_trusted, 0, COUNT(answers));
	tcase_add_test(t, no_more_strangers_than_a_hundred);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
