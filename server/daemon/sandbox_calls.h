/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_SANDBOX_CALLS_H
#define DAEMON_SANDBOX_CALLS_H

/*
 * Leave this process the system calls that serving takes. For ever. 0; 1: the
 * kernel has no such filter; -1 and errno.
 */
int sandbox_filter_calls(void);

#endif
