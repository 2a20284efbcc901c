/* SPDX-License-Identifier: ISC */
/*
 * What each kind of result makes of the state of a host, and how long it waits
 * then. Texts that are too long are cut.
 */
#include "attempt_moves.h"

#include <stdio.h>
#include <string.h>

#include "base/moment.h"

#define WAIT_S        300 /* the first wait for DNS, then twice as long */
#define WAIT_MAX_S    3600
#define INTERRUPTED_S 3600 /* how long an interrupted try is remembered */
#define SETTLE_S      60   /* a new pair is not replaced before */

static void put(char *to, size_t size, const char *text)
{
	(void)snprintf(to, size, "%s", text);
}

void attempt_begin(struct attempt *a, const char *directory, int64_t now)
{
	bool again = a->outcome == OUTCOME_TRYING && a->tried <= now &&
	             now - a->tried < INTERRUPTED_S;

	a->interrupted = again ? a->interrupted + 1 : 0;
	if (!attempt_was_at(a, directory))
		a->failures = a->waits = 0;
	a->outcome = OUTCOME_TRYING;
	a->tried = now;
	put(a->directory, sizeof(a->directory), directory);
	put(a->result, sizeof(a->result), "");
}

void attempt_issued(struct attempt *a, const char *directory, int64_t now,
    int64_t not_after, int64_t retry_s)
{
	char until[MOMENT_MAX];

	moment_words(not_after, until);
	*a = (struct attempt){ .outcome = OUTCOME_ISSUED, .tried = now };
	a->next = now + (retry_s < SETTLE_S ? retry_s : SETTLE_S);
	put(a->directory, sizeof(a->directory), directory);
	put(a->issued_by, sizeof(a->issued_by), directory);
	(void)snprintf(
	    a->result, sizeof(a->result), "issued, valid until %s", until);
}

bool attempt_waiting(
    struct attempt *a, const char *directory, int64_t now, const char *seen)
{
	bool same = a->outcome == OUTCOME_WAITING &&
	            strncmp(a->seen, seen, sizeof(a->seen) - 1) == 0;
	int64_t wait_s = WAIT_S;

	a->waits = same ? a->waits + 1 : 0;
	for (unsigned i = 0; i < a->waits && wait_s < WAIT_MAX_S; i++)
		wait_s *= 2;
	if (!attempt_was_at(a, directory))
		a->failures = 0;
	a->outcome = OUTCOME_WAITING;
	a->tried = now;
	a->next = now + (wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S);
	a->interrupted = 0;
	put(a->directory, sizeof(a->directory), directory);
	put(a->seen, sizeof(a->seen), seen);
	put(a->result, sizeof(a->result), "waiting for DNS");
	return same;
}

void attempt_failed(struct attempt *a, enum outcome outcome, int64_t now,
    int64_t retry_s, int64_t longest_s, int64_t retry_after_s,
    const char *words)
{
	int64_t pause = attempt_pause(++a->failures, retry_s, longest_s);

	if (retry_after_s > ATTEMPT_RETRY_AFTER_S)
		retry_after_s = ATTEMPT_RETRY_AFTER_S;
	a->outcome = (int)outcome;
	a->tried = now;
	a->next = now + (pause > retry_after_s ? pause : retry_after_s);
	a->waits = 0;
	a->interrupted = 0;
	put(a->result, sizeof(a->result), words);
}

void attempt_limited(
    struct attempt *a, const char *directory, int64_t until, const char *words)
{
	if (!attempt_was_at(a, directory)) {
		a->failures = a->waits = 0;
		a->next = 0;
	}
	a->outcome = OUTCOME_LIMITED;
	if (a->next < until)
		a->next = until;
	put(a->directory, sizeof(a->directory), directory);
	put(a->result, sizeof(a->result), words);
}

int64_t attempt_pause(unsigned failures, int64_t retry_s, int64_t longest_s)
{
	int64_t pause = retry_s;

	while (failures-- > 1 && pause < longest_s)
		pause *= 6;
	return pause < longest_s ? pause : longest_s;
}
