/* SPDX-License-Identifier: ISC */

/*
 * CAA for what came back. Who the CA is stands in its directory (RFC 8555
 * section 7.1.1), which is asked for when the first host has a record that
 * names a CA, and not before.
 */

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch.h"
#include "preflight_part.h"

#define DIRECTORY_CAP      65536
#define DIRECTORY_LIMIT_MS 5000
#define NAMES_MAX          16
#define STATUS_OK          200

struct preflight_ca {
	const char *url;
	int stop_fd;
	pthread_mutex_t lock; /* of what follows, and while it is asked for */
	enum { UNASKED, KNOWN, UNKNOWN } state;
	char words[FETCH_WORDS_MAX]; /* of UNKNOWN */
	json_t *directory;           /* holds the names */
	const char *at[NAMES_MAX];
	size_t count;
};

struct preflight_ca *preflight_ca_new(const char *url, int stop_fd)
{
	struct preflight_ca *ca = calloc(1, sizeof(*ca));

	if (ca == NULL || pthread_mutex_init(&ca->lock, NULL) != 0) {
		free(ca);
		return NULL;
	}
	ca->url = url;
	ca->stop_fd = stop_fd;
	return ca;
}

void preflight_ca_free(struct preflight_ca *ca)
{
	if (ca == NULL)
		return;
	json_decref(ca->directory);
	(void)pthread_mutex_destroy(&ca->lock);
	free(ca);
}

void preflight_ca_renew(struct preflight_ca *ca)
{
	if (ca->state == UNKNOWN)
		ca->state = UNASKED;
}

static void take_names(struct preflight_ca *ca)
{
	const json_t *list = json_object_get(
	    json_object_get(ca->directory, "meta"), "caaIdentities");
	const char *name;

	for (size_t i = 0; i < json_array_size(list); i++) {
		name = json_string_value(json_array_get(list, i));
		if (name != NULL && ca->count < NAMES_MAX)
			ca->at[ca->count++] = name;
	}
}

static void ask(struct preflight_ca *ca)
{
	struct fetch_plan plan = {
		.url = ca->url,
		.cap = DIRECTORY_CAP,
		.limit_ms = DIRECTORY_LIMIT_MS,
		.stop_fd = ca->stop_fd,
	};
	const char *fault = NULL;
	struct fetch_result r;

	fetch(&plan, &r);
	if (r.end != FETCH_ANSWERED)
		fault = r.words;
	else if (r.status == STATUS_OK && r.body != NULL && !r.cut)
		ca->directory = json_loadb(r.body, r.len, 0, NULL);
	if (fault == NULL && !json_is_object(ca->directory))
		fault = "no directory";
	ca->state = fault == NULL ? KNOWN : UNKNOWN;
	if (fault == NULL)
		take_names(ca);
	else
		(void)snprintf(ca->words, sizeof(ca->words), "%s", fault);
	fetch_result_fini(&r);
}

bool preflight_ca_names(struct preflight_ca *ca, struct caa_names *ret_names)
{
	bool known;

	(void)pthread_mutex_lock(&ca->lock);
	if (ca->state == UNASKED)
		ask(ca);
	known = ca->state == KNOWN;
	(void)pthread_mutex_unlock(&ca->lock);
	/* Until the next run nobody writes what was found out. */
	ret_names->at = ca->at;
	ret_names->count = ca->count;
	return known;
}

static void tell(const char *name, enum caa_verdict v, const char *ca,
    const char *methods, char *ret_words, size_t cap)
{
	switch (v) {
	case CAA_ALLOWS:
		break;
	case CAA_NOBODY:
		(void)snprintf(
		    ret_words, cap, "CAA of %s does not allow any CA", name);
		break;
	case CAA_OTHERS:
		(void)snprintf(
		    ret_words, cap, "CAA of %s does not allow %s", name, ca);
		break;
	case CAA_METHOD:
		(void)snprintf(ret_words, cap, "CAA of %s does not allow %s",
		    name, methods);
		break;
	case CAA_CRITICAL:
		(void)snprintf(ret_words, cap,
		    "CAA of %s has a critical property that CAs do not know",
		    name);
		break;
	case CAA_MALFORMED:
		(void)snprintf(ret_words, cap, "CAA of %s is malformed", name);
		break;
	}
}

static unsigned judge(const char *name, const struct dns_answer *a,
    const struct caa_names *names, unsigned types, char *ret_words, size_t cap)
{
	enum caa_verdict v, worst = CAA_ALLOWS;
	char methods[64] = "";
	unsigned passed = 0;
	size_t len;

	for (size_t i = 0; i < TYPES; i++) {
		if ((types & preflight_types[i].bit) == 0)
			continue;
		v = caa_judge(
		    a->records, a->count, names, preflight_types[i].name);
		if (v == CAA_ALLOWS) {
			passed |= preflight_types[i].bit;
			continue;
		}
		worst = v;
		len = strlen(methods);
		(void)snprintf(methods + len, sizeof(methods) - len, "%s%s",
		    len == 0 ? "" : " or ", preflight_types[i].name);
	}
	tell(name, worst, names->count == 0 ? "" : names->at[0], methods,
	    ret_words, cap);
	return passed;
}

unsigned preflight_judge_caa(
    const struct trial *t, unsigned types, char *ret_words, size_t cap)
{
	struct caa_names names = { .count = 0 };
	struct preflight_ca *ca = t->p->ca;
	char name[HOST_MAX + 1];
	struct dns_answer a;
	enum dns_outcome outcome;

	outcome = caa_find(t->p->dns, t->host, t->deadline_ms, name, &a);
	if (outcome == DNS_FAILED) {
		(void)snprintf(ret_words, cap, "CAA of %s: %s", name, a.words);
		types = 0;
	} else if (outcome == DNS_FOUND && caa_names_a_ca(a.records, a.count) &&
	           !preflight_ca_names(ca, &names)) {
		(void)snprintf(ret_words, cap,
		    "CAA of %s cannot be judged: the CA's directory: %s", name,
		    ca->words);
		types = 0;
	} else if (outcome == DNS_FOUND) {
		types = judge(name, &a, &names, types, ret_words, cap);
	}
	dns_answer_fini(&a);
	return types;
}
