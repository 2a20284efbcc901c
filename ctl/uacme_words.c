/* SPDX-License-Identifier: ISC */
/*
 * The verdict on a run of uacme. What the CA calls by a type of RFC 8555 is
 * judged by the type and by the step at which it came; a limit by what it
 * names (uacme_limit); all else is the CA's failure, unless uacme complained of
 * this machine.
 */
#include "uacme_words.h"

#include <stdio.h>
#include <string.h>

#include "uacme.h"
#include "uacme_limit.h"
#include "uacme_talk.h"
#include "uacme_tell.h"

#define ERROR_URN "urn:ietf:params:acme:error:"

#define SPAN(s) (int)((s).len < 600 ? (s).len : 600), (s).at

struct judge {
	const struct uacme_said *said;
	struct talk talk;
	struct uacme_result *r;
};

static const char *step_name(enum talk_step step)
{
	static const char *const names[] = {
		[STEP_NONE] = "the start",
		[STEP_DIRECTORY] = "the directory",
		[STEP_ACCOUNT] = "the account",
		[STEP_ORDER] = "the new order",
		[STEP_AUTHORIZATION] = "the authorization",
		[STEP_CHALLENGE] = "the challenge",
		[STEP_POLL] = "the order",
		[STEP_FINALIZE] = "the certificate request",
		[STEP_CERTIFICATE] = "the certificate",
		[STEP_SAVE] = "the end",
	};

	return names[step];
}

static const char *string_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* An error's type without the URN; "" where it has none. */
static const char *type_of(const json_t *problem)
{
	const char *type = string_of(problem, "type");

	if (type == NULL)
		return "";
	if (strncmp(type, ERROR_URN, strlen(ERROR_URN)) == 0)
		type += strlen(ERROR_URN);
	return type;
}

static bool has(const char *text, const char *what)
{
	return strcasestr(text, what) != NULL;
}

/* What an error's type means while it is about an order. */
static const struct {
	const char *type;
	enum verdict verdict;
} types[] = {
	{ "accountDoesNotExist", VERDICT_NO_ACCOUNT },
	{ "badNonce", VERDICT_NONCE },
	{ "badPublicKey", VERDICT_ACCOUNT },
	{ "badSignatureAlgorithm", VERDICT_ACCOUNT },
	{ "externalAccountRequired", VERDICT_ACCOUNT },
	{ "invalidContact", VERDICT_ACCOUNT },
	{ "orderNotReady", VERDICT_CA },
	{ "serverInternal", VERDICT_CA },
	{ "unsupportedContact", VERDICT_ACCOUNT },
	{ "userActionRequired", VERDICT_ACCOUNT },
};

static bool is_limit(const struct judge *j, const char *type)
{
	return j->talk.status == 429 || strcmp(type, "rateLimited") == 0;
}

static enum verdict judge_type(
    struct judge *j, const char *type, const char *detail)
{
	enum talk_step step = j->talk.step;
	int status = j->talk.status;

	if (status >= 500)
		return VERDICT_CA;
	if (is_limit(j, type)) {
		if (step <= STEP_ACCOUNT || j->said->host == NULL)
			return VERDICT_ACCOUNT;
		return limit_judge(detail, j->said->host, j->r->subject);
	}
	if (strcmp(type, "badPublicKey") == 0 && step == STEP_FINALIZE)
		return VERDICT_HOST; /* the host's key, not the account's */
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(type, types[i].type) == 0)
			return types[i].verdict;
	if (step <= STEP_DIRECTORY)
		return VERDICT_CA;
	if (step == STEP_ACCOUNT || j->said->host == NULL)
		return VERDICT_ACCOUNT;
	if (step == STEP_ORDER && strcmp(type, "unauthorized") == 0 &&
	    has(detail, "account"))
		return VERDICT_ACCOUNT;
	return VERDICT_HOST;
}

static const char *lead(
    const struct judge *j, enum verdict verdict, const char *type)
{
	switch (verdict) {
	case VERDICT_NO_ACCOUNT:
		return "the CA does not know the account";
	case VERDICT_NONCE:
		return "the CA rejects one nonce after another";
	case VERDICT_CA:
		return "the CA failed";
	default:
		if (is_limit(j, type))
			return "a limit of the CA";
		return verdict == VERDICT_ACCOUNT ? "the CA refuses the account"
		                                  : "the CA refuses";
	}
}

