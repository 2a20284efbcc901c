/* SPDX-License-Identifier: ISC */
#ifndef CTL_RENEW_FILES_H
#define CTL_RENEW_FILES_H

#include <stdint.h>

struct err;

/* The files around an order: what must go before, and what is left behind. */

/*
 * Make dir, empty: what acme.hook or a crash of uacme has left there goes. 0;
 * or -1 and err.
 */
int files_make_empty(const char *dir, struct err *err);

/* Take away what a crash left half written in STATE/renew. */
void files_sweep(const char *dir);

/*
 * Is there room in dir for what an order brings (RULES A8)? A CA counts an
 * order whose certificate could not be kept. 0; or -1 and err.
 */
int files_have_room(const char *dir, struct err *err);

/*
 * May uacme store a certificate of host below certs? It finds out when the CA
 * has issued it already. 0; or -1 and err.
 */
int files_can_store(const char *certs, const char *host, struct err *err);

/*
 * Tidy what uacme has of host below certs: a certificate or a key half
 * written, which would stop it for ever, and the old ones but three.
 */
void files_tidy(const char *certs, const char *host);

/* Take away the account's key where it is half written: nobody knows it. */
void files_tidy_account(const char *certs);

/* The epoch in "cert-EPOCH.pem", as uacme names old ones; 0: it is none. */
uint64_t files_old_epoch(const char *name);

/*
 * Set aside, as NAME.replaced, a pair that somebody brought into the
 * directory of host: it would hide the one that uacme has stored there. Their
 * number.
 */
unsigned files_set_aside(const char *certs, const char *host);

#endif
