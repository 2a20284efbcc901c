/* SPDX-License-Identifier: ISC */
/*
 * What the parts of a head mean: the four forms of a target (RFC 9112 section
 * 3.2), and the fields that say where a request goes and where it ends. All
 * that two readers could read differently is refused: no list of lengths, no
 * coding after chunked, no host with a byte that a name never has.
 */
#include "http/gate_field.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "http/gate.h"

#define LETTERS    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS     "0123456789"
#define HOST_BYTES LETTERS DIGITS "-._"
#define PATH_BYTES LETTERS DIGITS "-._~/"

/* RFC 9110 section 5.6.2: tchar. */
bool gate_is_token(unsigned char c)
{
	unsigned char lower = c | 0x20;

	if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

/* Are all of them bytes of alphabet (which has no NUL)? */
static bool all_of(const char *bytes, size_t len, const char *alphabet)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == '\0' || strchr(alphabet, bytes[i]) == NULL)
			return false;
	return true;
}

/* An IPv6 address with nothing around it. */
static bool is_ipv6(const char *bytes, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ip;

	if (len >= sizeof(text) || memchr(bytes, '\0', len) != NULL)
		return false;
	memcpy(text, bytes, len);
	text[len] = '\0';
	return inet_pton(AF_INET6, text, &ip) == 1;
}

/* Labels, none of them empty; one dot at the end is passed over. */
static bool is_name(const char *bytes, size_t len)
{
	if (len > 0 && bytes[len - 1] == '.')
		len--;
	if (len == 0 || len > HOST_MAX || !all_of(bytes, len, HOST_BYTES))
		return false;
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == '.' && (i == 0 || bytes[i - 1] == '.'))
			return false;
	return bytes[len - 1] != '.';
}

/*
 * host[:port] (RFC 3986 section 3.2, without userinfo). 0, *ret_port whether
 * a port was given, and the host in the form of policy/host.h, or "" where it
 * is a host that can never be ours (an address, a single label); or -1: no
 * host at all.
 */
static int read_authority(
    const char *bytes, size_t len, char ret_host[HOST_MAX + 1], bool *ret_port)
{
	const char *end = bytes + len;
	const char *colon;
	bool literal = len > 0 && bytes[0] == '[';

	if (literal) {
		const char *close = memchr(bytes, ']', len);

		if (close == NULL ||
		    !is_ipv6(bytes + 1, (size_t)(close - bytes) - 1))
			return -1;
		colon = close + 1;
		if (colon < end && *colon != ':')
			return -1;
	} else {
		colon = memchr(bytes, ':', len);
		if (colon == NULL)
			colon = end;
		if (!is_name(bytes, (size_t)(colon - bytes)))
			return -1;
	}
	if (colon < end &&
	    !all_of(colon + 1, (size_t)(end - colon) - 1, DIGITS))
		return -1;
	*ret_port = end - colon > 1;
	if (literal ||
	    !host_from_wire(bytes, (size_t)(colon - bytes), ret_host))
		ret_host[0] = '\0';
	return 0;
}

/*
 * RFC 8461 section 3.2 names the one path exactly, so what is not written as
 * our paths are is none of them, and libmicrohttpd never sees it.
 */
static void keep_path(struct gate *g, const char *path, size_t len)
{
	if (len >= GATE_PATH_MAX || g->part_over ||
	    !all_of(path, len, PATH_BYTES)) {
		path = "/-";
		len = 2;
	}
	memcpy(g->request.path, path, len);
	g->request.path[len] = '\0';
}

/* The authority of a target overrides Host (RFC 9112 section 3.2.2). */
static unsigned judge_absolute(struct gate *g)
{
	static const char *const schemes[] = { "http://", "https://" };
	const char *end = g->part + g->part_len;
	const char *at = NULL;
	const char *path;
	bool port;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i]);

		if (g->part_len > len &&
		    strncasecmp(g->part, schemes[i], len) == 0)
			at = g->part + len;
	}
	if (at == NULL)
		return 400;
	for (path = at; path < end && *path != '/' && *path != '?';)
		path++;
	if ((path == end && g->part_over) ||
	    read_authority(at, (size_t)(path - at), g->request.host, &port) !=
	        0)
		return 400;
	g->absolute = true;
	if (path == end)
		keep_path(g, "/", 1);
	else
		keep_path(g, path, (size_t)(end - path));
	return 0;
}

/*
 * Where a CONNECT wants to go is not what it asks of us: Host says that, and
 * it stays what is held against the SNI.
 */
static unsigned judge_tunnel(struct gate *g)
{
	char host[HOST_MAX + 1];
	bool port;

	if (g->part_over ||
	    read_authority(g->part, g->part_len, host, &port) != 0 || !port)
		return 400;
	keep_path(g, "/", 1);
	return 0;
}

