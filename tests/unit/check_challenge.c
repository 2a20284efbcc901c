/* SPDX-License-Identifier: ISC */

/*
 * Challenge files: which names are one, what is read under them, and what a
 * stranger's name can never reach.
 */

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "policy/challenge.h"

#include "suite.h"

#define COUNT(array) (int)(sizeof(array) / sizeof(*(array)))

#define T43     "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"
#define TOKEN   "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr_oA"
#define HOST    "mta-sts.example.com"
#define TEN     "aaaaaaaaaa"
#define T128    TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "aaaaaaaa"
#define LABEL   TEN TEN TEN TEN TEN TEN "aaa"
#define LONGEST LABEL "." LABEL "." LABEL "." TEN TEN TEN TEN TEN TEN "a"

static char dir[] = "/tmp/check_challenge.XXXXXX";
static int fd;

static const char *path_of(const char *name)
{
	static char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put_bytes(const char *name, const char *bytes, size_t len)
{
	FILE *f = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

static void set_age(const char *name, time_t age_s)
{
	const struct timespec at = { time(NULL) - age_s, 0 };
	const struct timespec times[2] = { at, at };

	ck_assert_int_eq(
	    utimensat(AT_FDCWD, path_of(name), times, AT_SYMLINK_NOFOLLOW), 0);
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(path_of(name), &st) == 0;
}

/* What is in the directory, but for "." and "..". */
static int count_files(void)
{
	DIR *d = opendir(dir);
	int count = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		count++;
	(void)closedir(d); /* was only read */
	return count - 2;
}

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
}

static void tear_down(void)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while ((e = readdir(d)) != NULL)
		if (unlinkat(dirfd(d), e->d_name, 0) != 0)
			(void)unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	(void)closedir(d);
	(void)close(fd);
	ck_assert_int_eq(rmdir(dir), 0);
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
}

static void expect_none(const char *name)
{
	char text[CHALLENGE_TEXT_MAX] = "untouched";

	ck_assert_msg(challenge_read(fd, name, text) == -1, "%s", name);
	ck_assert_str_eq(text, "untouched");
}

static void expect(const char *name, const char *wanted)
{
	char text[CHALLENGE_TEXT_MAX];

	ck_assert_msg(challenge_read(fd, name, text) == 0, "%s", name);
	ck_assert_str_eq(text, wanted);
}

static const struct {
	const char *token;
	bool valid;
} tokens[] = {
	{ TOKEN, true },
	{ "a", true },
	{ "-", true },
	{ "_", true },
	{ "-AZaz09_", true },
	{ T128, true },
	{ "", false },
	{ T128 "a", false },
	{ "a.b", false },
	{ ".", false },
	{ "..", false },
	{ "a/b", false },
	{ "a+b", false },
	{ "a=", false },
	{ "a b", false },
	{ "a\n", false },
	{ "a%2e", false },
	{ "\xc3\xbc", false },
};

START_TEST(a1_a_token_is_base64url_and_nothing_else)
{
	const char *token = tokens[_i].token;

	ck_assert_int_eq(
	    challenge_token_is_valid(token, strlen(token)), tokens[_i].valid);
	ck_assert(!challenge_token_is_valid("a\0b", 3));
}
END_TEST

/* Names with a file that a slip would read: each is refused unopened. */
static const char *const no_names[] = {
	"",
	".",
	"..",
	"./" TOKEN,
	"./" HOST,
	"x/../" TOKEN,
	"../" TOKEN,
	"/etc/hostname",
	".hidden",
	TOKEN "/",
	TOKEN "\n",
	TOKEN "?x",
	TOKEN "%00",
	"MTA-STS.example.com",
	HOST ".",
	"." HOST,
	"mta-sts..example.com",
	"*.example.com",
	"-a.example.com",
	"192.0.2.1",
	"a_b.example.com",
	T128 "a",
};

START_TEST(a1_what_is_no_token_and_no_host_is_never_opened)
{
	struct err err;

	put(TOKEN, TOKEN "." T43);
	put(HOST, T43);
	put(".hidden", T43);
	expect(TOKEN, TOKEN "." T43);
	expect(HOST, T43);
	expect_none(no_names[_i]);
	ck_assert_int_eq(challenge_write(dir, no_names[_i], T43, &err), -1);
	challenge_remove(dir, no_names[_i]);
	ck_assert_int_eq(count_files(), 3);
}
END_TEST

