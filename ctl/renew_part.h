/* SPDX-License-Identifier: ISC */
#ifndef CTL_RENEW_PART_H
#define CTL_RENEW_PART_H

#include "base/log.h"
#include "due.h"
#include "orders.h"
#include "renew_pause.h"

/* One run of renew, among its own files. */

struct arena;
struct config;
struct err;
struct settings;
struct store;

/* Why the run ends before all is done. */
enum ending {
	ENDING_NOT,
	ENDING_STOPPED, /* by a signal, at once */
	ENDING_NEWS,    /* SIGHUP: who starts us knows more by now */
	ENDING_TIME,    /* it has run for an hour */
	ENDING_PACE,
	ENDING_PAUSED,
	ENDING_BUSY,    /* another run is at work */
	ENDING_TROUBLE, /* of our own, told already */
};

struct renew {
	bool dry_run, force, supervised, asked; /* asked: hosts are named */
	const struct config *config;
	const struct settings *s;
	const char *directory; /* of the CA */
	struct arena *arena;

	/* absolute paths: STATE/renew, STATE/challenges, an empty directory */
	const char *dir, *challenges, *work_dir, *hook;
	int lock, stop_fd, news_fd; /* -1: none */
	int64_t end_ms;

	struct store *store;
	struct due *hosts; /* every configured one */
	size_t host_count;
	struct due **chosen; /* those that the run is about */
	size_t chosen_count;

	struct orders orders;
	struct pause pause;
	bool has_account, registered;    /* known to be there; made just now */
	unsigned ca_in_row, ours_in_row; /* names that one failed for */
	enum ending ending;
	size_t ordered, issued, failed, waiting;
	bool has_progress;
};

/* renew_open.c: what is known without a look. */
void renew_init(struct renew *r);
/* All that a run stands on. 0; or -1, and why was told. */
int renew_open(struct renew *r);
void renew_close(struct renew *r);

/* renew_survey.c: read pairs and states, judge every host. 0; or -1, told. */
int renew_survey(struct renew *r, char *const *names, size_t count);
/* Read the pairs again, and judge d by them. Did d's own pair change? */
bool renew_look_again(struct renew *r, struct due *d);
/* Is there a pre-flight before an order? */
bool renew_looks(const struct renew *r);
enum due_asked renew_asked(const struct renew *r);

#endif
