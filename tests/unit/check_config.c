/* SPDX-License-Identifier: ISC */

/* Settings with what counts where they are missing, and what follows. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "config/faults.h"
#include "policy/catalog.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct faults *faults;

static void set_up(void)
{
	faults = faults_new();
}

static void tear_down(void)
{
	faults_free(faults);
}

static struct config *opened(const char *path, const char *yaml)
{
	struct config *c = config_open_bytes(path, yaml, strlen(yaml), faults);
	enum severity s;

	if (c == NULL)
		ck_abort_msg("%s", faults_at(faults, 0, &s));
	return c;
}

static struct config *filled(const char *yaml)
{
	struct config *c = opened("x.yaml", yaml);

	config_fill(c, NULL, 0, faults);
	return c;
}

static void assert_endpoint(const struct endpoints *ends, const char *text)
{
	char found[ADDRESS_TEXT_MAX];

	ck_assert_uint_eq(ends->count, 1);
	endpoint_text(&ends->at[0], found);
	ck_assert_str_eq(found, text);
}

START_TEST(design_4_what_counts_where_nothing_is_said)
{
	struct config *c = opened("/etc/x.yaml", "domains:");
	const struct settings *s = &c->settings;

	assert_endpoint(&s->https, "[::]:443");
	ck_assert_uint_eq(s->http.count, 0);
	ck_assert_uint_eq(s->plain.count, 0);
	assert_endpoint(&s->admin, "unix:/run/mta-stsd/admin.sock");
	ck_assert_uint_eq(s->proxy_count, 0);
	ck_assert_ptr_null(s->host);
	ck_assert_str_eq(s->user, "mta-stsd");
	ck_assert_uint_eq(s->workers, 0);
	ck_assert_str_eq(s->state, "/var/lib/mta-stsd");
	ck_assert_str_eq(s->certs, "/var/lib/mta-stsd/certs");
	ck_assert_uint_eq(s->resolver.count, 0);
	ck_assert_int_eq(s->log_level, LOG_LEVEL_INFO);
	ck_assert(s->log_access && !s->log_json);
	ck_assert_int_eq(s->log_peers, PEER_FULL);
	ck_assert_uint_eq(s->limits.connections, 4096);
	ck_assert_uint_eq(s->limits.per_address, 64);
	ck_assert_int_eq(s->limits.handshake_ms, 10000);
	ck_assert_int_eq(s->limits.head_ms, 10000);
	ck_assert_int_eq(s->limits.answer_ms, 10000);
	ck_assert_int_eq(s->limits.total_ms, 30000);
	ck_assert_uint_eq(s->limits.leaving_percent, 30);
	ck_assert(!s->acme.configured);
	ck_assert_ptr_null(s->delegated);
	config_free(c);
}
END_TEST

START_TEST(design_4_what_counts_in_a_bare_acme)
{
	struct config *c = opened("x.yaml", "acme: { agree_to_terms: true }");
	const struct acme *acme = &c->settings.acme;

	ck_assert(acme->configured && acme->agree_to_terms);
	ck_assert_ptr_null(acme->email);
	ck_assert_str_eq(
	    acme->directory, "https://acme-v02.api.letsencrypt.org/directory");
	ck_assert(acme->http_01 && acme->tls_alpn_01);
	ck_assert_ptr_null(acme->hook);
	ck_assert(!acme->key_is_rsa);
	ck_assert_ptr_null(acme->eab_kid);
	ck_assert(acme->preflight);
	ck_assert_uint_eq(acme->orders_per_3h, 250);
	ck_assert_int_eq(acme->retry_s, 600);
	ck_assert_ptr_null(acme->redirect);
	config_free(c);
}
END_TEST

static const char every_key[] =
    "listen:\n"
    "  https: [192.0.2.1:8443, \"[2001:db8::1]:8443\"]\n"
    "  http: 192.0.2.1:8080\n"
    "  plain: unix:/run/plain.sock\n"
    "  admin: off\n"
    "  proxies: [192.0.2.0/24, 2001:db8::/32]\n"
    "host: Policies.Example.net\n"
    "user: root\n"
    "workers: 3\n"
    "state: state\n"
    "certs: /certs\n"
    "resolver: 192.0.2.53\n"
    "log: { level: debug, access: off, format: json, peers: net }\n"
    "limits: { connections: 9, per_address: off, handshake: 1, head: 2s,\n"
    "  answer: 3m, total: 1h, leaving: off }\n"
    "acme: { agree_to_terms: yes, email: a@example.net,\n"
    "  directory: \"https://127.0.0.1:14000/dir\", challenges: http-01,\n"
    "  key_type: rsa, eab: { kid: k, key_file: eab.key }, preflight: no,\n"
    "  orders_per_3h: 5, retry: 1s }\n"
    "delegated: sts.example.net\n"
    "defaults: { mode: none }\n"
    "policies: {}\n"
    "include: []\n"
    "domains: {}\n";

START_TEST(design_4_every_key_is_taken)
{
	struct config *c = opened("/etc/m/x.yaml", every_key);
	const struct settings *s = &c->settings;

	ck_assert_uint_eq(s->https.count, 2);
	assert_endpoint(&s->http, "192.0.2.1:8080");
	assert_endpoint(&s->plain, "unix:/run/plain.sock");
	ck_assert_uint_eq(s->admin.count, 0);
	ck_assert_uint_eq(s->proxy_count, 2);
	ck_assert_str_eq(s->host, "policies.example.net");
	ck_assert_str_eq(s->user, "root");
	ck_assert_uint_eq(s->workers, 3);
	ck_assert_str_eq(s->state, "/etc/m/state");
	ck_assert_str_eq(s->certs, "/certs");
	assert_endpoint(&s->resolver, "192.0.2.53:53");
	ck_assert_int_eq(s->log_level, LOG_LEVEL_DEBUG);
	ck_assert(!s->log_access && s->log_json);
	ck_assert_int_eq(s->log_peers, PEER_NET);
	ck_assert_uint_eq(s->limits.connections, 9);
	ck_assert_uint_eq(s->limits.per_address, 0);
	ck_assert_int_eq(s->limits.handshake_ms, 1000);
	ck_assert_int_eq(s->limits.head_ms, 2000);
	ck_assert_int_eq(s->limits.answer_ms, 180000);
	ck_assert_int_eq(s->limits.total_ms, 3600000);
	ck_assert_uint_eq(s->limits.leaving_percent, 100);
	ck_assert_str_eq(s->acme.email, "a@example.net");
	ck_assert_str_eq(s->acme.directory, "https://127.0.0.1:14000/dir");
	ck_assert(s->acme.http_01 && !s->acme.tls_alpn_01);
	ck_assert(s->acme.key_is_rsa && !s->acme.preflight);
	ck_assert_str_eq(s->acme.eab_kid, "k");
	ck_assert_str_eq(s->acme.eab_key_file, "/etc/m/eab.key");
	ck_assert_uint_eq(s->acme.orders_per_3h, 5);
	ck_assert_int_eq(s->acme.retry_s, 1);
	ck_assert_str_eq(s->delegated, "sts.example.net");
	ck_assert_uint_eq(faults_total(faults), 0);
	config_free(c);
}
END_TEST

#define AGREED "acme: { agree_to_terms: true"

/* Port 80 is bound only where ACME has a use for it. */
static const struct {
	const char *yaml;
	size_t count;
} http_bound[] = {
	{ "domains:", 0 },
	{ "listen: { http: \"[::]:80\" }", 0 },
	{ "acme: off", 0 },
	{ AGREED " }", 1 },
	{ AGREED " }\nlisten: { http: off }", 0 },
	{ AGREED ", challenges: tls-alpn-01 }", 0 },
	{ AGREED ", challenges: [tls-alpn-01, http-01] }", 1 },
	{ AGREED ", hook: /usr/bin/dns }", 0 },
	{ "acme: { redirect: http://vps1.example.net }", 1 },
};

