/* SPDX-License-Identifier: ISC */

/* SHA-256 by libcrypto. It cannot fail but for want of memory. */

#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/arena.h"

struct digest *digest_new(void)
{
	EVP_MD_CTX *ctx;

	/* OpenSSL 3.0 does not ask itself whether it could be set up. */
	if (OSSL_LIB_CTX_get0_global_default() == NULL)
		arena_no_memory();
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		arena_no_memory();
	return (struct digest *)ctx;
}

void digest_add(struct digest *d, const void *bytes, size_t len)
{
	if (EVP_DigestUpdate((EVP_MD_CTX *)d, bytes, len) != 1)
		arena_no_memory();
}

void digest_end(struct digest *d, unsigned char ret_digest[DIGEST_LEN])
{
	if (EVP_DigestFinal_ex((EVP_MD_CTX *)d, ret_digest, NULL) != 1)
		arena_no_memory();
	EVP_MD_CTX_free((EVP_MD_CTX *)d);
}

void digest_bytes(
    const void *bytes, size_t len, unsigned char ret_digest[DIGEST_LEN])
{
	struct digest *d = digest_new();

	digest_add(d, bytes, len);
	digest_end(d, ret_digest);
}

void digest_hex(
    const unsigned char digest[DIGEST_LEN], char ret_hex[DIGEST_HEX_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < DIGEST_LEN; i++) {
		ret_hex[2 * i] = digits[digest[i] >> 4];
		ret_hex[2 * i + 1] = digits[digest[i] & 15];
	}
	ret_hex[DIGEST_HEX_LEN] = '\0';
}
