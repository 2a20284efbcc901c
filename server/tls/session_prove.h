/* SPDX-License-Identifier: ISC */
#ifndef TLS_SESSION_PROVE_H
#define TLS_SESSION_PROVE_H

struct err;
struct tls;

/*
 * One handshake of t with a client of our own, in memory, for a name that is
 * nobody's: can t serve, in this process, in its sandbox? 0; or -1 and err.
 */
int session_prove(struct tls *t, struct err *err);

#endif
