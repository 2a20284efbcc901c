/* SPDX-License-Identifier: ISC */
/*
 * mta-stsctl: the operator's tool beside mta-stsd. Here are the table of
 * verbs, the options that come before the verb, and the exit status. What a
 * verb does is in the file of its name.
 */
#include "verb.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/near.h"
#include "seen.h"

#define CONFIG_PATH "/etc/mta-stsd/mta-stsd.yaml"

static const struct verb *const verbs[] = {
	&verb_check,
	&verb_records,
	&verb_render,
	&verb_import,
	&verb_renew,
	&verb_forget,
	&verb_status,
	&verb_health,
	&verb_selfsign,
	&verb_verify,
};

#define VERB_COUNT (sizeof(verbs) / sizeof(*verbs))

static void __attribute__((format(printf, 1, 0)))
tell(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		return;
	fputs("mta-stsctl: ", stderr);
	seen_put(stderr, text);
	fputc('\n', stderr);
	free(text);
}

void verb_complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(fmt, args);
	va_end(args);
}

int verb_misused(const struct verb *v, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(fmt, args);
	va_end(args);
	fprintf(stderr, "Try: mta-stsctl %s --help\n", v->name);
	return UNABLE;
}

int verb_bad_option(const struct verb *v, int got, char **argv)
{
	const char *option = argv[optind - 1], *next = argv[optind];

	/* The first letter of several: getopt has not gone past it yet. */
	if (got == '?' && next != NULL && next[0] == '-' && optopt != 0 &&
	    next[1] == optopt)
		option = next;
	if (got == ':')
		return verb_misused(v, "%s wants a value", option);
	return verb_misused(v, "%s knows no option %s", v->name, option);
}

static void show_usage(FILE *to)
{
	size_t i;

	fputs("usage: mta-stsctl [-c FILE] VERB ...\n\n", to);
	for (i = 0; i < VERB_COUNT; i++)
		fprintf(to, "  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
	fputs("\n  -c FILE    the configuration; default " CONFIG_PATH "\n"
	      "  -h         this; VERB --help tells more of a verb\n"
	      "  -V         the version\n\n"
	      "Exit status: 0 well; 1 something checked is not well;\n"
	      "2 wrong usage, or it could not be done.\n",
	    to);
}

static int show_help(const struct verb *v)
{
	printf("usage: mta-stsctl [-c FILE] %s %s\n\n%s.\n\n%s", v->name,
	    v->arguments, v->summary, v->help);
	return WELL;
}

static bool asks_for_help(char **argv)
{
	for (; *argv != NULL && strcmp(*argv, "--") != 0; argv++)
		if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0)
			return true;
	return false;
}

static int run_verb(const char *config_path, int argc, char **argv)
{
	struct near near = { .text = argv[0] };
	size_t i;

	for (i = 0; i < VERB_COUNT; i++) {
		near_try(&near, verbs[i]->name);
		if (strcmp(argv[0], verbs[i]->name) != 0)
			continue;
		if (asks_for_help(argv + 1))
			return show_help(verbs[i]);
		optind = 0; /* glibc: begin anew */
		opterr = 0;
		return verbs[i]->run(config_path, argc, argv);
	}
	if (near.best != NULL)
		verb_complain("there is no verb \"%s\": did you mean \"%s\"?",
		    argv[0], near.best);
	else
		verb_complain("there is no verb \"%s\"", argv[0]);
	fputs("Try: mta-stsctl -h\n", stderr);
	return UNABLE;
}

/*
 * A descriptor of 0 to 2 that is closed would be the next file's that is
 * opened, and what is printed would go there.
 */
static int hold_standard_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	return 0;
}

static int flush_results(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout) && fclose(stdout) == 0)
		return status;
	verb_complain("cannot write to standard output: %s", strerror(errno));
	return UNABLE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *config_path = CONFIG_PATH;
	int c;

	if (hold_standard_descriptors() != 0)
		return UNABLE;
	while ((c = getopt_long(argc, argv, "+c:hV", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			config_path = optarg;
			break;
		case 'h':
			show_usage(stdout);
			return flush_results(WELL);
		case 'V':
			puts("mta-stsctl " MTA_STSD_VERSION);
			return flush_results(WELL);
		default:
			fputs("Try: mta-stsctl -h\n", stderr);
			return UNABLE;
		}
	}
	if (optind == argc) {
		show_usage(stderr);
		return UNABLE;
	}
	return flush_results(
	    run_verb(config_path, argc - optind, argv + optind));
}
