/* SPDX-License-Identifier: ISC */

/*
 * mta-stsd: options, the way from root to an ordinary user, and the exit
 * status. Everything else is somebody's duty below.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/owner.h"
#include "config/config.h"
#include "config/faults.h"
#include "daemon/generation.h"
#include "daemon/listen.h"
#include "daemon/manager.h"
#include "daemon/passed.h"
#include "daemon/sandbox.h"

#define DEFAULT_PATH "/etc/mta-stsd/mta-stsd.yaml"

static const char usage_text[] =
    "usage: mta-stsd [-c FILE]      serve in the foreground\n"
    "       mta-stsd -n [-c FILE]   read the configuration, tell every "
    "fault\n"
    "       mta-stsd -V | -h\n"
    "FILE is " DEFAULT_PATH " by default; -t is the same as -n.\n"
    "SIGHUP reloads; SIGUSR1 reloads and lets domains go; SIGTERM stops.\n";

/* Every fault on standard error; 0 where there is none. */
static int check_config(const char *path)
{
	struct faults *f = faults_new();
	struct config *c = config_open(path, f);
	int status;

	if (c != NULL)
		config_fill(c, NULL, 0, f);
	for (size_t i = 0; i < faults_total(f); i++) {
		enum severity s;
		const char *text = faults_at(f, i, &s);

		(void)fprintf(stderr, "%s%s\n", text,
		    s == SEVERITY_WARNING ? " (warning)" : "");
	}
	status =
	    faults_count(f, SEVERITY_FAULT) > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	config_free(c);
	faults_free(f);
	return status;
}

/* Without it there is no last good catalog, which is no reason not to serve. */
static void make_state(const struct settings *s)
{
	struct err err;

	if (owner_make_dir(s->state, s->user, &err) != 0)
		log_warn("state: %s", err.text);
}

/* From root to the user of the configuration, for ever. */
static int become(const struct settings *s)
{
	const struct passwd *pw = getpwnam(s->user);

	if (pw == NULL) {
		log_error("user: there is no user %s; make it with: useradd "
		          "--system --home-dir %s --shell /usr/sbin/nologin "
		          "%s",
		    s->user, s->state, s->user);
		return -1;
	}
	make_state(s);
	if (pw->pw_uid == 0) {
		log_warn("serving as root, as `user` says; an ordinary user "
		         "would do");
		return 0;
	}
	if (initgroups(pw->pw_name, pw->pw_gid) != 0 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0) {
		log_error(
		    "user: cannot become %s: %s", s->user, strerror(errno));
		return -1;
	}
	return 0;
}

static void raise_descriptor_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r); /* else fewer will do */
	}
}

/* Descriptors 0 to 2 are never somebody's socket. */
static void hold_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

static int serve(const char *path)
{
	struct listeners l = { .count = 0 }, admin = { .count = 0 };
	struct passed passed;
	struct config *c;
	struct err err;
	bool last_good;
	int status = EXIT_FAILURE;

	hold_standard_descriptors();
	passed_take_all(&passed); /* before there are others of ours */
	log_open();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(027);
	raise_descriptor_limit();
	c = generation_settings(path, &last_good, &err);
	if (c == NULL) {
		log_error("%s", err.text);
		return EXIT_FAILURE;
	}
	log_configure(c->settings.log_level, c->settings.log_json);
	listeners_open_admin(&c->settings, &passed, &admin);
	if (listeners_open(&c->settings, &passed, &l, &err) != 0) {
		log_error("%s", err.text);
		goto out;
	}
	if (geteuid() == 0) {
		if (become(&c->settings) != 0)
			goto out;
	} else {
		make_state(&c->settings);
		if (sandbox_drop_capabilities() != 0)
			log_warn("capabilities stay: %s", strerror(errno));
	}
	sandbox_no_dump();
	config_free(c); /* the workers need not inherit it */
	c = NULL;
	status = manager_run(path, &l, &admin);
out:
	listeners_close(&admin);
	listeners_close(&l);
	config_free(c);
	return status;
}

int main(int argc, char **argv)
{
	const char *path = DEFAULT_PATH;
	bool check = false;
	int option;

	while ((option = getopt(argc, argv, "c:nthV")) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'n':
		case 't':
			check = true;
			break;
		case 'V':
			(void)puts("mta-stsd " MTA_STSD_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			(void)fputs(usage_text, stdout);
			return EXIT_SUCCESS;
		default:
			(void)fputs(usage_text, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		(void)fputs(usage_text, stderr);
		return 2;
	}
	return check ? check_config(path) : serve(path);
}