static const struct {
	const char *name, *bytes;
	const char *text; /* NULL: it counts for nothing */
} files[] = {
	{ TOKEN, TOKEN "." T43, TOKEN "." T43 },
	{ TOKEN, TOKEN "." T43 "\n", TOKEN "." T43 },
	{ "-" TOKEN, "-" TOKEN "." T43, "-" TOKEN "." T43 },
	{ "-", "-." T43, "-." T43 },
	{ T128, T128 "." T43, T128 "." T43 },
	{ TOKEN, "", NULL },
	{ TOKEN, "\n", NULL },
	{ TOKEN, TOKEN, NULL },
	{ TOKEN, TOKEN ".", NULL },
	{ TOKEN, TOKEN "." T43 "\n\n", NULL },
	{ TOKEN, TOKEN "." T43 "\r\n", NULL },
	{ TOKEN, TOKEN "." T43 " ", NULL },
	{ TOKEN, TOKEN "." T43 "A", NULL },
	{ TOKEN, " " TOKEN "." T43, NULL },
	{ TOKEN, "x" TOKEN "." T43, NULL },
	{ TOKEN, TOKEN "x." T43, NULL },
	{ TOKEN, "other." T43, NULL },
	{ TOKEN, TOKEN "." T43 "." T43, NULL },
	{ TOKEN, TOKEN ".LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmC",
	    NULL }, /* half of it was written */
	{ TOKEN, TOKEN ".LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ", NULL },
	{ TOKEN, T43, NULL },
	{ TOKEN, "root:x:0:0:root:/root:/bin/bash\n", NULL },
	{ HOST, T43, T43 },
	{ HOST, T43 "\n", T43 },
	{ LONGEST, T43, T43 },
	{ HOST, "", NULL },
	{ HOST, T43 "A", NULL },
	{ HOST, "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmC", NULL },
	{ HOST, "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmC=", NULL },
	{ HOST, "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCR", NULL },
	{ HOST, TOKEN "." T43, NULL },
	{ HOST, HOST "." T43, NULL },
};

START_TEST(a_file_counts_in_the_form_of_its_name_alone)
{
	put(files[_i].name, files[_i].bytes);
	if (files[_i].text != NULL)
		expect(files[_i].name, files[_i].text);
	else
		expect_none(files[_i].name);
}
END_TEST

START_TEST(a_nul_or_too_much_of_it_counts_for_nothing)
{
	static const char nul[] = TOKEN "." T43 "\0";
	char big[CHALLENGE_TEXT_MAX + 1];

	put_bytes(TOKEN, nul, sizeof(nul) - 1);
	expect_none(TOKEN);
	memset(big, 'a', sizeof(big));
	for (size_t len = sizeof(big) - 2; len <= sizeof(big); len++) {
		put_bytes(TOKEN, big, len);
		expect_none(TOKEN);
	}
	ck_assert_int_eq(truncate(path_of(TOKEN), 1L << 40), 0);
	expect_none(TOKEN);
}
END_TEST

START_TEST(a7_it_expires_after_an_hour)
{
	put(TOKEN, TOKEN "." T43);
	set_age(TOKEN, CHALLENGE_AGE_S - 60);
	expect(TOKEN, TOKEN "." T43);
	set_age(TOKEN, CHALLENGE_AGE_S + 60);
	expect_none(TOKEN);
	set_age(TOKEN, -60); /* clocks differ a little */
	expect(TOKEN, TOKEN "." T43);
	set_age(TOKEN, -CHALLENGE_AGE_S - 60);
	expect_none(TOKEN);
}
END_TEST

START_TEST(a1_no_link_is_followed_and_nothing_but_a_file_is_read)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	put(HOST, T43);
	put(".real", TOKEN "." T43);
	ck_assert_int_eq(symlink(".real", path_of(TOKEN)), 0);
	expect_none(TOKEN);
	ck_assert_int_eq(symlink("/etc/passwd", path_of("passwd")), 0);
	expect_none("passwd");
	ck_assert_int_eq(symlink("gone", path_of("dangling")), 0);
	expect_none("dangling");
	ck_assert_int_eq(mkdir(path_of("directory"), 0700), 0);
	expect_none("directory");
	ck_assert_int_eq(mkfifo(path_of("fifo"), 0600), 0);
	expect_none("fifo");
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s/socket", dir);
	ck_assert_int_eq(bind(s, (struct sockaddr *)&un, sizeof(un)), 0);
	expect_none("socket");
	(void)close(s);
	expect_none("never");
	expect(HOST, T43);
}
END_TEST

