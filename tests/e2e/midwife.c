/* SPDX-License-Identifier: ISC */
/*
 * Runs a program and stands by at the birth of each of its children: what
 * becomes of a newborn, before its first instruction, is the word in a file
 * at that moment: pass, kill (SIGKILL), crash (SIGSEGV), or stop (it hangs
 * until somebody kills it). That is how a test has a new worker die at once
 * or never report ready, in the real binary. Each birth is a line on standard
 * output. It ends as its program ends.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN_MAX = 4096 };

static pid_t born[CHILDREN_MAX]; /* those that hang, still traced */
static size_t born_count;

static void read_word(const char *path, char ret_word[16])
{
	FILE *f = fopen(path, "re");

	if (f == NULL || fscanf(f, "%15s", ret_word) != 1)
		(void)snprintf(ret_word, 16, "pass");
	if (f != NULL)
		(void)fclose(f);
}

static bool is_hanging(pid_t pid)
{
	size_t i;

	for (i = 0; i < born_count; i++)
		if (born[i] == pid)
			return true;
	return false;
}

static void deliver(pid_t pid, const char *path)
{
	char word[16];
	long signal = 0;

	read_word(path, word);
	(void)printf("born %d %s\n", (int)pid, word);
	(void)fflush(stdout);
	if (strcmp(word, "stop") == 0) {
		if (born_count == CHILDREN_MAX)
			errx(2, "too many children");
		born[born_count++] = pid;
		return;
	}
	if (strcmp(word, "kill") == 0)
		signal = SIGKILL;
	else if (strcmp(word, "crash") == 0)
		signal = SIGSEGV;
	if (signal != 0)
		(void)kill(pid, (int)signal);
	(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

/* The program itself stopped: a signal is on its way, or it forked. */
static void go_on(pid_t pid, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status);

	if (event == PTRACE_EVENT_STOP && signal != SIGTRAP)
		(void)ptrace(PTRACE_LISTEN, pid, NULL, NULL);
	else
		(void)ptrace(PTRACE_CONT, pid, NULL,
		    (void *)(long)(event == 0 ? signal : 0));
}

static pid_t start(char *argv[])
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(2, "fork");
	if (pid == 0) {
		(void)raise(SIGSTOP);
		execvp(argv[0], argv);
		err(2, "%s", argv[0]);
	}
	if (waitpid(pid, &status, WUNTRACED) < 0 || !WIFSTOPPED(status))
		errx(2, "the program did not wait");
	if (ptrace(PTRACE_SEIZE, pid, NULL,
	        (void *)(long)(PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL)) < 0)
		err(2, "ptrace");
	(void)kill(pid, SIGCONT);
	return pid;
}

int main(int argc, char *argv[])
{
	pid_t program, pid;
	int status;

	if (argc < 3)
		errx(2, "usage: midwife FILE PROGRAM [ARGUMENT...]");
	program = start(argv + 2);
	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0)
			err(2, "waitpid");
		if (pid == program && WIFEXITED(status))
			return WEXITSTATUS(status);
		if (pid == program && WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		if (!WIFSTOPPED(status))
			continue;
		if (pid == program)
			go_on(pid, status);
		else if (!is_hanging(pid))
			deliver(pid, argv[1]);
	}
}
