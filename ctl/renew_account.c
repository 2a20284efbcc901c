/* SPDX-License-Identifier: ISC */
/*
 * The account: STATE/renew/account remembers for which directory, address and
 * EAB it was registered, so that uacme is asked to do so when one of them
 * changes and not at each run. uacme itself keeps the account's key.
 */
#include "renew_account.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "attempt_moves.h"
#include "base/err.h"
#include "base/moment.h"
#include "config/config.h"
#include "record.h"
#include "renew_files.h"
#include "renew_part.h"
#include "renew_run.h"
#include "renew_tell.h"

#define HOUR_S       3600
#define TRIES_MAX    3
#define LIMIT_MIN_MS 10000
#define LIMIT_MAX_MS 120000

struct account {
	char directory[ATTEMPT_URL_MAX];
	char email[ATTEMPT_WORDS_MAX], eab_kid[ATTEMPT_WORDS_MAX];
};

#define ROW(key, member)                                                       \
	{                                                                      \
		key, RECORD_TEXT, offsetof(struct account, member),            \
		    sizeof(((struct account *)0)->member), NULL                \
	}

static const struct record_row rows[] = {
	ROW("directory", directory),
	ROW("email", email),
	ROW("eab-kid", eab_kid),
};

static const struct record_form form = {
	.name = "account",
	.rows = rows,
	.count = sizeof(rows) / sizeof(*rows),
	.size = sizeof(struct account),
};

static void put(char *to, size_t size, const char *text)
{
	(void)snprintf(to, size, "%s", text != NULL ? text : "");
}

static struct account wanted(const struct renew *r)
{
	struct account a = { .email = "" };

	put(a.directory, sizeof(a.directory), r->directory);
	put(a.email, sizeof(a.email), r->s->acme.email);
	put(a.eab_kid, sizeof(a.eab_kid), r->s->acme.eab_kid);
	return a;
}

static void path_of(const struct renew *r, char ret_path[PATH_MAX])
{
	(void)snprintf(ret_path, PATH_MAX, "%s/account", r->dir);
}

enum known { KNOWN_NOT, KNOWN_BY_OTHER_EMAIL, KNOWN };

/* One that cannot be read counts as none: registering twice is well. */
static enum known look_up(const struct renew *r)
{
	struct account a, w = wanted(r);
	char path[PATH_MAX];
	struct err err;

	path_of(r, path);
	if (record_read(path, &form, &a, &err) != 0 ||
	    strcmp(a.directory, w.directory) != 0 ||
	    strcmp(a.eab_kid, w.eab_kid) != 0)
		return KNOWN_NOT;
	return strcmp(a.email, w.email) == 0 ? KNOWN : KNOWN_BY_OTHER_EMAIL;
}

static bool keep(struct renew *r)
{
	struct account a = wanted(r);
	char path[PATH_MAX];
	struct err err;

	path_of(r, path);
	if (record_write(path, &form, &a, &err) == 0)
		return true;
	renew_complain(r, LOG_LEVEL_ERROR, "%s", err.text);
	r->ending = ENDING_TROUBLE;
	return false;
}

struct uacme_plan renew_uacme_plan(const struct renew *r)
{
	int64_t limit_ms = r->s->acme.retry_s * 1000;

	if (limit_ms > LIMIT_MAX_MS)
		limit_ms = LIMIT_MAX_MS;
	if (limit_ms < LIMIT_MIN_MS)
		limit_ms = LIMIT_MIN_MS;
	return (struct uacme_plan){
		.settings = r->s,
		.hook = r->hook,
		.challenges = r->challenges,
		.work_dir = r->work_dir,
		.limit_ms = limit_ms,
		.stop_fd = r->stop_fd,
	};
}

