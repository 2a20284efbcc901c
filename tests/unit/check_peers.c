/* SPDX-License-Identifier: ISC */

/* per_address: the table of peers, held against a plain count. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/worker_peers.h"

#include "suite.h"

#define KEYS  200
#define STEPS 200000
#define ROOM  256

START_TEST(peers_are_counted_as_a_plain_table_would)
{
	static unsigned count[KEYS];
	struct peers *p = peers_new(ROOM);
	unsigned seed = 4711, held = 0;

	ck_assert_ptr_nonnull(p);
	for (int i = 0; i < STEPS; i++) {
		uint8_t key[16] = { 0x20, 0x01 };
		unsigned k, most = 5;

		seed = seed * 1103515245u + 12345u;
		k = (seed >> 16) % KEYS;
		key[7] = (uint8_t)k;
		if ((seed >> 8) % 2 == 0 && held < ROOM) {
			bool entered = peers_enter(p, key, most);

			ck_assert(entered == (count[k] < most));
			count[k] += entered;
			held += entered;
		} else if (count[k] > 0) {
			peers_leave(p, key);
			count[k]--;
			held--;
		}
	}
	peers_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("daemon/worker_peers");
	TCase *t = tcase_create("peers");

	tcase_add_test(t, peers_are_counted_as_a_plain_table_would);
	suite_add_tcase(s, t);
	return suite_run(s);
}
