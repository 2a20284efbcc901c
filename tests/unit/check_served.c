/* SPDX-License-Identifier: ISC */

/* Until when senders may hold what was served: by hours, and on disk. */

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
#include "config/served.h"
#include "policy/catalog.h"
#include "policy/policy.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define DAY      ((int64_t)86400)
#define YEAR     ((int64_t)POLICY_MAX_AGE_MAX)
#define NOW      ((int64_t)1796000000) /* 2026-11-30T00:53:20Z */
#define NAME     "a.example"

static char state[] = "/tmp/check_served.XXXXXX";
static char path[64], aside[64];
static struct arena *arena;
static struct served *served;
static struct err err;

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(state));
	(void)snprintf(path, sizeof(path), "%s/served", state);
	(void)snprintf(aside, sizeof(aside), "%s/served.corrupt", state);
	arena = arena_new(false);
	served = served_new();
}

static void tear_down(void)
{
	served_free(served);
	arena_free(arena);
	(void)unlink(path); /* they may not be there */
	(void)unlink(aside);
	ck_assert_int_eq(rmdir(state), 0);
}

static void add(
    struct catalog *c, const char *domain, enum mode mode, int64_t max_age)
{
	static const char *const mx[] = { "mail.example" };
	const struct policy p = { mode, (uint32_t)max_age, mx, 1 };
	struct catalog_entry e = { .domain = domain, .mode = mode, .id = "x" };

	ck_assert_int_eq(
	    policy_render(&p, arena, &e.policy, &e.policy_len, NULL), 0);
	ck_assert_int_eq(catalog_add(c, &e), 0);
}

static bool has_pair(const void *cookie, const struct catalog_entry *e)
{
	ck_assert_ptr_eq(cookie, served);
	return strncmp(e->domain, "without", 7) != 0;
}

static bool follow(const struct catalog *c, int64_t now)
{
	return served_follow(served, c, has_pair, served, now);
}

/* From now on NAME has this policy; a max_age below 0: it is not there. */
static bool serve(enum mode mode, int64_t max_age, int64_t now)
{
	struct catalog *c = catalog_new(arena);

	if (max_age >= 0)
		add(c, NAME, mode, max_age);
	catalog_seal(c);
	return follow(c, now);
}

static void restart(void)
{
	ck_assert_int_eq(served_write(served, state, &err), 0);
	served_free(served);
	served = served_new();
	ck_assert_int_eq(served_read(served, state, &err), SERVED_WHOLE);
}

enum { END, SERVE, GO_ON, RESTART };

