/* SPDX-License-Identifier: ISC */

/* Whoever is to serve shakes hands with itself, or does not serve. */

#include <check.h>
#include <openssl/ssl.h>
#include <string.h>

#include "base/err.h"
#include "tls/session_part.h"
#include "tls/session_prove.h"

#include "suite.h"

static struct tls *tls;
static struct err err;

static const struct pair *find_none(
    void *cookie, const char *host, enum sni *ret_why)
{
	(void)host;
	ck_assert_ptr_eq(cookie, &tls);
	*ret_why = SNI_UNKNOWN;
	return NULL;
}

static void set_up(void)
{
	const struct tls_calls calls = { find_none, NULL, &tls };

	err.text[0] = '\0';
	tls = tls_new(&calls, 1 << 20, &err);
	ck_assert_msg(tls != NULL, "%s", err.text);
}

static void tear_down(void)
{
	tls_free(tls);
}

START_TEST(what_can_shake_hands_proves_it_and_is_as_before)
{
	ck_assert_msg(session_prove(tls, &err) == 0, "%s", err.text);
	ck_assert(tls->calls.find == find_none);
	ck_assert_ptr_null(tls->calls.challenge);
	ck_assert_ptr_eq(tls->calls.cookie, &tls);
}
END_TEST

/* As after an allocation that failed in SSL_CTX_new, which says nothing. */
START_TEST(a_lost_signature_algorithm_is_no_proof)
{
	ck_assert_int_eq(SSL_CTX_set1_sigalgs_list(tls->ctx, "RSA+SHA256"), 1);
	ck_assert_int_eq(session_prove(tls, &err), -1);
	ck_assert_msg(strstr(err.text, "kind of key") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session_prove");
	TCase *t = tcase_create("session_prove");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, what_can_shake_hands_proves_it_and_is_as_before);
	tcase_add_test(t, a_lost_signature_algorithm_is_no_proof);
	suite_add_tcase(s, t);
	return suite_run(s);
}
