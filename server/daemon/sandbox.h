/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include <stddef.h>

/*
 * What a worker gives up before it hears a stranger: privileges, old
 * and new, files (Landlock: reading below one directory is left), system calls
 * (seccomp), core dumps. For ever: there is no way back.
 */

struct err;

/*
 * Enter it. readable: the one directory that may be read, or NULL. 0; or -1
 * and err where something failed that should work; what the kernel does not
 * have is named in ret_lacks (cap bytes; "" if nothing) and is no failure.
 */
int sandbox_enter(
    const char *readable, char *ret_lacks, size_t cap, struct err *err);

/*
 * Give up every capability, the ambient ones too, so that no child has them
 * either. 0; or -1 and errno.
 */
int sandbox_drop_capabilities(void);

/* Not to be read by others, and no core: for every process with keys. */
void sandbox_no_dump(void);

#endif
