/* SPDX-License-Identifier: ISC */

/*
 * How uacme is run: small scripts stand in its place. What they see of the
 * world they write into files of their working directory.
 */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "config/config.h"
#include "ctl/uacme.h"
#include "ctl/uacme_run.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define HOST     "mta-sts.a.example"
#define STORE                                                                  \
	"mkdir -p ../certs/" HOST "; echo new >../certs/" HOST "/new; "        \
	"mv ../certs/" HOST "/new ../certs/" HOST "/cert.pem\n"
#define PASSED 3u /* both types of challenges */

static char dir[] = "/tmp/check_uacme.XXXXXX";
static char work[64], certs[64], challenges[64];
static struct settings settings;
static struct uacme_plan plan;
static struct uacme_result result;

static void path_of(const char *name, char ret_path[128])
{
	(void)snprintf(ret_path, 128, "%s/%s", dir, name);
}

static void put(const char *name, const char *text, mode_t mode)
{
	char path[128];
	struct err err;

	path_of(name, path);
	ck_assert_msg(file_replace(path, text, strlen(text), mode, &err) == 0,
	    "%s", err.text);
}

/* What a script wrote, the test's to free; NULL: nothing. */
static char *get(const char *name)
{
	char path[128], *bytes;
	struct err err;
	size_t len;

	path_of(name, path);
	return file_read(path, 1 << 20, &bytes, &len, NULL, &err) == 0 ? bytes
	                                                               : NULL;
}

static void ck_assert_wrote(const char *name, const char *text)
{
	char *bytes = get(name);

	ck_assert_ptr_nonnull(bytes);
	ck_assert_str_eq(bytes, text);
	free(bytes);
}

/* Stand in for uacme. */
static void script(const char *text)
{
	char whole[4096];

	(void)snprintf(whole, sizeof(whole), "#!/bin/sh\n%s", text);
	put("bin/uacme", whole, 0755);
}

static void issue(const char *text)
{
	script(text);
	uacme_issue(&plan, HOST, PASSED, &result);
}

static void ck_assert_result(enum verdict verdict, const char *words)
{
	ck_assert_str_eq(result.words, words);
	ck_assert_int_eq(result.verdict, verdict);
}

static void set_up(void)
{
	static const char *const below[] = { "bin", "work", "certs",
		"certs/private", "challenges" };
	char path[128];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++) {
		path_of(below[i], path);
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	put("certs/private/key.pem", "an account", 0600);
	(void)snprintf(work, sizeof(work), "%s/work", dir);
	(void)snprintf(certs, sizeof(certs), "%s/certs", dir);
	(void)snprintf(challenges, sizeof(challenges), "%s/challenges", dir);
	(void)snprintf(
	    path, sizeof(path), "relative:%s/bin:/usr/bin:/bin", dir);
	setenv("PATH", path, 1);
	settings = (struct settings){
		.certs = certs,
		.acme = { .configured = true,
		    .agree_to_terms = true,
		    .directory = "https://ca.example/dir" },
	};
	plan = (struct uacme_plan){
		.settings = &settings,
		.hook = "/usr/lib/hook",
		.challenges = challenges,
		.work_dir = work,
		.limit_ms = 20000,
		.stop_fd = -1,
	};
}

