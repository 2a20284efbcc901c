/* SPDX-License-Identifier: ISC */
/*
 * The gate stands before every listener: it reads one request head byte by
 * byte, by a table of steps, and keeps of it only the part that is being read
 * and what it meant. It refuses what RFC 9112 calls malformed and what two
 * readers could read in two ways (RULES P1 to P3). No byte that came through
 * it is ever passed on: a site is given a method, a path and a host that are
 * spelled in alphabets of our own.
 */
#include "http/gate.h"

#include <string.h>

#include "http/gate_field.h"

enum step {
	STEP_START,   /* before the request line */
	STEP_SKIP_LF, /* in the one empty line that is let pass */
	STEP_METHOD,
	STEP_TARGET,
	STEP_VERSION,
	STEP_LINE_LF, /* after the CR of any line but the last */
	STEP_LINE,    /* at the start of a field line */
	STEP_NAME,
	STEP_VALUE,
	STEP_END_LF, /* after the CR of the last, empty line */
};

void gate_init(struct gate *g, const char *sni)
{
	memset(g, 0, sizeof(*g));
	g->sni = sni;
	g->state = GATE_MORE;
	g->request.method = METHOD_OTHER;
}

static void begin(struct gate *g, enum step step)
{
	g->step = (uint8_t)step;
	g->part_len = 0;
	g->part_over = false;
}

static void keep(struct gate *g, unsigned char c)
{
	if (g->part_len < sizeof(g->part))
		g->part[g->part_len++] = (char)c;
	else
		g->part_over = true;
}

/* Methods are case-sensitive (RFC 9110 section 9.1). */
static void judge_method(struct gate *g)
{
	static const char *const known[] = { "GET", "HEAD", "POST", "PUT",
		"DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH" };
	char *name = g->request.method_name;
	size_t cut = sizeof(g->request.method_name) - 1;
	size_t len = g->part_len < cut ? g->part_len : cut;

	memcpy(name, g->part, len);
	g->method_unknown = true;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i]) == g->part_len &&
		    strcmp(known[i], name) == 0)
			g->method_unknown = false;
	if (g->method_unknown)
		return;
	if (strcmp(name, "GET") == 0)
		g->request.method = METHOD_GET;
	else if (strcmp(name, "HEAD") == 0)
		g->request.method = METHOD_HEAD;
}

/* The head is whole and well formed: what is left to say against it? */
static unsigned judge_head(struct gate *g)
{
	struct request *r = &g->request;

	if (g->version == VERSION_1_1 && !g->host_seen)
		return 400;
	if (g->version == VERSION_OTHER)
		return 505;
	if (g->method_unknown || g->coding_unknown)
		return 501;
	if (g->sni != NULL && !g->host_seen && !g->absolute) {
		size_t len = strnlen(g->sni, HOST_MAX);

		memcpy(r->host, g->sni, len);
		r->host[len] = '\0';
	}
	if (g->sni != NULL && strcmp(r->host, g->sni) != 0)
		return 421;
	r->named = g->host_seen || g->absolute;
	g->state = GATE_WHOLE;
	return 0;
}

static unsigned take_method(struct gate *g, unsigned char c)
{
	if (c == ' ' && g->part_len > 0) {
		judge_method(g);
		begin(g, STEP_TARGET);
		return 0;
	}
	if (!gate_is_token(c))
		return 400;
	g->step = STEP_METHOD;
	keep(g, c);
	return 0;
}

static unsigned take_start(struct gate *g, unsigned char c)
{
	if (c != '\r')
		return take_method(g, c);
	g->step = STEP_SKIP_LF;
	return 0;
}

static unsigned take_skip_lf(struct gate *g, unsigned char c)
{
	if (c != '\n')
		return 400;
	g->step = STEP_METHOD;
	return 0;
}

static unsigned take_target(struct gate *g, unsigned char c)
{
	if (c == ' ' && g->part_len > 0) {
		unsigned status = gate_judge_target(g);

		begin(g, STEP_VERSION);
		return status;
	}
	/* A fragment is the client's own business (RFC 9110 section 7.1). */
	if (c <= 0x20 || c > 0x7e || c == '#')
		return 400;
	if (g->part_len < sizeof(g->request.target) - 1)
		g->request.target[g->part_len] = (char)c;
	keep(g, c);
	return 0;
}

