/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_PLACE_H
#define FUZZ_PLACE_H

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * A directory for what reads files, below build/, which is beside the current
 * directory of every fuzzer. It goes when the process ends well.
 */

static char place[] = "build/fuzzed.XXXXXX";
static const char *place_file; /* the one that may be left in it */

static void place_remove(void)
{
	int dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0) {
		(void)unlinkat(dir, place_file, 0); /* it may be gone */
		(void)close(dir);
	}
	(void)rmdir(place); /* what is not empty is there to be seen */
}

/* Its path; made at the first call. */
static inline const char *place_made(const char *file)
{
	if (place_file != NULL)
		return place;
	assert(mkdtemp(place) != NULL);
	place_file = file;
	assert(atexit(place_remove) == 0);
	return place;
}

#endif
