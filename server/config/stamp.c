/* SPDX-License-Identifier: ISC */

/*
 * The line is of fixed length, so that it can be filled in at last, when what
 * it vouches for is whole.
 */

#include "config/stamp.h"

#include <string.h>

#include "base/digest.h"
#include "base/err.h"

static void digest_behind(const char *bytes, size_t len, size_t head,
    char ret_hex[DIGEST_HEX_LEN + 1])
{
	unsigned char digest[DIGEST_LEN];

	digest_bytes(bytes + head, len - head, digest);
	digest_hex(digest, ret_hex);
}

size_t stamp_len(const char *format)
{
	return strlen(format) + DIGEST_HEX_LEN + 1;
}

void stamp_put(const char *format, char *bytes, size_t len)
{
	char hex[DIGEST_HEX_LEN + 1];
	size_t head = stamp_len(format);

	digest_behind(bytes, len, head, hex);
	memcpy(bytes, format, strlen(format));
	memcpy(bytes + strlen(format), hex, DIGEST_HEX_LEN);
	bytes[head - 1] = '\n';
}

int stamp_check(
    const char *format, const char *bytes, size_t len, struct err *err)
{
	char hex[DIGEST_HEX_LEN + 1];
	size_t head = stamp_len(format);

	if (len < head || bytes[head - 1] != '\n' ||
	    memcmp(bytes, format, strlen(format)) != 0) {
		err_set(err, "it is of another version, or cut short");
		return -1;
	}
	digest_behind(bytes, len, head, hex);
	if (memcmp(bytes + strlen(format), hex, DIGEST_HEX_LEN) != 0) {
		err_set(err, "its digest is not that of its bytes");
		return -1;
	}
	return 0;
}
