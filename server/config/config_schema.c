/* SPDX-License-Identifier: ISC */

/*
 * The schema: every key of DESIGN section 4 with its kind, its bounds and what
 * counts where it is missing, written as in the file. The keys of a policy are
 * in config_terms.c.
 */

#include <string.h>

#include "config/config_terms.h"
#include "config/config_values.h"

static const struct word levels[] = {
	{ "error", LOG_LEVEL_ERROR },
	{ "warning", LOG_LEVEL_WARNING },
	{ "notice", LOG_LEVEL_NOTICE },
	{ "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG },
	{ NULL, 0 },
};
static const struct word formats[] = {
	{ "text", false },
	{ "json", true },
	{ NULL, 0 },
};
static const struct word peers[] = {
	{ "full", PEER_FULL },
	{ "net", PEER_NET },
	{ "off", PEER_OFF },
	{ NULL, 0 },
};
static const struct word challenges[] = {
	{ "http-01", true },
	{ "tls-alpn-01", false },
	{ NULL, 0 },
};
static const struct word key_types[] = {
	{ "ec", false },
	{ "rsa", true },
	{ NULL, 0 },
};

#define SETTING(member) offsetof(struct reading, c.settings.member)
#define SETTINGS        offsetof(struct reading, c.settings)

/* How long a stage of a connection may last: seconds, kept in ms. */
#define STAGE .low = 1, .high = 3600, .scale = 1000, .unit = " s"

#define ROW(name_, read_, offset_, standard_, ...)                             \
	{                                                                      \
		.name = (name_), .read = (read_), .offset = (offset_),         \
		.standard = (standard_), __VA_ARGS__                           \
	}

/* clang-format off */
static const struct key listen_keys[] = {
	ROW("https", read_endpoints, SETTING(https), "[::]:443",
	    .scale = 443),
	ROW("http", read_endpoints, SETTING(http), "[::]:80", .scale = 80),
	ROW("plain", read_endpoints, SETTING(plain), "off"),
	ROW("admin", read_endpoints, SETTING(admin),
	    "unix:/run/mta-stsd/admin.sock"),
	ROW("proxies", read_networks, SETTINGS, NULL),
	{ .name = NULL },
};

static const struct key log_keys[] = {
	ROW("level", read_word, SETTING(log_level), "info", .words = levels),
	ROW("access", read_flag, SETTING(log_access), "on", .words = on_off),
	ROW("format", read_flag, SETTING(log_json), "text", .words = formats),
	ROW("peers", read_word, SETTING(log_peers), "full", .words = peers),
	{ .name = NULL },
};

static const struct key limits_keys[] = {
	ROW("connections", read_count, SETTING(limits.connections), "4096",
	    .low = 1, .high = 1000000),
	ROW("per_address", read_count, SETTING(limits.per_address), "64",
	    .low = 1, .high = 1000000, .special = { "off", 0 }),
	ROW("handshake", read_time, SETTING(limits.handshake_ms), "10s",
	    STAGE),
	ROW("head", read_time, SETTING(limits.head_ms), "10s", STAGE),
	ROW("answer", read_time, SETTING(limits.answer_ms), "10s", STAGE),
	ROW("total", read_time, SETTING(limits.total_ms), "30s", STAGE),
	ROW("leaving", read_percent, SETTING(limits.leaving_percent), "30%",
	    .low = 0, .high = 100, .unit = "%", .special = { "off", 100 }),
	{ .name = NULL },
};

static const struct key eab_keys[] = {
	ROW("kid", read_text, SETTING(acme.eab_kid), NULL),
	ROW("key_file", read_path, SETTING(acme.eab_key_file), NULL),
	{ .name = NULL },
};

static const struct key acme_keys[] = {
	ROW("agree_to_terms", read_flag, SETTING(acme.agree_to_terms), "off",
	    .words = on_off),
	ROW("email", read_address, SETTING(acme.email), NULL),
	ROW("directory", read_url, SETTING(acme.directory),
	    "https://acme-v02.api.letsencrypt.org/directory"),
	ROW("challenges", read_challenges, SETTING(acme), NULL,
	    .words = challenges),
	ROW("hook", read_path, SETTING(acme.hook), NULL),
	ROW("key_type", read_flag, SETTING(acme.key_is_rsa), "ec",
	    .words = key_types),
	ROW("eab", read_section, 0, NULL, .keys = eab_keys),
	ROW("preflight", read_flag, SETTING(acme.preflight), "on",
	    .words = on_off),
	ROW("orders_per_3h", read_count, SETTING(acme.orders_per_3h), "250",
	    .low = 1, .high = 1000000),
	ROW("retry", read_time, SETTING(acme.retry_s), "10m", .low = 1,
	    .high = 86400, .unit = " s"),
	ROW("redirect", read_url, SETTING(acme.redirect), NULL),
	{ .name = NULL },
};

const struct key main_keys[] = {
	ROW("listen", read_section, 0, "", .keys = listen_keys),
	ROW("host", read_host, SETTING(host), NULL),
	ROW("user", read_text, SETTING(user), "mta-stsd"),
	ROW("workers", read_count, SETTING(workers), "auto", .low = 1,
	    .high = 64, .special = { "auto", 0 }),
	ROW("state", read_path, SETTING(state), CONFIG_STATE),
	ROW("certs", read_path, SETTING(certs), NULL),
	ROW("resolver", read_resolver, SETTING(resolver), NULL, .scale = 53),
	ROW("log", read_section, 0, "", .keys = log_keys),
	ROW("limits", read_section, 0, "", .keys = limits_keys),
	ROW("acme", read_acme, 0, "", .keys = acme_keys),
	ROW("defaults", read_defaults, offsetof(struct reading, defaults),
	    ""),
	ROW("delegated", read_host, SETTING(delegated), NULL),
	ROW("include", read_names, offsetof(struct reading, include), NULL),
	ROW("policies", read_node, offsetof(struct reading, main.policies), NULL),
	ROW("domains", read_node, offsetof(struct reading, main.domains), NULL),
	{ .name = NULL },
};

const struct key included_keys[] = {
	ROW("policies", read_node, offsetof(struct part, policies), NULL),
	ROW("domains", read_node, offsetof(struct part, domains), NULL),
	{ .name = NULL },
};
/* clang-format on */

static bool has_key(const struct key *keys, const char *name)
{
	for (; keys->name != NULL; keys++)
		if (strcmp(keys->name, name) == 0)
			return true;
	return false;
}

const char *schema_home(const char *name)
{
	static const struct {
		const struct key *keys;
		const char *words;
	} homes[] = {
		{ main_keys, "at the top of the main file" },
		{ listen_keys, "below listen" },
		{ log_keys, "below log" },
		{ limits_keys, "below limits" },
		{ eab_keys, "below acme.eab" },
		{ acme_keys, "below acme" },
		{ terms_keys, "to a domain, a policy or defaults" },
		{ entry_keys, "to a domain" },
	};

	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++)
		if (has_key(homes[i].keys, name))
			return homes[i].words;
	return NULL;
}
