/* SPDX-License-Identifier: ISC */

/* When `mta-stsctl renew` runs: what it says, and the rules of pace. */

#include <check.h>
#include <string.h>

#include "daemon/manager_renew_when.h"

#include "suite.h"

#define S    ((int64_t)1000)
#define MIN  (60 * S)
#define HOUR (60 * MIN)

static const struct {
	const char *text;
	size_t len;       /* 0: the string's */
	int64_t expected; /* -1: refused */
} said[] = {
	{ "next 0\n", 0, 0 },
	{ "next 7\n", 0, 7 },
	{ "next 600\n", 0, 600 },
	{ "next 86400\n", 0, 86400 },
	{ "next 86401\n", 0, 86400 },
	{ "next 99999999999999999999999999999999999999999999999999999999\n", 0,
	    86400 },
	{ "next 00000000000000000000000000000000000000000000000000000012\n", 0,
	    12 },
	{ "next 000000000000000000000000000000000000000000000000000000012"
	  "00\n",
	    0, -1 }, /* 65 bytes */
	{ "", 0, -1 },
	{ "\n", 0, -1 },
	{ "next", 0, -1 },
	{ "next \n", 0, -1 },
	{ "next 7", 0, -1 }, /* it was cut */
	{ "next 7\n\n", 0, -1 },
	{ "next 7\nnext 8\n", 0, -1 },
	{ "\nnext 7\n", 0, -1 },
	{ "next  7\n", 0, -1 },
	{ "next 7 \n", 0, -1 },
	{ "next 7\r\n", 0, -1 },
	{ "next -7\n", 0, -1 },
	{ "next +7\n", 0, -1 },
	{ "next 7s\n", 0, -1 },
	{ "next 0x7\n", 0, -1 },
	{ "next 7.5\n", 0, -1 },
	{ "NEXT 7\n", 0, -1 },
	{ "next\t7\n", 0, -1 },
	{ "issued mta-sts.example.com\nnext 7\n", 0, -1 },
	{ "next 7\0\n", 8, -1 },
	{ "next \0\n", 7, -1 },
};

START_TEST(one_strict_line_is_read)
{
	int64_t again = -1;
	size_t len = said[_i].len ? said[_i].len : strlen(said[_i].text);
	bool ok = when_read(said[_i].text, len, &again);

	ck_assert_msg(ok == (said[_i].expected >= 0), "row %d", _i);
	ck_assert_msg(again == said[_i].expected, "row %d", _i);
}
END_TEST

/*
 * A story is a row of events; after each the deeds that follow are done, with
 * what they ask for begun, and their letters are compared: R a whole run, K
 * one for knocks, T told, X killed, and where nobody is told of a moment "-".
 */
struct event {
	int64_t at;
	/* b: acme begins; o: it ends; n: news; k: a knock comes; K: no knock
	 * waits any more; e: ended well, after again_s; t: by our telling; f:
	 * failed; .: nothing, it is only later */
	char what;
	int64_t again_s;
	const char *deeds;
	int64_t ask_again; /* the moment; 0: not compared */
};

#define START                                                                  \
	{                                                                      \
		0, 'b', 0, "R", 90 * MIN                                       \
	}