/* What happens, each at its moment, and what is held at the last of them. */
static const struct {
	struct {
		int what;
		enum mode mode;
		int64_t max_age, at;
	} steps[6];
	int64_t asked, until; /* of NOW; until 0: nothing is held */
} stories[] = {
	/* Served: for its max_age from whenever it is asked. */
	{ { { SERVE, MODE_ENFORCE, DAY, 0 } }, 0, DAY },
	{ { { SERVE, MODE_TESTING, DAY, 0 } }, 0, DAY },
	{ { { SERVE, MODE_ENFORCE, DAY, 0 }, { GO_ON, 0, 0, 7 * DAY } },
	    7 * DAY, 8 * DAY },
	{ { { SERVE, MODE_NONE, DAY, 0 } }, 0, 0 },
	{ { { SERVE, MODE_ENFORCE, 0, 0 } }, DAY, 0 },
	/* It goes: for its max_age from then. */
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, 0 }, { SERVE, 0, -1, DAY } },
	    2 * DAY, 8 * DAY },
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, 0 },
	      { SERVE, MODE_NONE, DAY, DAY } },
	    8 * DAY, 8 * DAY },
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, 0 },
	      { SERVE, MODE_NONE, DAY, DAY } },
	    9 * DAY, 0 },
	/* A longer one of before counts until its moment. */
	{ { { SERVE, MODE_TESTING, 30 * DAY, 0 },
	      { SERVE, MODE_ENFORCE, DAY, DAY } },
	    DAY, 31 * DAY },
	{ { { SERVE, MODE_TESTING, 30 * DAY, 0 },
	      { SERVE, MODE_ENFORCE, DAY, DAY }, { SERVE, 0, -1, 2 * DAY } },
	    2 * DAY, 31 * DAY },
	{ { { SERVE, MODE_TESTING, 30 * DAY, 0 },
	      { SERVE, MODE_ENFORCE, DAY, DAY }, { GO_ON, 0, 0, 40 * DAY },
	      { SERVE, 0, -1, 40 * DAY } },
	    40 * DAY, 41 * DAY },
	{ { { SERVE, MODE_ENFORCE, DAY, 0 },
	      { SERVE, MODE_ENFORCE, 30 * DAY, DAY },
	      { SERVE, MODE_NONE, DAY, 2 * DAY } },
	    2 * DAY, 32 * DAY },
	/* It comes back, and goes again. */
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, 0 }, { SERVE, 0, -1, DAY },
	      { SERVE, MODE_ENFORCE, DAY, 2 * DAY },
	      { SERVE, 0, -1, 3 * DAY } },
	    3 * DAY, 8 * DAY },
	/* A daemon that is down serves nothing. */
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, 0 }, { RESTART, 0, 0, 0 } },
	    5 * DAY, 7 * DAY },
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, 0 }, { RESTART, 0, 0, 0 },
	      { SERVE, 0, -1, 5 * DAY } },
	    5 * DAY, 7 * DAY },
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, 0 }, { RESTART, 0, 0, 0 },
	      { SERVE, MODE_ENFORCE, DAY, 5 * DAY } },
	    5 * DAY, 7 * DAY },
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, 0 }, { GO_ON, 0, 0, DAY },
	      { RESTART, 0, 0, DAY } },
	    DAY, 8 * DAY },
	/* A clock is set back by an hour: nothing is held shorter. */
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, DAY },
	      { GO_ON, 0, 0, DAY - 3600 } },
	    DAY - 3600, 8 * DAY },
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, DAY },
	      { SERVE, 0, -1, DAY - 3600 } },
	    DAY - 3600, 8 * DAY },
	/* By years: it was wrong before, and nothing is held for years. */
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, 9 * YEAR }, { GO_ON, 0, 0, DAY } },
	    DAY, 8 * DAY },
	{ { { SERVE, MODE_ENFORCE, 7 * DAY, 9 * YEAR },
	      { SERVE, 0, -1, 9 * YEAR } },
	    DAY, DAY + YEAR },
	/* It was wrong when the daemon began, and is set right. */
	{ { { SERVE, MODE_ENFORCE, 30 * DAY, 0 }, { RESTART, 0, 0, 0 },
	      { SERVE, MODE_ENFORCE, DAY, -9 * YEAR }, { GO_ON, 0, 0, DAY } },
	    DAY, 30 * DAY },
};

START_TEST(rfc8461_h15_every_policy_ever_served)
{
	int64_t until;

	for (int i = 0; stories[_i].steps[i].what != END; i++) {
		int64_t at = NOW + stories[_i].steps[i].at;

		if (stories[_i].steps[i].what == SERVE)
			(void)serve(stories[_i].steps[i].mode,
			    stories[_i].steps[i].max_age, at);
		else if (stories[_i].steps[i].what == GO_ON)
			served_go_on(served, at);
		else
			restart();
	}
	until = served_until(served, NAME, NOW + stories[_i].asked);
	if (stories[_i].until == 0)
		ck_assert_int_eq(until, 0);
	else
		ck_assert_int_eq(
		    until, NOW + stories[_i].until + SERVED_AHEAD_S);
}
END_TEST

START_TEST(a_change_is_a_change_of_what_is_held)
{
	ck_assert(serve(MODE_ENFORCE, DAY, NOW));
	ck_assert(!serve(MODE_ENFORCE, DAY, NOW + 9));
	ck_assert(!serve(MODE_TESTING, DAY, NOW + 9));
	ck_assert(serve(MODE_TESTING, DAY + 1, NOW + 9));
	ck_assert(serve(MODE_NONE, DAY, NOW + 9));
	ck_assert(!serve(0, -1, NOW + 9));
	ck_assert_uint_eq(served_count(served), 1);
	ck_assert(!serve(0, -1, NOW + 2 * DAY));
	ck_assert_uint_eq(served_count(served), 0);
}
END_TEST

START_TEST(what_cannot_be_fetched_is_held_by_nobody)
{
	struct catalog *c = catalog_new(arena);

	add(c, "a.example", MODE_ENFORCE, DAY);
	add(c, "without.example", MODE_ENFORCE, DAY);
	add(c, "z.example", MODE_ENFORCE, 2 * DAY);
	catalog_seal(c);
	ck_assert(follow(c, NOW));
	ck_assert_uint_eq(served_count(served), 2);
	ck_assert_str_eq(served_domain(served, 1), "z.example");
	ck_assert_int_eq(served_until(served, "without.example", NOW), 0);
	ck_assert_int_eq(served_until(served, "z.example", NOW),
	    NOW + SERVED_AHEAD_S + 2 * DAY);
}
END_TEST

