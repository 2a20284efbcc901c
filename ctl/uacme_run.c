/* SPDX-License-Identifier: ISC */
/*
 * A child under a time limit. Its end is seen through a pidfd, so that no
 * handler of SIGCHLD stands in anybody's way; the group is killed before the
 * child is reaped, while its number cannot be another's.
 */
#include "uacme_run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/loop.h"

#define CHUNK    16384
#define GRACE_MS 10000
#define LAST_MAX 64
#define DRAINS   64 /* chunks after the end: a stray grandchild may go on */

static const char left_out[] = "\n[... some of the output is left out ...]\n";

/* The first RUN_HEAD_MAX bytes, and a ring of the last RUN_TAIL_MAX. */
struct capture {
	char *bytes;
	size_t total;
};

struct child {
	pid_t pid;
	int pidfd;
	int output; /* what it writes; -1: the other end is closed */
	int report; /* why it could not be started */
	struct capture capture;
	const char *near_end; /* of the plan */
	bool is_near_end;     /* it has written that */
	char last[LAST_MAX];  /* of its output, which may come in pieces */
	size_t last_len;
};

struct report { /* as the child writes it */
	int step, error;
};

enum { STEP_CHDIR, STEP_STREAMS, STEP_EXEC };

static void capture_add(struct capture *c, const char *bytes, size_t len)
{
	size_t at, n;

	while (len > 0) {
		at = c->total;
		n = RUN_HEAD_MAX - at;
		if (at >= RUN_HEAD_MAX) {
			at = (at - RUN_HEAD_MAX) % RUN_TAIL_MAX;
			n = RUN_TAIL_MAX - at;
			at += RUN_HEAD_MAX;
		}
		n = n < len ? n : len;
		memcpy(c->bytes + at, bytes, n);
		c->total += n;
		bytes += n;
		len -= n;
	}
}

/* In one piece, the caller's to free; NULL: no memory. */
static char *capture_take(struct capture *c, size_t *ret_len)
{
	char *whole = c->bytes;
	size_t mark = sizeof(left_out) - 1, over;

	c->bytes = NULL;
	*ret_len = c->total;
	if (c->total <= RUN_HEAD_MAX + RUN_TAIL_MAX)
		return whole;
	*ret_len = RUN_HEAD_MAX + mark + RUN_TAIL_MAX;
	over = (c->total - RUN_HEAD_MAX) % RUN_TAIL_MAX;
	c->bytes = whole;
	whole = malloc(*ret_len);
	if (whole != NULL) {
		const char *ring = c->bytes + RUN_HEAD_MAX;
		char *to = whole + RUN_HEAD_MAX;

		memcpy(whole, c->bytes, RUN_HEAD_MAX);
		memcpy(to, left_out, mark);
		to += mark;
		memcpy(to, ring + over, RUN_TAIL_MAX - over);
		memcpy(to + RUN_TAIL_MAX - over, ring, over);
	}
	free(c->bytes);
	c->bytes = NULL;
	return whole;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void default_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)sigaction(s, &action, NULL); /* some cannot be set */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool become_streams(int output)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return null >= 0 && dup2(null, 0) == 0 && dup2(output, 1) == 1 &&
	       dup2(output, 2) == 2;
}

static _Noreturn void be_child(
    const struct run_plan *p, pid_t parent, int output, int report)
{
	struct report r = { STEP_CHDIR, 0 };

	(void)setpgid(0, 0); /* the parent does it too, whoever is first */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(127);
	if (chdir(p->work_dir) == 0) {
		r.step = STEP_STREAMS;
		if (become_streams(output)) {
			/* All of ours are so already. */
			(void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
			default_signals();
			r.step = STEP_EXEC;
			(void)execve(p->program, p->argv, p->envp);
		}
	}
	r.error = errno;
	if (write(report, &r, sizeof(r)) < 0)
		_exit(126);
	_exit(127);
}

/* A pipe whose reading end does not block. */
static int make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

/* Fork with every signal blocked: no handler of ours runs in the child. */
static pid_t start_child(const struct run_plan *p, int output, int report)
{
	pid_t parent = getpid(), pid;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		be_child(p, parent, output, report);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid > 0)
		(void)setpgid(pid, pid); /* refused after its exec: done */
	return pid;
}

/* 0; or -1 and errno. What was opened is the caller's to close. */
static int start(const struct run_plan *p, struct child *c)
{
	int output[2] = { -1, -1 }, report[2] = { -1, -1 };
	int result = -1, saved;

	c->capture.bytes = malloc(RUN_HEAD_MAX + RUN_TAIL_MAX);
	if (c->capture.bytes == NULL)
		return -1;
	if (make_pipe(output) != 0 || make_pipe(report) != 0)
		goto out;
	c->pid = start_child(p, output[1], report[1]);
	if (c->pid < 0)
		goto out;
	c->pidfd = pidfd_open(c->pid, 0);
	if (c->pidfd >= 0)
		result = 0;
out:
	saved = errno;
	c->output = output[0];
	c->report = report[0];
	close_fd(&output[1]);
	close_fd(&report[1]);
	errno = saved;
	return result;
}