static const struct event stories[][24] = {
	{ /* without acme nothing ever happens */
	    { 0, '.', 0, "", WHEN_NEVER }, { 5 * S, 'k', 0, "", WHEN_NEVER },
	    { 24 * HOUR, '.', 0, "", WHEN_NEVER } },
	{ /* it begins, and comes back when it asked to */
	    START, { 5 * S, 'e', 600, "", 605 * S },
	    { 604 * S, '.', 0, "", 605 * S },
	    { 605 * S, '.', 0, "R", 605 * S + 90 * MIN },
	    { 606 * S, 'e', 86400, "", 606 * S + 24 * HOUR } },
	{ /* runs that ask for it at once are apart all the same */
	    START, { 1 * S, 'e', 0, "", 10 * S }, { 10 * S, '.', 0, "R", 0 },
	    { 30 * S, 'e', 0, "R", 0 } },
	{ /* failures: a minute, doubling to an hour, and back */
	    START, { 1 * S, 'f', 0, "", 61 * S }, { 61 * S, '.', 0, "R", 0 },
	    { 61 * S, 'f', 0, "", 61 * S + 2 * MIN },
	    { 200 * S, '.', 0, "R", 0 },
	    { 200 * S, 'f', 0, "", 200 * S + 4 * MIN },
	    { 1000 * S, '.', 0, "R", 0 },
	    { 1000 * S, 'f', 0, "", 1000 * S + 8 * MIN },
	    { 2000 * S, '.', 0, "R", 0 },
	    { 2000 * S, 'f', 0, "", 2000 * S + 16 * MIN },
	    { 4000 * S, '.', 0, "R", 0 },
	    { 4000 * S, 'f', 0, "", 4000 * S + 32 * MIN },
	    { 3 * HOUR, '.', 0, "R", 0 }, { 3 * HOUR, 'f', 0, "", 4 * HOUR },
	    { 5 * HOUR, '.', 0, "R", 0 }, { 5 * HOUR, 'f', 0, "", 6 * HOUR },
	    { 6 * HOUR, '.', 0, "R", 0 },
	    { 6 * HOUR + 20 * S, 'e', 3600, "", 7 * HOUR + 20 * S },
	    { 8 * HOUR, '.', 0, "R", 0 },
	    { 8 * HOUR, 'f', 0, "", 8 * HOUR + 1 * MIN } },
	{ /* news: at once, also while failures make it wait */
	    START, { 5 * S, 'e', 600, "", 0 }, { 6 * S, 'n', 0, "R", 0 },
	    { 7 * S, 'f', 0, "", 67 * S }, { 8 * S, 'n', 0, "R", 0 } },
	{ /* news while it runs: told once, and the next one follows */
	    START, { 5 * S, 'n', 0, "T", 90 * MIN },
	    { 6 * S, 'n', 0, "", 90 * MIN }, { 7 * S, 'k', 0, "", 90 * MIN },
	    { 8 * S, 'e', 600, "R", 18 * S }, { 9 * S, 'K', 0, "", 0 },
	    { 30 * S, 'e', 600, "", 630 * S } },
	{ /* the same, where it had no ear yet */
	    START, { 1 * S, 'n', 0, "T", 0 }, { 1 * S, 't', 0, "R", 0 },
	    { 9 * S, 'f', 0, "", 69 * S } },
	{ /* the first knock after quiet: at once; the next ones apart */
	    START, { 5 * S, 'e', 3600, "", 3605 * S },
	    { 60 * S, 'k', 0, "K", 0 }, { 61 * S, 'e', 3600, "", 3605 * S },
	    { 62 * S, 'k', 0, "", 70 * S }, { 69 * S, '.', 0, "", 70 * S },
	    { 70 * S, '.', 0, "K", 0 }, { 71 * S, 'e', 30, "", 101 * S } },
	{ /* a knock while a run for knocks is there: it waits for its end */
	    START, { 5 * S, 'e', 3600, "", 0 }, { 60 * S, 'k', 0, "K", 0 },
	    { 61 * S, 'k', 0, "", 60 * S + 90 * MIN },
	    { 90 * S, 'e', 3600, "K", 0 } },
	{ /* a knock interrupts a whole run, which is then taken up again */
	    START, { 5 * S, 'k', 0, "", 10 * S },
	    { 10 * S, '.', 0, "T", 90 * MIN }, { 11 * S, 'e', 3600, "K", 0 },
	    { 12 * S, 'e', 3600, "R", 0 },
	    /* but again after a minute only */
	    { 30 * S, 'k', 0, "", 71 * S }, { 71 * S, '.', 0, "T", 0 },
	    { 72 * S, 't', 0, "K", 0 }, { 73 * S, 'k', 0, "", 0 },
	    { 99 * S, 'f', 0, "", 159 * S } },
	{ /* knocks without end: every other run is a whole one */
	    START, { 15 * S, 'k', 0, "T", 0 }, { 16 * S, 'e', 0, "K", 0 },
	    { 50 * S, 'k', 0, "", 0 }, { 51 * S, 'e', 0, "R", 76 * S },
	    { 52 * S, 'e', 0, "K", 0 }, { 70 * S, 'k', 0, "", 0 },
	    { 90 * S, 'e', 0, "R", 112 * S } },
	{ /* while runs fail, no stranger starts or interrupts one */
	    START, { 5 * S, 'f', 0, "", 65 * S },
	    { 20 * S, 'k', 0, "", 65 * S },
	    { 65 * S, '.', 0, "R", 65 * S + 90 * MIN },
	    { 80 * S, '.', 0, "", 65 * S + 90 * MIN },
	    { 81 * S, 'f', 0, "", 81 * S + 2 * MIN },
	    { 300 * S, '.', 0, "R", 0 }, { 301 * S, 'e', 600, "K", 0 },
	    { 302 * S, 'f', 0, "", 362 * S } },
	{ /* a run for knocks is told of news, and its own are kept */
	    START, { 5 * S, 'e', 600, "", 0 }, { 20 * S, 'k', 0, "K", 0 },
	    { 21 * S, 'n', 0, "T", 0 },
	    { 22 * S, 'k', 0, "", 0 }, /* put back */
	    { 22 * S, 't', 0, "R", 80 * S }, { 30 * S, 'e', 600, "K", 0 } },
	{ /* acme ends while it runs, and begins again */
	    START, { 5 * S, 'o', 0, "T", 90 * MIN },
	    { 6 * S, 'e', 5, "", WHEN_NEVER },
	    { 60 * S, 'k', 0, "", WHEN_NEVER },
	    { 90 * S, 'K', 0, "", WHEN_NEVER }, { 99 * S, 'b', 0, "R", 0 } },
	{ /* ninety minutes are enough; what is killed has failed */
	    START, { 90 * MIN - 1, '.', 0, "", 90 * MIN },
	    { 90 * MIN, '.', 0, "X", WHEN_NEVER },
	    { 91 * MIN, '.', 0, "", WHEN_NEVER },
	    { 92 * MIN, 'n', 0, "", WHEN_NEVER },
	    { 93 * MIN, 'f', 0, "R", 93 * MIN + 90 * MIN } },
	{ /* also where it was told to end */
	    START, { 10 * S, 'n', 0, "T", 90 * MIN },
	    { 95 * MIN, '.', 0, "X", WHEN_NEVER } },
};

