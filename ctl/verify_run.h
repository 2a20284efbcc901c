/* SPDX-License-Identifier: ISC */
#ifndef CTL_VERIFY_RUN_H
#define CTL_VERIFY_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify_part.h"
#include "verify_show.h"

/* Many domains at once, and again until all is well. */

struct verify_order {
	struct verify_run *run;
	struct verify_report *reports; /* domain and entry are set */
	size_t count;
	size_t at_once;
	bool smtp;       /* ask MX hosts */
	bool progress;   /* a bar on standard error */
	int64_t wait_ms; /* go on so long until all is well; 0: once */
};

/*
 * Check all of them. The reports' arenas are to be freed by
 * verify_reports_free. 0; or -1: the resolver answers nothing at all.
 */
int verify_all(struct verify_order *o, struct verify_summary *ret_summary);
void verify_reports_free(struct verify_report *reports, size_t count);

#endif
