/* SPDX-License-Identifier: ISC */

/*
 * The system calls of a worker. What serving takes is allowed, some of it in
 * one form alone. What would let a stranger out is denied for good: EPERM, from
 * which no library falls back, and which a library that tries survives; to kill
 * would hand a stranger a way to end workers. Whatever is on neither list, a
 * new libc's wishes too, gets ENOSYS: libraries fall back from that.
 */

#include "daemon/sandbox_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A call, and what its arguments must be to be allowed. */
struct form {
	int call;
	unsigned count;
	struct scmp_arg_cmp args[2];
};

/* An int is 32 bits of its register; the rest is nobody's. */
#define IS(arg, value)                                                         \
	{                                                                      \
		arg, SCMP_CMP_MASKED_EQ, UINT32_MAX, value                     \
	}
#define WITHOUT(arg, flags)                                                    \
	{                                                                      \
		arg, SCMP_CMP_MASKED_EQ, flags, 0                              \
	}
#define IS_NULL(arg)                                                           \
	{                                                                      \
		arg, SCMP_CMP_EQ, 0, 0                                         \
	}

static const int allowed[] = {
	SCMP_SYS(accept4),         /* a connection */
	SCMP_SYS(brk),             /* malloc */
	SCMP_SYS(clock_gettime),   /* where the vDSO does not tell */
	SCMP_SYS(close),           /* a connection's end, a challenge's */
	SCMP_SYS(epoll_create1),   /* the loop's, libmicrohttpd's */
	SCMP_SYS(epoll_ctl),       /* a connection comes and goes */
	SCMP_SYS(epoll_pwait),     /* the same where there is no epoll_wait */
	SCMP_SYS(epoll_wait),      /* the loop */
	SCMP_SYS(eventfd2),        /* libmicrohttpd wakes itself, if it wants */
	SCMP_SYS(exit_group),      /* the end */
	SCMP_SYS(fstat),           /* is a challenge a regular file? */
	SCMP_SYS(futex),           /* locks of OpenSSL and libmicrohttpd */
	SCMP_SYS(getpeername),     /* libmicrohttpd asks its socket */
	SCMP_SYS(getpid),          /* OpenSSL: has this process forked? */
	SCMP_SYS(getrandom),       /* keys of a handshake */
	SCMP_SYS(getsockname),     /* libmicrohttpd asks its socket */
	SCMP_SYS(getsockopt),      /* libmicrohttpd asks its socket */
	SCMP_SYS(gettid),          /* abort() */
	SCMP_SYS(gettimeofday),    /* where the vDSO does not tell */
	SCMP_SYS(madvise),         /* free() gives memory back */
	SCMP_SYS(mremap),          /* realloc() */
	SCMP_SYS(munmap),          /* free() */
	SCMP_SYS(newfstatat),      /* fstat(), as newer libcs ask */
	SCMP_SYS(poll),            /* does the log's reader still read? */
	SCMP_SYS(ppoll),           /* the same where there is no poll */
	SCMP_SYS(read),            /* a challenge, the bridge */
	SCMP_SYS(recvfrom),        /* what a peer or the manager says */
	SCMP_SYS(restart_syscall), /* a wait that SIGSTOP broke */
	SCMP_SYS(rt_sigaction),    /* abort() */
	SCMP_SYS(rt_sigprocmask),  /* abort() */
	SCMP_SYS(rt_sigreturn),    /* a signal was taken */
	SCMP_SYS(shutdown),        /* the last byte is sent */
	SCMP_SYS(time),            /* where the vDSO does not tell */
	SCMP_SYS(write),           /* the log */
	SCMP_SYS(writev),          /* the last words of libc */
};

static const struct form allowed_as[] = {
	/* Flags; no owner, whom the kernel would signal for us. */
	{ SCMP_SYS(fcntl), 1, { IS(1, F_GETFD) } },
	{ SCMP_SYS(fcntl), 1, { IS(1, F_SETFD) } },
	{ SCMP_SYS(fcntl), 1, { IS(1, F_GETFL) } },
	{ SCMP_SYS(fcntl), 1, { IS(1, F_SETFL) } },
	/* Memory, and never code in it. */
	{ SCMP_SYS(mmap), 1, { WITHOUT(2, PROT_EXEC) } },
	{ SCMP_SYS(mprotect), 1, { WITHOUT(2, PROT_EXEC) } },
	/* Files that are there, to be read. */
	{ SCMP_SYS(openat), 1, { WITHOUT(2, O_ACCMODE | O_CREAT | O_TRUNC) } },
	/* To ask for limits of our own. */
	{ SCMP_SYS(prlimit64), 2, { IS(0, 0), IS_NULL(2) } },
	/* To a peer we have: TCP Fast Open is a connect by another name. */
	{ SCMP_SYS(sendmsg), 1, { WITHOUT(2, MSG_FASTOPEN) } },
	{ SCMP_SYS(sendto), 2, { WITHOUT(3, MSG_FASTOPEN), IS_NULL(4) } },
	/* What libmicrohttpd asks of its socket. */
	{ SCMP_SYS(setsockopt), 2, { IS(1, IPPROTO_TCP), IS(2, TCP_CORK) } },
	{ SCMP_SYS(setsockopt), 2, { IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY) } },
	/* A new bridge to libmicrohttpd, and no socket to anywhere. */
	{ SCMP_SYS(socketpair), 1, { IS(0, AF_UNIX) } },
};

