/* SPDX-License-Identifier: ISC */
/*
 * import: from a list of domains to a configuration that serves what is live
 * of them now, ids and all. Domains are looked at side by side, and the
 * trouble of one is a comment. It changes nothing, anywhere.
 */
#include "import.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "config/config.h"
#include "config/faults.h"
#include "dns.h"
#include "import_list.h"
#include "import_write.h"
#include "jobs.h"
#include "policy/catalog.h"
#include "preflight_ca.h"
#include "reading.h"
#include "seen.h"
#include "trust.h"
#include "verb.h"

#define INPUT_MAX ((size_t)16 << 20)
#define JOBS      16
#define JOBS_MAX  256

struct import {
	const char *file, *ca_file;
	size_t jobs;
	struct config *config; /* NULL: there is none */
	struct faults *config_faults;
	struct faults *faults; /* of the list */
	struct arena *a;
	struct dns *dns;
	struct trust *trust;
	struct caa_names ca; /* none: what it calls itself is not known */
	struct preflight_ca *asked_ca;
	struct facts *facts;
	struct arena **arenas; /* one a domain: threads write to it */
	size_t count, done;
};

/* All of standard input. 0; or -1 and err. */
static int read_input(char **ret_bytes, size_t *ret_len, struct err *err)
{
	char *bytes = NULL, *more;
	size_t len = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (len == room) {
			room = room == 0 ? 65536 : room * 2;
			more = room > INPUT_MAX ? NULL : realloc(bytes, room);
			if (more == NULL) {
				err_set(err, "standard input is too long");
				goto failed;
			}
			bytes = more;
		}
		n = read(STDIN_FILENO, bytes + len, room - len);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR) {
			err_set_errno(err, "standard input");
			goto failed;
		}
		if (n > 0)
			len += (size_t)n;
	}
	*ret_bytes = bytes;
	*ret_len = len;
	return 0;
failed:
	free(bytes);
	return -1;
}

/* What there is to say of the list, in its order. */
static void tell_faults(struct faults *f)
{
	enum severity severity;

	for (size_t i = 0; i < faults_total(f); i++) {
		seen_put(stderr, faults_at(f, i, &severity));
		fputc('\n', stderr);
	}
}

static int read_names(struct import *m, struct import_list *ret_list)
{
	bool piped = strcmp(m->file, "-") == 0;
	char *bytes = NULL;
	size_t len = 0;
	struct err err;
	int result;

	if ((piped ? read_input(&bytes, &len, &err)
	           : file_read(m->file, INPUT_MAX, &bytes, &len, NULL, &err)) !=
	    0) {
		verb_complain("%s", err.text);
		return -1;
	}
	result = import_list_read(piped ? "standard input" : m->file, bytes,
	    len, m->a, m->faults, ret_list);
	free(bytes);
	return result;
}

/* The configuration, if there is one. 0; or -1: it cannot be used; told. */
static int open_config(struct import *m, const char *path)
{
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		verb_complain(
		    "there is no configuration %s: no domain is skipped", path);
		return 0;
	}
	m->config = reading_open(path, m->config_faults);
	if (m->config == NULL)
		reading_tell_faults(m->config_faults);
	else if (faults_count(m->config_faults, SEVERITY_FAULT) > 0)
		verb_complain("%s has faults: domains at fault in it are not "
		              "skipped",
		    path);
	return m->config == NULL ? -1 : 0;
}

/*
 * What CAA calls our CA. Who has not decided yet, or lets another host renew,
 * most probably has Let's Encrypt, which need not be asked.
 */
static void find_ca(struct import *m)
{
	const struct settings *s =
	    m->config == NULL ? NULL : &m->config->settings;
	const char *directory =
	    s != NULL && config_renews(s) ? s->acme.directory : NULL;

	if (caa_names_known(directory, &m->ca))
		return;
	m->ca = (struct caa_names){ .count = 0 };
	m->asked_ca = preflight_ca_new(directory, -1);
	if (m->asked_ca != NULL && !preflight_ca_names(m->asked_ca, &m->ca))
		m->ca = (struct caa_names){ .count = 0 };
}

static int open_world(struct import *m)
{
	const struct endpoints *resolver =
	    m->config == NULL ? NULL : &m->config->settings.resolver;
	struct err err;

	find_ca(m);
	m->dns = dns_new(resolver, -1, &err);
	if (m->dns != NULL)
		m->trust = trust_new(m->ca_file, &err);
	if (m->trust != NULL)
		return 0;
	verb_complain("%s", err.text);
	return -1;
}

static void choose(struct import *m, const struct import_list *list)
{
	m->facts = arena_array(m->a, list->count + 1, sizeof(*m->facts));
	m->arenas = arena_array(m->a, list->count + 1, sizeof(struct arena *));
	for (size_t i = 0; i < list->count; i++) {
		const struct import_name *n = &list->at[i];

		if (m->config != NULL &&
		    catalog_find(m->config->catalog, n->domain) != NULL) {
			faults_add(m->faults, SEVERITY_WARNING,
			    (struct place){ n->file, n->line, n->column },
			    n->domain, "is configured already: skipped");
			continue;
		}
		m->arenas[m->count] = arena_new(false);
		m->facts[m->count++] = (struct facts){
			.domain = n->domain,
			.written = n->written,
		};
	}
}

static void work(void *cookie, size_t index)
{
	struct import *m = cookie;

	import_look(
	    &m->facts[index], m->dns, m->trust, &m->ca, m->arenas[index]);
}

