/* SPDX-License-Identifier: ISC */
/*
 * A closed-loop client: each of N threads fetches policies one after another,
 * each over a connection of its own with a full handshake, a strict check of
 * name and chain, and a check of the whole answer. Allowed bodies are files
 * named by policy domain in one directory or in several, the older first:
 * with -m no answer may be older than one that was whole before it was asked
 * for. It owns its connections alone and refuses to try anything twice.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parts/fetch.h"
#include "parts/hosts.h"
#include "parts/tally.h"

static struct {
	struct target target;
	struct hosts hosts;
	const char *ca;
	unsigned port, clients, limit_s;
	uint64_t count;   /* 0: until it is told to stop */
	uint64_t seed;    /* names at random; 0: one after another */
	uint64_t allowed; /* failures */
} opt = { .clients = 8,
	.target = { .deadline_ns = 5000000000, .from_count = 1 } };

static atomic_uint_fast64_t next_fetch;
static atomic_bool stop;
static atomic_int_fast64_t marked_ns; /* 0: not yet */

/*
 * After the mark (SIGUSR1: the server is about to be stopped) a fetch may
 * fail whose head had not left before it: that ends its client.
 */
static bool is_end(const struct fetch *f)
{
	int64_t mark = atomic_load(&marked_ns);

	return mark != 0 && (f->sent_ns == 0 || f->sent_ns >= mark);
}

/* Which host is for this fetch: the same for every run (splitmix64). */
static struct host *host_for(uint64_t number)
{
	uint64_t x = number;

	if (opt.seed != 0) {
		x = (number + opt.seed) * 0x9e3779b97f4a7c15;
		x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
		x = (x ^ x >> 27) * 0x94d049bb133111eb;
		x ^= x >> 31;
	}
	return &opt.hosts.at[x % opt.hosts.count];
}

static void *run_client(void *cookie)
{
	unsigned client = (unsigned)(uintptr_t)cookie;
	struct fetch *f = calloc(1, sizeof *f);
	uint64_t number;

	if (f == NULL)
		err(2, "calloc");
	f->target = &opt.target;
	f->hosts = &opt.hosts;
	while (!atomic_load(&stop)) {
		number = atomic_fetch_add(&next_fetch, 1);
		if (opt.count != 0 && number >= opt.count)
			break;
		if (fetch_once(f, host_for(number), client) == 0) {
			tally_good(now_ns() - f->begin_ns);
			continue;
		}
		if (is_end(f)) {
			tally_ended();
			break;
		}
		tally_failed(f->why, f->host->name, now_ns() - f->begin_ns);
	}
	free(f);
	return NULL;
}

static const char usage[] =
    "usage: load -p PORT -C CAFILE [-a ADDRESS] [-c CLIENTS] [-n COUNT]\n"
    "            [-t SECONDS] [-d DEADLINE_MS] [-s SOURCE[/COUNT]]\n"
    "            [-f ALLOWED_FAILURES] [-r SEED] [-m] [-w] BODIES...\n"
    "-r: hosts at random; -m: no answer older than one before it; -w: any\n"
    "web server, which is asked to close and whose own end is not waited for\n";

static unsigned long number_of(const char *text, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || n > max)
		errx(2, "not a number up to %lu: %s", max, text);
	return n;
}

static void read_address(const char *text, unsigned port,
    struct sockaddr_storage *ret, socklen_t *ret_len)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port) };

	memset(ret, 0, sizeof *ret);
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(ret, &v4, *ret_len = sizeof v4);
	} else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
		memcpy(ret, &v6, *ret_len = sizeof v6);
	} else {
		errx(2, "no address: %s", text);
	}
}

static void read_source(char *text)
{
	char *slash = strchr(text, '/');

	if (slash != NULL) {
		*slash = '\0';
		opt.target.from_count = (unsigned)number_of(slash + 1, 65536);
	}
	read_address(text, 0, &opt.target.from, &opt.target.from_len);
	if (opt.target.from.ss_family != AF_INET || opt.target.from_count == 0)
		errx(2, "sources are IPv4");
}

static void make_tls(const char *ca)
{
	opt.target.tls = SSL_CTX_new(TLS_client_method());
	if (opt.target.tls == NULL || ca == NULL ||
	    SSL_CTX_load_verify_locations(opt.target.tls, ca, NULL) != 1)
		errx(2, "no CA file");
	SSL_CTX_set_verify(opt.target.tls, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_session_cache_mode(
	    opt.target.tls, SSL_SESS_CACHE_OFF);
}

static bool take_option(int option)
{
	switch (option) {
	case 'p':
		opt.port = (unsigned)number_of(optarg, 65535);
		return true;
	case 'C':
		opt.ca = optarg;
		return true;
	case 'c':
		opt.clients = (unsigned)number_of(optarg, 4096);
		return true;
	case 'n':
		opt.count = number_of(optarg, ULONG_MAX);
		return true;
	case 't':
		opt.limit_s = (unsigned)number_of(optarg, 86400);
		return true;
	case 'd':
		opt.target.deadline_ns =
		    1000000 * (int64_t)number_of(optarg, 600000);
		return true;
	case 's':
		read_source(optarg);
		return true;
	case 'f':
		opt.allowed = number_of(optarg, ULONG_MAX);
		return true;
	case 'm':
		opt.target.monotone = true;
		return true;
	case 'r':
		opt.seed = number_of(optarg, ULONG_MAX);
		return true;
	case 'w':
		opt.target.any = true;
		return true;
	default:
		return false;
	}
}

static void read_options(int argc, char *argv[])
{
	const char *address = "127.0.0.1";
	bool good = true;
	int c;

	while ((c = getopt(argc, argv, "a:p:C:c:n:t:d:s:f:r:mw")) != -1) {
		if (c == 'a')
			address = optarg;
		else if (!take_option(c))
			good = false;
	}
	if (!good || opt.port == 0 || opt.ca == NULL || optind == argc) {
		(void)fputs(usage, stderr);
		exit(2);
	}
	read_address(address, opt.port, &opt.target.to, &opt.target.to_len);
	make_tls(opt.ca);
	hosts_read(&opt.hosts, argv + optind, (unsigned)(argc - optind));
}

static void on_signal(int signal)
{
	static const char text[] = "marked\n";

	if (signal != SIGUSR1) {
		atomic_store(&stop, true);
		return;
	}
	atomic_store(&marked_ns, now_ns());
	if (write(STDOUT_FILENO, text, sizeof text - 1) < 0)
		_exit(2);
}

static void catch_signals(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGALRM, SIGUSR1 };
	struct sigaction act = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART };
	size_t i;

	for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
		(void)sigaction(signals[i], &act, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char *argv[])
{
	pthread_t *threads;
	int64_t begin_ns;
	unsigned i;

	read_options(argc, argv);
	catch_signals();
	threads = calloc(opt.clients, sizeof *threads);
	if (threads == NULL)
		err(2, "calloc");
	begin_ns = now_ns();
	(void)alarm(opt.limit_s);
	for (i = 0; i < opt.clients; i++)
		if (pthread_create(&threads[i], NULL, run_client,
		        (void *)(uintptr_t)i) != 0)
			errx(2, "pthread_create");
	for (i = 0; i < opt.clients; i++)
		(void)pthread_join(threads[i], NULL);
	tally_print(now_ns() - begin_ns);
	free(threads);
	SSL_CTX_free(opt.target.tls);
	hosts_free(&opt.hosts);
	return tally_failures() > opt.allowed ? 1 : 0;
}
