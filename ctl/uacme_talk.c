/* SPDX-License-Identifier: ISC */
/*
 * The output of uacme, line by line. Lines that begin with its name are its
 * own; behind "HTTP headers" stand the answer's, behind "return code N, json="
 * the document, with every string as the CA wrote it. A CA can forge all of
 * it, in a body of its own: it harms itself alone. Others cannot, since what
 * they say reaches us inside of JSON strings, which have no line's end.
 */
#include "uacme_talk.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAME "uacme: "
#define HOOK "uacme-hook: "

/* Where the reader is. */
struct reader {
	struct talk *t;
	enum talk_step step; /* of POSTs */
	bool in_headers;
	struct span date, retry_after, document;
};

static bool ends(struct span s, const char *with)
{
	size_t len = strlen(with);

	return s.len >= len && memcmp(s.at + s.len - len, with, len) == 0;
}

static struct span after(struct span s, size_t skip)
{
	return (struct span){ s.at + skip, s.len - skip };
}

/* What stands behind the last text in s; nothing where it is not there. */
static struct span behind(struct span s, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = s.len; i >= len; i--)
		if (memcmp(s.at + i - len, text, len) == 0)
			return after(s, i);
	return (struct span){ NULL, 0 };
}

/* "https://host:port/path" to "https://host:port". */
static struct span origin_of(struct span url)
{
	struct span s;
	size_t i = 0, slashes = 0;

	(void)span_cut(&url, ' ', &s);
	while (i < s.len && (s.at[i] != '/' || ++slashes < 3))
		i++;
	return (struct span){ s.at, i };
}

static void start_request(struct reader *r, struct span url)
{
	struct talk *t = r->t;

	t->origin = origin_of(url);
	t->status = 0;
	t->broken = false;
	t->waiting = false;
	t->word = WORD_NONE;
	t->transfer = t->trouble = (struct span){ NULL, 0 };
	r->date = r->retry_after = r->document = (struct span){ NULL, 0 };
}

static const struct {
	const char *text;
	enum talk_step step;
} steps[] = {
	{ "fetching directory at ", STEP_DIRECTORY },
	{ "creating new account at ", STEP_ACCOUNT },
	{ "retrieving account at ", STEP_ACCOUNT },
	{ "creating new order at ", STEP_ORDER },
	{ "retrieving authorization at ", STEP_AUTHORIZATION },
	{ "starting challenge at ", STEP_CHALLENGE },
	{ "polling challenge status at ", STEP_CHALLENGE },
	{ "polling order status at ", STEP_POLL },
	{ "finalizing order at ", STEP_FINALIZE },
	{ "retrieving certificate at ", STEP_CERTIFICATE },
	{ "saving certificate to ", STEP_SAVE },
};

static const struct {
	const char *start, *state; /* what stands before the state */
	enum talk_word word;
} words[] = {
	{ "Account already exists at ", NULL, WORD_ACCOUNT_THERE },
	{ "no account associated with ", NULL, WORD_ACCOUNT_NONE },
	{ "invalid account status (", "(", WORD_ACCOUNT_STATUS },
	{ "account created but status ", "(", WORD_ACCOUNT_STATUS },
	{ "this ACME server requires external", NULL, WORD_EAB },
	{ "no challenge completed", NULL, WORD_DECLINED },
	{ "challenge ", " failed with status ", WORD_TURNED },
	{ "unexpected auth status (", "(", WORD_TURNED },
	{ "invalid order status (", "(", WORD_TURNED },
	{ "unexpected order status (", "(", WORD_TURNED },
};

/* What goes wrong without the CA. */
static const char *const troubles[] = { "failed to access ", "failed to stat ",
	"failed to write to ", "failed to close ", "failed to link ",
	"failed to rename ", "failed to load ", "key_load: ", "key_gen: ",
	"csr_gen: ", "failed to generate certificate request", "hook_run: " };
static const char *const trouble_ends[] = { " is not a directory",
	"printf failed", "alloc failed", "dup failed", "comp failed",
	"encode failed", ": No space left on device", ": Read-only file system",
	": Disk quota exceeded", ": Permission denied", ": Input/output error",
	": No such file or directory", ": Cannot allocate memory",
	": failed to decode key" };

static bool is_trouble(struct span line)
{
	for (size_t i = 0; i < sizeof(troubles) / sizeof(*troubles); i++)
		if (span_begins(line, troubles[i]))
			return true;
	for (size_t i = 0; i < sizeof(trouble_ends) / sizeof(*trouble_ends);
	     i++)
		if (ends(line, trouble_ends[i]))
			return true;
	return false;
}

static int number(struct span s)
{
	int n = 0;

	for (size_t i = 0; i < s.len && isdigit((unsigned char)s.at[i]); i++)
		n = n < 10000 ? n * 10 + (s.at[i] - '0') : n;
	return n;
}

/* Is line, behind "acme_get: " or "acme_post: ", about a request? */
static bool take_exchange(
    struct reader *r, struct span line, struct span rest, bool post)
{
	static const char url[] = "url=", code[] = "return code ";

	if (span_begins(line, url)) {
		start_request(r, after(line, strlen(url)));
		if (post)
			r->t->step = r->step;
	} else if (span_begins(line, "HTTP headers")) {
		r->in_headers = true;
	} else if (span_begins(line, code)) {
		r->t->status = number(after(line, strlen(code)));
		/*
		 * What uacme posts again after a broken connection is without
		 * its Content-Type: the 415 is about that, and of no use.
		 */
		if (r->t->status != 0 && r->t->status != 415)
			r->t->transfer = (struct span){ NULL, 0 };
		if (ends(line, ", json="))
			r->document = rest;
	} else {
		return span_begins(line, "HTTP body");
	}
	return true;
}

