/* SPDX-License-Identifier: ISC */
/*
 * The gate under libFuzzer. The first byte chooses the listener. However the
 * bytes are cut, the gate comes to the same end; and what passes it is spelled
 * in the alphabets that the site relies on.
 */
#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "http/gate.h"

#define SNI "mta-sts.example.com"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_alphabet(const char *text, size_t cap, const char *others)
{
	size_t len = strnlen(text, cap);

	assert(len < cap);
	for (size_t i = 0; i < len; i++)
		assert(isalnum((unsigned char)text[i]) ||
		       strchr(others, text[i]) != NULL);
}

static void check_printable(const char *text, size_t cap)
{
	size_t len = strnlen(text, cap);

	assert(len < cap);
	for (size_t i = 0; i < len; i++)
		assert(text[i] > 0x20 && text[i] < 0x7f);
}

static void check_whole(const struct request *r, bool is_head, const char *sni)
{
	check_alphabet(r->method_name, sizeof(r->method_name), "");
	check_alphabet(r->path, sizeof(r->path), "-._~/");
	assert(r->path[0] == '/');
	assert(r->host[0] == '\0' ||
	       host_is_valid(r->host, strnlen(r->host, sizeof(r->host))));
	assert(sni == NULL || strcmp(r->host, sni) == 0);
	assert((r->method == METHOD_GET) == !strcmp(r->method_name, "GET"));
	assert((r->method == METHOD_HEAD) == !strcmp(r->method_name, "HEAD"));
	assert((r->method == METHOD_HEAD) == is_head);
}

/* The head that the site makes of it: the gate takes it, and as the same. */
static void check_canonical(const struct request *r, const char *sni)
{
	char head[GATE_HEAD_MAX];
	const struct request *again;
	struct gate g;
	int len =
	    snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: %s\r\n\r\n",
	        r->method_name, r->path, r->host[0] == '\0' ? SNI : r->host);

	assert(len > 0 && (size_t)len < sizeof(head));
	gate_init(&g, sni);
	assert(gate_feed(&g, head, (size_t)len) == GATE_WHOLE);
	again = gate_request(&g);
	assert(again->method == r->method);
	assert(strcmp(again->path, r->path) == 0);
	assert(r->host[0] == '\0' || strcmp(again->host, r->host) == 0);
}

static void check_refused(unsigned status)
{
	static const unsigned known[] = { 400, 414, 421, 431, 501, 505 };
	size_t i = 0;

	while (i < sizeof(known) / sizeof(known[0]) && known[i] != status)
		i++;
	assert(i < sizeof(known) / sizeof(known[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *sni = size > 0 && (data[0] & 1) != 0 ? SNI : NULL;
	const char *bytes = (const char *)data + (size > 0);
	size_t len = size > 0 ? size - 1 : 0;
	struct gate whole, single;
	enum gate_state state = GATE_MORE;

	gate_init(&whole, sni);
	gate_init(&single, sni);
	for (size_t i = 0; i < len; i++)
		state = gate_feed(&single, bytes + i, 1);
	assert(gate_feed(&whole, bytes, len) == state);
	assert(memcmp(&whole, &single, sizeof(whole)) == 0);
	assert(gate_is_empty(&whole) == (len == 0));
	assert((gate_status(&whole) != 0) == (state == GATE_REFUSED));
	check_printable(whole.request.target, sizeof(whole.request.target));
	check_printable(
	    whole.request.forwarded, sizeof(whole.request.forwarded));
	/* CONNECT asks for no path, which is put there all the same. */
	if (state == GATE_WHOLE &&
	    strcmp(gate_request(&whole)->method_name, "CONNECT") != 0)
		check_canonical(gate_request(&whole), sni);
	if (state == GATE_WHOLE)
		check_whole(gate_request(&whole), gate_is_head(&whole), sni);
	else if (state == GATE_REFUSED)
		check_refused(gate_status(&whole));
	else
		assert(len <= GATE_HEAD_MAX);
	return 0;
}
