/* SPDX-License-Identifier: ISC */
#ifndef HTTP_GATE_FIELD_H
#define HTTP_GATE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/* For http/gate alone: the grammar of a target and of single fields. */

struct gate;

/* g->version: ten times the number; all others are the same to us. */
enum { VERSION_OTHER = 0, VERSION_1_0 = 10, VERSION_1_1 = 11 };

/* May c stand in a token (RFC 9110 section 5.6.2)? */
bool gate_is_token(unsigned char c);

/* The request's target, the len bytes of g->part. 0, or the status: 400. */
unsigned gate_judge_target(struct gate *g);

/*
 * The index of a field that the gate must understand, by its name; -1: one of
 * the others.
 */
int gate_find_field(const char *name, size_t len);
/* Is the field a list of which only the last member counts? */
bool gate_wants_last(int field);
/* Its value, g->part without white space around it. 0, or the status: 400. */
unsigned gate_judge_field(struct gate *g, int field);

#endif
