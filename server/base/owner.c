/* SPDX-License-Identifier: ISC */

/*
 * Directories that root makes for somebody else, and root's way down to their
 * owner, from which there is no way back.
 */

#include "base/owner.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

int owner_make_dir(const char *dir, const char *user, struct err *err)
{
	const struct passwd *pw = geteuid() == 0 ? getpwnam(user) : NULL;
	struct stat st;

	if (stat(dir, &st) == 0)
		return 0;
	if (file_make_dirs(dir, 0755, err) != 0)
		return -1;
	if (pw != NULL && (chown(dir, pw->pw_uid, pw->pw_gid) != 0 ||
	                      chmod(dir, 0700) != 0)) {
		err_set_errno(err, "%s", dir);
		return -1;
	}
	return 0;
}

int owner_become(const char *dir, struct err *err)
{
	const struct passwd *user;
	struct stat st;
	int groups;

	if (geteuid() != 0 || stat(dir, &st) != 0 || st.st_uid == 0)
		return 0;
	user = getpwuid(st.st_uid);
	groups = user != NULL ? initgroups(user->pw_name, user->pw_gid)
	                      : setgroups(0, NULL);
	if (groups != 0 ||
	    setgid(user != NULL ? user->pw_gid : st.st_gid) != 0 ||
	    setuid(st.st_uid) != 0) {
		err_set_errno(err, "cannot become the owner of %s", dir);
		return -1;
	}
	return 0;
}
