/* SPDX-License-Identifier: ISC */
#ifndef CTL_PREFLIGHT_CA_H
#define CTL_PREFLIGHT_CA_H

#include <stdbool.h>

#include "caa.h"

/*
 * Who a CA is, for CAA: it says so in its directory (RFC 8555 section 7.1.1),
 * which is asked for when it is needed first, and not again.
 */

struct preflight_ca;

/* url: of the directory. stop_fd: as fetch has it. NULL: no memory. */
struct preflight_ca *preflight_ca_new(const char *url, int stop_fd);
void preflight_ca_free(struct preflight_ca *ca);

/*
 * What it calls itself, as long as ca lives; false: its directory could not be
 * had. By any number of threads.
 */
bool preflight_ca_names(struct preflight_ca *ca, struct caa_names *ret_names);

/* Forget that it could not be had. */
void preflight_ca_renew(struct preflight_ca *ca);

#endif
