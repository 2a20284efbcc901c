/* SPDX-License-Identifier: ISC */
/*
 * What a process could do if it were somebody else's: each call of a table is
 * made in its name, while it waits in one of its own, and the result told as
 * "NAME allowed" or "NAME denied: ERROR". It goes on afterwards as if nothing
 * had been. usage: captive PID SECRET_FILE NEW_FILE. x86-64 alone: 77
 * elsewhere.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__

int main(void)
{
	(void)puts("this is not x86-64");
	return 77;
}

#else

enum { BELOW_STACK = 8192, TEXT_MAX = 4096 };

static pid_t pid;
static struct user_regs_struct before;

static void wait_stop(void)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		errx(2, "%d does not stop", (int)pid);
}

/* Put text where the captive has room; its address there. */
static uint64_t lend(const char *text)
{
	uint64_t to = (before.rsp - BELOW_STACK) & ~(uint64_t)15;
	size_t len = strlen(text) + 1;

	if (len > TEXT_MAX)
		errx(2, "too long: %s", text);
	for (size_t i = 0; i < len; i += sizeof(long)) {
		long word = 0;

		memcpy(&word, text + i,
		    len - i < sizeof(word) ? len - i : sizeof(word));
		if (ptrace(PTRACE_POKEDATA, pid, (void *)(uintptr_t)(to + i),
		        (void *)word) != 0)
			err(2, "poke");
	}
	return to;
}

static long long call(long number, uint64_t a, uint64_t b, uint64_t c)
{
	struct user_regs_struct regs = before;

	regs.orig_rax = (unsigned long long)-1; /* nothing is restarted */
	regs.rax = (unsigned long long)number;
	regs.rdi = a;
	regs.rsi = b;
	regs.rdx = c;
	regs.r10 = 0;
	regs.rip -= 2; /* the instruction that it waits in */
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) != 0 ||
	    ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0)
		err(2, "step");
	wait_stop();
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
		err(2, "registers");
	return (long long)regs.rax;
}

static void tell(const char *name, long long result)
{
	if (result < 0 && result > -4096)
		(void)printf("%s denied: %s\n", name, strerror((int)-result));
	else
		(void)printf("%s allowed\n", name);
}

static void try_all(const char *secret, const char *new_file)
{
	const uint64_t at = (uint64_t)AT_FDCWD;

	tell("getpid", call(SYS_getpid, 0, 0, 0)); /* we really are in there */
	tell("execve", call(SYS_execve, lend("/bin/true"), 0, 0));
	tell("execveat", call(SYS_execveat, at, lend("/bin/true"), 0));
	tell("fork", call(SYS_fork, 0, 0, 0));
	tell("socket", call(SYS_socket, AF_INET, SOCK_STREAM, 0));
	tell("socket-unix", call(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	tell("connect", call(SYS_connect, 0, lend("\2"), 16));
	tell("bind", call(SYS_bind, 0, lend("\2"), 16));
	tell("read-a-secret", call(SYS_openat, at, lend(secret), O_RDONLY));
	tell(
	    "read-passwd", call(SYS_openat, at, lend("/etc/passwd"), O_RDONLY));
	tell("open-to-write",
	    call(SYS_openat, at, lend(new_file), O_WRONLY | O_CREAT));
	tell("unlink", call(SYS_unlinkat, at, lend(secret), 0));
	tell("ptrace", call(SYS_ptrace, PTRACE_ATTACH, (uint64_t)getppid(), 0));
	tell("kill", call(SYS_kill, (uint64_t)getppid(), 0, 0));
	tell("setuid", call(SYS_setuid, 0, 0, 0));
	tell("mount", call(SYS_mount, 0, lend("/"), 0));
}

int main(int argc, char *argv[])
{
	long word;

	if (argc != 4)
		errx(2, "usage: captive PID SECRET_FILE NEW_FILE");
	pid = (pid_t)strtol(argv[1], NULL, 10);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) != 0)
		err(2, "%d", (int)pid);
	wait_stop();
	if (ptrace(PTRACE_GETREGS, pid, NULL, &before) != 0)
		err(2, "registers");
	word = ptrace(
	    PTRACE_PEEKTEXT, pid, (void *)(uintptr_t)(before.rip - 2), NULL);
	if ((word & 0xffff) != 0x050f)
		errx(2, "%d waits in no system call", (int)pid);
	try_all(argv[2], argv[3]);
	if (ptrace(PTRACE_SETREGS, pid, NULL, &before) != 0 ||
	    ptrace(PTRACE_DETACH, pid, NULL, NULL) != 0)
		err(2, "detach");
	return 0;
}

#endif
