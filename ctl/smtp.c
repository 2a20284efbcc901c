/* SPDX-License-Identifier: ISC */

/*
 * libcurl says EHLO, STARTTLS, shakes hands and says EHLO again: it is told to
 * connect and no more. One handle an address, as with fetch.
 */

#include "smtp.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"

#define QUIT          "QUIT\r\n"
#define URL_MAX       300
#define REFUSED_FIRST 400
#define UNKNOWN_FIRST 500 /* answers to a command that is not known */
#define UNKNOWN_LAST  504

static CURLcode set_up(CURL *c, const struct smtp_plan *p,
    struct trust_shown *shown, struct curl_slist *pin)
{
	char url[URL_MAX];
	CURLcode code;

	(void)snprintf(url, sizeof(url), "smtp://%s:%d", p->name, SMTP_PORT);
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)p->limit_ms);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)p->limit_ms);
	code = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp");
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_CONNECT_TO, pin);
	if (code == CURLE_OK)
		code =
		    curl_easy_setopt(c, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	if (code == CURLE_OK)
		code = trust_judge(c, shown);
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_URL, url);
	return code;
}

/* Did a connection stand, whatever came of it? */
static bool was_connected(CURL *c)
{
	curl_off_t us = 0;

	(void)curl_easy_getinfo(c, CURLINFO_CONNECT_TIME_T, &us);
	return us > 0;
}

static const char *connect_words(CURL *c)
{
	long error = 0;

	(void)curl_easy_getinfo(c, CURLINFO_OS_ERRNO, &error);
	if (error == ECONNREFUSED)
		return "connection refused";
	return error == ETIMEDOUT ? "no answer in time" : "network unreachable";
}

static void end(struct smtp_result *r, enum smtp_end how, const char *words)
{
	r->end = how;
	(void)snprintf(r->words, sizeof(r->words), "%s", words);
}

static void judge_refusal(CURL *c, struct smtp_result *r)
{
	long code = 0;

	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
	/* It greeted us, but does not know EHLO; or it makes no sense. */
	r->end = code >= UNKNOWN_FIRST && code <= UNKNOWN_LAST
	             ? SMTP_NO_STARTTLS
	         : code < REFUSED_FIRST ? SMTP_SILENT
	                                : SMTP_REFUSED;
	(void)snprintf(r->words, sizeof(r->words), "it answers %ld", code);
}

static void judge_tls(const struct trust_shown *s, struct smtp_result *r)
{
	end(r, s->old ? SMTP_TLS_OLD : SMTP_TLS_FAILED,
	    s->words[0] == '\0' ? "closed, or no TLS" : s->words);
	if (s->fault == TRUST_WELL)
		return;
	r->end = SMTP_CERTIFICATE;
	r->fault = s->fault;
}

static void judge(
    CURL *c, CURLcode code, const struct trust_shown *s, struct smtp_result *r)
{
	switch (code) {
	case CURLE_OK:
		end(r, SMTP_WELL, "");
		break;
	case CURLE_COULDNT_CONNECT:
		end(r, SMTP_UNREACHABLE, connect_words(c));
		break;
	case CURLE_OPERATION_TIMEDOUT:
		end(r, was_connected(c) ? SMTP_SILENT : SMTP_UNREACHABLE,
		    "no answer in time");
		break;
	case CURLE_USE_SSL_FAILED:
		end(r, SMTP_NO_STARTTLS, "");
		break;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_REMOTE_ACCESS_DENIED:
	case CURLE_LOGIN_DENIED:
		judge_refusal(c, r);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
		judge_tls(s, r);
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		end(r, SMTP_SILENT, "closed");
		break;
	default:
		end(r, SMTP_UNASKED, curl_easy_strerror(code));
		break;
	}
}

void smtp_ask(const struct smtp_plan *p, struct smtp_result *ret_result)
{
	struct trust_shown shown = {
		.trust = p->trust, .name = p->name, .keeps_leaf = true
	};
	char ip[ADDRESS_TEXT_MAX], rule[ADDRESS_TEXT_MAX + 8];
	struct curl_slist *pin = NULL;
	CURLcode code = CURLE_OUT_OF_MEMORY;
	CURL *c = curl_easy_init();
	size_t sent;

	memset(ret_result, 0, sizeof(*ret_result));
	peer_text(p->at, PEER_FULL, ip);
	(void)snprintf(rule, sizeof(rule),
	    strchr(ip, ':') == NULL ? "::%s:" : "::[%s]:", ip);
	pin = curl_slist_append(NULL, rule);
	if (c == NULL || pin == NULL) {
		end(ret_result, SMTP_UNASKED, "out of memory");
		goto out;
	}
	code = set_up(c, p, &shown, pin);
	if (code == CURLE_OK)
		code = curl_easy_perform(c);
	judge(c, code, &shown, ret_result);
	ret_result->leaf = shown.leaf;
	/* Nobody waits for the answer. */
	if (code == CURLE_OK)
		(void)curl_easy_send(c, QUIT, strlen(QUIT), &sent);
out:
	curl_easy_cleanup(c);
	curl_slist_free_all(pin);
}
