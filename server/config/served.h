/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_SERVED_H
#define CONFIG_SERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Until when senders may still hold a policy that was served once (RFC 8461
 * section 8.3; RULES H15), in STATE/served. What is served now may be fetched
 * until as_of, which the file has some way ahead of the clock: whoever is
 * killed has not promised too little. Policies of mode none do not count. All
 * moments are in seconds since the epoch.
 */

struct catalog;
struct catalog_entry;
struct err;

struct served;

#define SERVED_AHEAD_S 60 /* as_of, of the clock: write before it is over */

struct served *served_new(void);
void served_free(struct served *s);

enum served_found {
	SERVED_WHOLE,
	SERVED_NONE,   /* there is no file; s stays empty, as below */
	SERVED_NEWER,  /* of a version to come, and err */
	SERVED_BROKEN, /* not to be used, and err says why */
};

/*
 * Read STATE/served into s, which is empty. Nothing is served yet: what was,
 * was so until the file's as_of.
 */
enum served_found served_read(
    struct served *s, const char *state, struct err *err);

/* Replace it by s. 0; or -1 and err. */
int served_write(const struct served *s, const char *state, struct err *err);

/* Rename it to served.corrupt, for a person to look at. 0; or -1 and err. */
int served_set_aside(const char *state, struct err *err);

/*
 * From now on c is what is served, of it what is_served says; what is so no
 * longer may be held from here on, until its max_age is over. Was it a change?
 */
bool served_follow(struct served *s, const struct catalog *c,
    bool (*is_served)(const void *cookie, const struct catalog_entry *e),
    const void *cookie, int64_t now);

/*
 * It is served still. A clock that is set back by less than a day takes no
 * moment back; one that is set back by more was wrong before.
 */
void served_go_on(struct served *s, int64_t now);

/* Until when any policy of domain may be held; 0: none is, by now. */
int64_t served_until(const struct served *s, const char *domain, int64_t now);

/* The domains it has, in their order. */
size_t served_count(const struct served *s);
const char *served_domain(const struct served *s, size_t index);

#endif
