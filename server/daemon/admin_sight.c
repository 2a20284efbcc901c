/* SPDX-License-Identifier: ISC */

/*
 * What the admin process sees, and how a text becomes part of a page: names
 * may be strangers', and nothing that they are made of ends a quote or a line.
 */

#include "daemon/admin_part.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/loop.h"
#include "base/quote.h"
#include "config/config.h"
#include "daemon/generation.h"
#include "daemon/stats.h"
#include "tls/pair.h"
#include "tls/store.h"

#define BEAT_MOST_MS 30000 /* the manager is well more often */

const struct pair *sight_pair(const struct sight *s, const char *host)
{
	return store_find(s->generation->store, host, (int64_t)time(NULL));
}

uint64_t sight_fact(const struct sight *s, unsigned fact)
{
	return stats_get(&s->stats->facts[fact]);
}

const char *sight_not_alive(const struct sight *s)
{
	uint64_t beat = sight_fact(s, FACT_BEAT_MS);

	if ((uint64_t)clock_now_ms() > beat + BEAT_MOST_MS)
		return "the manager does not answer";
	if (sight_fact(s, FACT_WORKERS_ALIVE) <
	    sight_fact(s, FACT_WORKERS_WANTED))
		return "a worker has ended";
	return NULL;
}

const char *sight_not_ready(const struct sight *s)
{
	if (sight_fact(s, FACT_STOPPING) != 0)
		return "stopping";
	if (sight_fact(s, FACT_GENERATION) == 0)
		return "no generation is served yet";
	if (sight_fact(s, FACT_WORKERS_ALIVE) == 0)
		return "no worker is alive";
	return NULL;
}

/* The words of mta-stsctl status; it sees more in the files. */
static const char *const certificates[SIGHT_CERTIFICATES] = { "valid",
	"missing", "expired", "future", "others" };
enum { VALID, MISSING, EXPIRED, FUTURE, OTHERS };

unsigned sight_certificate(
    const struct sight *s, const struct pair *p, int64_t now)
{
	if (s->generation->config->settings.https.count == 0)
		return OTHERS;
	if (p == NULL)
		return MISSING;
	if (now < p->not_before)
		return FUTURE;
	return now <= p->not_after ? VALID : EXPIRED;
}

const char *sight_certificate_text(unsigned state)
{
	return certificates[state];
}

/* A byte that is not seen as it is becomes its number. */
static void put_quoted(FILE *to, const char *text, bool json)
{
	(void)fputc('"', to);
	while (*text != '\0') {
		size_t len = quote_seen_len(text, strnlen(text, 4));

		if (*text == '"' || *text == '\\')
			(void)fputc('\\', to);
		if (len > 0)
			(void)fwrite(text, 1, len, to);
		else
			(void)fprintf(to, "%s%02x", json ? "\\u00" : "\\\\x",
			    (unsigned char)*text);
		text += len > 0 ? len : 1;
	}
	(void)fputc('"', to);
}

void put_text(FILE *to, const char *text)
{
	if (text != NULL)
		put_quoted(to, text, true);
	else
		(void)fputs("null", to);
}

void put_label(FILE *to, const char *text)
{
	put_quoted(to, text, false);
}
