/* SPDX-License-Identifier: ISC */
#ifndef CTL_FETCH_H
#define CTL_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One GET over http or https, by any number of threads at once. A redirect is
 * told and not followed.
 */

struct peer;
struct trust_shown;

#define FETCH_WORDS_MAX    160
#define FETCH_LOCATION_MAX 2048
#define FETCH_HOST_MAX     256
#define FETCH_TYPE_MAX     128

struct fetch_plan {
	const char *url;
	/*
	 * The address to ask whatever the URL names, and no proxy; its port
	 * does not count. NULL: as DNS, and the environment's proxies, say.
	 */
	const struct peer *at;
	const char *socket;   /* the same, in the file system; NULL: none */
	bool any_certificate; /* none is verified */
	/* Judges the certificate, as senders do, and tells; NULL: libcurl. */
	struct trust_shown *shown;
	size_t cap;       /* of the body */
	int64_t limit_ms; /* for all of it */
	int stop_fd;      /* readable: end within a second; -1: none */
};

enum fetch_end {
	FETCH_ANSWERED,
	FETCH_NO_WAY,   /* refused, unreachable: another address may do */
	FETCH_SILENT,   /* no whole answer in time */
	FETCH_NONSENSE, /* an answer, but none of HTTP, or of TLS */
	FETCH_FAILED,   /* stopped, or it could not be asked at all */
};

struct fetch_result {
	enum fetch_end end;
	char words[FETCH_WORDS_MAX]; /* where it is not FETCH_ANSWERED */
	long status;
	char *body; /* len bytes and a NUL; NULL: none */
	size_t len;
	bool cut;                          /* the body was above cap */
	char location[FETCH_LOCATION_MAX]; /* absolute; "": no redirect */
	char type[FETCH_TYPE_MAX];         /* Content-Type; "": none */
};

/* To be given to fetch_result_fini in any case. */
void fetch(const struct fetch_plan *p, struct fetch_result *ret_result);
void fetch_result_fini(struct fetch_result *r);

/* What an absolute http or https URL leads to. */
struct fetch_target {
	bool https;
	unsigned port;
	char host[FETCH_HOST_MAX]; /* as it stands there */
};

/* 0; or -1: it is no such URL, or its host is too long. */
int fetch_url_read(const char *url, struct fetch_target *ret_target);

#endif
