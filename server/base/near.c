/* SPDX-License-Identifier: ISC */
/*
 * Which word was meant? One that is at most two letters away (one, for words
 * of up to three letters), or of which the other is the beginning. Long words
 * are left alone, so that what a comparison costs is bounded.
 */
#include "base/near.h"

#include <string.h>
#include <strings.h>

#define LETTERS_MAX    48
#define DISTANCE_MAX   2
#define PREFIX_LETTERS 2

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Letters to add, take away or exchange (Levenshtein), case aside. */
static unsigned distance(const char *a, size_t a_len, const char *b)
{
	unsigned row[LETTERS_MAX + 1];

	for (unsigned i = 0; i <= a_len; i++)
		row[i] = i;
	for (unsigned j = 1; b[j - 1] != '\0'; j++) {
		unsigned diagonal = row[0];

		row[0] = j;
		for (size_t i = 1; i <= a_len; i++) {
			unsigned change = lower(a[i - 1]) != lower(b[j - 1]);
			unsigned best = least(
			    row[i] + 1, row[i - 1] + 1, diagonal + change);

			diagonal = row[i];
			row[i] = best;
		}
	}
	return row[a_len];
}

void near_try(struct near *n, const char *word)
{
	size_t text_len = strlen(n->text), word_len = strlen(word);
	size_t shorter = text_len < word_len ? text_len : word_len;
	unsigned far = word_len <= 3 ? DISTANCE_MAX : DISTANCE_MAX + 1;
	unsigned d;

	if (text_len > LETTERS_MAX || word_len > LETTERS_MAX)
		return;
	d = distance(n->text, text_len, word);
	if (d >= far && shorter >= PREFIX_LETTERS &&
	    strncasecmp(n->text, word, shorter) == 0)
		d = DISTANCE_MAX + 1; /* a beginning: after what is near */
	else if (d >= far)
		return;
	if (n->best == NULL || d < n->distance) {
		n->best = word;
		n->distance = d;
	}
}