START_TEST(without_a_directory_there_is_none)
{
	char text[CHALLENGE_TEXT_MAX];
	struct err err;

	put(TOKEN, TOKEN "." T43);
	ck_assert_int_eq(challenge_read(-1, TOKEN, text), -1);
	ck_assert_int_eq(
	    challenge_write("/nowhere/at/all", HOST, T43, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all"));
	challenge_remove("/nowhere/at/all", HOST);
	challenge_sweep("/nowhere/at/all");
	ck_assert(is_there(TOKEN));
}
END_TEST

START_TEST(what_is_written_is_read_and_removed)
{
	static const char *const names[][2] = {
		{ TOKEN, TOKEN "." T43 },
		{ "-x", "-x." T43 },
		{ HOST, T43 },
		{ LONGEST, T43 },
	};
	struct err err = { "" };

	for (int i = 0; i < COUNT(names); i++) {
		const char *name = names[i][0], *text = names[i][1];
		struct stat st;

		for (int again = 0; again < 2; again++) {
			ck_assert_msg(
			    challenge_write(dir, name, text, &err) == 0, "%s",
			    err.text);
			expect(name, text);
			ck_assert_int_eq(count_files(), 1);
		}
		ck_assert_int_eq(stat(path_of(name), &st), 0);
		ck_assert_uint_eq(st.st_mode & 0777, 0600);
		for (int again = 0; again < 2; again++) {
			challenge_remove(dir, name);
			expect_none(name);
			ck_assert_int_eq(count_files(), 0);
		}
	}
}
END_TEST

START_TEST(what_would_not_be_read_is_not_written)
{
	struct err err;

	for (int i = 0; i < COUNT(files); i++) {
		const char *bytes = files[i].bytes;

		if (files[i].text != NULL)
			continue;
		err.text[0] = '\0';
		ck_assert_int_eq(
		    challenge_write(dir, files[i].name, bytes, &err), -1);
		ck_assert_str_ne(err.text, "");
	}
	ck_assert_int_eq(count_files(), 0);
	/* Nor is anything left behind where the name is taken. */
	ck_assert_int_eq(mkdir(path_of(HOST), 0700), 0);
	ck_assert_int_eq(challenge_write(dir, HOST, T43, &err), -1);
	ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(a_link_that_stands_there_is_replaced_not_followed)
{
	struct err err;

	put(".target", "x");
	ck_assert_int_eq(symlink(".target", path_of(HOST)), 0);
	ck_assert_int_eq(challenge_write(dir, HOST, T43, &err), 0);
	expect(HOST, T43);
	challenge_remove(dir, HOST);
	ck_assert(is_there(".target"));
	ck_assert(!is_there(HOST));
}
END_TEST

START_TEST(a7_a_sweep_takes_what_is_old_and_leaves_the_rest)
{
	static const char *const old[] = { TOKEN, HOST, ".half" };
	static const char *const kept[] = { "fresh", "www.example.com",
		".fresh", "no name of ours", "UPPER.example.com" };

	for (int i = 0; i < COUNT(old); i++) {
		put(old[i], "x");
		set_age(old[i], CHALLENGE_AGE_S + 60);
	}
	for (int i = 0; i < COUNT(kept); i++) {
		put(kept[i], "x");
		set_age(kept[i], CHALLENGE_AGE_S + (i < 3 ? -60 : 60));
	}
	ck_assert_int_eq(mkdir(path_of("directory"), 0700), 0);
	set_age("directory", CHALLENGE_AGE_S + 60);
	challenge_sweep(dir);
	for (int i = 0; i < COUNT(old); i++)
		ck_assert_msg(!is_there(old[i]), "%s", old[i]);
	for (int i = 0; i < COUNT(kept); i++)
		ck_assert_msg(is_there(kept[i]), "%s", kept[i]);
	ck_assert(is_there("directory"));
}
END_TEST

/* RFC 7638 section 3.1 has a digest in both forms. */
START_TEST(rfc4648_a_digest_from_base64url)
{
	static const unsigned char wanted[32] = { 55, 54, 203, 177, 120, 124,
		184, 48, 156, 119, 238, 140, 55, 5, 197, 225, 111, 251, 158,
		133, 151, 21, 144, 31, 30, 76, 89, 177, 17, 130, 245, 123 };
	unsigned char digest[32] = { 1 };

	ck_assert(challenge_digest(
	    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", digest));
	ck_assert_mem_eq(digest, wanted, 32);
	digest[0] = 1;
	ck_assert(!challenge_digest("", digest));
	ck_assert(!challenge_digest(
	    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xt", digest));
	ck_assert(!challenge_digest(
	    "NzbLsXh8uDCcd-6MNwXF4W/7noWXFZAfHkxZsRGC9Xs", digest));
	ck_assert(!challenge_digest(
	    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs=", digest));
	ck_assert_uint_eq(digest[0], 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy/challenge");
	TCase *t = tcase_create("challenge");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
	    t, a1_a_token_is_base64url_and_nothing_else, 0, COUNT(tokens));
	tcase_add_loop_test(t, a1_what_is_no_token_and_no_host_is_never_opened,
	    0, COUNT(no_names));
	tcase_add_loop_test(
	    t, a_file_counts_in_the_form_of_its_name_alone, 0, COUNT(files));
	tcase_add_test(t, a_nul_or_too_much_of_it_counts_for_nothing);
	tcase_add_test(t, a7_it_expires_after_an_hour);
	tcase_add_test(
	    t, a1_no_link_is_followed_and_nothing_but_a_file_is_read);
	tcase_add_test(t, without_a_directory_there_is_none);
	tcase_add_test(t, what_is_written_is_read_and_removed);
	tcase_add_test(t, what_would_not_be_read_is_not_written);
	tcase_add_test(t, a_link_that_stands_there_is_replaced_not_followed);
	tcase_add_test(t, a7_a_sweep_takes_what_is_old_and_leaves_the_rest);
	tcase_add_test(t, rfc4648_a_digest_from_base64url);
	suite_add_tcase(s, t);
	return suite_run(s);
}
