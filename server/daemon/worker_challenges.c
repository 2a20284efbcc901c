/* SPDX-License-Identifier: ISC */

/*
 * Where the workers read what proves to a CA that a host is ours. The manager
 * makes the directory as the user that also runs uacme's hook; a worker keeps
 * a descriptor of it that was opened before its sandbox closed.
 */

#include "daemon/worker_challenges.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "config/config.h"
#include "policy/challenge.h"

static bool path_of(const struct settings *s, char ret_path[PATH_MAX])
{
	const struct acme *a = &s->acme;

	ret_path[0] = '\0';
	if (!a->configured || a->redirect != NULL || a->hook != NULL)
		return false;
	return snprintf(ret_path, PATH_MAX, "%s/" CHALLENGE_DIR, s->state) <
	       PATH_MAX;
}

void challenges_make(const struct settings *s)
{
	char path[PATH_MAX];

	if (path_of(s, path) && mkdir(path, 0700) != 0 && errno != EEXIST)
		log_warn("no challenge of a CA can be answered: %s: %s", path,
		    strerror(errno));
}

int challenges_open(const struct settings *s, char ret_path[PATH_MAX])
{
	int fd = -1;

	if (path_of(s, ret_path))
		fd = open(ret_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		ret_path[0] = '\0';
	return fd;
}
