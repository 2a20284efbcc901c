/* SPDX-License-Identifier: ISC */

/*
 * What uacme 1.7.4 wrote against pebble and a CA that misbehaved
 * (tests/real/front.py), as verdicts and words; and what a CA may write.
 */

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "ctl/uacme.h"
#include "ctl/uacme_words.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define HOST     "mta-sts.a.example"
#define NOW      INT64_C(1795308000) /* 2026-11-22 00:40:00 UTC */
#define LATE     (-1)
#define DATA     "tests/data/uacme/"

static struct uacme_result judge(
    const char *output, size_t len, int status, const char *host)
{
	struct uacme_said said = {
		.output = output,
		.len = len,
		.status = status,
		.limit_ms = 30000,
		.host = host,
		.our_hook = true,
		.now_s = NOW,
	};
	struct uacme_result r;

	memset(&r, 'x', sizeof(r));
	uacme_judge(&said, &r);
	ck_assert_ptr_nonnull(memchr(r.words, '\0', sizeof(r.words)));
	ck_assert_ptr_nonnull(memchr(r.subject, '\0', sizeof(r.subject)));
	ck_assert(strpbrk(r.words, "\n\r\t\033") == NULL);
	ck_assert_str_ne(r.words, "");
	return r;
}

/* Captured: the file's name, uacme's exit status. */
static const struct {
	const char *name;
	int status;
	enum verdict verdict;
	int64_t retry_after_s;
	const char *words;
} captured[] = {
	{ "account-status", 2, VERDICT_ACCOUNT, 0,
	    "the account is deactivated" },
	{ "authz-invalid", 2, VERDICT_HOST, 0,
	    "the CA refuses: DNS problem: NXDOMAIN looking up A for mta"
	    "-sts.a.example - check that a DNS record exists for this d"
	    "omain (dns)" },
	{ "authz-valid-lie", LATE, VERDICT_CA, 0,
	    "the CA was not done with the order after 30 s" },
	{ "bad-key", 2, VERDICT_OURS, 0,
	    "uacme: key_load: gnutls_privkey_import_x509_raw: The reque"
	    "sted data were not available." },
	{ "badcsr", 2, VERDICT_HOST, 0,
	    "the CA refuses: Error finalizing order :: CN was longer th"
	    "an 64 bytes (badCSR)" },
	{ "busy", 2, VERDICT_CA, 120,
	    "the CA failed: Service busy; retry later. (rateLimited)" },
	{ "caa", 2, VERDICT_HOST, 0,
	    "the CA refuses: CAA record for a.example prevents issuance"
	    " (caa)" },
	{ "challenge-dns", 2, VERDICT_HOST, 0,
	    "tls-alpn-01 failed: Failed to connect to 127.0.0.1:5001 fo"
	    "r the tls-alpn-01 challenge (unauthorized)" },
	{ "cut-challenge", 2, VERDICT_CA, 0,
	    "the CA's answer to the challenge is no JSON (HTTP 200)" },
	{ "cut-directory", 2, VERDICT_CA, 0,
	    "the CA's answer to the directory is no JSON (HTTP 200)" },
	{ "cut", 2, VERDICT_CA, 0,
	    "the CA's answer to the new order is no JSON (HTTP 201)" },
	{ "deactivated", 2, VERDICT_ACCOUNT, 0,
	    "the CA refuses the account: An account with the provided p"
	    "ublic key exists but is deactivated (unauthorized)" },
	{ "declined", 2, VERDICT_HOST, 0,
	    "the CA offered no challenge that passed the pre-flight" },
	{ "eab-bad", 2, VERDICT_ACCOUNT, 0,
	    "the CA refuses the account: the field 'kid' references a k"
	    "ey that is not known to the ACME server (unauthorized)" },
	{ "eab-format", 2, VERDICT_OURS, 0,
	    "uacme: -e credentials must be specified as 'KEYID:KEY', wi"
	    "th KEY base64url encoded" },
	{ "eab-key", 2, VERDICT_OURS, 0,
	    "uacme: hmac_base64url: failed to decode key" },
	{ "eab-none", 2, VERDICT_ACCOUNT, 0,
	    "the CA wants an external account: set acme.eab" },
	{ "flood", 2, VERDICT_CA, 0,
	    "the CA's answer to the new order is of no use (uacme: fail"
	    "ed to create new order at https://localhost:14443/order-pl"
	    "z)" },
	{ "hang", LATE, VERDICT_CA, 0,
	    "the CA did not answer within 30 s (the new order)" },
	{ "hook-full", 2, VERDICT_OURS, 0,
	    "uacme-hook: cannot write a file below /srv/state/challenge"
	    "s: No space left on device" },
	{ "html-429", 2, VERDICT_ACCOUNT, 0,
	    "a limit of the CA: it answers 429 to the new order, and do"
	    "es not say what is limited" },
	{ "html", 2, VERDICT_CA, 0, "the CA answers 500 to the new order" },
	{ "internal", 2, VERDICT_CA, 0,
	    "the CA failed: Error finalizing order (serverInternal)" },
	{ "issued", 0, VERDICT_WELL, 0, "issued" },
	{ "limit-date", 2, VERDICT_ACCOUNT, 7200,
	    "a limit of the CA: too many new orders (300) from this acc"
	    "ount in the last 3h0m0s, retry after 2026-11-22 02:20:43 U"
	    "TC: see https://letsencrypt.org/docs/rate-limits/#new-orde"
	    "rs-per-account (rateLimited)" },
	{ "limit-domain", 2, VERDICT_LIMIT_DOMAIN, 3600,
	    "a limit of the CA: too many certificates (50) already issu"
	    "ed for \"a.example\" in the last 168h0m0s, retry after 202"
	    "6-11-22 01:44:20 UTC: see https://letsencrypt.org/docs/rat"
	    "e-limits/#new-certificates-per-registered-domain (rateLimi"
	    "ted)" },
	{ "limit-exact", 2, VERDICT_LIMIT_HOST, 86400,
	    "a limit of the CA: too many certificates (5) already issue"
	    "d for this exact set of identifiers in the last 168h0m0s, "
	    "retry after 2026-11-23 00:20:43 UTC (rateLimited)" },
	{ "limit-paused", 2, VERDICT_LIMIT_HOST, 0,
	    "a limit of the CA: Your account is temporarily prevented f"
	    "rom requesting certificates for mta-sts.a.example and poss"
	    "ibly others. Please visit: https://portal.letsencrypt.org/"
	    "sfe/v1/unpause?jwt=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ey"
	    "Jpc3MiOiJXRkUiLCJzdWIiOiIxMjM0NTY3ODkwIiwiYXVkIjpbIlNGRSBV"
	    "bnBhdXNlIl0sImV4cCI6MTc2Mzg1NDU3OSwiaWF0IjoxNzYyNjQ0OTc5LC"
	    "J2ZXJzaW9uIjoidjEiLCJpZGVudGlmaWVycyI6Im10YS1zdHMuYS5leGFt"
	    "cGxlIn0.kTLsyfmiMA4HBDuJMXRkcZxOjzHjYwQbCEZLAkHdUvA (rateL"
	    "imited)" },
	{ "limit-words", 2, VERDICT_LIMIT_HOST, 604800,
	    "a limit of the CA: too many failed authorizations (5) for "
	    "\"mta-sts.a.example\" in the last 1h0m0s, retry after 2099"
	    "-01-01 00:00:00 UTC: see https://letsencrypt.org/docs/rate"
	    "-limits/ (rateLimited)" },
	{ "new-again", 2, VERDICT_WELL, 0, "the account is there" },
	{ "new-contact", 2, VERDICT_ACCOUNT, 0,
	    "the CA refuses the account: Error validating contact(s) ::"
	    " invalid contact domain. Contact emails @example.com are f"
	    "orbidden (invalidContact)" },
	{ "new-limit", 2, VERDICT_ACCOUNT, 60,
	    "a limit of the CA: too many new registrations (10) from th"
	    "is IP address in the last 3h0m0s, retry after 2026-11-22 0"
	    "0:21:42 UTC (rateLimited)" },
	{ "new-well", 0, VERDICT_WELL, 0, "the account is made" },
	{ "no-account", 2, VERDICT_NO_ACCOUNT, 0,
	    "the CA does not know the account" },
	{ "no-hook", 2, VERDICT_OURS, 0,
	    "uacme: /nonexistent/hook: No such file or directory" },
	{ "no-nonce", 2, VERDICT_CA, 0,
	    "the CA's answer to the account is of no use (uacme: failed"
	    " to retrieve account at https://localhost:14443/sign-me-up"
	    ")" },
	{ "nonce", 2, VERDICT_NONCE, 0,
	    "the CA rejects one nonce after another: JWS has an invalid"
	    " anti-replay nonce (badNonce)" },
	{ "not-a-directory", 2, VERDICT_OURS, 0,
	    "uacme: failed to create certs/mta-sts.dir.example/: File e"
	    "xists" },
	{ "notfound", 2, VERDICT_CA, 0, "the CA answers 404 to the directory" },
	{ "order-invalid", 2, VERDICT_HOST, 0,
	    "the CA refuses: the order turned invalid (unauthorized)" },
	{ "processing", LATE, VERDICT_CA, 0,
	    "the CA was not done with the challenge after 30 s" },
	{ "refused", 2, VERDICT_CA, 0,
	    "the CA at https://localhost:14444 refuses to be connected "
	    "to, or cannot be reached (Couldn't connect to server)" },
	{ "rejected", 2, VERDICT_HOST, 0,
	    "the CA refuses: Cannot issue for \"mta-sts.a.example\": Th"
	    "e ACME server refuses to issue a certificate for this doma"
	    "in name, because it is forbidden by policy (rejectedIdenti"
	    "fier)" },
	{ "reset", 2, VERDICT_CA, 0,
	    "the CA at https://localhost:14443 breaks the connection (F"
	    "ailure when receiving data from the peer)" },
	{ "reset-once", 2, VERDICT_CA, 0,
	    "the CA at https://localhost:14443 breaks the connection (F"
	    "ailure when receiving data from the peer)" },
	{ "save-fails", 2, VERDICT_OURS, 0,
	    "uacme: failed to create certs/mta-sts.a.example/cert.pem.t"
	    "mp: Is a directory" },
	{ "tls-none", 2, VERDICT_CA, 0,
	    "the CA at https://127.0.0.1:5002 fails in the TLS handshak"
	    "e (SSL connect error)" },
	{ "unresolved", 2, VERDICT_CA, 0,
	    "the CA at https://ca.nowhere.invalid has a name that canno"
	    "t be resolved (Couldn't resolve host name)" },
	{ "untrusted", 2, VERDICT_CA, 0,
	    "the CA at https://localhost:14443 shows a certificate that"
	    " cannot be verified (SSL peer certificate or SSH remote ke"
	    "y was not OK)" },
};

