/* SPDX-License-Identifier: ISC */

/* A word is one byte, and one packet. */

#include "daemon/worker_control.h"

#include <errno.h>
#include <sys/socket.h>

void control_say(const struct watch *control, enum worker_word word)
{
	char byte = (char)word;

	(void)send(control->fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool control_hear(
    struct loop *l, struct watch *control, enum worker_word *ret_word)
{
	char word = WORKER_STOP;
	ssize_t n = recv(control->fd, &word, 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		loop_remove(l, control);
	*ret_word = (enum worker_word)word;
	return true;
}