START_TEST(design_4_http_is_bound_for_acme_alone)
{
	struct config *c = opened("x.yaml", http_bound[_i].yaml);

	ck_assert_uint_eq(c->settings.http.count, http_bound[_i].count);
	config_free(c);
}
END_TEST

START_TEST(a_redirect_is_a_scheme_and_a_host)
{
	struct config *c = opened(
	    "x.yaml", "acme: { redirect: http://vps1.example.net:8080/ }");

	ck_assert_str_eq(
	    c->settings.acme.redirect, "http://vps1.example.net:8080");
	ck_assert_uint_eq(faults_total(faults), 0);
	config_free(c);
}
END_TEST

START_TEST(paths_are_relative_to_the_main_file)
{
	struct config *c = opened("conf/x.yaml", "state: s\ncerts: c");
	char *here = getcwd(NULL, 0), state[4096];

	(void)snprintf(state, sizeof(state), "%s/conf/s", here);
	ck_assert_str_eq(c->settings.state, state);
	free(here);
	config_free(c);
}
END_TEST

static const struct {
	const char *yaml, *state; /* NULL: what the service manager says */
} guessed[] = {
	{ "state: /s\n", "/s" },
	{ "state: /s\ndomains: { a: [", "/s" },
	{ "state: /s\nuser: *none\n", "/s" },
	{ "domains: { a: [\nstate: /s\n", NULL },
	{ "state:\n", NULL },
	{ "- a\n", NULL },
	{ "", NULL },
};