static void take_step(struct reader *r, struct span line)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (span_begins(line, steps[i].text))
			r->t->step = r->step = steps[i].step;
	/* In between: the step goes on with the next POST. */
	if (span_begins(line, "fetching new nonce at "))
		r->t->step = STEP_DIRECTORY;
}

static void take_word(struct talk *t, struct span line)
{
	struct span state;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!span_begins(line, words[i].start))
			continue;
		if (words[i].state != NULL) {
			state = behind(line, words[i].state);
			if (state.len == 0)
				continue;
			(void)span_cut(&state, ')', &t->state);
		}
		t->word = words[i].word;
	}
}

/* What names tokens, or nothing that a person wants to know. */
static bool is_chatter(struct span line)
{
	static const char *const chatter[] = { "running ", "type=", "ident=",
		"token=", "key_auth=", "eab_encode: payload=",
		"the server reported the following error:" };

	for (size_t i = 0; i < sizeof(chatter) / sizeof(*chatter); i++)
		if (span_begins(line, chatter[i]))
			return true;
	return false;
}

static void take_own(struct reader *r, struct span line, struct span rest)
{
	static const char get[] = "acme_get: ", post[] = "acme_post: ";
	struct talk *t = r->t;

	r->in_headers = false;
	if (span_begins(line, get) &&
	    take_exchange(r, after(line, strlen(get)), rest, false))
		return;
	if (span_begins(line, post) &&
	    take_exchange(r, after(line, strlen(post)), rest, true))
		return;
	if (is_chatter(line))
		return;
	t->last = line;
	if (span_begins(line, "json_parse: "))
		t->broken = true;
	else if (span_begins(line, "curl_") &&
	         behind(line, " failed: ").len > 0)
		t->transfer = behind(line, " failed: ");
	else if (t->trouble.len == 0 && is_trouble(line))
		t->trouble = line;
	if (ends(line, " seconds"))
		t->waiting = true;
	take_step(r, line);
	take_word(t, line);
}

static void take_header(struct reader *r, struct span line)
{
	static const char date[] = "date:", retry_after[] = "retry-after:";

	if (line.len > strlen(date) &&
	    strncasecmp(line.at, date, strlen(date)) == 0)
		r->date = after(line, strlen(date));
	else if (line.len > strlen(retry_after) &&
	         strncasecmp(line.at, retry_after, strlen(retry_after)) == 0)
		r->retry_after = after(line, strlen(retry_after));
}

static void take_line(struct reader *r, struct span line, struct span rest)
{
	if (span_begins(line, NAME))
		take_own(r, after(line, strlen(NAME)), rest);
	else if (span_begins(line, HOOK))
		r->t->hook = after(line, strlen(HOOK));
	else if (r->in_headers)
		take_header(r, line);
}

/* The moment that begins text by one of the forms; -1: none does. */
static int64_t moment_of(const char *text)
{
	/* RFC 9110 section 5.6.7; the words of Let's Encrypt, now and then */
	static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y",
		"%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%dT%H:%M:%SZ" };
	struct tm tm;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		memset(&tm, 0, sizeof(tm));
		if (strptime(text, forms[i], &tm) != NULL)
			return (int64_t)timegm(&tm);
	}
	return -1;
}

/* A copy that ends with a NUL, without the white space before it. */
static void copy(const char *text, size_t len, char ret_copy[64])
{
	while (len > 0 && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	if (len > 63)
		len = 63;
	if (len > 0)
		memcpy(ret_copy, text, len);
	ret_copy[len] = '\0';
}

int64_t talk_wait_s(const char *text, size_t len, int64_t now_s)
{
	char begin[64] = "";
	int64_t wait_s = 0;
	size_t i = 0;

	copy(text, len, begin);
	if (strchr(begin, '-') == NULL && isdigit((unsigned char)*begin))
		while (isdigit((unsigned char)begin[i]) &&
		       wait_s < TALK_WAIT_MAX_S)
			wait_s = wait_s * 10 + (begin[i++] - '0');
	else
		wait_s = moment_of(begin) - now_s;
	if (wait_s <= 0)
		return 0;
	return wait_s < TALK_WAIT_MAX_S ? wait_s : TALK_WAIT_MAX_S;
}

/* The same from the words "retry after ..." in an error's detail. */
static int64_t wait_of_detail(const json_t *document, int64_t now_s)
{
	static const char words_before[] = "retry after ";
	const char *text =
	    json_string_value(json_object_get(document, "detail"));
	const char *at = text != NULL ? strcasestr(text, words_before) : NULL;

	if (at == NULL)
		return 0;
	at += strlen(words_before);
	return talk_wait_s(at, strlen(at), now_s);
}

void talk_read(struct talk *t, const char *output, size_t len, int64_t now_s)
{
	struct reader r = { .t = t };
	struct span rest = { output, len }, line;
	char date[64] = "";
	int64_t date_s;

	*t = (struct talk){ 0 };
	while (rest.len > 0) {
		(void)span_cut(&rest, '\n', &line);
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		take_line(&r, line, rest);
	}
	if (r.document.len > 0) {
		t->document = json_loadb(r.document.at, r.document.len,
		    JSON_DISABLE_EOF_CHECK, NULL);
		t->broken = t->document == NULL;
	}
	copy(r.date.at, r.date.len, date);
	date_s = moment_of(date);
	if (date_s < 0)
		date_s = now_s;
	t->retry_after_s =
	    talk_wait_s(r.retry_after.at, r.retry_after.len, date_s);
	if (t->retry_after_s == 0)
		t->retry_after_s = wait_of_detail(t->document, date_s);
}

void talk_free(struct talk *t)
{
	json_decref(t->document);
	t->document = NULL;
}
