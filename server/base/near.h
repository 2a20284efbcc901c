/* SPDX-License-Identifier: ISC */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

/*
 * The word that was most likely meant, of those tried one by one. Nothing is
 * copied: words outlive the struct.
 */

struct near {
	const char *text; /* what was written */
	const char *best; /* NULL: nothing is near */
	unsigned distance;
};

/* Is word nearer to what was written than those before it? */
void near_try(struct near *n, const char *word);

#endif