START_TEST(rfc8555_67_captured_output_is_judged)
{
	const char *name = captured[_i].name;
	bool account =
	    strncmp(name, "new", 3) == 0 || strncmp(name, "eab", 3) == 0;
	struct uacme_result r;
	char path[128], *bytes;
	struct err err;
	size_t len;

	(void)snprintf(path, sizeof(path), DATA "%s.out", name);
	ck_assert_msg(file_read(path, 1 << 20, &bytes, &len, NULL, &err) == 0,
	    "%s", err.text);
	r = judge(bytes, len, captured[_i].status, account ? NULL : HOST);
	free(bytes);
	ck_assert_msg(r.verdict == captured[_i].verdict, "%s: verdict %d: %s",
	    name, (int)r.verdict, r.words);
	ck_assert_msg(r.retry_after_s == captured[_i].retry_after_s,
	    "%s: retry after %" PRId64, name, r.retry_after_s);
	ck_assert_msg(strcmp(r.words, captured[_i].words) == 0, "%s: \"%s\"",
	    name, r.words);
	ck_assert_str_eq(
	    r.subject, r.verdict == VERDICT_LIMIT_DOMAIN ? "a.example" : "");
}
END_TEST

/* An answer to a new order, and what uacme says then. */
static struct uacme_result judge_order(
    int status, const char *headers, const char *json)
{
	char output[8192];
	int len = snprintf(output, sizeof(output),
	    "uacme: creating new order at https://ca.example/order\n"
	    "uacme: acme_post: url=https://ca.example/order payload={}\n"
	    "uacme: acme_post: HTTP headers:\nHTTP/1.1 %d Oh no\r\n%s\r\n\n"
	    "uacme: acme_post: HTTP body:\n%s\n"
	    "uacme: acme_post: return code %d, json=\n%s\n"
	    "uacme: failed to create new order at https://ca.example/order\n",
	    status, headers, json, status, json);

	ck_assert_int_lt(len, (int)sizeof(output));
	return judge(output, (size_t)len, 2, HOST);
}

