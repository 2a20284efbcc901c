/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as a challenge's name, as a peer asks for it, and as the file of
 * that name. Nothing is read but of a name and of a form that a CA uses; and
 * what is read can be written, and is read again.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "pieces.h"
#include "place.h"
#include "policy/challenge.h"
#include "policy/host.h"
#include "truths.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Can a file of that name be in a directory at all? */
static bool is_entry(const char *name)
{
	return name[0] != '\0' && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && strchr(name, '/') == NULL &&
	       strlen(name) <= 255;
}

static void put_file(
    int dir, const char *name, const char *bytes, size_t len, bool is_old)
{
	struct timespec times[2] = { { 0, 0 }, { 0, 0 } };
	int fd =
	    openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	assert(!is_old || futimens(fd, times) == 0);
	assert(close(fd) == 0);
}

static bool is_there(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What name holds is of the one form, and comes back when it is written. */
static void must_be_whole(
    int dir, const char *path, const char *name, const char *text)
{
	char again[CHALLENGE_TEXT_MAX];
	unsigned char digest[32];
	const char *last = strrchr(text, '.');

	assert(strlen(text) < CHALLENGE_TEXT_MAX);
	if (strchr(name, '.') != NULL)
		assert(challenge_digest(text, digest));
	else
		assert(last != NULL && (size_t)(last - text) == strlen(name) &&
		       memcmp(text, name, strlen(name)) == 0);
	challenge_remove(path, name);
	assert(!is_there(dir, name));
	assert(challenge_write(path, name, text, NULL) == 0);
	assert(challenge_read(dir, name, again) == 0);
	assert(strcmp(text, again) == 0);
}

static void try_file(
    const char *name, const char *bytes, size_t len, bool is_old)
{
	const char *path = place_made(".none");
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_name = challenge_token_is_valid(name, strlen(name)) ||
	               host_is_valid(name, strlen(name));
	bool is_entire = is_entry(name);
	char text[CHALLENGE_TEXT_MAX];
	struct err err;

	assert(dir >= 0 && (!is_name || is_entire));
	assert(!is_name || challenge_read(dir, name, text) != 0);
	if (is_entire)
		put_file(dir, name, bytes, len, is_old);
	if (challenge_read(dir, name, text) == 0) {
		assert(is_name && !is_old);
		must_be_whole(dir, path, name, text);
	} else if (challenge_write(path, name, bytes, &err) == 0) {
		/* It was old, or did not end with its text. */
		assert(is_name && (is_old || strlen(bytes) < len));
		is_old = false;
	} else {
		must_be_seen(err.text);
	}
	challenge_sweep(path);
	if (is_entire)
		assert(is_there(dir, name) ==
		       !(is_old && (is_name || name[0] == '.')));
	challenge_remove(path, name);
	assert(!is_name || !is_there(dir, name));
	if (is_entire)
		(void)unlinkat(dir, name, 0); /* it may be gone */
	assert(close(dir) == 0);
}

/* The first byte decides how old the file is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pieces p;

	if (size == 0)
		return 0;
	pieces_cut(data + 1, size - 1, 2, &p);
	try_file(p.at[0].bytes, p.at[1].bytes, p.at[1].len, (data[0] & 1) != 0);
	pieces_free(&p);
	return 0;
}
