/* SPDX-License-Identifier: ISC */

/* The lowest floor: err, log, file, arena, digest, address and loop. */

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

START_TEST(err_is_cut_and_prefixed)
{
	struct err e;
	char big[2000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, "%s", big);
	ck_assert_uint_eq(strlen(e.text), sizeof(e.text) - 1);
	err_set(&e, "is %d", 3);
	err_prefix(&e, "a.yaml:%d", 7);
	ck_assert_str_eq(e.text, "a.yaml:7: is 3");
	err_set(NULL, "nobody asked");
}
END_TEST

/* Somebody else's pipe cannot be opened anew; nobody reads it. */
START_TEST(log_to_a_full_pipe_of_another_user_does_not_block)
{
	char line[1024];
	int ends[2];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fchmod(ends[1], 0), 0);
	ck_assert(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	log_open();
	ck_assert_int_eq(log_descriptor(), STDERR_FILENO);
	for (int i = 0; i < 200; i++)
		log_error("%s", line);
	ck_assert_int_eq(read(ends[0], line, 7), 7);
	ck_assert_int_eq(memcmp(line, "error: ", 7), 0);
}
END_TEST

START_TEST(file_is_replaced_whole_and_read_below_its_cap)
{
	char dir[] = "/tmp/check_base.XXXXXX", path[64], longest[300];
	struct file_id before, after;
	struct err e;
	char *bytes;
	size_t len;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/f", dir);
	file_identify(path, &before);
	ck_assert_uint_eq(before.inode, 0);
	ck_assert_int_eq(file_replace(path, "12345", 5, 0600, &e), 0);
	ck_assert_int_eq(file_read(path, 5, &bytes, &len, &before, &e), 0);
	ck_assert_uint_eq(len, 5);
	ck_assert_str_eq(bytes, "12345");
	free(bytes);
	ck_assert_int_eq(file_read(path, 4, &bytes, &len, NULL, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "larger than 4 bytes"));
	ck_assert_int_eq(file_replace(path, "12345", 5, 0640, &e), 0);
	file_identify(path, &after);
	ck_assert(!file_same(&before, &after));
	ck_assert_uint_eq(after.mode & 0777, 0640);
	ck_assert_int_eq(file_read(dir, 9, &bytes, &len, NULL, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "not a regular file"));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(file_replace("/nowhere/f", "", 0, 0600, &e), -1);
	(void)snprintf(longest, sizeof(longest), "%s/%0255d", dir, 1);
	ck_assert_int_eq(file_replace(longest, "", 0, 0600, &e), 0);
	ck_assert_int_eq(unlink(longest), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(directories_are_made_with_their_parents)
{
	char dir[] = "/tmp/check_base.XXXXXX", path[64], link[64];
	struct err e;
	struct stat st;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/a/b/", dir);
	ck_assert_int_eq(file_make_dirs(path, 0700, &e), 0);
	ck_assert_int_eq(file_make_dirs(path, 0755, &e), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	(void)snprintf(link, sizeof(link), "%s/link", dir);
	ck_assert_int_eq(symlink("a/b", link), 0);
	ck_assert_int_eq(file_make_dirs(link, 0700, &e), 0);
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(file_replace(link, "", 0, 0600, &e), 0);
	ck_assert_int_eq(file_make_dirs(link, 0700, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "/link: is no directory"));
	ck_assert_int_eq(file_make_dirs("", 0700, &e), -1);
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(rmdir(path), 0);
	(void)snprintf(path, sizeof(path), "%s/a", dir);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(arena_gives_zeroed_aligned_memory)
{
	static const char zeros[5000];
	struct arena *a = arena_new(true);

	for (size_t i = 0; i < 3000; i++) {
		size_t len = i * 7 % 5000;
		unsigned char *p = arena_alloc(a, len);

		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		ck_assert_int_eq(memcmp(p, zeros, len), 0);
		memset(p, 0xff, len);
	}
	ck_assert_uint_ge(arena_size(a), 3000 * 2000);
	ck_assert_str_eq(arena_format(a, "%s-%d", "a", 1), "a-1");
	arena_seal(a);
	arena_free(a);
}
END_TEST

START_TEST(arena_joined_is_sealed_and_freed_with_the_other)
{
	struct arena *a = arena_new(true), *b = arena_new(true);
	size_t size;
	char *p = arena_string(a, "a"), *q = NULL;

	for (int i = 0; i < 100; i++)
		q = arena_array(b, 1000, 100);
	memcpy(q, "b", 2);
	size = arena_size(a) + arena_size(b);
	arena_join(a, b);
	ck_assert_uint_eq(arena_size(a), size);
	ck_assert_str_eq(arena_string(a, "c"), "c");
	ck_assert_str_eq(p, "a");
	arena_seal(a);
	ck_assert_str_eq(q, "b");
	arena_free(a);
	/* Neither's memory is mapped any more. */
	ck_assert_int_eq(msync(p - (uintptr_t)p % 4096, 1, MS_ASYNC), -1);
	ck_assert_int_eq(msync(q - (uintptr_t)q % 4096, 1, MS_ASYNC), -1);
}
END_TEST

START_TEST(arena_sealed_is_read_only)
{
	struct arena *a = arena_new(false);
	char *p = arena_string(a, "text");

	arena_seal(a);
	*(volatile char *)p = 'x';
}
END_TEST

START_TEST(arena_without_memory_ends_with_a_status)
{
	struct arena *a = arena_new(false);

	(void)arena_array(a, SIZE_MAX / 8, 4);
}
END_TEST

START_TEST(digest_is_sha256)
{
	unsigned char d[DIGEST_LEN];
	char hex[DIGEST_HEX_LEN + 1];

	digest_bytes("abc", 3, d);
	digest_hex(d, hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223"
	                      "b00361a396177a9cb410ff61f20015ad");
}
END_TEST

static const struct {
	const char *text, *want; /* NULL: refused */
	uint16_t port;
} endpoints[] = {
	{ "127.0.0.1:443", "127.0.0.1:443", 0 },
	{ "[::]:443", "[::]:443", 0 },
	{ "[::ffff:192.0.2.1]:80", "192.0.2.1:80", 0 },
	{ "unix:/run/x.sock", "unix:/run/x.sock", 0 },
	{ "192.0.2.1", "192.0.2.1:53", 53 },
	{ "2001:db8::1", "[2001:db8::1]:53", 53 },
	{ "[2001:db8::1]", "[2001:db8::1]:53", 53 },
	{ "192.0.2.1", NULL, 0 },
	{ "192.0.2.1:", NULL, 0 },
	{ "192.0.2.1:65536", NULL, 0 },
	{ "192.0.2.1:+1", NULL, 0 },
	{ "192.0.2.256:1", NULL, 0 },
	{ "[::1:443", NULL, 0 },
	{ "[::1]443", NULL, 0 },
	{ "localhost:443", NULL, 0 },
	{ "", NULL, 53 },
	{ "unix:run", NULL, 0 },
};

START_TEST(endpoint_is_parsed_and_told)
{
	struct endpoint e;
	struct err err;
	char text[ADDRESS_TEXT_MAX];
	int result =
	    endpoint_parse(endpoints[_i].text, endpoints[_i].port, &e, &err);

	ck_assert_int_eq(result, endpoints[_i].want ? 0 : -1);
	if (result != 0)
		return;
	endpoint_text(&e, text);
	ck_assert_str_eq(text, endpoints[_i].want);
}
END_TEST

static const struct {
	const char *network, *peer;
	bool want, refused;
} networks[] = {
	{ "192.0.2.0/24", "192.0.2.77", true, false },
	{ "192.0.2.0/24", "::ffff:192.0.2.77", true, false },
	{ "192.0.2.0/24", "192.0.3.1", false, false },
	{ "192.0.2.0/25", "192.0.2.128", false, false },
	{ "0.0.0.0/0", "203.0.113.1", true, false },
	{ "0.0.0.0/0", "2001:db8::1", false, false },
	{ "2001:db8::/33", "2001:db8:7fff::1", true, false },
	{ "2001:db8::/33", "2001:db8:8000::1", false, false },
	{ "::1", "::1", true, false },
	{ "::1", "::2", false, false },
	{ "192.0.2.0/33", NULL, false, true },
	{ "192.0.2.0/", NULL, false, true },
	{ "x/8", NULL, false, true },
};

START_TEST(network_holds_its_peers)
{
	struct network n;
	struct peer p;
	struct err err;
	int result = network_parse(networks[_i].network, &n, &err);

	ck_assert_int_eq(result, networks[_i].refused ? -1 : 0);
	if (result != 0)
		return;
	ck_assert(
	    peer_from_text(networks[_i].peer, strlen(networks[_i].peer), &p));
	ck_assert(network_holds(&n, &p) == networks[_i].want);
}
END_TEST

static const struct {
	const char *a, *b;
	bool same;
} keys[] = {
	{ "192.0.2.1", "::ffff:192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "2001:db8::1", "2001:db8::ffff:1", true },
	{ "2001:db8::1", "2001:db8:0:1::1", false },
};

START_TEST(peer_key_is_an_address_or_a_64)
{
	struct peer a, b;
	uint8_t ka[16], kb[16];

	ck_assert(peer_from_text(keys[_i].a, strlen(keys[_i].a), &a));
	ck_assert(peer_from_text(keys[_i].b, strlen(keys[_i].b), &b));
	peer_key(&a, ka);
	peer_key(&b, kb);
	ck_assert((memcmp(ka, kb, 16) == 0) == keys[_i].same);
}
END_TEST

START_TEST(peer_is_told_as_much_as_wanted)
{
	struct peer p;
	char text[ADDRESS_TEXT_MAX];

	ck_assert(peer_from_text("192.0.2.77", 10, &p));
	peer_text(&p, PEER_FULL, text);
	ck_assert_str_eq(text, "192.0.2.77");
	peer_text(&p, PEER_NET, text);
	ck_assert_str_eq(text, "192.0.2.0/24");
	peer_text(&p, PEER_OFF, text);
	ck_assert_str_eq(text, "-");
	ck_assert(peer_from_text("2001:db8:1:2::3", 15, &p));
	peer_text(&p, PEER_NET, text);
	ck_assert_str_eq(text, "2001:db8:1::/48");
}
END_TEST

struct world {
	struct loop *loop;
	struct watch a, b;
	void (*end)(struct loop *l, struct watch *w);
	struct timer timers[50];
	int fired[50], fired_count, events, signals;
};

static void on_timer(void *cookie)
{
	struct world *w = cookie;

	/* The heap hands them out in order; which one is told by its place. */
	for (int i = 0; i < 50; i++)
		if (w->timers[i].place == 0 && w->timers[i].at_ms > 0) {
			w->timers[i].at_ms = 0;
			w->fired[w->fired_count++] = i;
			break;
		}
	if (w->fired_count == 25)
		loop_stop(w->loop);
}

START_TEST(timers_fire_in_order_and_not_when_unset)
{
	struct world w = { .loop = loop_new() };
	int64_t now = loop_now_ms(w.loop);

	for (int i = 0; i < 50; i++) {
		w.timers[i].on_time = on_timer;
		w.timers[i].cookie = &w;
		loop_set(w.loop, &w.timers[i], now + (i * 37) % 50 + 1);
	}
	for (int i = 0; i < 50; i++)
		if ((i * 37) % 50 >= 25)
			loop_unset(w.loop, &w.timers[i]), w.timers[i].at_ms = 0;
	ck_assert_int_eq(loop_run(w.loop), 0);
	for (int i = 0; i < 25; i++)
		ck_assert_int_eq((w.fired[i] * 37) % 50, i);
	loop_free(w.loop);
}
END_TEST

static void on_event(void *cookie, uint32_t events)
{
	struct world *w = cookie;

	(void)events;
	w->events++;
	w->end(w->loop, &w->a);
	w->end(w->loop, &w->b);
}

static void on_stop(void *cookie)
{
	loop_stop(cookie);
}

static void (*const ends[])(
    struct loop *, struct watch *) = { loop_remove, loop_close };

START_TEST(ended_watch_is_not_called_from_the_same_batch)
{
	struct world w = { .loop = loop_new(), .end = ends[_i] };
	struct timer stop = { .on_time = on_stop, .cookie = w.loop };
	int a[2], b[2];

	ck_assert_int_eq(pipe(a), 0);
	ck_assert_int_eq(pipe(b), 0);
	w.a = (struct watch){ a[0], on_event, &w };
	w.b = (struct watch){ b[0], on_event, &w };
	ck_assert_int_eq(loop_add(w.loop, &w.a, EPOLLIN), 0);
	ck_assert_int_eq(loop_add(w.loop, &w.b, EPOLLIN), 0);
	ck_assert_int_eq(write(a[1], "x", 1), 1);
	ck_assert_int_eq(write(b[1], "x", 1), 1);
	loop_set(w.loop, &stop, clock_now_ms() + 20);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert_int_eq(w.events, 1);
	ck_assert(_i == 0 || (w.a.fd == -1 && w.b.fd == -1));
	loop_free(w.loop);
}
END_TEST

static void on_signal(void *cookie, int signal)
{
	struct world *w = cookie;

	w->signals += signal == SIGUSR1 ? 1 : 100;
	if (signal == SIGHUP)
		loop_stop(w->loop);
}

START_TEST(signals_are_callbacks)
{
	struct world w = { .loop = loop_new() };

	ck_assert_int_eq(loop_signal(w.loop, SIGUSR1, on_signal, &w), 0);
	ck_assert_int_eq(loop_signal(w.loop, SIGHUP, on_signal, &w), 0);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_int_eq(raise(SIGHUP), 0);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert_int_eq(w.signals, 101);
	loop_free(w.loop);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base");
	TCase *t = tcase_create("base");

	tcase_add_test(t, err_is_cut_and_prefixed);
	tcase_add_test(t, log_to_a_full_pipe_of_another_user_does_not_block);
	tcase_add_test(t, file_is_replaced_whole_and_read_below_its_cap);
	tcase_add_test(t, directories_are_made_with_their_parents);
	tcase_add_test(t, arena_gives_zeroed_aligned_memory);
	tcase_add_test(t, arena_joined_is_sealed_and_freed_with_the_other);
	tcase_add_exit_test(t, arena_without_memory_ends_with_a_status, 2);
#ifndef NO_SANDBOX /* a sanitizer makes an exit of the signal */
	tcase_add_test_raise_signal(t, arena_sealed_is_read_only, SIGSEGV);
#else
	(void)arena_sealed_is_read_only;
#endif
	tcase_add_test(t, digest_is_sha256);
	tcase_add_loop_test(
	    t, endpoint_is_parsed_and_told, 0, COUNT(endpoints));
	tcase_add_loop_test(t, network_holds_its_peers, 0, COUNT(networks));
	tcase_add_loop_test(t, peer_key_is_an_address_or_a_64, 0, COUNT(keys));
	tcase_add_test(t, peer_is_told_as_much_as_wanted);
	tcase_add_test(t, timers_fire_in_order_and_not_when_unset);
	tcase_add_loop_test(
	    t, ended_watch_is_not_called_from_the_same_batch, 0, 2);
	tcase_add_test(t, signals_are_callbacks);
	suite_add_tcase(s, t);
	return suite_run(s);
}