unsigned gate_judge_target(struct gate *g)
{
	const char *method = g->request.method_name;

	if (strcmp(method, "CONNECT") == 0)
		return judge_tunnel(g);
	if (g->part[0] == '/') {
		keep_path(g, g->part, g->part_len);
		return 0;
	}
	if (g->part_len == 1 && g->part[0] == '*') {
		if (strcmp(method, "OPTIONS") != 0)
			return 400;
		keep_path(g, "/", 1);
		return 0;
	}
	return judge_absolute(g);
}

static unsigned judge_host(struct gate *g)
{
	char host[HOST_MAX + 1];
	bool port;

	if (g->host_seen || g->part_over ||
	    read_authority(g->part, g->part_len, host, &port) != 0)
		return 400;
	g->host_seen = true;
	if (!g->absolute)
		memcpy(g->request.host, host, strlen(host) + 1);
	return 0;
}

/* No body may be announced on GET and HEAD (RULES P1). */
static bool is_bodiless(const struct gate *g)
{
	return g->request.method != METHOD_OTHER;
}

/*
 * RFC 9110 section 8.6 lets a recipient take a list of equal lengths or refuse
 * it. It is refused: no honest sender writes one, and what stands before us
 * may have read another member.
 */
static unsigned judge_length(struct gate *g)
{
	uint64_t value = 0;

	if (g->part_len == 0 || g->part_over || g->coding_seen ||
	    !all_of(g->part, g->part_len, DIGITS))
		return 400;
	for (size_t i = 0; i < g->part_len; i++) {
		uint64_t digit = (uint64_t)(g->part[i] - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return 400;
		value = value * 10 + digit;
	}
	if (g->length_seen && g->content_length != value)
		return 400;
	if (value > 0 && is_bodiless(g))
		return 400;
	g->length_seen = true;
	g->content_length = value;
	return 0;
}

/* One member of Transfer-Encoding: a token, for other codings parameters. */
static unsigned judge_coding(struct gate *g, const char *bytes, size_t len)
{
	static const char chunked[] = "chunked";
	size_t name = 0;
	size_t next;

	while (name < len && gate_is_token((unsigned char)bytes[name]))
		name++;
	for (next = name; next < len && strchr(" \t", bytes[next]) != NULL;)
		next++;
	if (name == 0 || (next < len && bytes[next] != ';'))
		return 400;
	/* Nothing may follow chunked, not even itself (RFC 9112 6.1). */
	if (g->chunked)
		return 400;
	if (name != strlen(chunked) || strncasecmp(bytes, chunked, name) != 0) {
		g->coding_unknown = true;
		return 0;
	}
	g->chunked = true;
	return next < len ? 400 : 0; /* it knows no parameters (7.1) */
}

static unsigned judge_codings(struct gate *g)
{
	const char *at = g->part;
	const char *end = g->part + g->part_len;

	if (g->part_over || g->length_seen || is_bodiless(g) ||
	    g->version == VERSION_1_0)
		return 400;
	g->coding_seen = true;
	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma != NULL ? comma : end;

		while (at < stop && strchr(" \t", *at) != NULL)
			at++;
		if (judge_coding(g, at, (size_t)(stop - at)) != 0)
			return 400;
		if (comma == NULL)
			return 0;
		at = comma + 1;
	}
}

/*
 * Only the last value was written by the proxy that speaks to us; an earlier
 * one never stands in for it, for a stranger may have written that.
 */
static unsigned judge_forwarded(struct gate *g)
{
	char *forwarded = g->request.forwarded;
	size_t len = g->part_len;

	if (len >= sizeof(g->request.forwarded) || g->part_over)
		len = 0;
	for (size_t i = 0; i < len; i++)
		if (g->part[i] <= 0x20 || g->part[i] > 0x7e)
			len = 0;
	memcpy(forwarded, g->part, len);
	forwarded[len] = '\0';
	return 0;
}

/* For the log alone: nothing that is said there is a fault. */
static unsigned keep_agent(struct gate *g)
{
	char *agent = g->request.agent;
	size_t cut = sizeof(g->request.agent) - 1;
	size_t len = g->part_len < cut ? g->part_len : cut;

	if (g->agent_seen)
		return 0;
	g->agent_seen = true;
	memcpy(agent, g->part, len);
	agent[len] = '\0';
	return 0;
}

static const struct {
	const char *name;
	unsigned (*judge)(struct gate *g);
	bool last;
} fields[] = {
	{ "host", judge_host, false },
	{ "content-length", judge_length, false },
	{ "transfer-encoding", judge_codings, false },
	{ "x-forwarded-for", judge_forwarded, true },
	{ "user-agent", keep_agent, false },
};

int gate_find_field(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i].name) == len &&
		    strncasecmp(fields[i].name, name, len) == 0)
			return (int)i;
	return -1;
}

bool gate_wants_last(int field)
{
	return field >= 0 && fields[field].last;
}

unsigned gate_judge_field(struct gate *g, int field)
{
	return fields[field].judge(g);
}
