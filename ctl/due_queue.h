/* SPDX-License-Identifier: ISC */
#ifndef CTL_DUE_QUEUE_H
#define CTL_DUE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "due.h"

/*
 * The order of tries: `host:`; the last tenth of a life; what was never tried
 * at this directory; the due ones, the most urgent first; what was tried
 * before, by lot.
 */
void due_sort(
    struct due **queue, size_t count, const char *directory, int64_t now);

/* Why it is due, or until when it is well, as the end of a sentence. */
void due_words(const struct due *d, int64_t now, char *ret_words, size_t size);

#endif
