/* SPDX-License-Identifier: ISC */
/*
 * Any bytes, as the first that a peer sends: records, a ClientHello, its names
 * and protocols. A certificate is on its way only to who names a host of ours,
 * and a challenge's only to who asks as a CA does; everybody else gets an alert
 * and nothing more. However the bytes are cut, the session comes to the same
 * end.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "made.h"
#include "pieces.h"
#include "policy/host.h"
#include "tls/session.h"
#include "truths.h"

#define OURS "mta-sts.a.example" /* has a pair, and a challenge waits */
#define BARE "mta-sts.b.example" /* has no pair yet */
#define IDLE "mta-sts.c.example" /* has a pair, and nothing waits */

#define HEADER    5 /* of a record */
#define ALERT     21
#define HANDSHAKE 22
#define HELLO_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pair *find(void *cookie, const char *host, enum sni *why)
{
	const struct made *m = cookie;

	assert(host_is_valid(host, strlen(host)));
	if (strcmp(host, OURS) == 0 || strcmp(host, IDLE) == 0)
		return &m->pair;
	*why = strcmp(host, BARE) == 0 ? SNI_NO_PAIR : SNI_UNKNOWN;
	return NULL;
}

static bool challenge(
    void *cookie, const char *host, unsigned char ret_digest[32])
{
	(void)cookie;
	memset(ret_digest, 7, 32);
	return strcmp(host, OURS) == 0;
}

static struct tls *tls_made(void)
{
	static struct made m;
	static struct tls *t;
	const struct tls_calls calls = { find, challenge, &m };

	if (t == NULL) {
		make(&m, OURS);
		t = tls_new(&calls, 1 << 20, NULL);
		assert(t != NULL);
	}
	return t;
}

/* What the records carry of a handshake, so that cuts do not hide a name. */
static size_t join(const uint8_t *data, size_t size, char ret_joined[HELLO_MAX])
{
	size_t at = 0, len = 0, part;

	while (size - at > HEADER && len < HELLO_MAX) {
		part = (size_t)data[at + 3] << 8 | data[at + 4];
		if (part > size - at - HEADER)
			part = size - at - HEADER;
		if (part > HELLO_MAX - len)
			part = HELLO_MAX - len;
		if (data[at] == HANDSHAKE)
			memcpy(ret_joined + len, data + at + HEADER, part);
		len += data[at] == HANDSHAKE ? part : 0;
		at += HEADER + part;
	}
	return len;
}

static bool has(
    const char *bytes, size_t len, const char *wanted, size_t wanted_len)
{
	for (size_t i = 0; i + wanted_len <= len; i++)
		if (strncasecmp(bytes + i, wanted, wanted_len) == 0)
			return true;
	return false;
}

/* The extension as RFC 6066 section 3 has it, with that name alone? */
static bool names(const char *bytes, size_t len, const char *host, size_t dot)
{
	size_t n = strlen(host) + dot;
	const unsigned char head[] = { 0, (unsigned char)(n + 5), 0,
		(unsigned char)(n + 3), 0, 0, (unsigned char)n };

	for (size_t i = 0; i + sizeof(head) + n <= len; i++)
		if (memcmp(bytes + i, head, sizeof(head)) == 0 &&
		    strncasecmp(bytes + i + sizeof(head), host, n - dot) == 0 &&
		    (dot == 0 || bytes[i + sizeof(head) + n - 1] == '.'))
			return true;
	return false;
}

/* Records to be sent: alerts alone? */
static bool is_alert(const unsigned char *bytes, size_t len)
{
	size_t at = 0;

	while (at + HEADER <= len && bytes[at] == ALERT)
		at += HEADER + (size_t)(bytes[at + 3] << 8 | bytes[at + 4]);
	return at == len;
}

static void must_be_discreet(
    struct session *s, const uint8_t *data, size_t size)
{
	static char joined[HELLO_MAX];
	size_t sent, len = join(data, size, joined);
	const void *bytes = session_pending(s, &sent);
	const char *host = session_host(s);

	assert(session_state(s) != SESSION_OPEN);
	assert((session_state(s) == SESSION_FAILED) == (*session_why(s) != 0));
	must_be_seen(session_why(s));
	assert(*host == '\0' || host_is_valid(host, strlen(host)));
	assert(*host == '\0' || names(joined, len, host, 0) ||
	       names(joined, len, host, 1));
	assert(session_sni(s) != SNI_NONE || *host == '\0');
	if (session_is_challenge(s))
		assert(strcmp(host, OURS) == 0 &&
		       has(joined, len, "\012acme-tls/1", 11));
	if (!is_alert(bytes, sent))
		assert(session_sni(s) == SNI_OK &&
		       (strcmp(host, OURS) == 0 || strcmp(host, IDLE) == 0));
	assert(session_write(s, "x", 1, false) != 0);
	session_sent(s, sent);
	(void)session_pending(s, &sent);
	assert(sent == 0);
}

static void must_be_same(const struct session *a, const struct session *b)
{
	assert(session_state(a) == session_state(b));
	assert(session_sni(a) == session_sni(b));
	assert(session_is_challenge(a) == session_is_challenge(b));
	assert(strcmp(session_host(a), session_host(b)) == 0);
	assert(strcmp(session_why(a), session_why(b)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session *whole = session_new(tls_made());
	struct session *cut = session_new(tls_made());
	size_t step = size / 7 + 1;

	assert(whole != NULL && cut != NULL);
	(void)session_take(whole, data, size); /* it is looked at */
	for (size_t at = 0; at < size; at += step)
		(void)session_take(
		    cut, data + at, size - at < step ? size - at : step);
	must_be_same(whole, cut);
	must_be_discreet(whole, data, size);
	session_free(whole);
	session_free(cut);
	return 0;
}