START_TEST(design_2_state_is_found_in_a_file_that_cannot_be_used)
{
	char path[] = "/tmp/check_config.XXXXXX";
	int fd = mkstemp(path);
	size_t len = strlen(guessed[_i].yaml);
	char *state;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, guessed[_i].yaml, len), (ssize_t)len);
	(void)close(fd);
	(void)unsetenv("STATE_DIRECTORY");
	state = config_guess_state(path);
	ck_assert_str_eq(
	    state, guessed[_i].state ? guessed[_i].state : "/var/lib/mta-stsd");
	free(state);
	(void)setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b", 1);
	state = config_guess_state(path);
	ck_assert_str_eq(
	    state, guessed[_i].state ? guessed[_i].state : "/var/lib/a");
	free(state);
	(void)unlink(path);
	state = config_guess_state(path);
	ck_assert_str_eq(state, "/var/lib/a");
	free(state);
}
END_TEST

START_TEST(a_main_file_that_is_gone_is_told)
{
	enum severity s;

	ck_assert_ptr_null(config_open("no/such/file.yaml", faults));
	ck_assert_str_eq(faults_at(faults, 0, &s),
	    "no/such/file.yaml: cannot be read: No such file or directory");
	ck_assert_int_eq(s, SEVERITY_FAULT);
}
END_TEST

START_TEST(design_4_files_over_64_mib_are_refused)
{
	char path[] = "/tmp/check_config.XXXXXX", words[256];
	int fd = mkstemp(path);
	enum severity s;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)CONFIG_BYTES_MAX + 1), 0);
	(void)close(fd);
	ck_assert_ptr_null(config_open(path, faults));
	(void)unlink(path);
	(void)snprintf(words, sizeof(words),
	    "%s: cannot be read: is larger than 67108864 bytes", path);
	ck_assert_str_eq(faults_at(faults, 0, &s), words);
}
END_TEST

/* Nothing in the reading may grow faster than the file. */
START_TEST(a_hundred_thousand_domains_are_read)
{
	size_t cap = (size_t)16 << 20, len;
	char *yaml = malloc(cap);
	struct config *c;

	ck_assert_ptr_nonnull(yaml);
	len = (size_t)snprintf(yaml, cap,
	    "defaults: { mode: enforce }\n"
	    "policies: { one: { mx: mail.example.net } }\ndomains:\n");
	for (int i = 0; i < 100000; i++)
		len += (size_t)snprintf(yaml + len, cap - len,
		    i % 2 ? "  d%d.example.com: one\n"
		          : "  d%d.example.com: { mx: [a.example.net] }\n",
		    i);
	c = filled(yaml);
	ck_assert_uint_eq(faults_total(faults), 0);
	ck_assert_uint_eq(catalog_count(c->catalog), 100000);
	config_free(c);
	free(yaml);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *t = tcase_create("config");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, design_4_what_counts_where_nothing_is_said);
	tcase_add_test(t, design_4_what_counts_in_a_bare_acme);
	tcase_add_test(t, design_4_every_key_is_taken);
	tcase_add_loop_test(
	    t, design_4_http_is_bound_for_acme_alone, 0, COUNT(http_bound));
	tcase_add_test(t, a_redirect_is_a_scheme_and_a_host);
	tcase_add_test(t, paths_are_relative_to_the_main_file);
	tcase_add_loop_test(t,
	    design_2_state_is_found_in_a_file_that_cannot_be_used, 0,
	    COUNT(guessed));
	tcase_add_test(t, a_main_file_that_is_gone_is_told);
	tcase_add_test(t, design_4_files_over_64_mib_are_refused);
	tcase_add_test(t, a_hundred_thousand_domains_are_read);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