/* What it has written, len bytes, and before them the last ones of before. */
static void look_for_end(struct child *c, const char *bytes, size_t len)
{
	char seen[LAST_MAX + CHUNK];
	size_t last = c->last_len;

	if (c->near_end == NULL || c->is_near_end)
		return;
	memcpy(seen, c->last, last);
	memcpy(seen + last, bytes, len);
	len += last;
	c->is_near_end =
	    memmem(seen, len, c->near_end, strlen(c->near_end)) != NULL;
	c->last_len = len < LAST_MAX ? len : LAST_MAX;
	memcpy(c->last, seen + len - c->last_len, c->last_len);
}

/* Take one chunk; false: there is none now. */
static bool take_output(struct child *c)
{
	char bytes[CHUNK];
	ssize_t n;

	if (c->output < 0)
		return false;
	n = read(c->output, bytes, sizeof(bytes));
	if (n > 0) {
		capture_add(&c->capture, bytes, (size_t)n);
		look_for_end(c, bytes, (size_t)n);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close_fd(&c->output);
	}
	return n > 0;
}

static enum run_how watch(const struct run_plan *p, struct child *c)
{
	int64_t end_ms = clock_now_ms() + p->limit_ms, left_ms;
	enum run_how late = RUN_LATE;
	struct pollfd fds[] = {
		{ .fd = c->pidfd, .events = POLLIN },
		{ .fd = p->stop_fd, .events = POLLIN },
		{ .fd = c->output, .events = POLLIN },
	};

	for (;;) {
		left_ms = end_ms - clock_now_ms();
		if (left_ms <= 0)
			return late;
		if (left_ms > 60000)
			left_ms = 60000; /* and again */
		fds[2].fd = c->output;
		if (poll(fds, 3, (int)left_ms) < 0)
			continue; /* a signal: its handler fills stop_fd */
		if (fds[2].revents != 0)
			(void)take_output(c); /* what there is */
		if (fds[0].revents != 0)
			return RUN_EXITED;
		if (fds[1].revents == 0)
			continue;
		for (int i = 0; i < DRAINS && take_output(c); i++)
			continue; /* what it wrote before */
		if (!c->is_near_end)
			return RUN_STOPPED;
		fds[1].fd = -1; /* seen */
		late = RUN_STOPPED;
		if (end_ms > clock_now_ms() + GRACE_MS)
			end_ms = clock_now_ms() + GRACE_MS;
	}
}

/* Kill what is left of the group, reap the child, read what is left. */
static void finish(struct child *c, struct run_end *ret_end)
{
	int status = 0;

	(void)kill(-c->pid, SIGKILL); /* nobody may be left */
	(void)kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	for (int i = 0; i < DRAINS && take_output(c); i++)
		continue;
	if (ret_end->how != RUN_EXITED)
		return;
	if (WIFSIGNALED(status)) {
		ret_end->how = RUN_SIGNALED;
		ret_end->number = WTERMSIG(status);
	} else {
		ret_end->number = WEXITSTATUS(status);
	}
}

/* Did it come so far as to be the program? */
static void read_report(
    const struct run_plan *p, struct child *c, struct run_end *ret_end)
{
	struct report r;

	if (read(c->report, &r, sizeof(r)) != (ssize_t)sizeof(r))
		return;
	ret_end->how = RUN_FAILED;
	errno = r.error;
	if (r.step == STEP_CHDIR)
		err_set_errno(&ret_end->err, "%s", p->work_dir);
	else if (r.step == STEP_STREAMS)
		err_set_errno(&ret_end->err, "/dev/null");
	else
		err_set_errno(&ret_end->err, "%s cannot be run", p->program);
}

void run_program(const struct run_plan *p, struct run_end *ret_end)
{
	struct child c = { .pid = -1,
		.pidfd = -1,
		.output = -1,
		.report = -1,
		.near_end = p->near_end };

	*ret_end = (struct run_end){ .how = RUN_FAILED };
	if (start(p, &c) == 0)
		ret_end->how = watch(p, &c);
	else
		err_set_errno(
		    &ret_end->err, "%s cannot be started", p->program);
	if (c.pid > 0) {
		finish(&c, ret_end);
		read_report(p, &c, ret_end);
		ret_end->output = capture_take(&c.capture, &ret_end->len);
		if (ret_end->output == NULL)
			ret_end->len = 0;
	}
	free(c.capture.bytes);
	close_fd(&c.pidfd);
	close_fd(&c.output);
	close_fd(&c.report);
}
