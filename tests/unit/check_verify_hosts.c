/* SPDX-License-Identifier: ISC */

/* MX hosts that are asked once; the asking itself is in tests/e2e. */

#include "suite.h"

#include "base/loop.h"
#include "ctl/verify_hosts.h"

/* There is no DNS here: whoever were asked would end the test. */
START_TEST(rules_c8_nobody_is_asked_when_the_time_is_over)
{
	struct verify_hosts *h = verify_hosts_new(NULL, NULL, 10000);

	ck_assert_ptr_null(verify_hosts_ask(h, "mx.example", clock_now_ms()));
	ck_assert_ptr_null(verify_hosts_ask(h, "mx.example", clock_now_ms()));
	ck_assert(!verify_hosts_all_closed(h));
	verify_hosts_free(h);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify_hosts");
	TCase *c = tcase_create("time");

	tcase_add_test(c, rules_c8_nobody_is_asked_when_the_time_is_over);
	suite_add_tcase(s, c);
	return suite_run(s);
}
