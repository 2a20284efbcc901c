/* SPDX-License-Identifier: ISC */
/*
 * render: the bytes of one domain's policy, exactly as mta-stsd serves them
 * once it has read the configuration, and nothing else.
 */
#include <stdio.h>

#include "config/config.h"
#include "config/faults.h"
#include "policy/catalog.h"
#include "reading.h"
#include "verb.h"

static int render(const char *config_path, int argc, char **argv)
{
	const struct catalog_entry *e;
	struct faults *faults;
	struct config *c;
	int status = UNABLE;

	if (argc == 2 && argv[1][0] == '-')
		return verb_misused(
		    &verb_render, "render knows no option %s", argv[1]);
	if (argc != 2)
		return verb_misused(
		    &verb_render, "render takes the name of one domain");
	faults = faults_new();
	c = reading_open(config_path, faults);
	if (c == NULL) {
		reading_tell_faults(faults);
		goto out;
	}
	e = reading_find(c, faults, argv[1]);
	if (e == NULL)
		goto out;
	/* A short write is main's to see. */
	(void)fwrite(e->policy, 1, e->policy_len, stdout);
	status = WELL;
out:
	config_free(c);
	faults_free(faults);
	return status;
}

const struct verb verb_render = {
	.name = "render",
	.arguments = "DOMAIN",
	.summary = "the bytes of a domain's policy, as served",
	.help = "DOMAIN may be written with upper case and in its own script. "
	        "A domain whose\nentry is at fault has no policy here, while "
	        "a running mta-stsd keeps its last\ngood one.\n\n"
	        "Example: what would be served, and its id\n\n"
	        "  mta-stsctl render example.com\n"
	        "  mta-stsctl render example.com | sha256sum | "
	        "sed 's/^\\(.\\{20\\}\\).*/\\1Z/'\n",
	.run = render,
};