#define LIMITED(words)                                                         \
	"{\"type\":\"urn:ietf:params:acme:error:rateLimited\","                \
	"\"detail\":\"" words "\",\"status\":429}"

static const struct {
	const char *json;
	enum verdict verdict;
	const char *subject;
} limits[] = {
	{ LIMITED("too many certificates (50) already issued for "
	          "\\\"a.example\\\" in the last 168h0m0s"),
	    VERDICT_LIMIT_DOMAIN, "a.example" },
	{ LIMITED("Error creating new order :: too many certificates already "
	          "issued for \\\"A.Example\\\". Retry after "
	          "2023-08-04T12:00:00Z: see https://ca.example/"),
	    VERDICT_LIMIT_DOMAIN, "a.example" },
	{ LIMITED("Error creating new cert :: too many certificates already "
	          "issued for: a.example: see https://ca.example/"),
	    VERDICT_LIMIT_DOMAIN, "a.example" },
	{ LIMITED("too many certificates already issued for exact set of "
	          "domains: mta-sts.a.example: see https://ca.example/"),
	    VERDICT_LIMIT_HOST, "" },
	{ LIMITED("too many certificates (5) already issued for this exact "
	          "set of identifiers in the last 168h0m0s, retry after x"),
	    VERDICT_LIMIT_HOST, "" },
	{ LIMITED("too many failed authorizations (5) for "
	          "\\\"mta-sts.a.example\\\" in the last 1h0m0s"),
	    VERDICT_LIMIT_HOST, "" },
	{ LIMITED("Error creating new order :: too many failed authorizations "
	          "recently: see https://ca.example/"),
	    VERDICT_LIMIT_HOST, "" },
	{ LIMITED("Your account is temporarily prevented from requesting "
	          "certificates for mta-sts.a.example and possibly others."),
	    VERDICT_LIMIT_HOST, "" },
	{ LIMITED("too many new orders (300) from this account in the last "
	          "3h0m0s, retry after x"),
	    VERDICT_ACCOUNT, "" },
	{ LIMITED("too many currently pending authorizations"), VERDICT_ACCOUNT,
	    "" },
	{ LIMITED("quota exceeded"), VERDICT_ACCOUNT, "" },
	/* nobody else is paused on a CA's word */
	{ LIMITED("too many certificates already issued for "
	          "\\\"victim.example\\\""),
	    VERDICT_ACCOUNT, "" },
	{ LIMITED("too many certificates already issued for "
	          "\\\"sts.a.example\\\""),
	    VERDICT_ACCOUNT, "" },
	{ LIMITED("too many certificates already issued for \\\"example\\\""),
	    VERDICT_ACCOUNT, "" },
	{ LIMITED("too many certificates already issued for \\\"\\\""),
	    VERDICT_ACCOUNT, "" },
};

