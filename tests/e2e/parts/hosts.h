/* SPDX-License-Identifier: ISC */
#ifndef PARTS_HOSTS_H
#define PARTS_HOSTS_H

#include <stdatomic.h>
#include <stddef.h>

/*
 * The policy hosts to ask, and the bodies each may answer: files named by
 * policy domain, in one directory a version, the oldest first.
 */

struct body {
	char *bytes; /* NULL: this version has no such domain */
	size_t len;
};

struct host {
	char name[264];      /* "mta-sts." and the domain */
	struct body *bodies; /* one a version */
	atomic_uint newest;  /* version that was answered whole */
};

struct hosts {
	struct host *at;
	size_t count;
	unsigned versions;
};

/* Ends the process where a directory cannot be read, or none has a file. */
void hosts_read(struct hosts *h, char *const dirs[], unsigned count);
void hosts_free(struct hosts *h);

/* Which version of h these bytes are, the newest first; -1: none. */
int host_version(const struct hosts *all, const struct host *h,
    const char *bytes, size_t len);

#endif
