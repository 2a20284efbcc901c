/* SPDX-License-Identifier: ISC */
#ifndef CTL_VERB_H
#define CTL_VERB_H

/*
 * What mta-stsctl can be told to do: one file a verb, one row a verb in the
 * table of main.c. Results go to standard output, all else to standard error;
 * main sees to it that a result which could not be written is an error.
 */

/* A verb's result is the exit status. */
enum {
	WELL = 0,
	NOT_WELL = 1, /* something that was checked is not well */
	UNABLE = 2,   /* wrong usage, or it could not be done */
};

struct verb {
	const char *name;
	const char *arguments; /* as shown after the name */
	const char *summary;   /* one line */
	const char *help;      /* the rest of --help, an example at its end */
	/*
	 * config_path: the configuration that -c or the default names. argv
	 * begins with the verb's name and ends with NULL; --help is answered
	 * by main before this is called.
	 */
	int (*run)(const char *config_path, int argc, char **argv);
};

extern const struct verb verb_check, verb_forget, verb_health, verb_import,
    verb_records, verb_render, verb_renew, verb_selfsign, verb_status,
    verb_verify;

/* "mta-stsctl: " and a printf-like sentence on standard error. */
void verb_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Wrong usage of v: the sentence, then how to get help. UNABLE. */
int verb_misused(const struct verb *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * What getopt_long answered (with opterr 0 and ":" first) when it was given
 * an option that v does not know, or that wants a value. UNABLE.
 */
int verb_bad_option(const struct verb *v, int got, char **argv);

#endif
