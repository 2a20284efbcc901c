/* SPDX-License-Identifier: ISC */
/*
 * uacme's two commands that we need, with every argument and every variable
 * of its environment spelled out. The key of an external account is on its
 * command line, since it takes it in no other way; it is in no message.
 */
#include "uacme.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "config/config.h"
#include "preflight.h"
#include "uacme_run.h"
#include "uacme_tell.h"
#include "uacme_words.h"

#define PLACES      "/usr/bin:/usr/sbin" /* where distributions put it */
#define LIST_MAX    24
#define EAB_KEY_MAX 4096

struct list {
	char *at[LIST_MAX + 1]; /* ends with NULL */
	size_t count;
};

static void add(struct list *l, char *text)
{
	if (l->count < LIST_MAX)
		l->at[l->count++] = text;
}

static const char *search_path(void)
{
	const char *path = getenv("PATH");

	return path != NULL && *path != '\0' ? path : PLACES ":/bin:/sbin";
}

/* uacme in one of the absolute directories of path; NULL: there is none. */
static char *find_in(struct arena *a, const char *path)
{
	struct stat st;
	size_t len;
	char *file;

	for (; *path != '\0'; path += len + (path[len] == ':')) {
		len = strcspn(path, ":");
		if (*path != '/')
			continue;
		file = arena_format(a, "%.*s/uacme", (int)len, path);
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(file, X_OK) == 0)
			return file;
	}
	return NULL;
}

/* What it needs to know of ours, and nothing else. */
static void make_environment(struct arena *a, const struct uacme_plan *p,
    unsigned passed, struct list *l)
{
	static const char *const kept[] = { "http_proxy", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
		"UACME_CAINFO", "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ" };
	const char *value;

	add(l, arena_format(a, "PATH=%s", search_path()));
	add(l, arena_format(a, "HOME=%s", p->work_dir));
	add(l, arena_string(a, "LANG=C"));
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		value = getenv(kept[i]);
		if (value != NULL)
			add(l, arena_format(a, "%s=%s", kept[i], value));
	}
	if (p->settings->acme.hook != NULL)
		return;
	add(l, arena_format(a, "MTA_STSD_CHALLENGES=%s", p->challenges));
	add(l, arena_format(a, "MTA_STSD_PASSED=%s%s%s",
	           passed & CHALLENGE_HTTP_01 ? "http-01" : "",
	           passed == (CHALLENGE_HTTP_01 | CHALLENGE_TLS_ALPN_01) ? " "
	                                                                 : "",
	           passed & CHALLENGE_TLS_ALPN_01 ? "tls-alpn-01" : ""));
}

static void make_arguments(
    struct arena *a, const struct uacme_plan *p, struct list *l)
{
	const struct acme *acme = &p->settings->acme;

	add(l, arena_string(a, "uacme")); /* as its lines begin */
	add(l, arena_string(a, "-vvv"));
	add(l, arena_string(a, "-a"));
	add(l, arena_string(a, acme->directory));
	add(l, arena_string(a, "-c"));
	add(l, arena_string(a, p->settings->certs));
	add(l, arena_string(a, "-t"));
	add(l, arena_string(a, acme->key_is_rsa ? "RSA" : "EC"));
}

/* Words for how it ended, where it did not end by itself. */
static void judge_signal(int number, struct uacme_result *r)
{
	const char *name = sigdescr_np(number);
	enum verdict verdict = VERDICT_STOPPED;
	const char *what = "was killed";

	switch (number) {
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGABRT:
	case SIGSYS:
		verdict = VERDICT_CA; /* over what it was sent */
		what = "crashed";
		break;
	default:
		break;
	}
	uacme_tell(r, verdict, "uacme %s (signal %d, %s)", what, number,
	    name != NULL ? name : "unknown");
}

/* host: NULL for an account. */
static void run(struct arena *a, const struct uacme_plan *p,
    const struct list *arguments, const struct list *environment,
    const char *host, struct uacme_result *ret_r)
{
	struct run_plan plan = {
		.program = find_in(a, search_path()),
		.argv = arguments->at,
		.envp = environment->at,
		.work_dir = p->work_dir,
		.limit_ms = p->limit_ms,
		.stop_fd = p->stop_fd,
		/* The CA counts what it issues, whether we have it or not. */
		.near_end = "\nuacme: finalizing order at ",
	};
	struct uacme_said said = {
		.limit_ms = p->limit_ms,
		.host = host,
		.our_hook = p->settings->acme.hook == NULL,
		.now_s = (int64_t)time(NULL),
	};
	struct run_end end;

	if (plan.program == NULL)
		plan.program = find_in(a, PLACES);
	if (plan.program == NULL) {
		uacme_tell(ret_r, VERDICT_OURS,
		    "uacme is not installed: there is no program of that name "
		    "in %s, %s",
		    search_path(), PLACES);
		return;
	}
	run_program(&plan, &end);
	said.output = end.output;
	said.len = end.len;
	said.status = end.how == RUN_LATE ? -1 : end.number;
	if (end.how == RUN_FAILED)
		uacme_tell(ret_r, VERDICT_OURS, "%s", end.err.text);
	else if (end.how == RUN_STOPPED)
		uacme_tell(ret_r, VERDICT_STOPPED, "ended before it was done");
	else if (end.how == RUN_SIGNALED)
		judge_signal(end.number, ret_r);
	else
		uacme_judge(&said, ret_r);
	free(end.output);
}