/* An error document of the CA, or one that stands in another document. */
static void judge_problem(struct judge *j, const json_t *problem)
{
	const char *type = type_of(problem);
	const char *detail = string_of(problem, "detail");
	const json_t *challenge = j->talk.document;
	const char *about = string_of(challenge, "type");
	enum verdict verdict;

	if (detail == NULL)
		detail = string_of(problem, "title");
	if (detail == NULL)
		detail = "it does not say why";
	verdict = judge_type(j, type, detail);
	if (verdict == VERDICT_HOST && problem != challenge && about != NULL &&
	    j->talk.step == STEP_CHALLENGE)
		uacme_tell(j->r, verdict, "%.40s failed: %s (%.40s)", about,
		    detail, type);
	else if (*type != '\0')
		uacme_tell(j->r, verdict, "%s: %s (%.40s)",
		    lead(j, verdict, type), detail, type);
	else
		uacme_tell(
		    j->r, verdict, "%s: %s", lead(j, verdict, type), detail);
	j->r->retry_after_s = j->talk.retry_after_s;
}

/* The error that stands in an order, a challenge or an authorization. */
static const json_t *nested_problem(const json_t *document)
{
	const json_t *error = json_object_get(document, "error");
	const json_t *challenges = json_object_get(document, "challenges");

	if (json_is_object(error))
		return error;
	for (size_t i = 0; i < json_array_size(challenges); i++) {
		error = json_object_get(json_array_get(challenges, i), "error");
		if (json_is_object(error))
			return error;
	}
	return NULL;
}

/* A challenge, an authorization or an order is not as it was to be. */
static void judge_turned(struct judge *j)
{
	static const char *const ends[] = { "invalid", "expired", "deactivated",
		"revoked" };
	const json_t *problem = nested_problem(j->talk.document);
	struct span state = j->talk.state;

	if (problem != NULL) {
		judge_problem(j, problem);
		return;
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (span_is(state, ends[i])) {
			uacme_tell(j->r, VERDICT_HOST,
			    "the CA says of %s that it is %s, and not why",
			    step_name(j->talk.step), ends[i]);
			return;
		}
	uacme_tell(j->r, VERDICT_CA,
	    j->talk.broken ? "the CA's answer to %s is no JSON (HTTP %d)"
	                   : "the CA's answer to %s has no sense (HTTP %d)",
	    step_name(j->talk.step), j->talk.status);
}

static const struct {
	const char *curl, *words;
} transfers[] = {
	{ "connect to server", "refuses to be connected to, or cannot be "
	                       "reached" },
	{ "resolve host", "has a name that cannot be resolved" },
	{ "resolve proxy", "is behind a proxy whose name cannot be resolved" },
	{ "peer certificate", "shows a certificate that cannot be verified" },
	{ "SSL connect", "fails in the TLS handshake" },
	{ "Timeout", "does not answer in time" },
	{ "from the peer", "breaks the connection" },
	{ "to the peer", "breaks the connection" },
	{ "returned nothing", "closes the connection without an answer" },
	{ "partial file", "stops in the middle of an answer" },
};

static void judge_transfer(struct judge *j)
{
	char reason[256];
	const char *words = "cannot be talked to";

	(void)snprintf(reason, sizeof(reason), "%.*s", SPAN(j->talk.transfer));
	for (size_t i = 0; i < sizeof(transfers) / sizeof(*transfers); i++)
		if (has(reason, transfers[i].curl)) {
			words = transfers[i].words;
			break;
		}
	if (has(reason, "CA cert"))
		uacme_tell(j->r, VERDICT_OURS,
		    "the trusted certificates of this machine cannot be read "
		    "(%s): is ca-certificates installed?",
		    reason);
	else
		uacme_tell(j->r, VERDICT_CA, "the CA at %.*s %s (%s)",
		    SPAN(j->talk.origin), words, reason);
}

static void judge_late(struct judge *j)
{
	long seconds = (long)((j->said->limit_ms + 999) / 1000);

	if (j->talk.status >= 400)
		judge_problem(j, j->talk.document);
	else if (j->talk.waiting)
		uacme_tell(j->r, VERDICT_CA,
		    "the CA was not done with %s after %ld s",
		    step_name(j->talk.step), seconds);
	else if (j->talk.transfer.len > 0)
		judge_transfer(j);
	else
		uacme_tell(j->r, VERDICT_CA,
		    "the CA did not answer within %ld s (%s)", seconds,
		    step_name(j->talk.step));
}

/* Does our hook complain of what the CA gave it? They are in capitals. */
static bool names_argument(struct span complaint)
{
	static const char *const arguments[] = { "TYPE ", "IDENT ", "TOKEN ",
		"AUTH " };

	for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++)
		if (complaint.len > strlen(arguments[i]) &&
		    span_begins(complaint, arguments[i]))
			return true;
	return false;
}

