/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_CONTROL_H
#define DAEMON_WORKER_CONTROL_H

#include "base/loop.h"
#include "daemon/worker.h"

/* A child's side of the socket on which the manager's words go to and fro. */

/* Without a manager there is nobody to tell; its end is heard. */
void control_say(const struct watch *control, enum worker_word word);

/*
 * The word that came: *ret_word. A manager that has gone is no longer watched,
 * and says WORKER_STOP. False: there is none for now.
 */
bool control_hear(
    struct loop *l, struct watch *control, enum worker_word *ret_word);

#endif
