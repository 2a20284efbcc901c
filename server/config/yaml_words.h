/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_YAML_WORDS_H
#define CONFIG_YAML_WORDS_H

#include <stddef.h>
#include <yaml.h>

struct faults;

/* Tell f why the parser stopped in these len bytes, and what to do. */
void yaml_tell(const yaml_parser_t *y, const char *bytes, size_t len,
    const char *file, struct faults *f);

#endif
