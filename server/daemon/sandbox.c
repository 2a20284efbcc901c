/* SPDX-License-Identifier: ISC */

/*
 * The cage of a worker. A call that is not on the list gets ENOSYS: libraries
 * fall back from that, and from EPERM they do not. Sanitizers and coverage
 * need what it forbids, so their builds (NO_SANDBOX) leave it out and say so.
 */

#include "daemon/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

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

/* What libmicrohttpd, OpenSSL, glibc and our loop call while serving. */
static const int allowed[] = {
	SCMP_SYS(accept4),
	SCMP_SYS(brk),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(close),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(eventfd2),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(futex),
	SCMP_SYS(getdents64),
	SCMP_SYS(getpeername),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(lseek),
	SCMP_SYS(madvise),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(newfstatat),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(statx),
	SCMP_SYS(sysinfo),
	SCMP_SYS(tgkill),
	SCMP_SYS(time),
	SCMP_SYS(write),
	SCMP_SYS(writev),
};

/*
 * What is allowed in one form alone: a new bridge to libmicrohttpd, and no
 * socket to anywhere; files that are there, to be read; limits of our own.
 */
static int allow_some_forms(scmp_filter_ctx ctx)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
	    SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));

	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC,
		        O_RDONLY));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64),
		    1, SCMP_A0(SCMP_CMP_EQ, 0, 0));
	return rc;
}

/* 0; 1: the kernel has none; -1: errno. */
static int filter_calls(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc = ctx == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < sizeof(allowed) / sizeof(*allowed);
	     i++) {
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
		if (rc == -EDOM)
			rc = 0; /* this architecture has no such call */
	}
	if (rc == 0)
		rc = allow_some_forms(ctx);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc == -ECANCELED || rc == -EINVAL || rc == -ENOSYS)
		return 1;
	errno = rc < 0 ? -rc : 0;
	return rc < 0 ? -1 : 0;
}

/* 0; 1: the kernel has none; -1: errno. */
static int forbid_files(const char *readable)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs =
		    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
		    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
		    LANDLOCK_ACCESS_FS_REMOVE_DIR |
		    LANDLOCK_ACCESS_FS_REMOVE_FILE |
		    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
		    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
		    LANDLOCK_ACCESS_FS_MAKE_FIFO |
		    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
	};
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = -1,
	};
	int rc = -1, rules;

	rules =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
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
	calls = filter_calls();
	if (calls < 0) {
		err_set_errno(err, "seccomp");
		return -1;
	}
	(void)snprintf(ret_lacks, cap, "%s%s%s", files ? "Landlock" : "",
	    files && calls ? " and " : "", calls ? "seccomp" : "");
	return 0;
}

#endif
