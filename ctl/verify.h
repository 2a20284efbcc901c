/* SPDX-License-Identifier: ISC */
#ifndef CTL_VERIFY_H
#define CTL_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What was found out about domains (RULES C): for each a verdict, and
 * findings, each of which has a code of the tables in verify_codes*.c. A check
 * that found nothing wrong leaves one finding, of the code that is its name; a
 * check whose ground failed leaves the same one, graded as not checked.
 */

struct arena;
struct catalog_entry;

enum verify_grade { /* the worst of a domain's findings is its verdict */
	VERIFY_NOT_CHECKED, /* counts as ok */
	VERIFY_OK,
	VERIFY_PENDING, /* not live yet: no error */
	VERIFY_WARNING,
	VERIFY_BROKEN,
};

struct verify_code {
	const char *name;  /* stable: "txt-missing" */
	const char *check; /* stable: "txt", also the code of its being well */
	enum verify_grade grade;
	const char *section; /* "RFC 8461 section 3.1" */
	const char *words;   /* what is the matter */
	const char *advice;  /* what to do about it; "": nothing */
};

struct verify_finding {
	const struct verify_code *code;
	/*
	 * Its code's; or milder: of MX hosts a warning in mode testing, and
	 * pending where there is no TXT record.
	 */
	enum verify_grade grade;
	const char *about;    /* a name, an address, a pattern */
	const char *expected; /* "": the words say it */
	const char *found;
	size_t more; /* others of its code, which are left out */
};

struct verify_report {
	const char *domain;                /* A-labels */
	const struct catalog_entry *entry; /* NULL: it is not configured */
	struct arena *arena;               /* holds the strings */
	enum verify_grade verdict;
	struct verify_finding *findings; /* in the order of the checks */
	size_t count, room;
	/* What is live, as it was found; NULL: nothing was. */
	const char *txt, *tlsrpt; /* records, joined */
	const char *alias;        /* of the policy host */
	const char *addresses;    /* of the policy host, by ", " */
	const char *mx;           /* hosts, by ", " */
	const char *policy;
	size_t policy_len;
};

/* "ok", "not checked", "pending", "warning", "broken". */
const char *verify_grade_text(enum verify_grade g);
/* Add a finding. NULL is "", strings are copied. */
void verify_add(struct verify_report *r, const char *code, const char *about,
    const char *expected, const char *found);
/* The same for one that is no worse than at_most, whatever its code's grade. */
void verify_add_mild(struct verify_report *r, const char *code,
    enum verify_grade at_most, const char *about, const char *expected,
    const char *found);

/*
 * All has been found: grade and give the verdict. Where there is no TXT record
 * no sender looks at the rest, which then is at most pending.
 */
void verify_conclude(struct verify_report *r);

#endif