START_TEST(rules_a5_limit_pauses_what_it_names)
{
	struct uacme_result r = judge_order(429, "", limits[_i].json);

	ck_assert_msg(
	    r.verdict == limits[_i].verdict, "%d: %s", (int)r.verdict, r.words);
	ck_assert_str_eq(r.subject, limits[_i].subject);
}
END_TEST

static const struct {
	const char *headers, *words;
	int64_t wait_s;
} waits[] = {
	{ "Retry-After: 3600\r\n", "", 3600 },
	{ "retry-after:3600\r\n", "", 3600 },
	{ "Retry-After: 0\r\n", "", 0 },
	{ "Retry-After: -5\r\n", "", 0 },
	{ "Retry-After: soon\r\n", "", 0 },
	{ "Retry-After:\r\n", "", 0 },
	{ "Retry-After: 99999999999999999999\r\n", "", 604800 },
	{ "Retry-After: Sun, 22 Nov 2026 00:41:00 GMT\r\n", "", 60 },
	{ "Retry-After: Sunday, 22-Nov-26 00:41:00 GMT\r\n", "", 60 },
	{ "Retry-After: Sun Nov 22 00:41:00 2026\r\n", "", 60 },
	{ "Retry-After: Sun, 22 Nov 2026 00:39:00 GMT\r\n", "", 0 },
	/* the CA's clock is what its dates are by */
	{ "Date: Sun, 22 Nov 2026 00:00:00 GMT\r\n"
	  "Retry-After: Sun, 22 Nov 2026 00:01:00 GMT\r\n",
	    "", 60 },
	{ "", ", retry after 2026-11-22 00:41:00 UTC: see", 60 },
	{ "", ". Retry after 2026-11-22T00:41:00Z: see", 60 },
	{ "", ", retry after 2016-11-22 00:41:00 UTC: see", 0 },
	{ "", ", retry after 2099-11-22 00:41:00 UTC: see", 604800 },
	{ "", ", retry after", 0 },
	{ "Retry-After: 7\r\n", ", retry after 2026-11-22 00:41:00 UTC", 7 },
};

