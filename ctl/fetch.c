/* SPDX-License-Identifier: ISC */

/*
 * libcurl, one handle a fetch, so that nothing of one fetch (a connection, a
 * cookie, an address) is left for the next. What it says is brought to the
 * few ends that somebody can do something about.
 */

#include "fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/address.h"
#include "trust.h"

struct transfer {
	const struct fetch_plan *plan;
	struct fetch_result *result;
	struct curl_slist *pin;
	CURL *curl;
};

static void start_libcurl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT); /* the handle fails then */
}

static size_t on_body(char *bytes, size_t size, size_t count, void *cookie)
{
	struct transfer *t = cookie;
	struct fetch_result *r = t->result;
	size_t len = size * count, room = t->plan->cap - r->len;
	char *body;

	if (len > room) {
		r->cut = true;
		return 0;
	}
	body = realloc(r->body, r->len + len + 1);
	if (body == NULL)
		return 0;
	memcpy(body + r->len, bytes, len);
	r->body = body;
	r->len += len;
	body[r->len] = '\0';
	return len;
}

static int on_progress(void *cookie, curl_off_t down_all, curl_off_t down,
    curl_off_t up_all, curl_off_t up)
{
	const struct transfer *t = cookie;
	struct pollfd stop = { .fd = t->plan->stop_fd, .events = POLLIN };

	(void)down_all;
	(void)down;
	(void)up_all;
	(void)up;
	return poll(&stop, 1, 0) > 0;
}

/* Every host and port of the URL leads to this address, at that port. */
static CURLcode pin(struct transfer *t)
{
	char ip[ADDRESS_TEXT_MAX], rule[ADDRESS_TEXT_MAX + 8];

	peer_text(t->plan->at, PEER_FULL, ip);
	(void)snprintf(rule, sizeof(rule),
	    strchr(ip, ':') == NULL ? "::%s:" : "::[%s]:", ip);
	t->pin = curl_slist_append(NULL, rule);
	if (t->pin == NULL)
		return CURLE_OUT_OF_MEMORY;
	(void)curl_easy_setopt(t->curl, CURLOPT_PROXY, "");
	return curl_easy_setopt(t->curl, CURLOPT_CONNECT_TO, t->pin);
}

static CURLcode use_socket(struct transfer *t)
{
	(void)curl_easy_setopt(t->curl, CURLOPT_PROXY, "");
	return curl_easy_setopt(
	    t->curl, CURLOPT_UNIX_SOCKET_PATH, t->plan->socket);
}

static CURLcode set_up(struct transfer *t)
{
	CURL *c = t->curl;
	long verify = t->plan->any_certificate ? 0 : 1;
	CURLcode code;

	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	(void)curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)t->plan->limit_ms);
	(void)curl_easy_setopt(
	    c, CURLOPT_CONNECTTIMEOUT_MS, (long)t->plan->limit_ms);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, verify);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2 * verify);
	(void)curl_easy_setopt(c, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(
	    c, CURLOPT_USERAGENT, "mta-stsctl/" MTA_STSD_VERSION);
	code = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	if (code == CURLE_OK && t->plan->shown != NULL)
		code = trust_judge(c, t->plan->shown);
	if (code == CURLE_OK && t->plan->at != NULL)
		code = pin(t);
	if (code == CURLE_OK && t->plan->socket != NULL)
		code = use_socket(t);
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_URL, t->plan->url);
	return code;
}

static enum fetch_end judge_connect(CURL *c, const char **ret_words)
{
	long error = 0;

	(void)curl_easy_getinfo(c, CURLINFO_OS_ERRNO, &error);
	if (error == ETIMEDOUT) {
		*ret_words = "no answer in time";
		return FETCH_SILENT;
	}
	*ret_words = error == ECONNREFUSED ? "connection refused"
	             : error == ECONNRESET ? "connection reset"
	                                   : "network unreachable";
	return FETCH_NO_WAY;
}

static enum fetch_end judge(
    const struct transfer *t, CURLcode code, const char **ret_words)
{
	*ret_words = "";
	switch (code) {
	case CURLE_OK:
		return FETCH_ANSWERED;
	case CURLE_WRITE_ERROR:
		*ret_words = "out of memory";
		return t->result->cut ? FETCH_ANSWERED : FETCH_FAILED;
	case CURLE_COULDNT_CONNECT:
		return judge_connect(t->curl, ret_words);
	case CURLE_OPERATION_TIMEDOUT:
		*ret_words = "no answer in time";
		return FETCH_SILENT;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		*ret_words = "closed without an answer";
		return FETCH_NONSENSE;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, that is, anything */
		*ret_words = "an answer that is not HTTP";
		return FETCH_NONSENSE;
	case CURLE_ABORTED_BY_CALLBACK:
		*ret_words = "stopped";
		return FETCH_FAILED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_URL_MALFORMAT:
	case CURLE_OUT_OF_MEMORY:
		*ret_words = curl_easy_strerror(code);
		return FETCH_FAILED;
	default:
		*ret_words = curl_easy_strerror(code);
		return FETCH_NONSENSE;
	}
}

static void take_answer(const struct transfer *t)
{
	struct fetch_result *r = t->result;
	const char *to = NULL, *type = NULL;

	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &r->status);
	(void)curl_easy_getinfo(t->curl, CURLINFO_REDIRECT_URL, &to);
	if (to != NULL)
		(void)snprintf(r->location, sizeof(r->location), "%s", to);
	(void)curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type);
	if (type != NULL)
		(void)snprintf(r->type, sizeof(r->type), "%s", type);
}

/* What libcurl has OpenSSL write to a peer that has gone raises SIGPIPE. */
static CURLcode perform(CURL *c)
{
	const struct timespec now = { 0 };
	sigset_t pipes, before;
	CURLcode code;

	(void)sigemptyset(&pipes);
	(void)sigaddset(&pipes, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipes, &before);
	code = curl_easy_perform(c);
	if (!sigismember(&before, SIGPIPE)) {
		(void)sigtimedwait(&pipes, NULL, &now);
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	return code;
}

void fetch(const struct fetch_plan *p, struct fetch_result *ret_result)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct transfer t = { .plan = p, .result = ret_result };
	CURLcode code = CURLE_OUT_OF_MEMORY;
	const char *words;

	memset(ret_result, 0, sizeof(*ret_result));
	(void)pthread_once(&once, start_libcurl);
	t.curl = curl_easy_init();
	if (t.curl != NULL)
		code = set_up(&t);
	if (code == CURLE_OK)
		code = perform(t.curl);
	ret_result->end = judge(&t, code, &words);
	(void)snprintf(
	    ret_result->words, sizeof(ret_result->words), "%s", words);
	if (ret_result->end == FETCH_ANSWERED)
		take_answer(&t);
	if (t.curl != NULL)
		curl_easy_cleanup(t.curl);
	curl_slist_free_all(t.pin);
}

void fetch_result_fini(struct fetch_result *r)
{
	free(r->body);
	r->body = NULL;
	r->len = 0;
}

int fetch_url_read(const char *url, struct fetch_target *ret_target)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL;
	int result = -1;

	if (u == NULL || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) !=
	        CURLUE_OK)
		goto out;
	ret_target->https = strcmp(scheme, "https") == 0;
	if ((!ret_target->https && strcmp(scheme, "http") != 0) ||
	    strlen(host) >= sizeof(ret_target->host))
		goto out;
	memcpy(ret_target->host, host, strlen(host) + 1);
	ret_target->port = (unsigned)strtoul(port, NULL, 10);
	result = 0;
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return result;
}
