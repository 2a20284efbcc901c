/* SPDX-License-Identifier: ISC */

/*
 * preflight RESOLVER CHALLENGES DIRECTORY HOST...: the pre-flight alone. A
 * line a host, in the order given: its name, the types that passed, and after
 * ": " the words. RESOLVER "-" is the system's. With STOP_AFTER_MS in the
 * environment it is stopped then.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/err.h"
#include "config/config.h"
#include "ctl/preflight.h"

static void on_done(void *cookie, size_t index)
{
	const char *const *hosts = cookie;

	(void)fprintf(stderr, "done %s\n", hosts[index]);
}

/* A descriptor that can be read from when the time has come; -1: never. */
static int stop_after(const char *ms)
{
	int fds[2];

	if (ms == NULL)
		return -1;
	assert(pipe(fds) == 0);
	if (fork() == 0) {
		(void)close(fds[0]);
		(void)usleep((useconds_t)strtoul(ms, NULL, 10) * 1000);
		_exit(EXIT_SUCCESS);
	}
	(void)close(fds[1]);
	return fds[0];
}

int main(int argc, char **argv)
{
	const char *const *hosts = (const char *const *)argv + 4;
	size_t count = argc < 5 ? 0 : (size_t)argc - 4;
	struct preflight_result *results = calloc(count + 1, sizeof(*results));
	struct endpoint resolver;
	struct endpoints resolvers = { &resolver, 1 };
	struct preflight_plan plan = {
		.resolver = &resolvers,
		.types = CHALLENGE_HTTP_01 | CHALLENGE_TLS_ALPN_01,
		.stop_fd = stop_after(getenv("STOP_AFTER_MS")),
	};
	struct preflight *p = NULL;
	struct err err = { "usage" };

	assert(results != NULL);
	if (count == 0)
		goto failed;
	if (strcmp(argv[1], "-") == 0)
		plan.resolver = NULL;
	else if (endpoint_parse(argv[1], 53, &resolver, &err) != 0)
		goto failed;
	plan.challenges = argv[2];
	plan.acme_directory = argv[3];
	p = preflight_new(&plan, &err);
	if (p == NULL)
		goto failed;
	preflight_run(p, hosts, count, results, on_done, (void *)(argv + 4));
	for (size_t i = 0; i < count; i++)
		printf("%s%s%s%s: %s\n", hosts[i],
		    results[i].passed == 0 ? " none" : "",
		    results[i].passed & CHALLENGE_HTTP_01 ? " http-01" : "",
		    results[i].passed & CHALLENGE_TLS_ALPN_01 ? " tls-alpn-01"
		                                              : "",
		    results[i].words);
	preflight_free(p);
	free(results);
	return EXIT_SUCCESS;
failed:
	(void)fprintf(stderr, "preflight: %s\n", err.text);
	free(results);
	return EXIT_FAILURE;
}