START_TEST(rfc9110_1023_retry_after_is_understood)
{
	struct uacme_result r;
	char json[512];

	(void)snprintf(
	    json, sizeof(json), LIMITED("too many%s"), waits[_i].words);
	r = judge_order(429, waits[_i].headers, json);
	ck_assert_int_eq(r.retry_after_s, waits[_i].wait_s);
}
END_TEST

#define PROBLEM(type, detail)                                                  \
	"{\"type\":\"" type "\",\"detail\":\"" detail "\"}"
#define URN "urn:ietf:params:acme:error:"

static const struct {
	int status;
	const char *json;
	enum verdict verdict;
	const char *words;
} problems[] = {
	{ 400, PROBLEM(URN "malformed", "no"), VERDICT_HOST,
	    "the CA refuses: no (malformed)" },
	{ 403, PROBLEM(URN "unauthorized", "no"), VERDICT_HOST,
	    "the CA refuses: no (unauthorized)" },
	{ 403,
	    PROBLEM(URN "unauthorized", "Account is not valid, has status "
	                                "\\\"deactivated\\\""),
	    VERDICT_ACCOUNT,
	    "the CA refuses the account: Account is not valid, has status "
	    "\"deactivated\" (unauthorized)" },
	{ 400, PROBLEM(URN "unsupportedIdentifier", "no"), VERDICT_HOST,
	    "the CA refuses: no (unsupportedIdentifier)" },
	{ 403, PROBLEM(URN "userActionRequired", "Terms have changed"),
	    VERDICT_ACCOUNT,
	    "the CA refuses the account: Terms have changed "
	    "(userActionRequired)" },
	{ 400, PROBLEM(URN "accountDoesNotExist", "no"), VERDICT_NO_ACCOUNT,
	    "the CA does not know the account: no (accountDoesNotExist)" },
	{ 400, PROBLEM(URN "badSignatureAlgorithm", "no"), VERDICT_ACCOUNT,
	    "the CA refuses the account: no (badSignatureAlgorithm)" },
	{ 500, PROBLEM(URN "malformed", "no"), VERDICT_CA,
	    "the CA failed: no (malformed)" },
	{ 503, LIMITED("busy"), VERDICT_CA,
	    "the CA failed: busy (rateLimited)" },
	{ 400, PROBLEM(URN "neverHeardOf", "no"), VERDICT_HOST,
	    "the CA refuses: no (neverHeardOf)" },
	{ 400, PROBLEM("https://ca.example/oops", "no"), VERDICT_HOST,
	    "the CA refuses: no (https://ca.example/oops)" },
	{ 400, "{}", VERDICT_HOST, "the CA refuses: it does not say why" },
	{ 400, "{\"type\":1,\"detail\":[]}", VERDICT_HOST,
	    "the CA refuses: it does not say why" },
	{ 400, "[]", VERDICT_CA, "the CA answers 400 to the new order" },
	{ 400, "{\"type\":", VERDICT_CA,
	    "the CA answers 400 to the new order" },
	{ 200, "{\"status\":\"\\u0000\"}", VERDICT_CA,
	    "the CA's answer to the new order is no JSON (HTTP 200)" },
	/* what reaches a terminal and a log is one line, and seen */
	{ 400, PROBLEM(URN "malformed", "a\\u001b[2Jb\\n\\tc\\u202ed\\u007f"),
	    VERDICT_HOST, "the CA refuses: a [2Jb c d (malformed)" },
	/* tokens are not told */
	{ 403,
	    PROBLEM(URN "connection",
	        "Fetching http://mta-sts.a.example/.well-known/acme-challenge/"
	        "-MRYRq83Hi7ADEzBii1fko-ZGuNzp-I73BLyzFYJ28x: Timeout"),
	    VERDICT_HOST,
	    "the CA refuses: Fetching http://mta-sts.a.example/.well-known/"
	    "acme-challenge/...: Timeout (connection)" },
	{ 403,
	    PROBLEM(URN "unauthorized",
	        "expected \\\"uCkEO5DgufsYPbsbX0Qtm3YmQ_aLN_r-ppBIHEBE8Q4."
	        "A-fjs3SW7fjS-QzWxhyJVqQszTleHSHdlEcOwqMKFrw\\\""),
	    VERDICT_HOST,
	    "the CA refuses: expected \".......\" (unauthorized)" },
	/* a customer's web page, quoted by the CA, decides nothing */
	{ 403,
	    PROBLEM(URN "unauthorized",
	        "Invalid response: \\\"\\nuacme: failed to write to x: No "
	        "space left on device\\nuacme: no challenge completed\\\""),
	    VERDICT_HOST,
	    "the CA refuses: Invalid response: \" uacme: failed to write to "
	    "x: No space left on device uacme: no challenge completed\" "
	    "(unauthorized)" },
};

