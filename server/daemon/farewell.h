/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_FAREWELL_H
#define DAEMON_FAREWELL_H

/*
 * Keeps in the state directory until when senders may still hold what was
 * served (config/served.h): at each change of it, and again before the file's
 * own moment is over. Only the manager does. What cannot be written is told
 * once, and no fault.
 */

struct farewell;
struct generation;
struct loop;
struct served;

/*
 * Read what was kept, before first lives. A file of a newer version is left
 * alone, one that cannot be used is set aside; where there is none by then,
 * what was served before first (its last good catalog) counts until now.
 */
struct farewell *farewell_new(struct loop *l, const struct generation *first);
void farewell_free(struct farewell *f);

/* g is what is served from now on. */
void farewell_follow(struct farewell *f, const struct generation *g);

/* For as long as nothing follows. */
const struct served *farewell_served(const struct farewell *f);

#endif
