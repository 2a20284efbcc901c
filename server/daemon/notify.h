/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/*
 * Telling the service manager how we are (sd_notify(3)'s protocol). Without
 * $NOTIFY_SOCKET nothing is sent.
 */

/* A printf-like state, as "READY=1\nSTATUS=serving 3 domains". */
void notify_send(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "RELOADING=1" with the moment it wants (Type=notify-reload). */
void notify_reloading(void);

#endif
