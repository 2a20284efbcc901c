/* SPDX-License-Identifier: ISC */
#ifndef CTL_CERT_H
#define CTL_CERT_H

#include <stdbool.h>

#include <openssl/types.h>

/*
 * Certificates and keys for trying things out: made, and read and written as
 * PEM. The organization of every subject says where it came from.
 */

struct err;

enum cert_kind { CERT_ROOT, CERT_INTERMEDIATE, CERT_LEAF };

/* A certificate and its key. */
struct cert {
	X509 *x;
	EVP_PKEY *key;
};

void cert_fini(struct cert *c);

/*
 * A new key (RSA 2048 or EC P-256) and a certificate for it, signed by issuer
 * (NULL for a root). name: its CN, and a leaf's dNSName. Its life is told in
 * seconds from now. 0; or -1 and err.
 */
int cert_make(struct cert *c, enum cert_kind kind, const char *name, bool rsa,
    long from_s, long until_s, const struct cert *issuer, struct err *err);

/* Read both from PEM files; do they belong together? 0; or -1 and err. */
int cert_read(struct cert *c, const char *cert_path, const char *key_path,
    struct err *err);

/* As PEM, the caller's to free; NULL: no memory. after may be NULL. */
char *cert_text(const struct cert *c, const struct cert *after);
char *cert_key_text(const struct cert *c);

/* Does it hold now, and for that many days from now? */
bool cert_lasts(const struct cert *c, int days);

/* Does the PEM file at path begin with a certificate, but none from here? */
bool cert_is_foreign(const char *path);

#endif
