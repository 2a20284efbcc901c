/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as the files of a pair. The first byte says whether the pieces
 * are PEM as they stand, or DER of a leaf, a key and an intermediate, which
 * are then put into PEM: so what is in them is reached. A pair that is taken
 * can be shown, is for hosts alone, and is the same when it is copied; why one
 * is refused stands on one line and names a file.
 */
#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "pieces.h"
#include "policy/host.h"
#include "tls/pair.h"
#include "truths.h"

#define PATH_ROOM 64

enum { AS_DER = 1, OLD_KEY = 2, RSA_KEY = 4, READABLE = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file that is gone with its descriptor, and where it is meanwhile. */
static FILE *file_new(char ret_path[PATH_ROOM], mode_t mode)
{
	int fd = memfd_create("fuzz_pair", MFD_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	assert(f != NULL && fchmod(fd, mode) == 0);
	(void)snprintf(ret_path, PATH_ROOM, "/proc/self/fd/%d", fd);
	return f;
}

static void put(FILE *f, const char *label, const char *bytes, size_t len)
{
	if (label == NULL)
		assert(fwrite(bytes, 1, len, f) == len);
	else if (len > 0)
		assert(PEM_write(f, label, "", (const unsigned char *)bytes,
		           (long)len) >= 0);
	assert(fflush(f) == 0);
}

static void must_be_shown(const struct pair *p)
{
	struct pair_cache *c = pair_cache_new(1, NULL);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	assert(c != NULL && ctx != NULL);
	SSL_CTX_set_security_level(ctx, PAIR_SECURITY_LEVEL);
	ssl = SSL_new(ctx);
	assert(ssl != NULL);
	assert(pair_attach(c, p, ssl, NULL) == 0);
	assert(SSL_get_certificate(ssl) != NULL);
	assert(SSL_get_privatekey(ssl) != NULL);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	pair_cache_free(c);
}

static void must_be_whole(const struct pair *p)
{
	struct arena *a = arena_new(true);
	struct pair_reader *r = pair_reader_new(a);
	struct pair copy;

	assert(p->name_count > 0 && p->leaf.len > 0 && p->key.len > 0);
	for (size_t i = 0; i < p->name_count; i++) {
		const char *name = p->names[i];
		size_t star = strncmp(name, "*.", 2) == 0 ? 2 : 0;

		assert(host_is_valid(name + star, strlen(name + star)));
		assert(star > 0 || pair_covers(p, name));
	}
	assert(!pair_covers(p, "*"));
	pair_copy(r, p, &copy);
	assert(pair_same(p, &copy) && copy.name_count == p->name_count);
	copy.chain_count++;
	assert(!pair_same(p, &copy));
	copy.chain_count--;
	copy.name = "y";
	assert(!pair_same(p, &copy));
	must_be_shown(&copy);
	pair_reader_free(r);
	arena_free(a);
}

static void try_files(
    const char *cert, const char *key, bool is_readable, struct arena *a)
{
	struct pair_reader *r = pair_reader_new(a);
	struct pair p;
	unsigned odd = 0;
	struct err err;

	if (pair_read(r, cert, key, &p, &odd, &err) == 0) {
		p.name = "x";
		must_be_whole(&p);
		assert(((odd & PAIR_KEY_READABLE) != 0) == is_readable);
	} else {
		must_be_seen(err.text);
		assert(strncmp(err.text, cert, strlen(cert)) == 0 ||
		       strncmp(err.text, key, strlen(key)) == 0);
	}
	assert(ERR_peek_error() == 0);
	pair_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned how = size > 0 ? data[0] : 0;
	const char *label =
	    how & RSA_KEY ? PEM_STRING_RSA : PEM_STRING_ECPRIVATEKEY;
	struct arena *a = arena_new(true);
	char cert_path[PATH_ROOM], key_path[PATH_ROOM];
	FILE *cert = file_new(cert_path, 0644);
	FILE *key = file_new(key_path, how & READABLE ? 0604 : 0600);
	struct pieces p;

	(how & AS_DER ? pieces_measure : pieces_cut)(
	    data + (size > 0), size - (size > 0), 3, &p);
	if ((how & OLD_KEY) == 0)
		label = PEM_STRING_PKCS8INF;
	if ((how & AS_DER) == 0)
		label = NULL;
	put(cert, label == NULL ? NULL : PEM_STRING_X509, p.at[0].bytes,
	    p.at[0].len);
	put(cert, label == NULL ? NULL : PEM_STRING_X509, p.at[2].bytes,
	    p.at[2].len);
	put(key, label, p.at[1].bytes, p.at[1].len);
	try_files(cert_path, key_path, (how & READABLE) != 0, a);
	(void)fclose(cert); /* all of it was written */
	(void)fclose(key);
	pieces_free(&p);
	arena_free(a);
	return 0;
}
