/* SPDX-License-Identifier: ISC */

/*
 * From the manager to another program. What the manager has changed about
 * itself is put back before: its signals are blocked, one is ignored, and its
 * parent may have ignored others.
 */

#include "daemon/manager_renew_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"

#define PROGRAM    "mta-stsctl"
#define UNABLE     2 /* the exit status of mta-stsctl that says so */
#define FIRST_FREE (STDERR_FILENO + 1)

void renew_place_find(struct renew_place *ret_place)
{
	char *dir = ret_place->dir, *slash;
	ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX - 1);

	dir[n > 0 ? n : 0] = '\0';
	/* " (deleted)" may stand behind the name, which goes anyway. */
	slash = strrchr(dir, '/');
	dir[slash != NULL ? slash - dir + 1 : 0] = '\0';
}

/* Is there such a program, below dir by way of `by`? */
static bool find(const char *dir, const char *by, char ret_program[PATH_MAX])
{
	int n = snprintf(ret_program, PATH_MAX, "%s%s" PROGRAM, dir, by);

	return n < PATH_MAX && access(ret_program, X_OK) == 0;
}

void renew_place_program(
    const struct renew_place *p, char ret_program[PATH_MAX])
{
	ret_program[0] = '\0';
	if (p->dir[0] == '\0' || find(p->dir, "", ret_program) ||
	    find(p->dir, "../bin/", ret_program))
		return;
	/* Neither: a complaint names the first. */
	(void)find(p->dir, "", ret_program);
}

/* Close what is not ours to give: all but the three, once it is run. */
static void close_others(void)
{
	long most = sysconf(_SC_OPEN_MAX);

	if (close_range(FIRST_FREE, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	/* A kernel or a container that has no such call. */
	for (int fd = FIRST_FREE; fd < most; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL); /* two cannot be anything else */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What a service manager told us is for us alone. */
static void forget_service_manager(void)
{
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

static _Noreturn void be_program(
    const char *program, const char *const argv[], pid_t manager, int out)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char *const *words;

	memcpy(&words, &argv, sizeof(words)); /* which execv does not change */
	(void)setpgid(0, 0);
	reset_signals();
	forget_service_manager();
	/* It may have ended before it was asked to be told. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != manager)
		_exit(UNABLE);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(log_descriptor(), STDERR_FILENO) >= 0) {
		close_others();
		(void)execv(program, words);
	}
	log_error("%s cannot be run: %s", program[0] ? program : PROGRAM,
	    strerror(errno));
	_exit(UNABLE);
}

pid_t renew_spawn(const char *program, const char *const argv[], int *ret_out)
{
	pid_t pid, manager = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	pid = fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? fork() : -1;
	if (pid == 0)
		be_program(program, argv, manager, ends[1]);
	(void)close(ends[1]);
	if (pid < 0) {
		int saved = errno;

		(void)close(ends[0]);
		errno = saved;
		return -1;
	}
	/* Here too, so that it has its group before anybody kills it. */
	(void)setpgid(pid, pid);
	*ret_out = ends[0];
	return pid;
}