static void happen(struct when *w, const struct event *e, bool *knocked)
{
	switch (e->what) {
	case 'b':
		w->on = w->news = true;
		break;
	case 'o':
		w->on = w->news = false;
		break;
	case 'n':
		w->news = true;
		break;
	case 'k':
	case 'K':
		*knocked = e->what == 'k';
		break;
	case 'e':
		when_end(w, ENDED_WELL, e->again_s, e->at);
		break;
	case 't':
		when_end(w, ENDED_TOLD, 0, e->at);
		break;
	case 'f':
		when_end(w, ENDED_FAILED, 0, e->at);
		break;
	default:
		break;
	}
}

START_TEST(runs_are_as_the_story_says)
{
	static const char letters[] = {
		[DEED_RUN] = 'R',
		[DEED_RUN_KNOCKED] = 'K',
		[DEED_TELL] = 'T',
		[DEED_KILL] = 'X',
	};
	struct when w;
	bool knocked = false;

	when_init(&w);
	for (size_t i = 0; i < 24 && stories[_i][i].deeds != NULL; i++) {
		const struct event *e = &stories[_i][i];
		char deeds[8] = "";
		int64_t again = -1;
		enum deed d;

		happen(&w, e, &knocked);
		while (
		    (d = when_next(&w, knocked, e->at, &again)) != DEED_WAIT) {
			size_t n = strlen(deeds);

			ck_assert_msg(n < sizeof(deeds) - 1,
			    "story %d, row %zu: no end", _i, i);
			deeds[n] = letters[d];
			if (d == DEED_RUN_KNOCKED)
				knocked = false;
			if (d == DEED_RUN || d == DEED_RUN_KNOCKED)
				when_begin(&w, d == DEED_RUN_KNOCKED, e->at);
		}
		ck_assert_msg(strcmp(deeds, e->deeds) == 0,
		    "story %d, row %zu: %s, not %s", _i, i, deeds, e->deeds);
		ck_assert_msg(e->ask_again == 0 || e->ask_again == again,
		    "story %d, row %zu: asks again at %lld", _i, i,
		    (long long)again);
		/* It never asks to be asked again in the past. */
		ck_assert_msg(again > e->at, "story %d, row %zu", _i, i);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("daemon/manager_renew");
	TCase *t = tcase_create("when");

	tcase_add_loop_test(
	    t, one_strict_line_is_read, 0, (int)(sizeof(said) / sizeof(*said)));
	tcase_add_loop_test(t, runs_are_as_the_story_says, 0,
	    (int)(sizeof(stories) / sizeof(*stories)));
	suite_add_tcase(s, t);
	return suite_run(s);
}
