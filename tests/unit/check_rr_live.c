/* SPDX-License-Identifier: ISC */

/* What DNS answered, as text, and whether it says the same. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "ctl/rr_live.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define WIRE(w)  w, sizeof(w) - 1

static const struct {
	enum rr_type type;
	const char *wire;
	size_t len;
	const char *value; /* NULL: malformed */
} wires[] = {
	{ RR_A, WIRE("\xc0\0\2\7"), "192.0.2.7" },
	{ RR_A, WIRE("\xc0\0\2"), NULL },
	{ RR_AAAA, WIRE("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7"),
	    "2001:db8::7" },
	{ RR_AAAA, WIRE("\xc0\0\2\7"), NULL },
	/* RULES T3: the strings of one record are joined without a space. */
	{ RR_TXT, WIRE("\10v=STSv1;\5id=1;"), "v=STSv1;id=1;" },
	{ RR_TXT, WIRE("\0"), "" },
	{ RR_TXT, WIRE(""), "" },
	{ RR_TXT, WIRE("\4a\"\\b"), "a\"\\b" },
	{ RR_TXT, WIRE("\5a\n\0\x1b\xff"), "a\\010\\000\\027\\255" },
	{ RR_TXT, WIRE("\5abc"), NULL },
	{ RR_TXT, WIRE("\1a\1"), NULL },
	{ RR_CNAME, WIRE("\4mail\7example\0"), "mail.example" },
	{ RR_CNAME, WIRE("\0"), "" },
	{ RR_CNAME, WIRE("\3a.b\2\x1b c\0"), NULL },
	{ RR_CNAME, WIRE("\3a.b\3\x1b c\0"), "a\\046b.\\027\\032c" },
	{ RR_CNAME, WIRE("\4mail"), NULL },
	{ RR_CNAME, WIRE("\4mail\xc0\0"), NULL },
	{ RR_CNAME, WIRE("\4mail\0x"), NULL },
	{ RR_CNAME, WIRE(""), NULL },
	{ RR_CAA, WIRE("\0\5issueca.example"), "0 issue \"ca.example\"" },
	{ RR_CAA, WIRE("\x80\5issue"), "128 issue \"\"" },
	{ RR_CAA, WIRE("\0\0ca"), NULL },
	{ RR_CAA, WIRE("\0\5issu"), NULL },
	{ RR_CAA, WIRE("\0"), NULL },
	{ (enum rr_type)99, WIRE("abc"), NULL },
};

START_TEST(wire_becomes_text)
{
	struct arena *a = arena_new(false);
	unsigned char *copy = malloc(wires[_i].len + 1);
	const char *value;

	/* Exactly as long as it is, for the sanitizers. */
	memcpy(copy, wires[_i].wire, wires[_i].len);
	copy = realloc(copy, wires[_i].len > 0 ? wires[_i].len : 1);
	value = rr_from_wire(wires[_i].type, copy, wires[_i].len, a);
	ck_assert_pstr_eq(value, wires[_i].value);
	free(copy);
	arena_free(a);
}
END_TEST

static const struct {
	enum rr_type type;
	const char *one, *other;
	bool same;
} couples[] = {
	{ RR_CNAME, "a.example", "A.Example", true },
	{ RR_CNAME, "a.example", "b.example", false },
	{ RR_TXT, "v=STSv1; id=1;", "v=STSv1; id=1;", true },
	{ RR_TXT, "v=STSv1; id=1;", "v=STSv1;id=1", true },
	{ RR_TXT, "v=STSv1; id=1;", "v=STSv1 ;\tid=1 ; ", true },
	{ RR_TXT, "v=STSv1; id=1;", "v=STSv1; id=1; x=2;", false },
	{ RR_TXT, "v=STSv1; id=1;", "v=STSv1; id=12;", false },
	{ RR_TXT, "v=STSv1; id=1;", "v=STSv1; id=", false },
	{ RR_TXT, "v=STSv1; id=1;", "v=stsv1; id=1;", false },
	{ RR_TXT, "v=STSv1; id=1;", " v=STSv1; id=1;", false },
	{ RR_TXT, "v=STSv1; id=1;", ";v=STSv1; id=1;", false },
	{ RR_TXT, "v=STSv1; id=1;", "v=STSv1; i d=1;", false },
	{ RR_TXT, "v=STSv1; id=1;", "v=STSv1; id =1;", false },
	{ RR_TXT, "v=STSv1; id=1;", "", false },
	{ RR_TXT, "v=TLSRPTv1; rua=mailto:a@x,mailto:b@x",
	    "v=TLSRPTv1;rua=mailto:a@x, mailto:b@x;", true },
	{ RR_TXT, "v=TLSRPTv1; rua=mailto:a@x,mailto:b@x",
	    "v=TLSRPTv1; rua=mailto:a@x", false },
	{ RR_CAA, "0 issue \"a\"", "0 issue \"a\"", true },
	{ RR_CAA, "0 issue \"a\"", "0 issue \"A\"", false },
};

START_TEST(rfc8461_3_1_white_space_beside_separators_is_nothing)
{
	ck_assert_int_eq(
	    rr_same(couples[_i].type, couples[_i].one, couples[_i].other),
	    couples[_i].same);
	ck_assert_int_eq(
	    rr_same(couples[_i].type, couples[_i].other, couples[_i].one),
	    couples[_i].same);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rr_live");
	TCase *t = tcase_create("rr_live");

	tcase_add_loop_test(t, wire_becomes_text, 0, COUNT(wires));
	tcase_add_loop_test(t,
	    rfc8461_3_1_white_space_beside_separators_is_nothing, 0,
	    COUNT(couples));
	suite_add_tcase(s, t);
	return suite_run(s);
}
