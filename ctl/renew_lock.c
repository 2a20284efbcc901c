/* SPDX-License-Identifier: ISC */
/*
 * The lock of renew and forget. The file stays for ever: to remove it would
 * leave two of them with a lock each.
 */
#include "renew_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/err.h"

int renew_lock(const char *dir, bool *ret_busy, struct err *err)
{
	char path[PATH_MAX];
	int fd;

	*ret_busy = false;
	(void)snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(
	    path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	*ret_busy = fd >= 0 && errno == EWOULDBLOCK;
	if (*ret_busy)
		err_set(err, "another renew or forget is at work: try again "
		             "when it has ended");
	else
		err_set_errno(err, "%s", path);
	if (fd >= 0)
		(void)close(fd); /* nothing was written to it */
	return -1;
}