static bool is_base64url(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' &&
		    text[i] != '_')
			return false;
	return len > 0;
}

/* -e KID:KEY. 0; or -1 and err. */
static int add_eab(
    struct arena *a, const struct acme *acme, struct list *l, struct err *err)
{
	char *bytes, *key;
	size_t len;
	int result = -1;

	if (strchr(acme->eab_kid, ':') != NULL) {
		err_set(err, "acme.eab.kid: uacme takes none with a colon");
		return -1;
	}
	if (file_read(
	        acme->eab_key_file, EAB_KEY_MAX, &bytes, &len, NULL, err) != 0)
		return -1;
	key = bytes + strspn(bytes, " \t\r\n");
	len = strlen(key);
	/* Some CAs show the key with the padding that base64url is without. */
	while (len > 0 && strchr(" \t\r\n=", key[len - 1]) != NULL)
		len--;
	if (is_base64url(key, len)) {
		add(l, arena_string(a, "-e"));
		add(l,
		    arena_format(a, "%s:%.*s", acme->eab_kid, (int)len, key));
		result = 0;
	} else {
		err_set(err, "%s: it holds no key in base64url",
		    acme->eab_key_file);
	}
	explicit_bzero(bytes, strlen(bytes));
	free(bytes);
	return result;
}

static void run_account(
    const struct uacme_plan *p, const char *verb, struct uacme_result *ret_r)
{
	const struct acme *acme = &p->settings->acme;
	struct arena *a = arena_new(true);
	struct list arguments = { 0 }, environment = { 0 };
	struct err err;

	*ret_r = (struct uacme_result){ 0 };
	make_arguments(a, p, &arguments);
	make_environment(a, p, 0, &environment);
	add(&arguments, arena_string(a, "-y"));
	if (acme->eab_kid != NULL && acme->eab_key_file != NULL &&
	    add_eab(a, acme, &arguments, &err) != 0) {
		uacme_tell(ret_r, VERDICT_OURS, "%s", err.text);
		goto out;
	}
	add(&arguments, arena_string(a, "--"));
	add(&arguments, arena_string(a, verb));
	if (acme->email != NULL)
		add(&arguments, arena_string(a, acme->email));
	run(a, p, &arguments, &environment, NULL, ret_r);
out:
	arena_free(a);
}

void uacme_register(const struct uacme_plan *p, struct uacme_result *ret_r)
{
	run_account(p, "new", ret_r);
}

void uacme_update(const struct uacme_plan *p, struct uacme_result *ret_r)
{
	run_account(p, "update", ret_r);
}

/* What was stored counts, whatever was said and however it ended. */
static void judge_file(
    const char *path, const struct file_id *before, struct uacme_result *ret_r)
{
	static const struct file_id none;
	struct file_id now;

	file_identify(path, &now);
	if (file_same(&now, &none) || file_same(&now, before)) {
		if (ret_r->verdict == VERDICT_WELL)
			uacme_tell(ret_r, VERDICT_OURS,
			    "uacme ended well, but there is no new %s", path);
	} else if (ret_r->verdict != VERDICT_WELL) {
		*ret_r = (struct uacme_result){ 0 };
		uacme_tell(ret_r, VERDICT_WELL, "issued");
	}
}

/* uacme calls it a missing directory, or a key that it cannot read. */
static bool has_account(struct arena *a, const struct uacme_plan *p)
{
	const char *key =
	    arena_format(a, "%s/private/key.pem", p->settings->certs);

	return access(key, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

void uacme_issue(const struct uacme_plan *p, const char *host, unsigned passed,
    struct uacme_result *ret_r)
{
	struct arena *a = arena_new(false);
	struct list arguments = { 0 }, environment = { 0 };
	char *path =
	    arena_format(a, "%s/%s/cert.pem", p->settings->certs, host);
	struct file_id before;

	*ret_r = (struct uacme_result){ 0 };
	if (!has_account(a, p)) {
		uacme_tell(
		    ret_r, VERDICT_NO_ACCOUNT, "there is no account yet");
		goto out;
	}
	make_arguments(a, p, &arguments);
	make_environment(a, p, passed, &environment);
	add(&arguments, arena_string(a, "-f"));
	add(&arguments, arena_string(a, "-h"));
	add(&arguments, arena_string(a, p->hook));
	add(&arguments, arena_string(a, "--"));
	add(&arguments, arena_string(a, "issue"));
	add(&arguments, arena_string(a, host));
	file_identify(path, &before);
	run(a, p, &arguments, &environment, host, ret_r);
	judge_file(path, &before, ret_r);
out:
	arena_free(a);
}
