/* SPDX-License-Identifier: ISC */

/*
 * The options of verify, each judged when it is read: a number in its range,
 * an address, one of a few words.
 */

#include "verify_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "verb.h"

#define JOBS_DEFAULT 16
#define JOBS_MAX     256
#define PORT_HTTPS   443
#define PORT_DNS     53
#define PORT_MAX     65535
#define WAIT_MAX_S   86400

static int read_number(const char *text, long max, long *ret_number)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < 1 ||
	    number > max)
		return -1;
	*ret_number = number;
	return 0;
}

static int take_number(
    const char *name, const char *text, long max, long *ret_number)
{
	if (read_number(text, max, ret_number) == 0)
		return 0;
	(void)verb_misused(
	    &verb_verify, "%s wants a number from 1 to %ld", name, max);
	return -1;
}

static int take_format(const char *text, enum verify_format *ret_format)
{
	static const char *const names[] = {
		[VERIFY_TABLE] = "table",
		[VERIFY_CSV] = "csv",
		[VERIFY_JSON] = "json",
		[VERIFY_NAGIOS] = "nagios",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(text, names[i]) == 0) {
			*ret_format = (enum verify_format)i;
			return 0;
		}
	(void)verb_misused(&verb_verify,
	    "--format is table, csv, json or nagios, not \"%s\"", text);
	return -1;
}

static int take_resolver(const char *text, struct verify_options *o)
{
	struct err err;

	if (endpoint_parse(text, PORT_DNS, &o->resolver, &err) == 0 &&
	    o->resolver.addr.ss_family != AF_UNIX) {
		o->has_resolver = true;
		return 0;
	}
	(void)verb_misused(&verb_verify,
	    "--resolver wants an address, or ADDRESS:PORT, not \"%s\"", text);
	return -1;
}

static int take_option(int option, struct verify_options *o)
{
	switch (option) {
	case 'f':
		return take_format(optarg, &o->format);
	case 'p':
		o->problems = true;
		return 0;
	case 'o':
		o->policy_only = true;
		return 0;
	case 'w':
		return take_number("--wait", optarg, WAIT_MAX_S, &o->wait_s);
	case 'r':
		return take_resolver(optarg, o);
	case 'a':
		o->ca = optarg;
		return 0;
	case 't':
		return take_number("--port", optarg, PORT_MAX, &o->port);
	case 'j':
		return take_number("--jobs", optarg, JOBS_MAX, &o->jobs);
	default:
		o->smtp = false;
		return 0;
	}
}

int verify_read_options(
    int argc, char **argv, struct verify_options *ret_options)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "problems", no_argument, NULL, 'p' },
		{ "policy-only", no_argument, NULL, 'o' },
		{ "wait", required_argument, NULL, 'w' },
		{ "resolver", required_argument, NULL, 'r' },
		{ "ca", required_argument, NULL, 'a' },
		{ "port", required_argument, NULL, 't' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "no-smtp", no_argument, NULL, 's' },
		{ 0 },
	};
	struct verify_options o = {
		.smtp = true,
		.port = PORT_HTTPS,
		.jobs = JOBS_DEFAULT,
	};
	int c;

	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c == '?' || c == ':') {
			(void)verb_bad_option(&verb_verify, c, argv);
			return -1;
		}
		if (take_option(c, &o) != 0)
			return -1;
	}
	o.domains = argv + optind;
	*ret_options = o;
	return 0;
}
