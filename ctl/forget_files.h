/* SPDX-License-Identifier: ISC */
#ifndef CTL_FORGET_FILES_H
#define CTL_FORGET_FILES_H

#include <stdbool.h>

/* What lies about of a host, and how it goes. */

struct forget_places {
	const char *certs, *state;
	const char *renew; /* STATE/renew */
};

/* Is there anything of host? */
bool forget_knows(const struct forget_places *p, const char *host);

/* That nothing is known of host, and of which name it is, most likely. */
void forget_tell_near(const struct forget_places *p, const char *host);

/*
 * Remove what is known to belong to host. Each deed is told on standard
 * output, and what is left. 0; or -1: something could not be removed.
 */
int forget_remove(const struct forget_places *p, const char *host);

#endif
