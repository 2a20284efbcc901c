/* SPDX-License-Identifier: ISC */

/*
 * A directory of pairs in all its layouts, and what is done to it while it
 * serves: the last good pair must outlive all of it, and each fault be told
 * once. Two pairs, a and b, of one name are made before the tests.
 */

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "make_pair.h"
#include "tls/pair.h"
#include "tls/store.h"

#include "suite.h"

#define HOST  "mta-sts.a.example"
#define NOTES 16

static char certs[64];
static struct made a, b, chain;
static time_t now;

/* What was told, as "kind name: detail". */
static char notes[NOTES][512];
static int note_count;

static void on_note(void *cookie, const struct store_note *n)
{
	static const char *const kinds[] = { "broken", "kept", "odd" };

	(void)cookie;
	if (note_count < NOTES)
		snprintf(notes[note_count], sizeof(notes[0]), "%s %s: %s",
		    kinds[n->kind], n->name, n->detail);
	note_count++;
}

static unsigned steps; /* of the last load */

static void on_step(void *cookie)
{
	(void)cookie;
	steps++;
}

static const struct store_calls calls = { on_note, on_step, NULL };

static int remove_one(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	ck_assert_int_eq(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void make_once(void)
{
	struct recipe r = { .is_ca = true, .subject = "issuer" };

	now = time(NULL) + 3600; /* all that is made here is in date */
	chain = make_pair(&r);
	r = (struct recipe){ .names = "DNS:" HOST, .issuer = &chain };
	a = make_pair(&r);
	b = make_pair(&r);
}

static void set_up(void)
{
	strcpy(certs, "/tmp/check_store.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(certs));
	note_count = 0;
}

static void tear_down(void)
{
	ck_assert_uint_eq(ERR_peek_error(), 0);
	if (access(certs, F_OK) == 0)
		remove_tree(certs);
}

/* A path below certs; its directories are made. */
__attribute__((format(printf, 1, 2))) static const char *at(
    const char *fmt, ...)
{
	static char path[4][PATH_MAX];
	static int turn;
	char *p = path[turn++ % 4];
	size_t len = (size_t)snprintf(p, PATH_MAX, "%s/", certs);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p + len, PATH_MAX - len, fmt, ap);
	va_end(ap);
	for (size_t i = 1; p[i] != '\0'; i++)
		if (p[i] == '/') {
			p[i] = '\0';
			(void)mkdir(p, 0755);
			p[i] = '/';
		}
	return p;
}

static void put_pair(const char *dir, const struct made *m)
{
	write_certs(at("%s/cert.pem", dir), m->cert, chain.cert, NULL);
	write_key(at("%s/key.pem", dir), m->key);
}

/* The next store in the place of *s. */
static void load(struct store **s, unsigned flags)
{
	struct store *next;

	note_count = 0;
	steps = 0;
	next = store_load(certs, *s, flags, &calls);
	store_free(*s);
	*s = next;
}

static void expect_notes(int count, const char *first)
{
	ck_assert_msg(note_count == count, "%d notes, the first: %s",
	    note_count, notes[0]);
	if (count > 0)
		ck_assert_str_eq(notes[0], first);
}

static bool serves(
    const struct store *s, const char *host, const struct made *m)
{
	const struct pair *p = store_find(s, host, now);
	unsigned char *der = NULL;
	int len = i2d_X509(m->cert, &der);
	bool same = p != NULL && p->leaf.len == (size_t)len &&
	            memcmp(p->leaf.bytes, der, (size_t)len) == 0;

	OPENSSL_free(der);
	return same;
}

/* Longer than a file is held to be fresh. */
static void settle(void)
{
	usleep(80000);
}

static const struct {
	const char *cert, *key;
	bool is_good;
} layouts[] = {
	{ "d/cert.pem", "d/key.pem", true },
	{ "d/fullchain.pem", "d/privkey.pem", true },
	{ "d/cert.pem", "d/privkey.pem", true },
	{ "d/fullchain.pem", "d/key.pem", true },
	{ "d/cert.pem", "private/d/key.pem", true },
	{ "d/fullchain.pem", "private/d/key.pem", true },
	{ "d e/cert.pem", "d e/key.pem", true },
	{ ".d/cert.pem", ".d/key.pem", false },
	{ "private/cert.pem", "private/key.pem", false },
	{ "private/d/cert.pem", "private/d/key.pem", false },
	{ "cert.pem", "key.pem", false },
	{ "d/e/cert.pem", "d/e/key.pem", false },
	{ "d/cert-1700000000.pem", "private/d/key.pem", false },
	{ "d/cert.pem.tmp", "private/d/key.pem", false },
};

START_TEST(a_pair_is_found_in_every_layout)
{
	struct store *s = NULL;

	write_certs(at("%s", layouts[_i].cert), a.cert, chain.cert, NULL);
	write_key(at("%s", layouts[_i].key), a.key);
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert_uint_eq(store_count(s), layouts[_i].is_good);
	ck_assert(serves(s, HOST, &a) == layouts[_i].is_good);
	if (layouts[_i].is_good) {
		ck_assert_uint_ge(steps, 1);
		ck_assert_uint_eq(store_at(s, 0)->chain_count, 1);
		ck_assert_int_eq(strncmp(layouts[_i].cert, store_at(s, 0)->name,
		                     strlen(store_at(s, 0)->name)),
		    0);
	}
	store_free(s);
}
END_TEST

START_TEST(certbots_links_are_followed_and_its_fullchain_is_preferred)
{
	struct store *s = NULL;

	write_certs(at("../%s.archive/c1.pem", certs + 5), a.cert, NULL, NULL);
	write_certs(
	    at("../%s.archive/f1.pem", certs + 5), a.cert, chain.cert, NULL);
	write_key(at("../%s.archive/k1.pem", certs + 5), a.key);
	write_certs(
	    at("../%s.archive/f2.pem", certs + 5), b.cert, chain.cert, NULL);
	write_key(at("../%s.archive/k2.pem", certs + 5), b.key);
	for (int i = 1; i <= 2; i++) {
		char to[PATH_MAX];

		unlink(at("d/cert.pem"));
		unlink(at("d/fullchain.pem"));
		unlink(at("d/privkey.pem"));
		snprintf(to, sizeof(to), "%s.archive/c1.pem", certs);
		ck_assert_int_eq(symlink(to, at("d/cert.pem")), 0);
		snprintf(to, sizeof(to), "%s.archive/f%d.pem", certs, i);
		ck_assert_int_eq(symlink(to, at("d/fullchain.pem")), 0);
		snprintf(to, sizeof(to), "%s.archive/k%d.pem", certs, i);
		ck_assert_int_eq(symlink(to, at("d/privkey.pem")), 0);
		load(&s, 0);
		expect_notes(0, NULL);
		ck_assert(serves(s, HOST, i == 1 ? &a : &b));
		ck_assert_uint_eq(store_at(s, 0)->chain_count, 1);
	}
	store_free(s);
	remove_tree(at("../%s.archive", certs + 5));
}
END_TEST

START_TEST(nothing_is_said_of_a_key_that_waits_for_its_certificate)
{
	struct store *s = NULL;

	write_key(at("private/d/key.pem"), a.key);
	write_key(at("e/key.pem"), a.key);
	write_text(at("f/cert.pem.tmp"), "", 0);
	write_text(at("stray.pem"), "x", 1);
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert_uint_eq(store_count(s), 0);
	ck_assert_ptr_null(store_find(s, HOST, now));
	ck_assert(store_is_current(s));
	write_certs(at("d/cert.pem"), a.cert, NULL, NULL);
	ck_assert(!store_is_current(s));
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert(serves(s, HOST, &a));
	store_free(s);
}
END_TEST

START_TEST(what_is_broken_is_told_once_and_costs_itself_alone)
{
	struct store *s = NULL;

	put_pair("good", &a);
	write_certs(at("other/cert.pem"), b.cert, NULL, NULL);
	write_key(at("other/key.pem"), a.key);
	load(&s, 0);
	expect_notes(1, "broken other: other/key.pem: is the key of another "
	                "certificate");
	ck_assert(serves(s, HOST, &a));
	ck_assert_uint_eq(store_count(s), 1);
	load(&s, 0);
	expect_notes(0, NULL);
	write_key(at("other/key.pem"), a.key); /* the same, written anew */
	load(&s, 0);
	expect_notes(0, NULL);
	unlink(at("other/key.pem"));
	load(&s, 0);
	expect_notes(1,
	    "broken other: other/cert.pem: has no key (other/key.pem, "
	    "other/privkey.pem or private/other/key.pem)");
	write_key(at("private/other/key.pem"), b.key);
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert_uint_eq(store_count(s), 2);
	store_free(s);
}
END_TEST

/* A disk that fails once changes no file; /proc/self/mem is one that fails. */
START_TEST(what_could_not_be_read_is_read_again)
{
	static const struct {
		const char *key, *fault;
		bool again;
	} keys[] = {
		{ "/proc/self/mem", "broken d: d/key.pem: Input/output error",
		    true },
		{ "/dev/null", "broken d: d/key.pem: is not a regular file",
		    false },
	};
	struct store *s = NULL;
	struct stat st;

	write_certs(at("d/cert.pem"), a.cert, NULL, NULL);
	ck_assert_int_eq(symlink(keys[_i].key, at("d/key.pem")), 0);
	ck_assert_int_eq(stat(at("d/key.pem"), &st), 0);
	settle();
	load(&s, 0);
	expect_notes(1, keys[_i].fault);
	ck_assert_int_eq(store_is_current(s), !keys[_i].again);
	load(&s, 0);
	expect_notes(0, NULL);
	store_free(s);
}
END_TEST

/* How a file is replaced, and in which order the two are. */
static const struct {
	bool key_first, by_rename;
	const char *fault;
} rotations[] = {
	{ false, false,
	    "kept d: d/key.pem: is the key of another certificate" },
	{ false, true, "kept d: d/key.pem: is the key of another certificate" },
	{ true, false, "kept d: d/key.pem: is the key of another certificate" },
	{ true, true, "kept d: d/key.pem: is the key of another certificate" },
};

static void replace(const struct made *m, bool key, bool by_rename)
{
	const char *path = at("d/%s", key ? "key.pem" : "cert.pem");
	const char *temp = by_rename ? at("d/temp") : path;

	if (key)
		write_key(temp, m->key);
	else
		write_certs(temp, m->cert, chain.cert, NULL);
	if (by_rename)
		ck_assert_int_eq(rename(temp, path), 0);
}

START_TEST(the_last_good_pair_serves_until_a_new_one_is_whole)
{
	bool by_rename = rotations[_i].by_rename;
	struct store *s = NULL;

	put_pair("d", &a);
	load(&s, 0);
	for (int i = 0; i < 10; i++) {
		const struct made *old = i % 2 == 0 ? &a : &b;
		const struct made *new = i % 2 == 0 ? &b : &a;

		replace(new, rotations[_i].key_first, by_rename);
		load(&s, 0);
		expect_notes(1, rotations[_i].fault);
		ck_assert(serves(s, HOST, old));
		load(&s, 0);
		expect_notes(0, NULL);
		ck_assert(serves(s, HOST, old));
		replace(new, !rotations[_i].key_first, by_rename);
		load(&s, 0);
		expect_notes(0, NULL);
		ck_assert(serves(s, HOST, new));
	}
	store_free(s);
}
END_TEST

/* Within a tick of the file system's clock, where stat tells nothing. */
START_TEST(two_changes_at_once_are_two)
{
	struct store *s = NULL;

	put_pair("d", &a);
	for (int i = 0; i < 30; i++) {
		write_key(at("d/key.pem"), a.key);
		load(&s, 0);
		expect_notes(0, NULL);
		write_key(at("d/key.pem"), b.key);
		load(&s, 0);
		expect_notes(1, "kept d: d/key.pem: is the key of another "
		                "certificate");
	}
	store_free(s);
}
END_TEST

START_TEST(a_pair_that_breaks_or_goes_leaves_its_last_good_one)
{
	struct store *s = NULL;

	put_pair("d", &a);
	load(&s, 0);
	write_text(at("d/cert.pem"), "", 0);
	load(&s, 0);
	expect_notes(1, "kept d: d/cert.pem: holds no certificate");
	ck_assert(serves(s, HOST, &a));
	write_text(at("d/cert.pem"), "-----BEGIN CERT", 15);
	load(&s, 0);
	expect_notes(1, "kept d: d/cert.pem: is cut short or garbled");
	remove_tree(at("d"));
	load(&s, 0);
	expect_notes(1, "kept d: d/cert.pem: is gone");
	ck_assert(serves(s, HOST, &a));
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert(serves(s, HOST, &a));
	put_pair("d", &b);
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert(serves(s, HOST, &b));
	store_free(s);
}
END_TEST

START_TEST(take_all_keeps_nothing_that_is_broken_or_gone)
{
	struct store *s = NULL;

	put_pair("broken", &a);
	put_pair("gone", &a);
	put_pair("good", &b);
	load(&s, 0);
	write_text(at("broken/cert.pem"), "", 0);
	remove_tree(at("gone"));
	load(&s, 0);
	expect_notes(2, "kept broken: broken/cert.pem: holds no certificate");
	ck_assert_uint_eq(store_count(s), 3);
	load(&s, STORE_TAKE_ALL);
	expect_notes(1, "broken broken: broken/cert.pem: holds no certificate");
	ck_assert_uint_eq(store_count(s), 1);
	ck_assert(serves(s, HOST, &b));
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert_uint_eq(store_count(s), 1);
	store_free(s);
}
END_TEST

START_TEST(the_directory_gone_and_back_costs_nothing)
{
	struct store *s = NULL;
	char away[96], expected[256];

	put_pair("d", &a);
	put_pair("e", &b);
	settle();
	load(&s, 0);
	ck_assert(store_is_current(s));
	snprintf(away, sizeof(away), "%s.away", certs);
	ck_assert_int_eq(rename(certs, away), 0);
	ck_assert(!store_is_current(s));
	load(&s, 0);
	snprintf(expected, sizeof(expected),
	    "kept %s: %s: No such file or directory", certs, certs);
	expect_notes(1, expected);
	ck_assert_uint_eq(store_count(s), 2);
	ck_assert(store_is_current(s));
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert_int_eq(rename(away, certs), 0);
	ck_assert(!store_is_current(s));
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert_uint_eq(store_count(s), 2);
	ck_assert(store_is_current(s));
	store_free(s);
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_a_note_and_an_empty_store)
{
	struct store *s = NULL;
	char expected[256];

	remove_tree(certs);
	load(&s, 0);
	snprintf(expected, sizeof(expected),
	    "broken %s: %s: No such file or directory", certs, certs);
	expect_notes(1, expected);
	ck_assert_uint_eq(store_count(s), 0);
	ck_assert_ptr_null(store_find(s, HOST, now));
	store_free(s);
}
END_TEST

START_TEST(what_has_changed_is_seen_by_stat)
{
	struct store *s = NULL;

	put_pair("d", &a);
	settle();
	load(&s, 0);
	ck_assert(store_is_current(s));
	write_text(at("stray/notes.txt"), "x", 1);
	ck_assert(store_is_current(s));
	ck_assert_int_eq(chmod(at("d/key.pem"), 0640), 0);
	ck_assert(!store_is_current(s));
	settle();
	load(&s, 0);
	ck_assert(store_is_current(s));
	put_pair("e", &b);
	ck_assert(!store_is_current(s));
	settle();
	load(&s, 0);
	ck_assert(store_is_current(s));
	ck_assert_int_eq(rename(at("d"), at("f")), 0);
	ck_assert(!store_is_current(s));
	settle();
	load(&s, 0);
	ck_assert(store_is_current(s));
	write_certs(at("f/fullchain.pem"), a.cert, NULL, NULL);
	ck_assert(!store_is_current(s));
	store_free(s);
}
END_TEST

START_TEST(two_stores_are_the_same_where_they_serve_the_same)
{
	struct store *s, *t;

	put_pair("d", &a);
	s = store_load(certs, NULL, 0, &calls);
	put_pair("d", &a);
	write_text(at("e/cert.pem"), "", 0);
	t = store_load(certs, s, 0, &calls);
	ck_assert(store_same(s, t));
	store_free(t);
	put_pair("d", &b);
	t = store_load(certs, s, 0, &calls);
	ck_assert(!store_same(s, t));
	store_free(t);
	put_pair("d", &a);
	put_pair("f", &a);
	t = store_load(certs, s, 0, &calls);
	ck_assert(!store_same(s, t));
	store_free(t);
	store_free(s);
}
END_TEST

START_TEST(what_is_odd_is_told_once_and_serves)
{
	struct recipe r = { .names = "DNS:" HOST,
		.feature = "status_request",
		.usage = "clientAuth" };
	struct made odd = make_pair(&r);
	struct store *s = NULL;

	put_pair("d", &odd);
	ck_assert_int_eq(chmod(at("d/key.pem"), 0644), 0);
	load(&s, 0);
	expect_notes(3, "odd d: d/cert.pem: demands OCSP stapling "
	                "(must-staple), which is not done");
	ck_assert_str_eq(notes[1],
	    "odd d: d/cert.pem: is not for TLS servers (extendedKeyUsage)");
	ck_assert_str_eq(
	    notes[2], "odd d: d/key.pem: can be read by every user");
	ck_assert(serves(s, HOST, &odd));
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert_int_eq(chmod(at("d/key.pem"), 0600), 0);
	load(&s, 0);
	expect_notes(0, NULL);
	ck_assert_int_eq(chmod(at("d/key.pem"), 0644), 0);
	load(&s, 0);
	expect_notes(1, "odd d: d/key.pem: can be read by every user");
	store_free(s);
	made_free(&odd);
}
END_TEST

/* Which of the pairs serves host; dates in days from now. */
static const struct {
	struct {
		const char *names;
		long from, to;
	} pairs[3];
	const char *host;
	int served; /* -1: none */
} choices[] = {
	{ { { "DNS:a.b.example", 0, 30 }, { "DNS:a.b.example", 0, 60 } },
	    "a.b.example", 1 },
	{ { { "DNS:a.b.example", -9, -1 }, { "DNS:a.b.example", 0, 1 } },
	    "a.b.example", 1 },
	{ { { "DNS:a.b.example", -9, 1 }, { "DNS:a.b.example", 2, 60 } },
	    "a.b.example", 0 },
	{ { { "DNS:a.b.example", -9, -2 }, { "DNS:a.b.example", -9, -1 } },
	    "a.b.example", 1 },
	{ { { "DNS:*.b.example", 0, 60 }, { "DNS:a.b.example", 0, 30 } },
	    "a.b.example", 0 },
	{ { { "DNS:*.b.example", 0, 30 }, { "DNS:a.b.example", 0, 60 } },
	    "a.b.example", 1 },
	{ { { "DNS:*.b.example", 0, 30 }, { "DNS:a.b.example", 2, 60 } },
	    "a.b.example", 0 },
	{ { { "DNS:*.b.example", 2, 60 }, { "DNS:a.b.example", 0, 30 } },
	    "a.b.example", 1 },
	{ { { "DNS:*.b.example", 0, 30 }, { "DNS:a.b.example", -9, -1 } },
	    "a.b.example", 0 },
	{ { { "DNS:*.b.example", -9, -1 }, { "DNS:a.b.example", -9, -2 } },
	    "a.b.example", 0 },
	{ { { "DNS:*.b.example", 0, 30 } }, "b.example", -1 },
	{ { { "DNS:*.b.example", 0, 30 } }, "x.a.b.example", -1 },
	{ { { "DNS:*.b.example", 0, 30 } }, "b.example.x", -1 },
	{ { { "DNS:x.b.example,DNS:y.b.example", 0, 30 },
	      { "DNS:y.b.example,DNS:z.b.example", 0, 60 },
	      { "DNS:y.b.example", 0, 40 } },
	    "y.b.example", 1 },
	{ { { "DNS:x.b.example,DNS:y.b.example", 0, 30 },
	      { "DNS:y.b.example,DNS:z.b.example", 0, 60 } },
	    "x.b.example", 0 },
};

START_TEST(the_pair_in_date_that_lives_longest_serves)
{
	struct made m[3] = { { NULL, NULL } };
	struct store *s = NULL;
	char dir[2] = "p";

	for (int i = 0; i < 3 && choices[_i].pairs[i].names != NULL; i++) {
		struct recipe r = { .names = choices[_i].pairs[i].names,
			.from = choices[_i].pairs[i].from * DAY,
			.to = choices[_i].pairs[i].to * DAY };

		m[i] = make_pair(&r);
		dir[0]++;
		put_pair(dir, &m[i]);
	}
	load(&s, 0);
	expect_notes(0, NULL);
	if (choices[_i].served < 0)
		ck_assert_ptr_null(store_find(s, choices[_i].host, now));
	else
		ck_assert(serves(s, choices[_i].host, &m[choices[_i].served]));
	store_free(s);
	for (int i = 0; i < 3; i++)
		made_free(&m[i]);
}
END_TEST

START_TEST(a_pair_that_is_gone_gives_way_to_one_that_is_there)
{
	struct recipe r = { .names = "DNS:" HOST, .to = 365 * DAY };
	struct made longer = make_pair(&r);
	struct store *s = NULL;

	put_pair("d", &longer);
	put_pair("e", &a);
	load(&s, 0);
	ck_assert(serves(s, HOST, &longer));
	remove_tree(at("d"));
	load(&s, 0);
	ck_assert(serves(s, HOST, &a));
	ck_assert_uint_eq(store_count(s), 2);
	store_free(s);
	made_free(&longer);
}
END_TEST

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Sanitizers and coverage (the Makefile leaves the sandbox out) are slow. */
#ifdef NO_SANDBOX
#define MANY 1000
#else
#define MANY 10000
#endif

/* The directories of the pairs that came, each with a blank behind it. */
struct seen {
	char names[64];
	int most;
};

static bool on_pair(void *cookie, const struct pair *p)
{
	struct seen *s = cookie;
	size_t len = strlen(s->names);

	(void)snprintf(s->names + len, sizeof(s->names) - len, "%s ", p->name);
	return --s->most > 0;
}

static void expect_each(int64_t until, int most, const char *names)
{
	struct seen s = { .most = most };

	store_each(certs, until, on_pair, &s);
	ck_assert_str_eq(s.names, names);
}

static void write_before(const char *path, int64_t seconds)
{
	const struct timespec at[2] = { { .tv_sec = time(NULL) - seconds },
		{ .tv_sec = time(NULL) - seconds } };

	ck_assert_int_eq(utimensat(AT_FDCWD, path, at, 0), 0);
}

START_TEST(each_pair_until_one_will_do)
{
	int64_t new = time(NULL) + 60;

	put_pair("c", &b);
	put_pair("a", &a);
	write_certs(at("b/cert.pem"), a.cert, NULL, NULL); /* no key */
	expect_each(new, 9, "a c ");
	expect_each(new, 1, "a ");
	expect_each(new - 120, 9, "");
	write_before(at("c/cert.pem"), 90);
	expect_each(new - 120, 9, "");
	write_before(at("c/key.pem"), 90);
	expect_each(new - 120, 9, "c ");
	remove_tree(certs);
	expect_each(new, 9, "");
}
END_TEST

START_TEST(ten_thousand_pairs)
{
	struct store *s = NULL;
	double start;

	for (int i = 0; i < MANY; i++) {
		char names[64], dir[32];
		struct recipe r = {
			.names = names, .issuer = &chain, .key_of = &a
		};
		struct made m;

		snprintf(names, sizeof(names), "DNS:mta-sts.d%d.example", i);
		snprintf(dir, sizeof(dir), "mta-sts.d%d.example", i);
		m = make_pair(&r);
		put_pair(dir, &m);
		made_free(&m);
	}
	settle();
	start = seconds();
	load(&s, 0);
	printf("%d pairs: loaded in %.2f s, ", MANY, seconds() - start);
	expect_notes(0, NULL);
	ck_assert_uint_eq(store_count(s), MANY);
	start = seconds();
	load(&s, 0);
	printf("again in %.0f ms, ", (seconds() - start) * 1e3);
	start = seconds();
	ck_assert(store_is_current(s));
	printf("looked at in %.0f ms\n", (seconds() - start) * 1e3);
	for (int i = 0; i < MANY; i++) {
		char host[64];
		const struct pair *p;

		snprintf(host, sizeof(host), "mta-sts.d%d.example", i);
		p = store_find(s, host, now);
		ck_assert_ptr_nonnull(p);
		ck_assert_str_eq(p->name, host);
	}
	store_free(s);
}
END_TEST

struct told {
	char name[32];
	unsigned count;
};

static void on_next(void *cookie, const struct store_note *n)
{
	struct told *last = cookie;

	ck_assert_int_lt(strcmp(last->name, n->name), 0);
	snprintf(last->name, sizeof(last->name), "%s", n->name);
	last->count++;
}

/* Enough of them that several threads are worth it. */
START_TEST(faults_are_told_in_the_order_of_names_whoever_read)
{
	struct told last = { "", 0 };
	const struct store_calls told = { on_next, NULL, &last };
	struct store *s;

	for (int i = 0; i < 1200; i++) {
		char dir[32];

		snprintf(dir, sizeof(dir), "d%d", i);
		if (i % 3 == 0)
			put_pair(dir, &a);
		else
			write_text(at("%s/cert.pem", dir), "", 0);
	}
	s = store_load(certs, NULL, 0, &told);
	ck_assert_uint_eq(last.count, 800);
	ck_assert_uint_eq(store_count(s), 400);
	for (size_t i = 0; i < store_count(s); i++)
		ck_assert(i == 0 || strcmp(store_at(s, i - 1)->name,
		                        store_at(s, i)->name) < 0);
	store_free(s);
}
END_TEST

#define COUNT(x) ((int)(sizeof(x) / sizeof(*(x))))

int main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, make_once, NULL);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
	    t, a_pair_is_found_in_every_layout, 0, COUNT(layouts));
	tcase_add_test(
	    t, certbots_links_are_followed_and_its_fullchain_is_preferred);
	tcase_add_test(
	    t, nothing_is_said_of_a_key_that_waits_for_its_certificate);
	tcase_add_test(t, what_is_broken_is_told_once_and_costs_itself_alone);
	tcase_add_loop_test(t, what_could_not_be_read_is_read_again, 0, 2);
	tcase_add_loop_test(t,
	    the_last_good_pair_serves_until_a_new_one_is_whole, 0,
	    COUNT(rotations));
	tcase_add_test(t, two_changes_at_once_are_two);
	tcase_add_test(t, a_pair_that_breaks_or_goes_leaves_its_last_good_one);
	tcase_add_test(t, take_all_keeps_nothing_that_is_broken_or_gone);
	tcase_add_test(t, the_directory_gone_and_back_costs_nothing);
	tcase_add_test(
	    t, a_directory_that_is_not_there_is_a_note_and_an_empty_store);
	tcase_add_test(t, what_has_changed_is_seen_by_stat);
	tcase_add_test(t, two_stores_are_the_same_where_they_serve_the_same);
	tcase_add_test(t, what_is_odd_is_told_once_and_serves);
	tcase_add_loop_test(
	    t, the_pair_in_date_that_lives_longest_serves, 0, COUNT(choices));
	tcase_add_test(t, a_pair_that_is_gone_gives_way_to_one_that_is_there);
	tcase_add_test(t, each_pair_until_one_will_do);
	tcase_add_test(t, faults_are_told_in_the_order_of_names_whoever_read);
	tcase_add_test(t, ten_thousand_pairs);
	suite_add_tcase(s, t);
	return suite_run(s);
}