/* What of an account may be why a CA refuses it. */
static void account_words(const struct renew *r, char ret[ATTEMPT_WORDS_MAX])
{
	const struct acme *acme = &r->s->acme;

	(void)snprintf(ret, ATTEMPT_WORDS_MAX, "%s %s",
	    acme->email != NULL ? acme->email : "-",
	    acme->eab_kid != NULL ? acme->eab_kid : "-");
}

void renew_judge_pause(struct renew *r)
{
	char account[ATTEMPT_WORDS_MAX];

	account_words(r, account);
	if (r->pause.account[0] != '\0' &&
	    strcmp(r->pause.account, account) != 0)
		r->pause.until = 0;
}

static void hold(
    struct renew *r, const char *account, int64_t seconds, const char *words)
{
	char until[MOMENT_MAX];
	struct err err;

	if (pause_begin(&r->pause, r->dir, r->directory, account,
	        (int64_t)time(NULL), seconds, words, &err) != 0)
		renew_complain(r, LOG_LEVEL_ERROR, "%s", err.text);
	moment_words(r->pause.until, until);
	renew_complain(r, LOG_LEVEL_ERROR,
	    "no certificate is ordered before %s: %s", until, words);
	r->ending = ENDING_PAUSED;
}

void renew_pause(struct renew *r, int64_t seconds, const char *words)
{
	hold(r, "", seconds, words);
}

/*
 * Nobody can be tried without an account. A network that comes up after us
 * must not cost an hour: the first pauses are those of a host.
 */
static void give_up(struct renew *r, const struct uacme_result *u)
{
	char account[ATTEMPT_WORDS_MAX] = "";
	int64_t pause = HOUR_S;

	if (u->verdict == VERDICT_STOPPED && renew_ends(r))
		return;
	/* Killed, but not for us: it would be so at once again. */
	if (u->verdict == VERDICT_STOPPED || u->verdict == VERDICT_OURS) {
		renew_complain(r, LOG_LEVEL_ERROR, "%s", u->words);
		r->ending = ENDING_TROUBLE;
		return;
	}
	if (u->verdict == VERDICT_CA || u->verdict == VERDICT_NONCE)
		pause = attempt_pause(
		    r->pause.in_row + 1, r->s->acme.retry_s, HOUR_S);
	if (u->retry_after_s > 0)
		pause = u->retry_after_s;
	else if (u->verdict == VERDICT_ACCOUNT)
		account_words(r, account);
	hold(r, account, pause, u->words);
}

static bool make(struct renew *r, enum known known)
{
	struct uacme_plan plan = renew_uacme_plan(r);
	struct uacme_result u;
	unsigned tries = 0;

	files_tidy_account(r->s->certs);
	renew_progress(r, "an account at %s", r->directory);
	do {
		if (known == KNOWN_BY_OTHER_EMAIL)
			uacme_update(&plan, &u);
		else
			uacme_register(&plan, &u);
		if (u.verdict == VERDICT_NO_ACCOUNT)
			known = KNOWN_NOT;
	} while (
	    (u.verdict == VERDICT_NONCE || u.verdict == VERDICT_NO_ACCOUNT) &&
	    ++tries < TRIES_MAX);
	r->registered = true;
	if (u.verdict == VERDICT_WELL)
		return keep(r);
	/* With the address of before the account is as good. */
	if (known == KNOWN_BY_OTHER_EMAIL && u.verdict != VERDICT_STOPPED) {
		renew_complain(r, LOG_LEVEL_WARNING,
		    "the CA is not told the new address (acme.email): %s",
		    u.words);
		return true;
	}
	give_up(r, &u);
	return false;
}

bool renew_have_account(struct renew *r)
{
	enum known known = KNOWN;

	if (!r->has_account)
		known = look_up(r);
	r->has_account = known == KNOWN || make(r, known);
	return r->has_account;
}

bool renew_lost_account(struct renew *r, const char *words)
{
	if (!r->registered)
		return make(r, KNOWN_NOT);
	renew_pause(r, HOUR_S, words);
	return false;
}