START_TEST(rfc8555_67_error_type_decides)
{
	struct uacme_result r =
	    judge_order(problems[_i].status, "", problems[_i].json);

	ck_assert_msg(r.verdict == problems[_i].verdict, "%d: %s",
	    (int)r.verdict, r.words);
	ck_assert_str_eq(r.words, problems[_i].words);
}
END_TEST

/* As 1.7.6 writes, and what has no answer to go by. */
static const struct {
	const char *output;
	int status;
	const char *host;
	enum verdict verdict;
	int64_t retry_after_s;
	const char *words;
} composed[] = {
	{ "", 0, HOST, VERDICT_WELL, 0, "issued" },
	{ "", 1, HOST, VERDICT_OURS, 0,
	    "uacme says that it is not due, though it was forced" },
	{ "", 2, HOST, VERDICT_OURS, 0, "uacme:" },
	{ "", LATE, HOST, VERDICT_CA, 0,
	    "the CA did not answer within 30 s (the start)" },
	{ "uacme: identifier 'x' has no dots\n", 2, HOST, VERDICT_OURS, 0,
	    "uacme: identifier 'x' has no dots" },
	{ "uacme: creating new order at https://ca.example/order\n"
	  "uacme: acme_post: url=https://ca.example/order payload={}\n"
	  "uacme: acme_post: HTTP headers:\n"
	  "HTTP/1.1 503 Busy\r\nRetry-After: 300\r\n\r\n\n"
	  "uacme: acme_post: HTTP body:\n" LIMITED(
	      "Service busy") "\n"
	                      "uacme: acme_post: return code 503, "
	                      "json=\n" LIMITED(
	                          "Service busy") "\nuacme: acme_post: server "
	                                          "busy, waiting 300 seconds\n",
	    LATE, HOST, VERDICT_CA, 300,
	    "the CA failed: Service busy (rateLimited)" },
	{ "uacme: creating new order at https://ca.example/order\n"
	  "uacme: fetching new nonce at https://ca.example/nonce\n"
	  "uacme: acme_get: url=https://ca.example/nonce\n"
	  "uacme: acme_get: return code 403, json=\n" PROBLEM(URN
	      "unauthorized",
	      "go away") "\n"
	                 "uacme: failed to fetch new nonce at "
	                 "https://ca.example/nonce\n"
	                 "uacme: acme_post: no nonce available\n",
	    2, HOST, VERDICT_CA, 0, "the CA failed: go away (unauthorized)" },
	{ "uacme: fetching directory at https://ca.example/dir\n"
	  "uacme: acme_get: url=https://ca.example/dir\n"
	  "uacme: curl_get: GET https://ca.example/dir failed: Problem with "
	  "the SSL CA cert (path? access rights?)\n"
	  "uacme: acme_get: return code 0\n",
	    2, HOST, VERDICT_OURS, 0,
	    "the trusted certificates of this machine cannot be read (Problem "
	    "with the SSL CA cert (path? access rights?)): is ca-certificates "
	    "installed?" },
	{ "uacme: starting challenge at https://ca.example/c\n"
	  "uacme: acme_post: url=https://ca.example/c payload={}\n"
	  "uacme: acme_post: return code 200, json=\n{}\n"
	  "uacme: hook_run: failed to execute /usr/lib/h: Permission denied\n"
	  "uacme: hook_run: /usr/lib/h terminated abnormally\n"
	  "uacme: failed to authorize order at https://ca.example/o\n",
	    2, HOST, VERDICT_OURS, 0,
	    "uacme: hook_run: failed to execute /usr/lib/h: Permission "
	    "denied" },
	{ "uacme: retrieving authorization at https://ca.example/a\n"
	  "uacme: acme_post: url=https://ca.example/a payload=\n"
	  "uacme: acme_post: return code 200, json=\n{}\n"
	  "uacme-hook: TOKEN is not 1 to 128 characters of base64url\n"
	  "uacme: hook returned 2\nuacme: challenge http-01 declined\n"
	  "uacme: no challenge completed\n",
	    2, HOST, VERDICT_CA, 0,
	    "uacme-hook: TOKEN is not 1 to 128 characters of base64url" },
	{ "uacme: retrieving authorization at https://ca.example/a\n"
	  "uacme: acme_post: url=https://ca.example/a payload=\n"
	  "uacme: acme_post: return code 200, json=\n{}\n"
	  "uacme: unexpected auth status (expired) at https://ca.example/a\n",
	    2, HOST, VERDICT_HOST, 0,
	    "the CA says of the authorization that it is expired, and not "
	    "why" },
	/* a lone HTTP status of the first request is not the last one's */
	{ "uacme: fetching directory at https://ca.example/dir\n"
	  "uacme: acme_get: url=https://ca.example/dir\n"
	  "uacme: acme_get: return code 429, json=\n" LIMITED("slow down") "\n",
	    2, NULL, VERDICT_ACCOUNT, 0,
	    "a limit of the CA: slow down (rateLimited)" },
};