static int remove_one(
    const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void tear_down(void)
{
	ck_assert_int_eq(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

START_TEST(stored_certificate_is_well)
{
	issue(STORE);
	ck_assert_result(VERDICT_WELL, "issued");
	/* whatever came after it */
	issue(STORE "kill -9 $$\n");
	ck_assert_result(VERDICT_WELL, "issued");
	issue(STORE "exit 2\n");
	ck_assert_result(VERDICT_WELL, "issued");
}
END_TEST

START_TEST(success_without_a_new_certificate_is_none)
{
	char words[256];

	(void)snprintf(words, sizeof(words),
	    "uacme ended well, but there is no new %s/" HOST "/cert.pem",
	    certs);
	issue("exit 0\n");
	ck_assert_result(VERDICT_OURS, words);
	issue(STORE);
	issue("exit 0\n");
	ck_assert_result(VERDICT_OURS, words);
}
END_TEST

START_TEST(exit_status_is_judged_with_its_words)
{
	issue("echo 'uacme: key_load: failed to read x' >&2; exit 2\n");
	ck_assert_result(VERDICT_OURS, "uacme: key_load: failed to read x");
	issue("echo 'uacme: on standard output'; exit 3\n");
	ck_assert_result(VERDICT_OURS, "uacme: on standard output");
	issue("exit 1\n");
	ck_assert_result(VERDICT_OURS,
	    "uacme says that it is not due, though it was forced");
}
END_TEST

#define SHOW "for a; do echo \"$a\"; done >args\n"

START_TEST(arguments_to_issue)
{
	char text[512];

	for (int rsa = 0; rsa < 2; rsa++) {
		settings.acme.key_is_rsa = rsa != 0;
		issue("echo \"$0\"\n" SHOW STORE);
		ck_assert_result(VERDICT_WELL, "issued");
		(void)snprintf(text, sizeof(text),
		    "-vvv\n-a\nhttps://ca.example/dir\n-c\n%s\n-t\n%s\n-f\n"
		    "-h\n/usr/lib/hook\n--\nissue\n" HOST "\n",
		    certs, rsa ? "RSA" : "EC");
		ck_assert_wrote("work/args", text);
	}
}
END_TEST

START_TEST(without_an_account_it_is_not_run)
{
	char path[128];

	path_of("certs/private/key.pem", path);
	ck_assert_int_eq(unlink(path), 0);
	issue(STORE);
	ck_assert_result(VERDICT_NO_ACCOUNT, "there is no account yet");
	path_of("certs/private", path);
	ck_assert_int_eq(rmdir(path), 0);
	issue(STORE);
	ck_assert_result(VERDICT_NO_ACCOUNT, "there is no account yet");
}
END_TEST

START_TEST(arguments_to_register)
{
	char text[512], key_file[128];

	path_of("eab", key_file);
	put("eab", "\n  zWND-ZM6_eQ==\r\n", 0600);
	settings.acme.email = "-v@a.example";
	settings.acme.eab_kid = "kid";
	settings.acme.eab_key_file = key_file;
	script(SHOW "echo 'uacme: Account already exists at x'; exit 2\n");
	uacme_register(&plan, &result);
	ck_assert_result(VERDICT_WELL, "the account is there");
	(void)snprintf(text, sizeof(text),
	    "-vvv\n-a\nhttps://ca.example/dir\n-c\n%s\n-t\nEC\n-y\n"
	    "-e\nkid:zWND-ZM6_eQ\n--\nnew\n-v@a.example\n",
	    certs);
	ck_assert_wrote("work/args", text);
}
END_TEST

static const char *const bad_keys[] = { "", "\n", "==", "a key", "sec+ret/",
	"secret\nsecret\n", "secret:512" };

START_TEST(eab_key_that_is_none_is_told_without_it)
{
	char key_file[128], words[256];

	path_of("eab", key_file);
	put("eab", bad_keys[_i], 0600);
	settings.acme.eab_kid = "kid";
	settings.acme.eab_key_file = key_file;
	script(SHOW);
	uacme_register(&plan, &result);
	(void)snprintf(
	    words, sizeof(words), "%s: it holds no key in base64url", key_file);
	ck_assert_result(VERDICT_OURS, words);
	ck_assert_ptr_null(get("work/args"));
}
END_TEST

START_TEST(environment_is_spelled_out)
{
	char text[1024], path[128];

	(void)snprintf(path, sizeof(path), "%s", getenv("PATH"));
	clearenv();
	setenv("PATH", path, 1);
	setenv("SECRET", "x", 1);
	setenv("LD_PRELOAD", "", 1);
	setenv("https_proxy", "http://proxy:3128", 1);
	setenv("UACME_CAINFO", "/ca.pem", 1);
	issue("exec env | grep -vE '^(PWD|OLDPWD|_|SHLVL)=' | sort >env\n");
	(void)snprintf(text, sizeof(text),
	    "HOME=%s\nLANG=C\nMTA_STSD_CHALLENGES=%s\n"
	    "MTA_STSD_PASSED=http-01 tls-alpn-01\n"
	    "PATH=relative:%s/bin:/usr/bin:/bin\nUACME_CAINFO=/ca.pem\n"
	    "https_proxy=http://proxy:3128\n",
	    work, challenges, dir);
	ck_assert_wrote("work/env", text);
}
END_TEST

static const struct {
	unsigned passed;
	const char *hook, *line;
} passes[] = {
	{ 0, NULL, "MTA_STSD_PASSED=\n" },
	{ 1, NULL, "MTA_STSD_PASSED=http-01\n" },
	{ 2, NULL, "MTA_STSD_PASSED=tls-alpn-01\n" },
	{ 3, NULL, "MTA_STSD_PASSED=http-01 tls-alpn-01\n" },
	{ 3, "/usr/lib/other-hook", "" },
};

START_TEST(hook_of_ours_is_told_what_passed)
{
	settings.acme.hook = passes[_i].hook;
	script("env | grep MTA_STSD_PASSED >env\n");
	uacme_issue(&plan, HOST, passes[_i].passed, &result);
	ck_assert_wrote("work/env", passes[_i].line);
}
END_TEST

START_TEST(it_inherits_nothing)
{
	sigset_t blocked;
	char path[128];
	int fd;

	path_of("secret", path);
	fd = open(path, O_RDWR | O_CREAT, 0600); /* not close-on-exec */
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(dup2(fd, 200), 200);
	sigfillset(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	issue("ls -l /proc/$$/fd | grep -c secret >fds\n"
	      "pwd >cwd\n"
	      "readlink /proc/$$/fd/0 >stdin\n"
	      /* glibc's own 32 and 33 may be ignored for good, below make */
	      "grep -E '^Sig(Blk|Ign)' /proc/$$/status | tr -d '\\t' |"
	      " sed 's/0000000180000000/0000000000000000/' >signals\n"
	      "set -- $(cat /proc/$$/stat); [ $1 = $5 ]; echo $? >group\n");
	ck_assert_wrote("work/fds", "0\n");
	(void)snprintf(path, sizeof(path), "%s\n", work);
	ck_assert_wrote("work/cwd", path);
	ck_assert_wrote("work/stdin", "/dev/null\n");
	ck_assert_wrote("work/signals",
	    "SigBlk:0000000000000000\nSigIgn:0000000000000000\n");
	ck_assert_wrote("work/group", "0\n");
}
END_TEST

/* Is the process whose number a script wrote no more? */
static void ck_assert_gone(const char *name)
{
	char path[64], stat[512] = "", *pid = get(name);
	ssize_t n = -1;
	int fd;

	ck_assert_ptr_nonnull(pid);
	pid[strcspn(pid, "\n")] = '\0';
	(void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	free(pid);
	for (int tries = 0; tries < 500; tries++) {
		fd = open(path, O_RDONLY);
		if (fd < 0)
			return;
		n = read(fd, stat, sizeof(stat) - 1);
		close(fd);
		/* a zombie: whoever is its parent now does not wait for it */
		if (n <= 0 || strstr(stat, ") Z ") != NULL)
			return;
		usleep(10000);
	}
	ck_abort_msg("%s is there still: %s", path, stat);
}

START_TEST(it_that_hangs_is_ended_by_the_limit)
{
	int64_t start_ms = clock_now_ms();

	plan.limit_ms = 700;
	issue("sleep 1000 & echo $! >child; echo $$ >self\n"
	      "trap '' TERM INT HUP\n"
	      "echo 'uacme: creating new order at x'\n"
	      "while :; do sleep 1000; done\n");
	ck_assert_result(
	    VERDICT_CA, "the CA did not answer within 1 s (the new order)");
	ck_assert_int_lt(clock_now_ms() - start_ms, 5000);
	ck_assert_gone("work/self");
	ck_assert_gone("work/child");
}
END_TEST

START_TEST(grandchildren_end_with_it)
{
	issue("sleep 1000 & echo $! >child\n" STORE);
	ck_assert_result(VERDICT_WELL, "issued");
	ck_assert_gone("work/child");
}
END_TEST

START_TEST(stop_ends_it_at_once)
{
	int64_t start_ms = clock_now_ms();
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	plan.stop_fd = ends[0];
	issue("echo $$ >self; exec sleep 1000\n");
	ck_assert_result(VERDICT_STOPPED, "ended before it was done");
	ck_assert_int_lt(clock_now_ms() - start_ms, 5000);
}
END_TEST

/* Tell it to stop once it has said a word, and then that it was told. */
static void stop_when_it_has_spoken(int stop)
{
	char said[96], told[96];
	const struct timespec pause = { .tv_nsec = 5000000 };

	snprintf(said, sizeof(said), "%s/work/said", dir);
	snprintf(told, sizeof(told), "%s/work/told", dir);
	while (access(said, F_OK) != 0)
		nanosleep(&pause, NULL);
	_exit(write(stop, "x", 1) != 1 || mkdir(told, 0700) != 0);
}

#define SPEAK                                                                  \
	"echo uacme: starting; printf uacme:; sleep 0.1; "                     \
	"echo ' finalizing order at https://ca'\n"                             \
	"touch said; until test -d told; do sleep 0.01; done\n"

static const struct {
	const char *script;
	enum verdict verdict;
	const char *words;
} late[] = {
	{ SPEAK "sleep 0.3\n" STORE, VERDICT_WELL, "issued" },
	{ SPEAK "exec sleep 1000\n", VERDICT_STOPPED,
	    "ended before it was done" },
};

START_TEST(stop_leaves_it_time_where_the_ca_has_all_it_needs)
{
	int64_t start_ms = clock_now_ms();
	int ends[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		stop_when_it_has_spoken(ends[1]);
	plan.stop_fd = ends[0];
	issue(late[_i].script);
	ck_assert_result(late[_i].verdict, late[_i].words);
	ck_assert_int_lt(clock_now_ms() - start_ms, 15000);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static const struct {
	const char *script;
	enum verdict verdict;
	const char *words;
} deaths[] = {
	{ "kill -9 $$\n", VERDICT_STOPPED,
	    "uacme was killed (signal 9, Killed)" },
	{ "kill -15 $$\n", VERDICT_STOPPED,
	    "uacme was killed (signal 15, Terminated)" },
	{ "kill -11 $$\n", VERDICT_CA,
	    "uacme crashed (signal 11, Segmentation fault)" },
	{ "kill -6 $$\n", VERDICT_CA, "uacme crashed (signal 6, Aborted)" },
};

START_TEST(rules_a5_death_by_a_signal)
{
	issue(deaths[_i].script);
	ck_assert_result(deaths[_i].verdict, deaths[_i].words);
}
END_TEST

START_TEST(it_dies_with_us)
{
	pid_t pid = fork();
	char *self;

	if (pid == 0) {
		issue("echo $$ >new; mv new self; exec sleep 1000\n");
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	for (int tries = 0; tries < 1000; tries++) {
		self = get("work/self");
		if (self != NULL)
			break;
		usleep(10000);
	}
	ck_assert_ptr_nonnull(self);
	free(self);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_gone("work/self");
}
END_TEST

START_TEST(flood_neither_fills_us_nor_stops_it)
{
	char program[128];
	char *argv[] = { (char[]){ "uacme" }, NULL };
	char *envp[] = { (char[]){ "PATH=/usr/bin:/bin" }, NULL };
	struct run_plan p = {
		.program = program,
		.argv = argv,
		.envp = envp,
		.work_dir = work,
		.limit_ms = 60000,
		.stop_fd = -1,
	};
	struct run_end end;
	char *left_out;

	path_of("bin/uacme", program);
	script("echo first; head -c 30000000 /dev/zero | tr '\\0' x; "
	       "echo last\n");
	run_program(&p, &end);
	ck_assert_int_eq(end.how, RUN_EXITED);
	ck_assert_int_eq(end.number, 0);
	ck_assert_int_eq(strncmp(end.output, "first\nxxx", 9), 0);
	ck_assert_int_eq(strncmp(end.output + end.len - 7, "xxlast\n", 7), 0);
	ck_assert_uint_gt(end.len, RUN_HEAD_MAX + RUN_TAIL_MAX);
	ck_assert_uint_lt(end.len, RUN_HEAD_MAX + RUN_TAIL_MAX + 100);
	left_out = memmem(end.output, end.len, "\n[... ", 6);
	ck_assert_ptr_eq(left_out, end.output + RUN_HEAD_MAX);
	free(end.output);
}
END_TEST

/* Every length about the bounds comes out as it went in. */
START_TEST(output_is_kept_in_order)
{
	static const size_t whole = RUN_HEAD_MAX + RUN_TAIL_MAX;
	static const size_t lens[] = { 0, 1, RUN_HEAD_MAX - 1, RUN_HEAD_MAX,
		RUN_HEAD_MAX + 1, whole - 1, whole };
	char program[128], text[256];
	char *argv[] = { (char[]){ "uacme" }, NULL };
	char *envp[] = { (char[]){ "PATH=/usr/bin:/bin" }, NULL };
	struct run_plan p = { .program = program,
		.argv = argv,
		.envp = envp,
		.work_dir = work,
		.limit_ms = 60000,
		.stop_fd = -1 };
	struct run_end end;
	char number[32];

	path_of("bin/uacme", program);
	(void)snprintf(text, sizeof(text),
	    "seq -f %%07g 0 60000 | head -c %zu\n", lens[_i]);
	script(text);
	run_program(&p, &end);
	ck_assert_uint_eq(end.len, lens[_i]);
	for (size_t at = 0; at + 8 <= end.len; at += 8) {
		(void)snprintf(number, sizeof(number), "%07zu\n", at / 8);
		ck_assert_int_eq(memcmp(end.output + at, number, 8), 0);
	}
	free(end.output);
}
END_TEST

START_TEST(what_cannot_be_run_is_ours)
{
	char words[256];

	put("bin/uacme", "#!/nonexistent/sh\n", 0755);
	uacme_issue(&plan, HOST, PASSED, &result);
	(void)snprintf(words, sizeof(words),
	    "%s/bin/uacme cannot be run: No such file or directory", dir);
	ck_assert_result(VERDICT_OURS, words);

	plan.work_dir = "/nonexistent/work";
	issue(STORE);
	ck_assert_result(
	    VERDICT_OURS, "/nonexistent/work: No such file or directory");
}
END_TEST

START_TEST(without_uacme_a_sentence_says_so)
{
	static const char *const places[] = { "/usr/bin/uacme",
		"/usr/sbin/uacme" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (access(places[i], F_OK) == 0 &&
		    (unshare(CLONE_NEWNS) != 0 ||
		        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		        mount("/dev/null", places[i], NULL, MS_BIND, NULL)))
			return; /* it is installed, and we are not root */
	put("bin/uacme", STORE, 0644); /* not executable */
	setenv("PATH", "/nonexistent:bin", 1);
	uacme_issue(&plan, HOST, PASSED, &result);
	ck_assert_result(VERDICT_OURS,
	    "uacme is not installed: there is no program of that name in "
	    "/nonexistent:bin, /usr/bin:/usr/sbin");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("uacme");
	TCase *t = tcase_create("uacme");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, stored_certificate_is_well);
	tcase_add_test(t, success_without_a_new_certificate_is_none);
	tcase_add_test(t, exit_status_is_judged_with_its_words);
	tcase_add_test(t, arguments_to_issue);
	tcase_add_test(t, without_an_account_it_is_not_run);
	tcase_add_test(t, arguments_to_register);
	tcase_add_loop_test(
	    t, eab_key_that_is_none_is_told_without_it, 0, COUNT(bad_keys));
	tcase_add_test(t, environment_is_spelled_out);
	tcase_add_loop_test(
	    t, hook_of_ours_is_told_what_passed, 0, COUNT(passes));
	tcase_add_test(t, it_inherits_nothing);
	tcase_add_test(t, it_that_hangs_is_ended_by_the_limit);
	tcase_add_test(t, grandchildren_end_with_it);
	tcase_add_test(t, stop_ends_it_at_once);
	tcase_add_loop_test(t,
	    stop_leaves_it_time_where_the_ca_has_all_it_needs, 0, COUNT(late));
	tcase_add_loop_test(t, rules_a5_death_by_a_signal, 0, COUNT(deaths));
	tcase_add_test(t, it_dies_with_us);
	tcase_add_test(t, flood_neither_fills_us_nor_stops_it);
	tcase_add_loop_test(t, output_is_kept_in_order, 0, 7);
	tcase_add_test(t, what_cannot_be_run_is_ours);
	tcase_add_test(t, without_uacme_a_sentence_says_so);
	suite_add_tcase(s, t);
	return suite_run(s);
}
