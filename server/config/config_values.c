/* SPDX-License-Identifier: ISC */

/*
 * How one value is read, for the rows of the schema: numbers, times, words,
 * paths and names. What is refused is refused in words that say what to write
 * instead.
 */

#include "config/config_values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/near.h"
#include "base/quote.h"
#include "policy/host.h"

const struct word on_off[] = {
	{ "on", true },
	{ "off", false },
	{ "true", true },
	{ "false", false },
	{ "yes", true },
	{ "no", false },
	{ NULL, 0 },
};

void read_section(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	const char *section = r->section;

	if (!is_map(r, k, n))
		return;
	r->section = arena_format(r->scratch, "%s%s.", section, k->name);
	map_read(r, k->keys, n, target);
	r->section = section;
}

void read_node(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	const struct node **node = target;

	if (is_map(r, k, n))
		*node = n;
}

void read_names(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	(void)list_of(r, k, n, target); /* a fault is told there */
}

void read_text(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	const char **text = target;

	if (scalar_of(r, k, n) != NULL)
		*text = arena_string(r->c.arena, n->text);
}

void read_path(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	const char **path = target;

	if (scalar_of(r, k, n) == NULL)
		return;
	*path = arena_format(
	    r->c.arena, "%s%s", n->text[0] == '/' ? "" : r->dir, n->text);
}

void read_host(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	const char **host = target;
	char name[HOST_MAX + 1];
	struct err err;

	if (scalar_of(r, k, n) == NULL)
		return;
	if (host_from_text(n->text, name, &err) != 0)
		complain(r, k, n, SEVERITY_FAULT, " %s", err.text);
	else
		*host = arena_string(r->c.arena, name);
}

