/* SPDX-License-Identifier: ISC */

/* The log: one sanitised line an event, dropped and counted where it is late.
 */

#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#include "suite.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static int from_log;

/* Each test is a process of its own: its standard error is ours to take. */
static void take_stderr(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	(void)close(ends[1]);
	from_log = ends[0];
	(void)unsetenv("JOURNAL_STREAM");
	log_open();
}

/* All that was told. */
static const char *told(void)
{
	static char text[8192];
	ssize_t n = read(from_log, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static const struct {
	const char *text, *plain, *json;
} lines[] = {
	{ "one", "one", "one" },
	{ "b\xc3\xbc"
	  "cher \xe2\x82\xac \xf0\x9f\x93\xa7",
	    "b\xc3\xbc"
	    "cher \xe2\x82\xac \xf0\x9f\x93\xa7",
	    "b\xc3\xbc"
	    "cher \xe2\x82\xac \xf0\x9f\x93\xa7" },
	{ "a\nb\x1b[m\x7f", "a\\x0ab\\x1b[m\\x7f",
	    "a\\u000ab\\u001b[m\\u007f" },
	{ "\"\\", "\"\\", "\\u0022\\u005c" },
	/* a C1 control, a turn of direction, what is not UTF-8 */
	{ "\xc2\x9b", "\\xc2\\x9b", "\\u00c2\\u009b" },
	{ "\xe2\x80\xae", "\\xe2\\x80\\xae", "\\u00e2\\u0080\\u00ae" },
	{ "\xc0\xaf\xe2\x82", "\\xc0\\xaf\\xe2\\x82",
	    "\\u00c0\\u00af\\u00e2\\u0082" },
};

START_TEST(a_line_is_sanitised)
{
	char want[256];
	const char *json;

	log_warn("%s", lines[_i].text);
	(void)snprintf(want, sizeof(want), "warning: %s\n", lines[_i].plain);
	ck_assert_str_eq(told(), want);
	log_configure(LOG_LEVEL_INFO, true);
	log_warn("%s", lines[_i].text);
	json = told();
	ck_assert_int_eq(strncmp(json, "{\"time\":", 8), 0);
	json = strchr(json, ',');
	(void)snprintf(want, sizeof(want),
	    ",\"level\":\"warning\",\"text\":\"%s\"}\n", lines[_i].json);
	ck_assert_pstr_eq(json, want);
}
END_TEST

START_TEST(a_long_line_is_cut_and_stays_one_line)
{
	static const char *const fill[] = { "x", "\n", "\xe2\x82\xac" };

	for (int json = 0; json < 2; json++)
		for (int i = 0; i < COUNT(fill); i++) {
			char text[6000] = "";
			const char *line;

			for (size_t n = 0; n + 4 < sizeof(text);
			     n += strlen(fill[i]))
				memcpy(text + n, fill[i], strlen(fill[i]) + 1);
			log_configure(LOG_LEVEL_INFO, json == 1);
			log_info("%s", text);
			line = told();
			ck_assert_uint_gt(strlen(line), 1500);
			ck_assert_ptr_eq(
			    strchr(line, '\n'), line + strlen(line) - 1);
			if (json == 1)
				ck_assert_str_eq(
				    line + strlen(line) - 3, "\"}\n");
		}
}
END_TEST

/* A stranger's value, and how it stands in an event. */
static const struct {
	const char *value, *plain, *json;
} values[] = {
	{ "curl/7.88.1", "curl/7.88.1", "curl/7.88.1" },
	{ "-", "-", "-" },
	{ "a b", "\"a b\"", "a b" },
	{ " status=200", "\" status=200\"", " status=200" },
	{ "status=200", "\"status=200\"", "status=200" },
	{ "\" status=200 x=\"", "\"\\\" status=200 x=\\\"\"",
	    "\\u0022 status=200 x=\\u0022" },
	{ "\",\"status\":200,\"x\":\"",
	    "\"\\\",\\\"status\\\":200,\\\"x\\\":\\\"\"",
	    "\\u0022,\\u0022status\\u0022:200,\\u0022x\\u0022:\\u0022" },
	{ "\\", "\"\\\\\"", "\\u005c" },
	{ "a\nerror: b\r\tc", "\"a\\x0aerror: b\\x0d\\x09c\"",
	    "a\\u000aerror: b\\u000d\\u0009c" },
	{ "\x1b]0;x\a\x7f", "\"\\x1b]0;x\\x07\\x7f\"",
	    "\\u001b]0;x\\u0007\\u007f" },
	{ "b\xc3\xbc", "\"b\xc3\xbc\"", "b\xc3\xbc" },
	/* not UTF-8, C1, turns of direction, an invisible one */
	{ "\xff\xc3", "\"\\xff\\xc3\"", "\\u00ff\\u00c3" },
	{ "\xc2\x9b", "\"\\xc2\\x9b\"", "\\u00c2\\u009b" },
	{ "\xe2\x80\xae", "\"\\xe2\\x80\\xae\"", "\\u00e2\\u0080\\u00ae" },
	{ "\xe2\x81\xa6", "\"\\xe2\\x81\\xa6\"", "\\u00e2\\u0081\\u00a6" },
	{ "\xe2\x80\x8b", "\"\\xe2\\x80\\x8b\"", "\\u00e2\\u0080\\u008b" },
};

START_TEST(no_value_of_an_event_forges_another)
{
	const struct log_field fields[] = {
		{ .name = "host", .text = "a.example" },
		{ .name = "none", .text = "" },
		{ .name = "path", .text = values[_i].value, .alone = true },
		{ .name = "agent", .text = values[_i].value },
		{ .name = "bytes", .number = UINT64_MAX },
	};
	char want[512], time[25] = "";
	const char *line, *at;

	log_event(LOG_LEVEL_INFO, "fetch", fields, COUNT(fields), "it is so");
	line = told();
	at = strstr(line, " time=");
	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(sscanf(at, " time=%24[-0-9T:.Z]: it", time), 1);
	ck_assert_uint_eq(strlen(time), strlen("2026-12-01T00:00:00.000Z"));
	(void)snprintf(want, sizeof(want),
	    "info: fetch host=a.example %s agent=%s "
	    "bytes=18446744073709551615 time=%s: it is so\n",
	    values[_i].plain, values[_i].plain, time);
	ck_assert_str_eq(line, want);
	log_configure(LOG_LEVEL_INFO, true);
	log_event(LOG_LEVEL_INFO, "fetch", fields, COUNT(fields), "it is so");
	line = told();
	ck_assert_int_eq(strncmp(line, "{\"time\":", 8), 0);
	(void)snprintf(want, sizeof(want),
	    ",\"level\":\"info\",\"text\":\"fetch\",\"host\":\"a.example\","
	    "\"path\":\"%s\",\"agent\":\"%s\","
	    "\"bytes\":18446744073709551615,\"why\":\"it is so\"}\n",
	    values[_i].json, values[_i].json);
	ck_assert_pstr_eq(strchr(line, ','), want);
}
END_TEST

/* Every byte takes six: what finds no room is left out, and all is closed. */
START_TEST(an_event_too_long_leaves_fields_out)
{
	char value[400], rest[64];
	struct log_field fields[9];
	const char *line;
	int told_fields = 0;

	memset(value, '"', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < 8; i++)
		fields[i] = (struct log_field){ .name = "v", .text = value };
	fields[8] = (struct log_field){ .name = "last", .number = 7 };
	log_configure(LOG_LEVEL_INFO, true);
	log_event(LOG_LEVEL_INFO, "fetch", fields, 9, "why not");
	line = told();
	for (const char *at = line; (at = strstr(at, "\"v\":\"\\u0022")); at++)
		told_fields++;
	ck_assert_int_eq(told_fields, 1);
	(void)snprintf(
	    rest, sizeof(rest), "\\u0022\",\"last\":7,\"why\":\"why not\"}\n");
	ck_assert_str_eq(line + strlen(line) - strlen(rest), rest);
}
END_TEST

START_TEST(a_long_value_is_cut_in_text)
{
	char value[400];
	const struct log_field fields[] = {
		{ .name = "agent", .text = value },
		{ .name = "bytes", .number = 1 },
	};
	const char *line;

	memset(value, ' ', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	log_event(LOG_LEVEL_INFO, "fetch", fields, COUNT(fields), NULL);
	line = told();
	ck_assert_ptr_nonnull(strstr(line, "  ...\" bytes=1 time="));
	ck_assert_uint_lt(strlen(line), 200);
}
END_TEST

START_TEST(a_level_is_told_or_not)
{
	log_configure(LOG_LEVEL_NOTICE, false);
	log_info("not told");
	log_event(LOG_LEVEL_INFO, "not told", NULL, 0, NULL);
	log_notice("told");
	ck_assert_str_eq(told(), "notice: told\n");
}
END_TEST

/* systemd.exec(5): the device and inode of its stream, in decimal. */
START_TEST(under_journald_a_level_is_a_number)
{
	const struct log_field field = { .name = "status", .number = 200 };
	struct stat st;
	char stream[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	(void)setenv("JOURNAL_STREAM", stream, 1);
	log_open();
	log_error("told");
	ck_assert_str_eq(told(), "<3>told\n");
	log_event(LOG_LEVEL_INFO, "told", &field, 1, "so");
	ck_assert_str_eq(told(), "<6>told status=200: so\n"); /* no time */
	(void)setenv("JOURNAL_STREAM", "8:1", 1);
	log_open();
	log_error("told");
	ck_assert_str_eq(told(), "error: told\n");
}
END_TEST

START_TEST(what_cannot_be_written_at_once_is_counted)
{
	char filler[4096];
	unsigned dropped = 0;
	const char *line;

	memset(filler, 'x', sizeof(filler));
	ck_assert_int_eq(
	    fcntl(log_descriptor(), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	while (write(log_descriptor(), filler, sizeof(filler)) > 0)
		continue;
	ck_assert_int_eq(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0);
	for (; dropped < 3; dropped++)
		log_event(LOG_LEVEL_INFO, "lost", NULL, 0, NULL);
	while (told()[0] != '\0')
		continue;
	log_info("found");
	line = told();
	ck_assert_str_eq(
	    line, "warning: 3 lines of the log were dropped\ninfo: found\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_checked_fixture(t, take_stderr, NULL);
	tcase_add_loop_test(t, a_line_is_sanitised, 0, COUNT(lines));
	tcase_add_test(t, a_long_line_is_cut_and_stays_one_line);
	tcase_add_loop_test(
	    t, no_value_of_an_event_forges_another, 0, COUNT(values));
	tcase_add_test(t, an_event_too_long_leaves_fields_out);
	tcase_add_test(t, a_long_value_is_cut_in_text);
	tcase_add_test(t, a_level_is_told_or_not);
	tcase_add_test(t, under_journald_a_level_is_a_number);
	tcase_add_test(t, what_cannot_be_written_at_once_is_counted);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
