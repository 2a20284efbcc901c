/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_GENERATION_PART_H
#define DAEMON_GENERATION_PART_H

struct build;
struct generation;

/* Give g, whose configuration is there, its pairs. */
void generation_build_pairs(
    struct generation *g, const struct build *b, const struct generation *last);

#endif