/* For an operator who looks, and for a version to come. */
START_TEST(the_file_is_text)
{
	static const char text[] = "as-of 2026-12-01T00:54:20Z\n"
	                           "a.example 86400 2026-12-30T00:54:20Z\n"
	                           "b.example - 2026-12-07T00:54:20Z\n"
	                           "c.example 604800 -\n";
	struct catalog *first = catalog_new(arena), *then = catalog_new(arena);
	struct stat st;
	char *bytes;
	size_t len;

	add(first, "a.example", MODE_ENFORCE, 29 * DAY);
	add(first, "b.example", MODE_TESTING, 6 * DAY);
	add(first, "c.example", MODE_TESTING, 7 * DAY);
	catalog_seal(first);
	add(then, "a.example", MODE_ENFORCE, DAY);
	add(then, "b.example", MODE_NONE, DAY);
	add(then, "c.example", MODE_ENFORCE, 7 * DAY);
	catalog_seal(then);
	(void)follow(first, NOW);
	(void)follow(then, NOW + DAY);
	ck_assert_int_eq(served_write(served, state, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(file_read(path, 65536, &bytes, &len, NULL, &err), 0);
	ck_assert_ptr_eq(strstr(bytes, "mta-stsd served 1 "), bytes);
	ck_assert_str_eq(strchr(bytes, '\n') + 1, text);
	free(bytes);
}
END_TEST

static void put(const char *bytes, size_t len)
{
	ck_assert_int_eq(file_replace(path, bytes, len, 0600, &err), 0);
}

static enum served_found read_anew(void)
{
	served_free(served);
	served = served_new();
	return served_read(served, state, &err);
}

START_TEST(a_damaged_file_is_refused)
{
	char *bytes;
	size_t len;

	(void)serve(MODE_ENFORCE, DAY, NOW);
	ck_assert_int_eq(served_write(served, state, &err), 0);
	ck_assert_int_eq(file_read(path, 65536, &bytes, &len, NULL, &err), 0);
	for (size_t cut = 0; cut < len; cut++) {
		put(bytes, cut);
		ck_assert_int_eq(read_anew(), SERVED_BROKEN);
	}
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= (char)(1 << i % 8);
		put(bytes, len);
		bytes[i] ^= (char)(1 << i % 8);
		ck_assert_int_ne(read_anew(), SERVED_WHOLE);
		ck_assert_uint_eq(served_count(served), 0);
	}
	free(bytes);
}
END_TEST

#define AS_OF "as-of 2026-12-01T00:54:20Z\n"

/* With a digest that is right: written by a version that was wrong, say. */
static const struct {
	const char *body;
	enum served_found found;
} bodies[] = {
	{ AS_OF, SERVED_WHOLE },
	{ AS_OF "a.example 86400 -\n", SERVED_WHOLE },
	{ AS_OF "a.example 0 -\nb.example - -\n", SERVED_WHOLE },
	{ AS_OF "a.example 31557600 2026-12-30T00:54:20Z\n", SERVED_WHOLE },
	{ "", SERVED_BROKEN },
	{ "\n", SERVED_BROKEN },
	{ "as-of\n", SERVED_BROKEN },
	{ "as-of tomorrow\n", SERVED_BROKEN },
	{ "as-of 2026-12-01T00:54:20Z", SERVED_BROKEN },
	{ AS_OF "\n", SERVED_BROKEN },
	{ AS_OF "a.example\n", SERVED_BROKEN },
	{ AS_OF "a.example 86400\n", SERVED_BROKEN },
	{ AS_OF "a.example 86400 - -\n", SERVED_BROKEN },
	{ AS_OF "a.example 86400 -", SERVED_BROKEN },
	{ AS_OF "a.example  86400 -\n", SERVED_BROKEN },
	{ AS_OF "a.example +1 -\n", SERVED_BROKEN },
	{ AS_OF "a.example 1x -\n", SERVED_BROKEN },
	{ AS_OF "a.example 31557601 -\n", SERVED_BROKEN },
	{ AS_OF "a.example 99999999999999999999 -\n", SERVED_BROKEN },
	{ AS_OF "a.example 86400 2026-12-32T00:54:20Z\n", SERVED_BROKEN },
	{ AS_OF "a.example - 1970-01-01T00:00:00Z\n", SERVED_BROKEN },
	{ AS_OF "A.example 86400 -\n", SERVED_BROKEN },
	{ AS_OF "\033[2J.example 86400 -\n", SERVED_BROKEN },
	{ AS_OF "a.example 1 -\na.example 1 -\n", SERVED_BROKEN },
	{ AS_OF "b.example 1 -\na.example 1 -\n", SERVED_BROKEN },
};

static void put_body(const char *head, const char *body)
{
	unsigned char digest[DIGEST_LEN];
	char hex[DIGEST_HEX_LEN + 1], text[1024];

	digest_bytes(body, strlen(body), digest);
	digest_hex(digest, hex);
	(void)snprintf(text, sizeof(text), "%s%s\n%s", head, hex, body);
	put(text, strlen(text));
}

START_TEST(nothing_in_it_is_trusted)
{
	put_body("mta-stsd served 1 ", bodies[_i].body);
	ck_assert_int_eq(read_anew(), bodies[_i].found);
	if (bodies[_i].found != SERVED_WHOLE)
		ck_assert_uint_eq(served_count(served), 0);
}
END_TEST

START_TEST(a_nul_is_no_end)
{
	char text[256];
	unsigned char digest[DIGEST_LEN];
	static const char body[] = AS_OF "\0";

	digest_bytes(body, sizeof(body), digest);
	(void)snprintf(text, sizeof(text), "mta-stsd served 1 ");
	digest_hex(digest, text + strlen(text));
	text[strlen(text) + 1] = '\0';
	text[18 + DIGEST_HEX_LEN] = '\n';
	memcpy(text + 19 + DIGEST_HEX_LEN, body, sizeof(body));
	put(text, 19 + DIGEST_HEX_LEN + sizeof(body));
	ck_assert_int_eq(read_anew(), SERVED_BROKEN);
}
END_TEST

static const struct {
	const char *head;
	enum served_found found;
} heads[] = {
	{ "mta-stsd served 1 ", SERVED_WHOLE },
	{ "mta-stsd served 2 ", SERVED_NEWER },
	{ "mta-stsd served 10 another digest ", SERVED_NEWER },
	{ "mta-stsd served 0 ", SERVED_BROKEN },
	{ "mta-stsd served 02 ", SERVED_BROKEN },
	{ "mta-stsd served -2 ", SERVED_BROKEN },
	{ "mta-stsd served x ", SERVED_BROKEN },
	{ "mta-stsd other 2 ", SERVED_BROKEN },
};

START_TEST(a_version_to_come_is_known)
{
	put_body(heads[_i].head, AS_OF);
	ck_assert_int_eq(read_anew(), heads[_i].found);
	if (heads[_i].found != SERVED_WHOLE)
		ck_assert_ptr_nonnull(strstr(err.text, path));
}
END_TEST

START_TEST(there_may_be_none_and_it_may_be_set_aside)
{
	ck_assert_int_eq(read_anew(), SERVED_NONE);
	ck_assert_int_eq(served_set_aside(state, &err), -1);
	put("x", 1);
	ck_assert_int_eq(read_anew(), SERVED_BROKEN);
	ck_assert_int_eq(served_set_aside(state, &err), 0);
	ck_assert_int_eq(read_anew(), SERVED_NONE);
	ck_assert_int_eq(access(aside, F_OK), 0);
	ck_assert_int_eq(served_write(served, "/nowhere", &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/served"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("served");
	TCase *t = tcase_create("served");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(
	    t, rfc8461_h15_every_policy_ever_served, 0, COUNT(stories));
	tcase_add_test(t, a_change_is_a_change_of_what_is_held);
	tcase_add_test(t, what_cannot_be_fetched_is_held_by_nobody);
	tcase_add_test(t, the_file_is_text);
	tcase_add_test(t, a_damaged_file_is_refused);
	tcase_add_loop_test(t, nothing_in_it_is_trusted, 0, COUNT(bodies));
	tcase_add_test(t, a_nul_is_no_end);
	tcase_add_loop_test(t, a_version_to_come_is_known, 0, COUNT(heads));
	tcase_add_test(t, there_may_be_none_and_it_may_be_set_aside);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
