/* SPDX-License-Identifier: ISC */
/*
 * The PROXY protocol, versions 1 and 2, read to the letter of haproxy's
 * proxy-protocol.txt and no wider: who sends it is believed about the peer's
 * address, so what is not quite it is no header, and what follows judges it.
 * Bytes that can no longer become one are told at once, so that a stranger who
 * came past the proxy is not waited for. TLVs are passed over unread.
 */
#include "http/proxy.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/address.h"

#define V1_MAX   107 /* with its CRLF */
#define V1_WORDS 6   /* PROXY, family, addresses and ports of both ends */
#define V2_FIXED 16  /* signature, version, command, family, length */

static const unsigned char v2_signature[12] = "\r\n\r\n\0\r\nQUIT\n";

/* What is known of a version 1 line. */
struct line {
	bool v6, unknown;
	struct peer source;
	uint16_t port;
};

/*
 * The judgements of a word come in two forms: whole, or cut where the bytes
 * end so far. A cut one is well where more bytes may make it so.
 */
static bool is_word(const char *text, size_t len, bool whole, const char *want)
{
	size_t want_len = strlen(want);

	return len <= want_len && (!whole || len == want_len) &&
	       memcmp(text, want, len) == 0;
}

static bool judge_family(
    const char *text, size_t len, bool whole, struct line *line)
{
	if (is_word(text, len, whole, "UNKNOWN"))
		line->unknown = whole;
	else if (is_word(text, len, whole, "TCP6"))
		line->v6 = true;
	else
		return is_word(text, len, whole, "TCP4");
	return true;
}

static bool judge_ip(
    const char *text, size_t len, bool whole, bool v6, struct peer *ret_peer)
{
	const char *alphabet = v6 ? "0123456789abcdefABCDEF:." : "0123456789.";

	if (len > (v6 ? 45 : 15)) /* ::ffff: and four bytes in decimal */
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0' || strchr(alphabet, text[i]) == NULL)
			return false;
	if (!whole)
		return true;
	return (memchr(text, ':', len) != NULL) == v6 &&
	       peer_from_text(text, len, ret_peer);
}

/* Decimal, without a zero before it. */
static bool judge_port(
    const char *text, size_t len, bool whole, uint16_t *ret_port)
{
	unsigned port = 0;

	if (len > 5 || (len > 1 && text[0] == '0') || (whole && len == 0))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (unsigned)(text[i] - '0');
	}
	*ret_port = (uint16_t)port;
	return port <= UINT16_MAX;
}

static bool judge_word(
    int index, const char *text, size_t len, bool whole, struct line *line)
{
	struct peer target;
	uint16_t target_port;

	switch (index) {
	case 0:
		return is_word(text, len, whole, "PROXY");
	case 1:
		return judge_family(text, len, whole, line);
	case 2:
		return judge_ip(text, len, whole, line->v6, &line->source);
	case 3:
		return judge_ip(text, len, whole, line->v6, &target);
	case 4:
		return judge_port(text, len, whole, &line->port);
	case 5:
		return judge_port(text, len, whole, &target_port);
	default:
		return false;
	}
}

/* The len bytes before the CR, or, where it did not come yet, all there are. */
static bool judge_line(
    const char *text, size_t len, bool whole, struct line *line)
{
	const char *end = text + len;

	for (int i = 0; i < V1_WORDS; i++) {
		const char *space = memchr(text, ' ', (size_t)(end - text));
		const char *stop = space != NULL ? space : end;

		if (!judge_word(i, text, (size_t)(stop - text),
		        whole || space != NULL, line))
			return false;
		if (line->unknown)
			return true; /* what follows it is ignored */
		if (space == NULL)
			return !whole || i == V1_WORDS - 1;
		text = space + 1;
	}
	return false; /* a space after the last word */
}

static int read_v1(const char *text, size_t len, struct peer *ret_peer)
{
	struct line line = { .v6 = false };
	size_t most = len < V1_MAX - 1 ? len : V1_MAX - 1;
	const char *cr = memchr(text, '\r', most);
	size_t text_len = cr != NULL ? (size_t)(cr - text) : most;

	if (memchr(text, '\n', text_len) != NULL ||
	    !judge_line(text, text_len, cr != NULL, &line))
		return -1;
	if (cr == NULL)
		return len < V1_MAX - 1 ? 0 : -1;
	if (text_len + 1 == len)
		return 0;
	if (cr[1] != '\n')
		return -1;
	if (!line.unknown) {
		*ret_peer = line.source;
		ret_peer->port = line.port;
	}
	return (int)text_len + 2;
}

/*
 * The family and transport of a PROXY command. *ret_size: the bytes that its
 * addresses take; 0 where there are none that we know how to read.
 */
static bool judge_v2_family(unsigned char family, size_t *ret_size)
{
	static const size_t sizes[] = { 0, 12, 36, 216 };
	unsigned net = family >> 4;
	unsigned transport = family & 0x0f;

	if (net >= sizeof(sizes) / sizeof(sizes[0]) || transport > 2)
		return false;
	*ret_size = transport == 0 ? 0 : sizes[net];
	return true;
}

static void read_v2_source(
    const unsigned char *addresses, size_t size, struct peer *ret_peer)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t ip_len = size == 12 ? 4 : 16;
	const unsigned char *port = addresses + 2 * ip_len;

	memcpy(ret_peer->ip, mapped, sizeof(mapped));
	memcpy(ret_peer->ip + 16 - ip_len, addresses, ip_len);
	ret_peer->port = (uint16_t)(port[0] << 8 | port[1]);
}

static int read_v2(
    const unsigned char *bytes, size_t len, struct peer *ret_peer)
{
	size_t size = 0;
	size_t total;
	bool local;

	if (len > 12 && bytes[12] != 0x20 && bytes[12] != 0x21)
		return -1;
	local = len > 12 && bytes[12] == 0x20;
	/* Of LOCAL the family is ignored, whatever it says. */
	if (len > 13 && !local && !judge_v2_family(bytes[13], &size))
		return -1;
	if (len > 14 && (size_t)bytes[14] << 8 > PROXY_HEADER_MAX - V2_FIXED)
		return -1;
	if (len < V2_FIXED)
		return 0;
	total = V2_FIXED + ((size_t)bytes[14] << 8 | bytes[15]);
	if (total > PROXY_HEADER_MAX || total < V2_FIXED + size)
		return -1;
	if (len < total)
		return 0;
	if (size == 12 || size == 36)
		read_v2_source(bytes + V2_FIXED, size, ret_peer);
	return (int)total;
}

int proxy_read(const void *bytes, size_t len, struct peer *ret_peer)
{
	size_t start = len < sizeof(v2_signature) ? len : sizeof(v2_signature);

	if (memcmp(bytes, v2_signature, start) == 0)
		return len == 0 ? 0 : read_v2(bytes, len, ret_peer);
	return read_v1(bytes, len, ret_peer);
}
