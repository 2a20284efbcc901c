/* SPDX-License-Identifier: ISC */
/*
 * What a worker could do if it were somebody else's: each call of a table is
 * made in its name, while it waits in one of its own, and the result told as
 * "NAME allowed" or "NAME denied: ERROR", with what was wanted where it was
 * not that: exit status 1. It goes on afterwards as if nothing had been.
 * usage: captive PID SECRET_FILE NEW_FILE. x86-64 alone: 77 elsewhere.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
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

struct deed {
	const char *name;
	long call;
	int wanted; /* the error, or 0 */
	/* One of the arguments is a text, if there is one. */
	const char *text;
	unsigned text_at;
	uint64_t args[6];
};

static long long call(const struct deed *d)
{
	struct user_regs_struct regs = before;
	uint64_t args[6];

	memcpy(args, d->args, sizeof(args));
	if (d->text != NULL)
		args[d->text_at] = lend(d->text);
	regs.orig_rax = (unsigned long long)-1; /* nothing is restarted */
	regs.rax = (unsigned long long)d->call;
	regs.rdi = args[0];
	regs.rsi = args[1];
	regs.rdx = args[2];
	regs.r10 = args[3];
	regs.r8 = args[4];
	regs.r9 = args[5];
	regs.rip -= 2; /* the instruction that it waits in */
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) != 0 ||
	    ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0)
		err(2, "step");
	wait_stop();
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
		err(2, "registers");
	return (long long)regs.rax;
}

/* Is it as wanted? */
static bool tell(const struct deed *d)
{
	long long result = call(d);
	int got = result < 0 && result > -4096 ? (int)-result : 0;

	(void)printf("%s %s%s", d->name, got ? "denied: " : "allowed",
	    got ? strerror(got) : "");
	if (got != d->wanted)
		(void)printf(
		    ", not %s", d->wanted ? strerror(d->wanted) : "allowed");
	(void)printf("\n");
	return got == d->wanted;
}

static bool try_all(const char *secret, const char *new_file)
{
	const uint64_t at = (uint64_t)AT_FDCWD, us = (uint64_t)getppid();
	const uint64_t stack = before.rsp & ~(uint64_t)4095;
	const struct deed deeds[] = {
		/* We really are in there. */
		{ "getpid", SYS_getpid, 0, NULL, 0, { 0 } },
		{ "execve", SYS_execve, EPERM, "/bin/true", 0, { 0 } },
		{ "execveat", SYS_execveat, EPERM, "/bin/true", 1, { at } },
		{ "memfd", SYS_memfd_create, EPERM, "x", 0, { 0 } },
		{ "fork", SYS_fork, EPERM, NULL, 0, { 0 } },
		{ "clone", SYS_clone, EPERM, NULL, 0, { SIGCHLD } },
		{ "ptrace", SYS_ptrace, EPERM, NULL, 0, { PTRACE_ATTACH, us } },
		{ "read-memory", SYS_process_vm_readv, EPERM, NULL, 0, { us } },
		{ "kill", SYS_kill, EPERM, NULL, 0, { us } },
		{ "tgkill", SYS_tgkill, ENOSYS, NULL, 0, { us, us } },
		{ "socket", SYS_socket, EPERM, NULL, 0,
		    { AF_INET, SOCK_STREAM } },
		{ "socket-unix", SYS_socket, EPERM, NULL, 0,
		    { AF_UNIX, SOCK_STREAM } },
		{ "socketpair", SYS_socketpair, ENOSYS, NULL, 0,
		    { AF_INET, SOCK_STREAM } },
		{ "connect", SYS_connect, EPERM, "\2", 1, { 0, 0, 16 } },
		{ "bind", SYS_bind, EPERM, "\2", 1, { 0, 0, 16 } },
		{ "send-to", SYS_sendto, ENOSYS, "\2", 4,
		    { 0, 0, 0, 0, 0, 16 } },
		{ "fast-open", SYS_sendto, ENOSYS, NULL, 0,
		    { 0, 0, 0, MSG_FASTOPEN } },
		{ "fast-open-2", SYS_sendmsg, ENOSYS, NULL, 0,
		    { 0, 0, MSG_FASTOPEN } },
		{ "take-descriptors", SYS_recvmsg, EPERM, NULL, 0, { 0 } },
		{ "own-signals", SYS_fcntl, ENOSYS, NULL, 0,
		    { 0, F_SETOWN, us } },
		{ "read-a-secret", SYS_openat, EACCES, secret, 1, { at } },
		{ "read-passwd", SYS_openat, EACCES, "/etc/passwd", 1, { at } },
		{ "write-a-secret", SYS_openat, ENOSYS, secret, 1,
		    { at, 0, O_WRONLY } },
		{ "write-anew", SYS_openat, ENOSYS, new_file, 1,
		    { at, 0, O_WRONLY | O_CREAT, 0600 } },
		{ "open", SYS_open, ENOSYS, secret, 0, { 0 } },
		{ "unlink", SYS_unlinkat, ENOSYS, secret, 1, { at } },
		{ "map-code", SYS_mmap, ENOSYS, NULL, 0,
		    { 0, 4096, PROT_READ | PROT_EXEC,
		        MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1 } },
		{ "make-code", SYS_mprotect, ENOSYS, NULL, 0,
		    { stack, 4096, PROT_READ | PROT_WRITE | PROT_EXEC } },
		{ "dumpable", SYS_prctl, EPERM, NULL, 0,
		    { PR_SET_DUMPABLE, 1 } },
		{ "io_uring", SYS_io_uring_setup, EPERM, NULL, 0, { 1 } },
		{ "setuid", SYS_setuid, EPERM, NULL, 0, { 0 } },
		{ "mount", SYS_mount, EPERM, "/", 1, { 0 } },
		{ "of-no-list", SYS_getppid, ENOSYS, NULL, 0, { 0 } },
	};
	bool well = true;

	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
		well = tell(&deeds[i]) && well;
	return well;
}

int main(int argc, char *argv[])
{
	long word;
	bool well;

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
	well = try_all(argv[2], argv[3]);
	if (ptrace(PTRACE_SETREGS, pid, NULL, &before) != 0 ||
	    ptrace(PTRACE_DETACH, pid, NULL, NULL) != 0)
		err(2, "detach");
	return well ? 0 : 1;
}

#endif
