/* SPDX-License-Identifier: ISC */

/*
 * The cage of a worker: no privilege, no file but below one directory, few
 * system calls (sandbox_calls.c), no core. Sanitizers and coverage need what
 * it forbids, so their builds (NO_SANDBOX) leave it out and say so.
 */

#include "daemon/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/sandbox_calls.h"

void sandbox_no_dump(void)
{
	const struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };

	(void)setrlimit(RLIMIT_CORE, &none); /* lowering cannot fail */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int sandbox_drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {
		{ .effective = 0 },
	};
	struct __user_cap_data_struct ours[_LINUX_CAPABILITY_U32S_3];

	/* Who has none may be forbidden to say so. */
	if (syscall(SYS_capget, &head, ours) == 0 &&
	    memcmp(ours, none, sizeof(none)) == 0)
		return 0;
	return (int)syscall(SYS_capset, &head, none);
}

#ifdef NO_SANDBOX

int sandbox_enter(
    const char *readable, char *ret_lacks, size_t cap, struct err *err)
{
	(void)readable;
	(void)err;
	(void)snprintf(ret_lacks, cap, "all of it (built without)");
	return 0;
}

#else

/* As the kernel takes it today; an older one takes it with zeros at its end. */
struct ruleset {
	uint64_t files, net, scoped;
};

/* What each version of Landlock forbids more, by number: headers lack some. */
static const struct ruleset versions[] = {
	{ .files = 0x1fff },   /* 1: to read, write, list, make, remove */
	{ .files = 1U << 13 }, /* 2: to link or rename elsewhere */
	{ .files = 1U << 14 }, /* 3: to cut */
	{ .net = 3 },          /* 4: to bind and connect TCP */
	{ .files = 1U << 15 }, /* 5: ioctl on devices */
	{ .scoped = 3 }, /* 6: others' abstract sockets; signals to them */
};

/* All that this kernel's Landlock can forbid. 0; or -1 and errno. */
static int all_rights(struct ruleset *ret)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	long known = (long)(sizeof(versions) / sizeof(*versions));

	if (version < 0)
		return -1;
	*ret = (struct ruleset){ 0 };
	for (long i = 0; i < version && i < known; i++) {
		ret->files |= versions[i].files;
		ret->net |= versions[i].net;
		ret->scoped |= versions[i].scoped;
	}
	return 0;
}

/* 0; 1: the kernel has none; -1: errno. */
static int forbid_files(const char *readable)
{
	struct ruleset attr;
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = -1,
	};
	int rc = -1, rules = -1;

	if (all_rights(&attr) == 0)
		rules = (int)syscall(
		    SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	/* EPERM: the filter of a container that has never heard of it. */
	if (rules < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM
		           ? 1
		           : -1;
	if (readable != NULL)
		beneath.parent_fd =
		    open(readable, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* A directory that is not there yet is one that nothing is read in. */
	if (beneath.parent_fd >= 0 &&
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
	        &beneath, 0) != 0)
		goto out;
	rc = (int)syscall(SYS_landlock_restrict_self, rules, 0);
out:
	if (beneath.parent_fd >= 0)
		(void)close(beneath.parent_fd);
	(void)close(rules);
	return rc;
}

int sandbox_enter(
    const char *readable, char *ret_lacks, size_t cap, struct err *err)
{
	int files, calls;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		err_set_errno(err, "no_new_privs");
		return -1;
	}
	if (sandbox_drop_capabilities() != 0) {
		err_set_errno(err, "capabilities");
		return -1;
	}
	files = forbid_files(readable);
	if (files < 0) {
		err_set_errno(err, "Landlock");
		return -1;
	}
	calls = sandbox_filter_calls();
	if (calls < 0) {
		err_set_errno(err, "seccomp");
		return -1;
	}
	(void)snprintf(ret_lacks, cap, "%s%s%s", files ? "Landlock" : "",
	    files && calls ? " and " : "", calls ? "seccomp" : "");
	return 0;
}

#endif