static const int denied[] = {
	SCMP_SYS(execve),            /* another program */
	SCMP_SYS(execveat),          /* another program */
	SCMP_SYS(memfd_create),      /* a program without a file */
	SCMP_SYS(fork),              /* another process */
	SCMP_SYS(vfork),             /* another process */
	SCMP_SYS(clone),             /* another process */
	SCMP_SYS(clone3),            /* another process */
	SCMP_SYS(ptrace),            /* into another process */
	SCMP_SYS(process_vm_readv),  /* into another process */
	SCMP_SYS(process_vm_writev), /* into another process */
	SCMP_SYS(pidfd_open),        /* a handle of another process */
	SCMP_SYS(pidfd_getfd),       /* descriptors of another process */
	SCMP_SYS(kill),              /* signals to others */
	SCMP_SYS(tkill),             /* signals to others */
	SCMP_SYS(rt_sigqueueinfo),   /* signals to others */
	SCMP_SYS(rt_tgsigqueueinfo), /* signals to others */
	SCMP_SYS(pidfd_send_signal), /* signals to others */
	SCMP_SYS(socket),            /* to anywhere */
	SCMP_SYS(connect),           /* to anywhere */
	SCMP_SYS(bind),              /* another service */
	SCMP_SYS(listen),            /* another service */
	SCMP_SYS(recvmsg),           /* descriptors that are passed */
	SCMP_SYS(io_uring_setup),    /* calls that no filter sees */
	SCMP_SYS(prctl),             /* to be dumpable again */
	SCMP_SYS(userfaultfd),       /* the kernel's own weak spots */
	SCMP_SYS(bpf),               /* the kernel's own weak spots */
	SCMP_SYS(perf_event_open),   /* the kernel's own weak spots */
	SCMP_SYS(unshare),           /* privileges in a world of one's own */
	SCMP_SYS(setns),             /* another world */
	SCMP_SYS(mount),             /* another world */
	SCMP_SYS(setuid),            /* another user */
	SCMP_SYS(setresuid),         /* another user */
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct program {
	struct sock_filter code[1024]; /* twice and more what it takes */
	size_t len;                    /* in bytes */
};

/* Of an architecture that has no such call nothing is left to say. */
static int rule(scmp_filter_ctx ctx, uint32_t action, const struct form *f)
{
	int rc = seccomp_rule_add_array(
	    ctx, action, f->call, f->count, f->count > 0 ? f->args : NULL);

	return rc == -EDOM ? 0 : rc;
}

static int rules(
    scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = rule(ctx, action, &(struct form){ .call = calls[i] });
	return rc;
}

static int forms(scmp_filter_ctx ctx)
{
	/* abort(), and of ourselves alone. */
	const struct form own = { SCMP_SYS(tgkill), 1,
		{ IS(0, (uint32_t)getpid()) } };
	int rc = rule(ctx, SCMP_ACT_ALLOW, &own);

	for (size_t i = 0; rc == 0 && i < COUNT(allowed_as); i++)
		rc = rule(ctx, SCMP_ACT_ALLOW, &allowed_as[i]);
	return rc;
}

/* The filter, as the kernel takes it. 0, or -1 and errno. */
static int compile(struct program *ret)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc = ctx == NULL ? -ENOMEM : 0, ends[2] = { -1, -1 };
	ssize_t len;

	if (rc == 0)
		rc = rules(ctx, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
	if (rc == 0)
		rc = forms(ctx);
	if (rc == 0)
		rc = rules(ctx, SCMP_ACT_ERRNO(EPERM), denied, COUNT(denied));
	/* A tree, not a list: it is walked for each call with arguments. */
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		rc = -errno;
	if (rc == 0)
		rc = seccomp_export_bpf(ctx, ends[1]);
	seccomp_release(ctx);
	len = rc < 0 ? -1 : read(ends[0], ret->code, sizeof(ret->code));
	if (rc == 0 && (len < 0 || (size_t)len == sizeof(ret->code)))
		rc = len < 0 ? -errno : -E2BIG;
	if (ends[0] >= 0) {
		(void)close(ends[0]); /* nothing is left in it */
		(void)close(ends[1]);
	}
	ret->len = len > 0 ? (size_t)len : 0;
	errno = rc < 0 ? -rc : 0;
	return rc < 0 ? -1 : 0;
}

int sandbox_filter_calls(void)
{
	struct program p, again;
	struct sock_fprog taken = { .filter = p.code };

	if (compile(&p) != 0 || compile(&again) != 0)
		return -1;
	/* Where memory lacks, libseccomp 2.5 cuts a filter and tells nobody. */
	if (p.len != again.len || memcmp(p.code, again.code, p.len) != 0) {
		errno = ENOMEM;
		return -1;
	}
	taken.len = (unsigned short)(p.len / sizeof(*p.code));
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &taken, 0, 0) == 0)
		return 0;
	/* Was the kernel built without it, or is it the filter? */
	return errno == EINVAL && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 ? 1
	                                                                : -1;
}
