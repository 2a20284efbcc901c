/* SPDX-License-Identifier: ISC */

/*
 * Preloaded: the n-th allocation of a process fails, once. NOMEM_AT is n;
 * NOMEM_IN says whose are counted: "first" of the process that was started,
 * "child" of those it forks, each from its fork on, "filter" of libseccomp
 * alone, which is spared else: of an allocation that fails it makes half a
 * filter or writes to what it has freed. NOMEM_TOLD is a file of 16 zero bytes,
 * mapped, so that all share it and a sandbox does not matter: the first is 1
 * once it has come to it.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TOLD_BYTES 16

/* Interposed, and declared by no header that is included here. */
void *seccomp_init(uint32_t action);
void seccomp_release(void *ctx);

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*): glibc names them so */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*) */

/* What is preloaded has nobody to keep its state. */
static struct {
	atomic_bool *failed; /* shared */
	atomic_ulong count;
	unsigned long at; /* 0: none fails */
	bool counts, in_child;
	bool in_filter; /* libseccomp is what is asked for, */
	bool filtering; /* and what is at work */
} state;

static void on_fork(void)
{
	atomic_store(&state.count, 0);
	state.counts = state.in_child;
}

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("NOMEM_AT"), *in = getenv("NOMEM_IN");
	const char *told = getenv("NOMEM_TOLD");
	int fd = told == NULL ? -1 : open(told, O_RDWR | O_CLOEXEC);

	if (at == NULL || in == NULL || fd < 0)
		_exit(126);
	state.failed =
	    mmap(NULL, TOLD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (state.failed == MAP_FAILED ||
	    pthread_atfork(NULL, NULL, on_fork) != 0)
		_exit(126);
	(void)close(fd);
	state.in_child = strcmp(in, "child") == 0;
	state.counts = !state.in_child;
	state.in_filter = strcmp(in, "filter") == 0;
	state.at = strtoul(at, NULL, 10);
}

static bool fails(void)
{
	if (state.at == 0 || !state.counts ||
	    state.filtering != state.in_filter ||
	    atomic_fetch_add(&state.count, 1) + 1 != state.at ||
	    atomic_exchange(state.failed, true))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

void *seccomp_init(uint32_t action)
{
	void *(*next)(uint32_t) =
	    (void *(*)(uint32_t))dlsym(RTLD_NEXT, "seccomp_init");

	state.filtering = true;
	return next(action);
}

void seccomp_release(void *ctx)
{
	void (*next)(void *) =
	    (void (*)(void *))dlsym(RTLD_NEXT, "seccomp_release");

	next(ctx);
	state.filtering = false;
}