static void judge_declined(struct judge *j)
{
	const json_t *problem = nested_problem(j->talk.document);

	if (problem != NULL)
		judge_problem(j, problem);
	else if (j->talk.hook.len > 0)
		uacme_tell(j->r,
		    names_argument(j->talk.hook) ? VERDICT_CA : VERDICT_OURS,
		    "uacme-hook: %.*s", SPAN(j->talk.hook));
	else if (j->said->our_hook)
		uacme_tell(j->r, VERDICT_HOST,
		    "the CA offered no challenge that passed the pre-flight");
	else
		uacme_tell(j->r, VERDICT_HOST,
		    "acme.hook took no challenge that the CA offered");
}

/* An answer that uacme did not like, and no document that says why. */
static void judge_answer(struct judge *j)
{
	int status = j->talk.status;
	const char *step = step_name(j->talk.step);

	j->r->retry_after_s = status >= 400 ? j->talk.retry_after_s : 0;
	if (status == 429)
		uacme_tell(j->r, VERDICT_ACCOUNT,
		    "a limit of the CA: it answers 429 to %s, and does not "
		    "say what is limited",
		    step);
	else if (status >= 400)
		uacme_tell(
		    j->r, VERDICT_CA, "the CA answers %d to %s", status, step);
	else if (j->talk.broken)
		uacme_tell(j->r, VERDICT_CA,
		    "the CA's answer to %s is no JSON (HTTP %d)", step, status);
	else
		uacme_tell(j->r, VERDICT_CA,
		    "the CA's answer to %s is of no use (uacme: %.*s)", step,
		    SPAN(j->talk.last));
}

static void judge_failed(struct judge *j)
{
	const struct talk *t = &j->talk;

	if (t->word == WORD_ACCOUNT_NONE)
		uacme_tell(j->r, VERDICT_NO_ACCOUNT,
		    "the CA does not know the account");
	else if (t->word == WORD_ACCOUNT_STATUS)
		uacme_tell(j->r, VERDICT_ACCOUNT, "the account is %.*s",
		    SPAN(t->state));
	else if (t->word == WORD_EAB)
		uacme_tell(j->r, VERDICT_ACCOUNT,
		    "the CA wants an external account: set acme.eab");
	else if (t->word == WORD_DECLINED)
		judge_declined(j);
	else if (t->word == WORD_TURNED)
		judge_turned(j);
	else if (t->transfer.len > 0)
		judge_transfer(j);
	else if (t->step == STEP_NONE || t->step == STEP_SAVE ||
	         t->trouble.len > 0)
		uacme_tell(j->r, VERDICT_OURS, "uacme: %.*s",
		    SPAN(t->trouble.len > 0 ? t->trouble : t->last));
	else if (json_is_object(t->document) && t->status >= 400)
		judge_problem(j, t->document);
	else if (nested_problem(t->document) != NULL)
		judge_problem(j, nested_problem(t->document));
	else
		judge_answer(j);
}

void uacme_judge(const struct uacme_said *s, struct uacme_result *ret_r)
{
	struct judge j = { .said = s, .r = ret_r };

	*ret_r = (struct uacme_result){ .verdict = VERDICT_WELL };
	talk_read(&j.talk, s->output, s->len, s->now_s);
	if (s->status < 0)
		judge_late(&j);
	else if (s->status == 0)
		uacme_tell(ret_r, VERDICT_WELL,
		    s->host != NULL ? "issued" : "the account is made");
	else if (s->status == 1)
		uacme_tell(ret_r, VERDICT_OURS,
		    "uacme says that it is not due, though it was forced");
	else if (s->host == NULL && j.talk.word == WORD_ACCOUNT_THERE)
		uacme_tell(ret_r, VERDICT_WELL, "the account is there");
	else
		judge_failed(&j);
	if (ret_r->verdict != VERDICT_LIMIT_DOMAIN)
		ret_r->subject[0] = '\0';
	talk_free(&j.talk);
}
