/* SPDX-License-Identifier: ISC */
#ifndef CTL_VERIFY_OPTIONS_H
#define CTL_VERIFY_OPTIONS_H

#include <stdbool.h>

#include "base/address.h"

/* What verify was told on its command line. */

enum verify_format {
	VERIFY_TABLE,
	VERIFY_CSV,
	VERIFY_JSON,
	VERIFY_NAGIOS,
};

struct verify_options {
	enum verify_format format;
	bool problems, policy_only, smtp;
	long wait_s, port, jobs;
	const char *ca; /* NULL: the system's */
	struct endpoint resolver;
	bool has_resolver;
	char **domains; /* NULL at the end; none: all that are configured */
};

/* 0; or -1: it was misused, and told so. */
int verify_read_options(
    int argc, char **argv, struct verify_options *ret_options);

#endif
