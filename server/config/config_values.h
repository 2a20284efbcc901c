/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_CONFIG_VALUES_H
#define CONFIG_CONFIG_VALUES_H

#include "config/config_map.h"

/*
 * Readers of one value each, for the rows of the schema. Each fills its
 * target, or adds a fault and leaves it.
 */

extern const struct word on_off[];

read_fn read_section;   /* a map of its own keys, into the same struct */
read_fn read_node;      /* a map as it stands: const struct node * */
read_fn read_names;     /* words, judged later: struct names */
read_fn read_text;      /* const char * */
read_fn read_path;      /* const char *, absolute */
read_fn read_host;      /* const char *, a host name */
read_fn read_url;       /* const char *, http or https */
read_fn read_address;   /* const char *, of mail */
read_fn read_word;      /* int: the value of one of words */
read_fn read_flag;      /* bool: the same */
read_fn read_count;     /* unsigned, low to high */
read_fn read_percent;   /* unsigned */
read_fn read_time;      /* int64_t, seconds times scale */
read_fn read_endpoints; /* struct endpoints; scale: the default port */

/* config_values_list.c */
read_fn read_resolver;   /* struct endpoints, of servers for DNS */
read_fn read_networks;   /* struct settings: proxies */
read_fn read_challenges; /* struct acme */
read_fn read_acme;       /* struct reading: a section, or off */

/* The value of text among words, up to a NULL; false and a fault: none. */
bool word_of(struct reading *r, const struct key *k, const struct node *n,
    int *ret_value);

#endif