START_TEST(other_output_is_judged)
{
	struct uacme_result r =
	    judge(composed[_i].output, strlen(composed[_i].output),
	        composed[_i].status, composed[_i].host);

	ck_assert_str_eq(r.words, composed[_i].words);
	ck_assert_int_eq(r.verdict, composed[_i].verdict);
	ck_assert_int_eq(r.retry_after_s, composed[_i].retry_after_s);
}
END_TEST

START_TEST(long_words_are_cut_and_say_so)
{
	char json[2048], detail[1500];
	struct uacme_result r;
	size_t len;

	for (size_t i = 0; i + 3 < sizeof(detail); i += 3)
		memcpy(detail + i, "a\xc3\xbc", 4);
	(void)snprintf(
	    json, sizeof(json), PROBLEM(URN "malformed", "%s"), detail);
	r = judge_order(400, "", json);
	len = strlen(r.words);
	ck_assert_uint_gt(len, sizeof(r.words) - 10);
	ck_assert_str_eq(r.words + len - 3, "...");
	ck_assert(
	    (unsigned char)r.words[len - 4] == 0xbc || r.words[len - 4] == 'a');
}
END_TEST

int main(void)
{
	Suite *s = suite_create("uacme_words");
	TCase *t = tcase_create("uacme_words");

	tcase_add_loop_test(
	    t, rfc8555_67_captured_output_is_judged, 0, COUNT(captured));
	tcase_add_loop_test(
	    t, rules_a5_limit_pauses_what_it_names, 0, COUNT(limits));
	tcase_add_loop_test(
	    t, rfc9110_1023_retry_after_is_understood, 0, COUNT(waits));
	tcase_add_loop_test(
	    t, rfc8555_67_error_type_decides, 0, COUNT(problems));
	tcase_add_loop_test(t, other_output_is_judged, 0, COUNT(composed));
	tcase_add_test(t, long_words_are_cut_and_say_so);
	suite_add_tcase(s, t);
	return suite_run(s);
}
