/* SPDX-License-Identifier: ISC */

/*
 * Take a worker's filter, then try what it denies for good, what it has never
 * heard of, and what serving takes. Exit status 0: it is whole; 1: there is
 * none, and that was said; 2: it is neither.
 */

#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/sandbox_calls.h"

static int errno_of(long result)
{
	return result < 0 ? errno : 0;
}

int main(void)
{
	const char *const none = NULL;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return 2;
	if (sandbox_filter_calls() != 0)
		return 1;
	if (errno_of(syscall(SYS_execve, none, NULL, NULL)) != EPERM ||
	    errno_of(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0)) != EPERM ||
	    errno_of(syscall(SYS_swapoff, none)) != ENOSYS || getpid() <= 0)
		return 2;
	return 0;
}
