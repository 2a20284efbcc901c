/* SPDX-License-Identifier: ISC */

/*
 * What was seen, as one line: addresses of which the same is to be said stand
 * together, in their order, and nothing that changes from one look to the
 * next is named.
 */

#include <stdio.h>
#include <string.h>

#include "preflight_part.h"

#define NAMED_MAX 3 /* addresses in one sentence; the rest is counted */

struct line {
	char *words;
	size_t cap, len;
};

static void add(struct line *l, const char *text)
{
	size_t room = l->cap - l->len, len = strlen(text);

	if (len >= room)
		len = room - 1;
	memcpy(l->words + l->len, text, len);
	l->len += len;
	l->words[l->len] = '\0';
}

static void begin(struct line *l)
{
	if (l->len != 0)
		add(l, "; ");
}

/* "A", "A and B", "A, B, C and 2 more" of the bits in set. */
static void add_addresses(struct line *l, const struct trial *t, unsigned set)
{
	size_t count = (size_t)__builtin_popcount(set), named = 0;
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < t->addresses.count && named < NAMED_MAX; i++) {
		if ((set & 1U << i) == 0)
			continue;
		if (named != 0)
			add(l, named + 1 == count ? " and " : ", ");
		peer_text(&t->addresses.at[i], PEER_FULL, text);
		add(l, text);
		named++;
	}
	if (named == count)
		return;
	(void)snprintf(text, sizeof(text), " and %zu more", count - named);
	add(l, text);
}

/* Did every type that was tried meet another server there? */
static bool is_elsewhere(
    const struct trial *t, const struct sights *s, size_t address)
{
	for (size_t type = 0; type < TYPES; type++)
		if ((t->p->plan.types & preflight_types[type].bit) != 0 &&
		    s->of[type][address].kind != SIGHT_OTHER)
			return false;
	return t->p->plan.types != 0;
}

static const char *words_of(const struct sight *s)
{
	return s->kind == SIGHT_OTHER ? "another server answered" : s->words;
}

/* Of the addresses in left those of which these words are to be said. */
static unsigned gather(const struct trial *t, const struct sight *s,
    unsigned left, const char *words)
{
	unsigned set = 0;

	for (size_t i = 0; i < t->addresses.count; i++)
		if ((left & 1U << i) != 0 &&
		    strcmp(words_of(&s[i]), words) == 0)
			set |= 1U << i;
	return set;
}

/*
 * What is left to be said of a type, and in the same breath of the other one
 * where it is word for word the same.
 */
static void tell_type(struct line *l, const struct trial *t,
    const struct sights *s, size_t type, unsigned left[TYPES])
{
	size_t other = TYPES - 1 - type;
	const char *words;
	unsigned set;
	char text[64];

	for (size_t i = 0; i < t->addresses.count; i++) {
		if ((left[type] & 1U << i) == 0)
			continue;
		words = words_of(&s->of[type][i]);
		set = gather(t, s->of[type], left[type], words);
		if (set == gather(t, s->of[other], left[other], words)) {
			left[other] &= ~set;
			(void)snprintf(text, sizeof(text),
			    "ports %u and %u of ", preflight_types[type].port,
			    preflight_types[other].port);
		} else {
			(void)snprintf(text, sizeof(text), "port %u of ",
			    preflight_types[type].port);
		}
		left[type] &= ~set;
		begin(l);
		add(l, text);
		add_addresses(l, t, set);
		add(l, ": ");
		add(l, words);
	}
}

void preflight_tell(
    const struct trial *t, const struct sights *s, char *ret_words, size_t cap)
{
	struct line l = { .words = ret_words, .cap = cap };
	unsigned elsewhere = 0, left[TYPES] = { 0 };

	ret_words[0] = '\0';
	for (size_t i = 0; i < t->addresses.count; i++)
		if (is_elsewhere(t, s, i))
			elsewhere |= 1U << i;
	if (elsewhere != 0) {
		add(&l, "points to ");
		add_addresses(&l, t, elsewhere);
		add(&l, ", where another server answered");
	}
	for (size_t type = 0; type < TYPES; type++)
		for (size_t i = 0; i < t->addresses.count; i++)
			if (s->of[type][i].kind > SIGHT_PASSED &&
			    (elsewhere & 1U << i) == 0)
				left[type] |= 1U << i;
	for (size_t type = 0; type < TYPES; type++)
		tell_type(&l, t, s, type, left);
}
