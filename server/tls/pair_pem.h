/* SPDX-License-Identifier: ISC */
#ifndef TLS_PAIR_PEM_H
#define TLS_PAIR_PEM_H

#include "tls/pair.h"

#define PEM_CERTIFICATES_MAX 16

/* What a certificate file holds, in its order, as DER. */
struct pem_certificates {
	struct der der[PEM_CERTIFICATES_MAX];
	size_t count;
};

/* What a key file holds. */
struct pem_key {
	struct der der;
	enum key_form form;
	bool readable; /* by others than its owner and group */
};

/*
 * 0; or -1 and err, which begins with path. What is given is freed (and
 * cleansed) by the other two, which take what is all zeros as well.
 */
int pem_read_certificates(
    const char *path, struct pem_certificates *ret_certs, struct err *err);
int pem_read_key(const char *path, struct pem_key *ret_key, struct err *err);
void pem_certificates_free(struct pem_certificates *certs);
void pem_key_free(struct pem_key *key);

#endif
