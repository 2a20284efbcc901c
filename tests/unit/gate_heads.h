/* SPDX-License-Identifier: ISC */
#ifndef UNIT_GATE_HEADS_H
#define UNIT_GATE_HEADS_H

#include <check.h>
#include <string.h>

#include "http/gate.h"

/*
 * What the two tables of heads share. Every head ends with the byte that
 * decides it: the gate must wait before that byte, and never later.
 */

#define OURS    "mta-sts.example.com"
#define POLICY  "/.well-known/mta-sts.txt"
#define B(text) text, sizeof(text) - 1

/* The common parts of a head. */
#define H     "Host: " OURS "\r\n"
#define GET   "GET " POLICY " HTTP/1.1\r\n"
#define POST  "POST " POLICY " HTTP/1.1\r\n"
#define END   "\r\n"
#define X8    "xxxxxxxx"
#define X64   X8 X8 X8 X8 X8 X8 X8 X8
#define X256  X64 X64 X64 X64
#define X1024 X256 X256 X256 X256
#define Z8    "00000000"
#define Z64   Z8 Z8 Z8 Z8 Z8 Z8 Z8 Z8
#define ZEROS Z64 Z64 Z64 Z64 Z64 Z64 Z64 Z64

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/*
 * Feed all but the last byte, which must leave the gate waiting, then the
 * last; then the same a byte at a time, and cut in two: nothing may differ.
 * (A long head is not cut at every place: that would take long.)
 */
static inline void feed(
    struct gate *g, const char *sni, const char *bytes, size_t len)
{
	struct gate other;
	enum gate_state state;

	gate_init(g, sni);
	ck_assert(gate_is_empty(g));
	ck_assert_int_eq(gate_feed(g, bytes, len - 1), GATE_MORE);
	state = gate_feed(g, bytes + len - 1, 1);
	ck_assert_int_ne(state, GATE_MORE);
	ck_assert(!gate_is_empty(g));
	gate_init(&other, sni);
	for (size_t i = 0; i < len; i++)
		(void)gate_feed(&other, bytes + i, 1); /* the last one counts */
	ck_assert_mem_eq(&other, g, sizeof(other));
	for (size_t cut = 0; cut <= len; cut += 1 + len / 512) {
		gate_init(&other, sni);
		(void)gate_feed(&other, bytes, cut); /* as above */
		ck_assert_int_eq(
		    gate_feed(&other, bytes + cut, len - cut), state);
		ck_assert_uint_eq(gate_status(&other), gate_status(g));
	}
	/* What was decided stays so, whatever comes. */
	other = *g;
	ck_assert_int_eq(gate_feed(g, "\0GET", 4), state);
	ck_assert_mem_eq(&other, g, sizeof(other));
}

#endif
