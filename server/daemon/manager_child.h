/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MANAGER_CHILD_H
#define DAEMON_MANAGER_CHILD_H

struct listeners;

/* Close all but what a child just forked works with: l, control, the log. */
void child_close_others(const struct listeners *l, int control);

#endif
