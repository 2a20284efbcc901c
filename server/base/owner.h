/* SPDX-License-Identifier: ISC */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

struct err;

/* Whose a directory is, and root's way down to be that one. */

/*
 * Make directory dir where there is none, with its parents. Made by root it
 * is the user's alone, if there is such a user. 0, also where it was there;
 * or -1 and err.
 */
int owner_make_dir(const char *dir, const char *user, struct err *err);

/*
 * As root, become the owner of dir, for ever; as anybody else, or where dir
 * is root's or is not there, stay. 0; or -1 and err.
 */
int owner_become(const char *dir, struct err *err);

#endif
