/* SPDX-License-Identifier: ISC */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/host.h"

/*
 * One request head, read as its bytes come: whole, bounded, strict (RFC 9112;
 * RULES P), and made canonical. What is ambiguous is refused, never guessed.
 */

#define GATE_HEAD_MAX  8192 /* bytes */
#define GATE_LINE_MAX  4096 /* the request line */
#define GATE_PATH_MAX  256  /* a canonical path and NUL; a longer one is "/-" */
#define GATE_PART_MAX  640  /* what is kept of a target or a field's value */
#define GATE_AGENT_MAX 121  /* what is kept of User-Agent, and NUL */

enum gate_state {
	GATE_MORE,    /* go on feeding */
	GATE_WHOLE,   /* gate_request has the request */
	GATE_REFUSED, /* gate_status has the status to answer */
};

/* Only methods of RFC 9110 and PATCH; another is 501. */
enum method { METHOD_GET, METHOD_HEAD, METHOD_OTHER };

/* After a refusal: as much of it as was understood. */
struct request {
	enum method method;
	char method_name[8];      /* as sent; an unknown one is cut */
	bool named;               /* a host was named, ours or not */
	char host[HOST_MAX + 1];  /* lower case, no port, no dot; "": none */
	char path[GATE_PATH_MAX]; /* nothing is decoded; "/-": never ours */
	char forwarded[64];       /* the last X-Forwarded-For, or "" */
	char target[128];         /* the start of what was asked, for the log */
	char agent[GATE_AGENT_MAX]; /* the first User-Agent's start, as sent */
};

/* Embedded in a connection; its fields are the gate's own. */
struct gate {
	const char *sni;
	struct request request;
	uint64_t content_length;
	uint16_t status;
	uint16_t head_len, line_len, part_len;
	uint8_t state, step, version;
	int8_t field;
	bool method_unknown, absolute, host_seen, length_seen;
	bool coding_seen, coding_unknown, chunked, part_over, agent_seen;
	char part[GATE_PART_MAX]; /* of the line that is being read */
};

/*
 * Begin. sni: the name of the TLS session (it outlives the gate), to which
 * Host must be equal, or 421; NULL on a listener without TLS.
 */
void gate_init(struct gate *g, const char *sni);

/*
 * len bytes came. A fault of form is refused at the byte that shows it, all
 * others at the end of the head, so that 400 comes before 505, 501 and 421.
 * What follows a whole head is never looked at (one connection carries one
 * request), but a body that is announced on GET or HEAD is refused.
 */
enum gate_state gate_feed(struct gate *g, const char *bytes, size_t len);

/* The status of a refusal: 400, 414, 421, 431, 501, 505. */
unsigned gate_status(const struct gate *g);
/* HEAD was asked (known after the method), so that a refusal has no body. */
bool gate_is_head(const struct gate *g);
/* Has not one byte come? */
bool gate_is_empty(const struct gate *g);
const struct request *gate_request(const struct gate *g);

#endif
