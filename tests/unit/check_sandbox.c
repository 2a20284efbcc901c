/* SPDX-License-Identifier: ISC */

/* What a process can still do in the sandbox, and what it cannot any more. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/sandbox.h"

#include "suite.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The directory that may be read, and one beside it; a file in each. */
static char readable[] = "/tmp/check_sandbox.XXXXXX";
static char hidden[] = "/tmp/check_sandbox.XXXXXX";

/* Each is 0, or what errno says of it. */
static int open_in(const char *dir, int flags)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/file", dir);
	return open(path, flags, 0600) < 0 ? errno : 0;
}

static int read_below(void)
{
	return open_in(readable, O_RDONLY);
}

static int read_elsewhere(void)
{
	return open_in(hidden, O_RDONLY);
}

static int write_below(void)
{
	return open_in(readable, O_WRONLY);
}

static int cut_below(void)
{
	return open_in(readable, O_RDONLY | O_TRUNC);
}

static int make_below(void)
{
	return open_in(readable, O_RDONLY | O_CREAT);
}

static int remove_below(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/file", readable);
	return unlink(path) < 0 ? errno : 0;
}

static int pair_local(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ? errno : 0;
}

static int make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int fork_another(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}

static int execute(void)
{
	(void)execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int own_limits(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_NOFILE, &r) < 0 ? errno : 0;
}

static int limits_of_another(void)
{
	struct rlimit r;

	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &r) < 0 ? errno : 0;
}

static int raise_own(void)
{
	return raise(0) != 0 ? errno : 0;
}

static int signal_another(void)
{
	return kill(getppid(), 0) != 0 ? errno : 0;
}

static int map(int protection)
{
	return mmap(NULL, 1, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	               MAP_FAILED
	           ? errno
	           : 0;
}

static int map_data(void)
{
	return map(PROT_READ | PROT_WRITE);
}

static int map_code(void)
{
	return map(PROT_READ | PROT_EXEC);
}

static const struct {
	const char *name;
	int (*deed)(void);
	int wanted;
} deeds[] = {
	{ "read below", read_below, 0 },
	{ "read elsewhere", read_elsewhere, EACCES },
	{ "write", write_below, ENOSYS },
	{ "cut", cut_below, ENOSYS },
	{ "make", make_below, ENOSYS },
	{ "remove", remove_below, ENOSYS },
	{ "socketpair", pair_local, 0 },
	{ "socket", make_socket, EPERM },
	{ "fork", fork_another, EPERM },
	{ "execute", execute, EPERM },
	{ "own limits", own_limits, 0 },
	{ "limits of another", limits_of_another, ENOSYS },
	{ "raise", raise_own, 0 },
	{ "signal another", signal_another, EPERM },
	{ "map data", map_data, 0 },
	{ "map code", map_code, ENOSYS },
};

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(readable));
	ck_assert_ptr_nonnull(mkdtemp(hidden));
	ck_assert_int_eq(open_in(readable, O_WRONLY | O_CREAT), 0);
	ck_assert_int_eq(open_in(hidden, O_WRONLY | O_CREAT), 0);
}

static void tear_down(void)
{
	ck_assert_int_eq(remove_below(), 0);
	ck_assert_int_eq(rmdir(readable), 0);
	(void)memcpy(readable, hidden, sizeof(readable));
	ck_assert_int_eq(remove_below(), 0);
	ck_assert_int_eq(rmdir(hidden), 0);
}

/* What became of a deed in a process of its own; -1: the kernel lacks. */
static int try(int (*deed)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		char lacks[64];
		struct err err;

		if (sandbox_enter(readable, lacks, sizeof(lacks), &err) != 0)
			_exit(254);
		_exit(lacks[0] == '\0' ? deed() : 255);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_ne(WEXITSTATUS(status), 254);
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

START_TEST(deed_is_possible_or_is_not)
{
	int got = try(deeds[_i].deed);

	ck_assert_msg(got == deeds[_i].wanted || got == -1, "%s: %s, not %s",
	    deeds[_i].name, strerror(got), strerror(deeds[_i].wanted));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("daemon/sandbox");
	TCase *t = tcase_create("sandbox");

	tcase_add_unchecked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, deed_is_possible_or_is_not, 0, COUNT(deeds));
	suite_add_tcase(s, t);
	return suite_run(s);
}
