/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_GENERATION_PART_H
#define DAEMON_GENERATION_PART_H

struct generation;

/* Give g, whose configuration is there, its pairs; flags as for the build. */
void generation_build_pairs(
    struct generation *g, const struct generation *last, unsigned flags);

#endif