void read_url(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	static const char chars[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	    "-._~:/?#[]@!$&'()*+,;=%";
	const char **url = target;
	const char *rest;
	char quoted[QUOTE_MAX];

	if (scalar_of(r, k, n) == NULL)
		return;
	quote_text(n->text, quoted);
	rest = strstr(n->text, "://");
	if (strncmp(n->text, "http://", 7) != 0 &&
	    strncmp(n->text, "https://", 8) != 0)
		complain(r, k, n, SEVERITY_FAULT,
		    " %s is no URL that begins with http:// or https://",
		    quoted);
	else if (strchr("/?#", rest[3]) != NULL)
		complain(r, k, n, SEVERITY_FAULT, " %s names no host", quoted);
	else if (n->text[strspn(n->text, chars)] != '\0')
		complain(r, k, n, SEVERITY_FAULT,
		    " %s has a character that no URL may have", quoted);
	else
		*url = arena_string(r->c.arena, n->text);
}

void read_address(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	const char **address = target;
	const char *at;
	char quoted[QUOTE_MAX];

	if (scalar_of(r, k, n) == NULL)
		return;
	quote_text(n->text, quoted);
	at = strchr(n->text, '@');
	if (strncmp(n->text, "mailto:", 7) == 0)
		complain(r, k, n, SEVERITY_FAULT,
		    " %s: write the address without mailto:", quoted);
	else if (at == NULL || at == n->text || at[1] == '\0' ||
	         strpbrk(n->text, " \t,;<>\"") != NULL)
		complain(r, k, n, SEVERITY_FAULT,
		    " %s is no mail address like hostmaster@example.net",
		    quoted);
	else
		*address = arena_string(r->c.arena, n->text);
}

/* "none, testing or enforce" */
static void list_words(const struct word *words, char *list, size_t cap)
{
	size_t len = 0;

	list[0] = '\0';
	for (const struct word *w = words; w->text != NULL; w++) {
		const char *between = w == words          ? ""
		                      : w[1].text == NULL ? " or "
		                                          : ", ";

		len += (size_t)snprintf(
		    list + len, cap - len, "%s%s", between, w->text);
		if (len >= cap)
			return;
	}
}

bool word_of(struct reading *r, const struct key *k, const struct node *n,
    int *ret_value)
{
	struct near near = { .text = n->text };
	char quoted[QUOTE_MAX], list[128];

	if (scalar_of(r, k, n) == NULL)
		return false;
	for (const struct word *w = k->words; w->text != NULL; w++) {
		if (strcmp(w->text, n->text) == 0) {
			*ret_value = w->value;
			return true;
		}
		near_try(&near, w->text);
	}
	quote_text(n->text, quoted);
	list_words(k->words, list, sizeof(list));
	if (near.best != NULL)
		complain(r, k, n, SEVERITY_FAULT, " %s: did you mean \"%s\"?",
		    quoted, near.best);
	else
		complain(r, k, n, SEVERITY_FAULT, " %s is not %s", quoted,
		    k->words == on_off ? "on or off" : list);
	return false;
}

void read_word(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	(void)word_of(r, k, n, target); /* a fault is told there */
}

void read_flag(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	bool *flag = target;
	int value;

	if (word_of(r, k, n, &value))
		*flag = value != 0;
}

/* Digits at the start of text, as a number that stops growing at the end. */
static int64_t digits(const char *text, size_t *ret_len)
{
	int64_t number = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9'; i++)
		if (number < INT64_MAX / 100)
			number = number * 10 + (text[i] - '0');
	*ret_len = i;
	return number;
}

static bool in_bounds(struct reading *r, const struct key *k,
    const struct node *n, int64_t number)
{
	const char *unit = k->unit != NULL ? k->unit : "";

	if (number < k->low)
		complain(r, k, n, SEVERITY_FAULT, " %s is below %" PRId64 "%s",
		    n->text, k->low, unit);
	else if (number > k->high)
		complain(r, k, n, SEVERITY_FAULT, " %s is above %" PRId64 "%s",
		    n->text, k->high, unit);
	else
		return true;
	return false;
}

static void number_of(struct reading *r, const struct key *k,
    const struct node *n, char sign, unsigned *ret_number)
{
	const char *special = k->special.text;
	char quoted[QUOTE_MAX];
	int64_t number;
	size_t len;

	if (scalar_of(r, k, n) == NULL)
		return;
	if (special != NULL && strcmp(n->text, special) == 0) {
		*ret_number = (unsigned)k->special.value;
		return;
	}
	number = digits(n->text, &len);
	if (len > 0 && sign != '\0' && n->text[len] == sign)
		len++;
	quote_text(n->text, quoted);
	if (len == 0 || n->text[len] != '\0')
		complain(r, k, n, SEVERITY_FAULT, " %s is no number%s%s",
		    quoted, special != NULL ? ", nor " : "",
		    special != NULL ? special : "");
	else if (in_bounds(r, k, n, number))
		*ret_number = (unsigned)number;
}

void read_count(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	number_of(r, k, n, '\0', target);
}

void read_percent(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	number_of(r, k, n, '%', target);
}

void read_time(
    struct reading *r, const struct key *k, const struct node *n, void *target)
{
	static const struct word units[] = {
		{ "", 1 },
		{ "s", 1 },
		{ "m", 60 },
		{ "h", 3600 },
		{ "d", 86400 },
		{ "w", 604800 },
		{ NULL, 0 },
	};
	const struct word *u = units;
	int64_t *time = target, seconds;
	char quoted[QUOTE_MAX];
	size_t len;

	if (scalar_of(r, k, n) == NULL)
		return;
	seconds = digits(n->text, &len);
	while (u->text != NULL && strcmp(n->text + len, u->text) != 0)
		u++;
	quote_text(n->text, quoted);
	if (len == 0 || u->text == NULL) {
		complain(r, k, n, SEVERITY_FAULT,
		    " %s is no time: write seconds, or a number with s, m, "
		    "h, d or w",
		    quoted);
		return;
	}
	if (seconds > INT64_MAX / 604800)
		seconds = INT64_MAX / 604800;
	if (in_bounds(r, k, n, seconds * u->value))
		*time = seconds * u->value * (k->scale != 0 ? k->scale : 1);
}