static void on_done(void *cookie, size_t index)
{
	struct import *m = cookie;

	(void)index;
	m->done++;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\rlooked at %zu of %zu%s", m->done, m->count,
		    m->done == m->count ? "\n" : "");
}

static void look_at_all(struct import *m)
{
	const struct jobs jobs = {
		.count = m->count,
		.at_once = m->jobs,
		.work = work,
		.on_done = on_done,
		.cookie = m,
	};

	jobs_run(&jobs);
}

/* Was nothing of any domain answered, and is the resolver no help at all? */
static bool is_deaf(const struct import *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (!m->facts[i].txt_unasked || !m->facts[i].host_unasked)
			return false;
	return dns_is_deaf(m->dns, clock_now_ms() + DNS_LIMIT_MS);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static int print(struct import *m)
{
	const char *const *taken = NULL;
	size_t taken_count = import_find_taken(m->config, m->a, &taken);
	size_t wrong = faults_count(m->faults, SEVERITY_FAULT);
	struct import_sum sum;
	const char *text, *fault;

	text = import_write(m->facts, m->count, (int64_t)time(NULL), taken,
	    taken_count, m->a, &sum, &fault);
	if (text == NULL) {
		verb_complain("nothing is printed, since this would come of "
		              "it, a fault of mta-stsctl's: %s",
		    fault);
		return UNABLE;
	}
	fputs(text, stdout); /* a short write is main's to see */
	verb_complain("%zu domain%s: %zu taken over with their ids, %zu "
	              "proposed, %zu left out (%zu of them live, or "
	              "not to be asked); %zu line%s at fault",
	    m->count, plural(m->count), sum.live, sum.proposed, sum.left_out,
	    sum.troubled, wrong, plural(wrong));
	return sum.troubled + wrong > 0 ? NOT_WELL : WELL;
}

static int run(struct import *m, const char *config_path)
{
	struct import_list list;
	int result = read_names(m, &list);

	if (result != 0 || open_config(m, config_path) != 0) {
		tell_faults(m->faults);
		return UNABLE;
	}
	choose(m, &list);
	tell_faults(m->faults);
	if (m->count > 0) {
		if (open_world(m) != 0)
			return UNABLE;
		look_at_all(m);
		if (is_deaf(m)) {
			verb_complain("the resolver answers nothing: is there "
			              "a network? (`resolver`)");
			return UNABLE;
		}
	}
	return print(m);
}

static void close_all(struct import *m)
{
	for (size_t i = 0; i < m->count; i++)
		arena_free(m->arenas[i]);
	preflight_ca_free(m->asked_ca);
	trust_free(m->trust);
	dns_free(m->dns);
	config_free(m->config);
	faults_free(m->config_faults);
	faults_free(m->faults);
	arena_free(m->a);
}

/* 0; or -1: wrong usage, told. */
static int read_options(struct import *m, int argc, char **argv)
{
	static const struct option options[] = {
		{ "ca", required_argument, NULL, 'a' },
		{ "jobs", required_argument, NULL, 'j' },
		{ 0 },
	};
	const struct verb *v = &verb_import;
	unsigned long jobs;
	char *end;
	int o;

	while ((o = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (o == 'a') {
			m->ca_file = optarg;
			continue;
		}
		if (o != 'j') {
			(void)verb_bad_option(v, o, argv);
			return -1;
		}
		jobs = strtoul(optarg, &end, 10);
		if (*end != '\0' || jobs < 1 || jobs > JOBS_MAX) {
			(void)verb_misused(v,
			    "--jobs wants a number from 1 to %d, not %s",
			    JOBS_MAX, optarg);
			return -1;
		}
		m->jobs = (size_t)jobs;
	}
	if (optind + 1 != argc) {
		(void)verb_misused(
		    v, "import takes one file, or - for standard input");
		return -1;
	}
	m->file = argv[optind];
	return 0;
}

static int import(const char *config_path, int argc, char **argv)
{
	struct import m = { .jobs = JOBS };
	int status;

	if (read_options(&m, argc, argv) != 0)
		return UNABLE;
	m.config_faults = faults_new();
	m.faults = faults_new();
	m.a = arena_new(false);
	status = run(&m, config_path);
	close_all(&m);
	return status;
}

const struct verb verb_import = {
	.name = "import",
	.arguments = "FILE|- [--jobs N] [--ca FILE]",
	.summary = "domains -> a configuration that serves what is live now",
	.help =
	    "FILE has a domain a line (# begins a comment), or is a CSV with a "
	    "column\nDomainName, as PS.MTA-STS exports it. For each domain the "
	    "TXT records, the\npolicy, MX and CAA are looked up, N (16) "
	    "domains at a time. Live policies are\ntaken over with their ids, "
	    "so that a move changes no record; for domains without\none an "
	    "entry in mode testing is proposed. What needs a person's eye is "
	    "a comment\nthat says why. No configuration is needed; domains "
	    "that the one of -c has are\nskipped. --ca FILE: the CAs to trust, "
	    "instead of the system's.\n\n"
	    "Exit status 1: a line of FILE is at fault, or something live was "
	    "left out.\n\n"
	    "Example: see what would be served, then serve it\n\n"
	    "  mta-stsctl import domains.csv > imported.yaml\n"
	    "  mta-stsctl -c imported.yaml check\n"
	    "  mv imported.yaml /etc/mta-stsd/domains.d/\n",
	.run = import,
};
