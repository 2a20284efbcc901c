/* SPDX-License-Identifier: ISC */
/*
 * selfsign: a new pair for every configured host, from a throw-away authority
 * that a test may trust, so that all can be tried before a name is public.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "authority.h"
#include "base/err.h"
#include "base/owner.h"
#include "config/config.h"
#include "config/faults.h"
#include "policy/catalog.h"
#include "reading.h"
#include "verb.h"

struct wish {
	const char *dir; /* NULL: the configured `certs` */
	int days;
	bool rsa;
};

/* The policy hosts, then the host that serves them; NULL: no more. */
static const char *host_at(const struct config *c, size_t index)
{
	size_t count = catalog_count(c->catalog);

	if (index < count)
		return catalog_at(c->catalog, index)->host;
	return index == count ? c->settings.host : NULL;
}

static int issue_all(struct authority *a, const struct config *c,
    const struct wish *w, size_t *ret_count)
{
	struct err err;
	const char *host;
	size_t i;

	for (i = 0; (host = host_at(c, i)) != NULL; i++)
		if (authority_judge(a, host, &err) != 0)
			goto fail;
	for (i = 0; (host = host_at(c, i)) != NULL; i++)
		if (authority_issue(a, host, w->days, w->rsa, &err) != 0)
			goto fail;
	*ret_count = i;
	return 0;
fail:
	verb_complain("%s", err.text);
	return -1;
}

static int issue(const struct config *c, const struct wish *w)
{
	const char *dir = w->dir != NULL ? w->dir : c->settings.certs;
	struct authority *a;
	struct err err;
	size_t count;
	int result;

	a = authority_open(dir, w->days, &err);
	if (a == NULL) {
		verb_complain("%s", err.text);
		return -1;
	}
	result = issue_all(a, c, w, &count);
	if (result == 0)
		printf("%zu pair%s below %s, from %s throw-away authority.\n"
		       "To trust it in a test: curl --cacert %s/ca.pem ...\n",
		    count, count == 1 ? "" : "s", dir,
		    authority_is_new(a) ? "a new" : "the same", dir);
	authority_free(a);
	return result;
}

static int selfsign_for(const char *config_path, const struct wish *w)
{
	struct faults *faults = faults_new();
	struct config *c = reading_open(config_path, faults);
	struct err err;
	int status = UNABLE;

	reading_tell_faults(faults);
	if (c == NULL)
		goto out;
	if (host_at(c, 0) == NULL) {
		verb_complain("no host is configured");
		goto out;
	}
	if (owner_make_dir(c->settings.state, c->settings.user, &err) != 0 ||
	    owner_become(c->settings.state, &err) != 0) {
		verb_complain("%s", err.text);
		goto out;
	}
	if (issue(c, w) == 0)
		status = WELL;
out:
	config_free(c);
	faults_free(faults);
	return status;
}

static int days_from_text(const char *text, int *ret_days)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n > AUTHORITY_DAYS ||
	    n < -AUTHORITY_DAYS)
		return -1;
	*ret_days = (int)n;
	return 0;
}

static int selfsign(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "days", required_argument, NULL, 'd' },
		{ "dir", required_argument, NULL, 'D' },
		{ "rsa", no_argument, NULL, 'r' },
		{ 0 },
	};
	struct wish w = { .days = 90 };
	int o;

	while ((o = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (o == 'D')
			w.dir = optarg;
		else if (o == 'r')
			w.rsa = true;
		else if (o != 'd')
			return verb_bad_option(&verb_selfsign, o, argv);
		else if (days_from_text(optarg, &w.days) != 0)
			return verb_misused(&verb_selfsign,
			    "--days is a number from -%d to %d", AUTHORITY_DAYS,
			    AUTHORITY_DAYS);
	}
	if (optind != argc)
		return verb_misused(
		    &verb_selfsign, "selfsign takes options only");
	return selfsign_for(config_path, &w);
}

const struct verb verb_selfsign = {
	.name = "selfsign",
	.arguments = "[--dir DIR] [--days N] [--rsa]",
	.summary = "throw-away certificates, to try things out",
	.help =
	    "A new certificate and key for every configured host, below DIR "
	    "(default: the\nconfigured `certs`), from an authority that is "
	    "kept there and made when it is\nmissing. A directory that holds "
	    "other certificates is refused.\n\n"
	    "  --days N   their life, default 90; -1: they ended yesterday\n"
	    "  --rsa      RSA 2048 instead of EC P-256\n\n"
	    "Trust DIR/ca.pem in tests only: its key lies beside it.\n\n"
	    "Example:\n\n"
	    "  mta-stsctl -c conf/demo.yaml selfsign --dir /tmp/certs\n",
	.run = selfsign,
};
