/* SPDX-License-Identifier: ISC */
/*
 * The providers of conf/providers.yaml, whose policies fit any domain that has
 * its mail there. They stand here too, since import needs no file beside it; a
 * test sees to it that both say the same.
 */
#include <stdbool.h>
#include <string.h>

#include "import_part.h"
#include "policy/host.h"

static const struct provider providers[] = {
	{ "exchange-online", { "*.mail.protection.outlook.com" }, 1 },
	{ "google-workspace",
	    { "smtp.google.com", "aspmx.l.google.com", "*.aspmx.l.google.com" },
	    3 },
};

#define PROVIDERS (sizeof(providers) / sizeof(*providers))

const struct provider *provider_at(size_t index)
{
	return index < PROVIDERS ? &providers[index] : NULL;
}

/* Does the provider take mail at name, a host or a pattern? */
static bool holds(const struct provider *p, const char *name)
{
	for (size_t i = 0; i < p->mx_count; i++)
		if (strcmp(p->mx[i], name) == 0 ||
		    pattern_covers(p->mx[i], name))
			return true;
	return false;
}

const struct provider *provider_find(const char *const *names, size_t count)
{
	for (size_t i = 0; i < PROVIDERS && count > 0; i++) {
		size_t held = 0;

		while (held < count && holds(&providers[i], names[held]))
			held++;
		if (held == count)
			return &providers[i];
	}
	return NULL;
}
