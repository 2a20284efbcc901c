/* SPDX-License-Identifier: ISC */
/*
 * A corpus as a plain test: each of its files, or each that is named, goes
 * through the fuzzer that this is linked with, in memory of exact size, so
 * that a sanitizer sees a byte too far. A fuzzer that finds a fault ends the
 * process: the name told last is then the file's. The summary is Check's.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"

#define CORPORA  "tests/fuzz/corpus/"
#define FILE_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay(const char *path)
{
	struct err err;
	char *text, *exact;
	size_t len;

	(void)printf("%s\n", path);
	(void)fflush(stdout);
	if (file_read(path, FILE_MAX, &text, &len, NULL, &err) != 0) {
		(void)printf("%s\n", err.text);
		return false;
	}
	exact = malloc(len > 0 ? len : 1);
	if (exact == NULL)
		abort();
	memcpy(exact, text, len);
	free(text);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)exact, len); /* 0 */
	free(exact);
	return true;
}

static int is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* All files below the corpus of the fuzzer that argv0 is named after. */
static bool replay_corpus(const char *argv0)
{
	const char *name = strstr(argv0, "/fuzz_");
	struct dirent **files = NULL;
	char path[512];
	bool well = true;
	int count;

	if (name == NULL)
		return false;
	name += strlen("/fuzz_");
	(void)snprintf(path, sizeof(path), CORPORA "%s", name);
	count = scandir(path, &files, is_file, alphasort);
	for (int i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), CORPORA "%s/%s", name,
		    files[i]->d_name);
		well = replay(path) && well;
		free(files[i]);
	}
	free(files);
	return well && count > 0;
}

int main(int argc, char **argv)
{
	bool well = argc > 1 || replay_corpus(argv[0]);

	for (int i = 1; i < argc; i++)
		well = replay(argv[i]) && well;
	(void)printf("%d%%: Checks: 1, Failures: %d, Errors: 0\n",
	    well ? 100 : 0, !well);
	return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
