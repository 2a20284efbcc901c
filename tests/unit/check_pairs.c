/* SPDX-License-Identifier: ISC */

/* What is ready, what is not, and what this user cannot tell. */

#include <ftw.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "ctl/pairs.h"
#include "make_pair.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define HOST     "mta-sts.a.example"
#define NOBODY   65534

static char certs[64];
static struct settings settings;

static int remove_one(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void set_up(void)
{
	static const struct endpoint somewhere;

	strcpy(certs, "/tmp/check_pairs.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(certs));
	settings.certs = settings.state = certs;
	settings.https = (struct endpoints){ &somewhere, 1 };
}

static void tear_down(void)
{
	ck_assert_int_eq(nftw(certs, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void write_pair(long from, long to)
{
	const struct recipe r = {
		.names = "DNS:" HOST, .from = from, .to = to
	};
	struct made m = make_pair(&r);
	char path[128];

	snprintf(path, sizeof(path), "%s/a", certs);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/a/cert.pem", certs);
	write_certs(path, m.cert, NULL, NULL);
	snprintf(path, sizeof(path), "%s/a/key.pem", certs);
	write_key(path, m.key);
	made_free(&m);
}

static const struct {
	long from, to; /* to 0: no pair */
	enum readiness ready;
	const char *why;
} lives[] = {
	{ 0, 0, READY_NO, "it has no certificate yet" },
	{ -DAY, DAY, READY_YES, NULL },
	{ -2 * DAY, -DAY, READY_NO, "its certificate has expired" },
	{ DAY, 2 * DAY, READY_NO, "its certificate does not hold yet" },
};

START_TEST(host_is_ready_while_its_pair_holds)
{
	const char *why = NULL;
	struct pairs *p;

	if (lives[_i].to != 0)
		write_pair(lives[_i].from, lives[_i].to);
	p = pairs_open(&settings);
	ck_assert_ptr_null(pairs_fault(p));
	ck_assert_int_eq(
	    pairs_judge(p, HOST, time(NULL), &why), lives[_i].ready);
	ck_assert_pstr_eq(why, lives[_i].why);
	ck_assert_int_eq(
	    pairs_judge(p, "mta-sts.b.example", time(NULL), &why), READY_NO);
	pairs_free(p);
}
END_TEST

/* What is hidden from another's eyes: a path below certs, "" itself. */
static const char *const hidden[] = { "", "/a", "/a/key.pem", "/a/cert.pem",
	"/private", "/private/b" };

START_TEST(what_cannot_be_read_is_unknown_not_missing)
{
	const char *const all[] = { "", "/a/key.pem", "/private",
		"/private/b" };
	uid_t me = getuid();
	const char *why = NULL;
	struct pairs *p;
	char path[128];

	write_pair(-DAY, DAY);
	for (int i = 0; i < COUNT(all); i++) {
		snprintf(path, sizeof(path), "%s%s", certs, all[i]);
		ck_assert(i < 2 || mkdir(path, 0755) == 0);
		ck_assert_int_eq(chmod(path, 0755), 0);
	}
	snprintf(path, sizeof(path), "%s%s", certs, hidden[_i]);
	ck_assert_int_eq(chmod(path, 0), 0);
	if (me == 0)
		ck_assert_int_eq(setresuid(NOBODY, NOBODY, 0), 0);
	p = pairs_open(&settings);
	if (me == 0)
		ck_assert_int_eq(setresuid(0, 0, 0), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	ck_assert_msg(strstr(pairs_fault(p), path) != NULL, "%s is not %s",
	    pairs_fault(p), path);
	ck_assert_int_eq(pairs_judge(p, "mta-sts.b.example", time(NULL), &why),
	    READY_UNKNOWN);
	ck_assert_ptr_nonnull(why);
	pairs_free(p);
}
END_TEST

/* On a fresh install nothing is ready, and that is known. */
START_TEST(a_directory_that_is_not_there_yet_is_empty)
{
	const char *why = NULL;
	struct pairs *p;
	char path[128];

	snprintf(path, sizeof(path), "%s/certs", certs);
	settings.state = certs;
	settings.certs = path;
	p = pairs_open(&settings);
	ck_assert_ptr_null(pairs_fault(p));
	ck_assert_int_eq(pairs_judge(p, HOST, time(NULL), &why), READY_NO);
	ck_assert_str_eq(why, "it has no certificate yet");
	pairs_free(p);
}
END_TEST

START_TEST(another_machine_s_and_a_proxy_s_certificates_are_unknown)
{
	const char *why = NULL;
	struct pairs *p;

	settings.state = "/nonexistent";
	settings.certs = "/nonexistent/certs";
	p = pairs_open(&settings);
	ck_assert_str_eq(
	    pairs_fault(p), "/nonexistent/certs: No such file or directory");
	ck_assert_int_eq(pairs_judge(p, HOST, time(NULL), &why), READY_UNKNOWN);
	pairs_free(p);

	settings.https.count = 0;
	p = pairs_open(&settings);
	ck_assert_ptr_nonnull(pairs_fault(p));
	ck_assert_int_eq(pairs_judge(p, HOST, time(NULL), &why), READY_UNKNOWN);
	pairs_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pairs");
	TCase *t = tcase_create("pairs");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
	    t, host_is_ready_while_its_pair_holds, 0, COUNT(lives));
	tcase_add_test(t, a_directory_that_is_not_there_yet_is_empty);
	tcase_add_test(
	    t, another_machine_s_and_a_proxy_s_certificates_are_unknown);
	tcase_add_loop_test(
	    t, what_cannot_be_read_is_unknown_not_missing, 0, COUNT(hidden));
	suite_add_tcase(s, t);
	return suite_run(s);
}