static unsigned take_version(struct gate *g, unsigned char c)
{
	static const char form[] = "HTTP/d.d";
	bool digit = c >= '0' && c <= '9';

	if (g->part_len < strlen(form)) {
		char want = form[g->part_len];

		if (want == 'd' ? !digit : c != (unsigned char)want)
			return 400;
		keep(g, c);
		return 0;
	}
	if (c != '\r')
		return 400;
	/* A higher minor version is taken as 1.1 (RFC 9110 section 2.5). */
	if (memcmp(g->part, "HTTP/1.0", g->part_len) == 0)
		g->version = VERSION_1_0;
	else if (memcmp(g->part, "HTTP/1.", g->part_len - 1) == 0)
		g->version = VERSION_1_1;
	g->step = STEP_LINE_LF;
	return 0;
}

static unsigned take_line_lf(struct gate *g, unsigned char c)
{
	if (c != '\n')
		return 400;
	begin(g, STEP_LINE);
	return 0;
}

/* A space here, of an obs-fold or before the first field, is no token. */
static unsigned take_name(struct gate *g, unsigned char c)
{
	if (c == ':' && g->part_len > 0) {
		int field =
		    g->part_over ? -1 : gate_find_field(g->part, g->part_len);

		begin(g, STEP_VALUE);
		g->field = (int8_t)field;
		return 0;
	}
	if (!gate_is_token(c))
		return 400;
	g->step = STEP_NAME;
	keep(g, c);
	return 0;
}

static unsigned take_line(struct gate *g, unsigned char c)
{
	if (c != '\r')
		return take_name(g, c);
	g->step = STEP_END_LF;
	return 0;
}

static bool is_space(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static unsigned take_value(struct gate *g, unsigned char c)
{
	if (c == '\r') {
		g->step = STEP_LINE_LF;
		if (g->field < 0)
			return 0;
		while (g->part_len > 0 &&
		       is_space((unsigned char)g->part[g->part_len - 1]))
			g->part_len--;
		return gate_judge_field(g, g->field);
	}
	if ((c < 0x20 && c != '\t') || c == 0x7f)
		return 400;
	if (c == ',' && gate_wants_last(g->field))
		begin(g, STEP_VALUE);
	else if (g->field >= 0 && (g->part_len > 0 || !is_space(c)))
		keep(g, c);
	return 0;
}

static unsigned take_end_lf(struct gate *g, unsigned char c)
{
	return c == '\n' ? judge_head(g) : 400;
}

/* One byte: 0, or the status of the fault that it shows. */
static unsigned take(struct gate *g, unsigned char c)
{
	static unsigned (*const steps[])(struct gate * g, unsigned char c) = {
		[STEP_START] = take_start,
		[STEP_SKIP_LF] = take_skip_lf,
		[STEP_METHOD] = take_method,
		[STEP_TARGET] = take_target,
		[STEP_VERSION] = take_version,
		[STEP_LINE_LF] = take_line_lf,
		[STEP_LINE] = take_line,
		[STEP_NAME] = take_name,
		[STEP_VALUE] = take_value,
		[STEP_END_LF] = take_end_lf,
	};

	if (++g->head_len > GATE_HEAD_MAX)
		return 431;
	if (g->step <= STEP_VERSION && c != '\r' && c != '\n' &&
	    ++g->line_len > GATE_LINE_MAX)
		return 414;
	return steps[g->step](g, c);
}

enum gate_state gate_feed(struct gate *g, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && g->state == GATE_MORE; i++) {
		unsigned status = take(g, (unsigned char)bytes[i]);

		if (status == 0)
			continue;
		g->status = (uint16_t)status;
		g->state = GATE_REFUSED;
	}
	return (enum gate_state)g->state;
}

unsigned gate_status(const struct gate *g)
{
	return g->status;
}

bool gate_is_head(const struct gate *g)
{
	return g->request.method == METHOD_HEAD;
}

bool gate_is_empty(const struct gate *g)
{
	return g->head_len == 0;
}

const struct request *gate_request(const struct gate *g)
{
	return &g->request;
}
