/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdint.h>

/*
 * Telling the service manager how we are (sd_notify(3)'s protocol). Without
 * $NOTIFY_SOCKET nothing is sent.
 */

/* "READY=1" and a printf-like STATUS; what is not seen in it becomes "?". */
void notify_ready(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "RELOADING=1" with the moment it wants (Type=notify-reload). */
void notify_reloading(void);
/* "STOPPING=1" */
void notify_stopping(void);
/* "WATCHDOG=1" */
void notify_alive(void);

/*
 * How long the service manager waits for notify_alive before it takes us for
 * dead, in ms ($WATCHDOG_USEC, $WATCHDOG_PID). 0: it does not wait.
 */
int64_t notify_watchdog_ms(void);

#endif
