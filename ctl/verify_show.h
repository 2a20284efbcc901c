/* SPDX-License-Identifier: ISC */
#ifndef CTL_VERIFY_SHOW_H
#define CTL_VERIFY_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "verify.h"

/* What was found, in the formats of verify. */

struct verify_summary {
	const struct verify_report *at;
	size_t count;
	size_t verdicts[VERIFY_BROKEN + 1]; /* domains by verdict */
	enum verify_grade worst;
	bool port_25_closed; /* nowhere an answer */
	size_t faults;    /* of the configuration: what they hide is not here */
	const char *home; /* `host:`; NULL: none */
};

struct verify_manner {
	bool problems; /* only what is a warning or broken */
	bool checks;   /* a table with every check, well or not */
	bool colour;
};

/* What it all comes to: the worst, and no better than a warning with faults. */
enum verify_grade verify_sum_grade(const struct verify_summary *s);
/* Is it more than one may pass over? */
bool verify_is_problem(enum verify_grade g);

/* One domain a line, and below it what is to be told. */
void verify_show_table(
    FILE *to, const struct verify_summary *s, const struct verify_manner *m);
/* The columns that PS.MTA-STS exports. */
void verify_show_csv(
    FILE *to, const struct verify_summary *s, const struct verify_manner *m);
/* 0; or -1: no memory. */
int verify_show_json(
    FILE *to, const struct verify_summary *s, const struct verify_manner *m);
/* One line and performance data. */
void verify_show_nagios(FILE *to, const struct verify_summary *s);

#endif
