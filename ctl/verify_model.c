/* SPDX-License-Identifier: ISC */

/*
 * Reports as they grow: findings are added, check after check, and in the end
 * they give the verdict.
 */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "verify_codes.h"
#include "verify_judge.h"

#define ROOM_FIRST 16

const struct verify_code *verify_code_at(size_t index)
{
	if (index < verify_codes_policy_count)
		return &verify_codes_policy[index];
	index -= verify_codes_policy_count;
	return index < verify_codes_mail_count ? &verify_codes_mail[index]
	                                       : NULL;
}

const struct verify_code *verify_code_find(const char *name)
{
	const struct verify_code *code = NULL;

	for (size_t i = 0; (code = verify_code_at(i)) != NULL; i++)
		if (strcmp(code->name, name) == 0)
			break;
	return code;
}

const char *verify_grade_text(enum verify_grade g)
{
	static const char *const texts[] = {
		[VERIFY_OK] = "ok",
		[VERIFY_NOT_CHECKED] = "not checked",
		[VERIFY_PENDING] = "pending",
		[VERIFY_WARNING] = "warning",
		[VERIFY_BROKEN] = "broken",
	};

	return texts[g];
}

static void make_room(struct verify_report *r)
{
	struct verify_finding *more;

	if (r->count < r->room)
		return;
	r->room = r->room == 0 ? ROOM_FIRST : 2 * r->room;
	more = arena_array(r->arena, r->room, sizeof(*more));
	if (r->count != 0)
		memcpy(more, r->findings, r->count * sizeof(*more));
	r->findings = more;
}

static const char *keep(struct verify_report *r, const char *text)
{
	return text == NULL ? "" : arena_string(r->arena, text);
}

/* The last one of a code that is there as often as it is told; or NULL. */
static struct verify_finding *find_full(
    const struct verify_report *r, const struct verify_code *code)
{
	struct verify_finding *last = NULL;
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		if (r->findings[i].code == code) {
			last = &r->findings[i];
			count++;
		}
	return count < VERIFY_ALIKE_MAX ? NULL : last;
}

void verify_add_mild(struct verify_report *r, const char *code,
    enum verify_grade at_most, const char *about, const char *expected,
    const char *found)
{
	const struct verify_code *of = verify_code_find(code);
	enum verify_grade grade;
	struct verify_finding *f;

	assert(of != NULL);
	grade = of->grade < at_most ? of->grade : at_most;
	f = find_full(r, of);
	if (f != NULL) {
		f->more++;
		if (grade <= f->grade)
			return;
	} else {
		make_room(r);
		f = &r->findings[r->count++];
	}
	f->code = of;
	f->grade = grade;
	f->about = keep(r, about);
	f->expected = keep(r, expected);
	f->found = keep(r, found);
}

void verify_add(struct verify_report *r, const char *code, const char *about,
    const char *expected, const char *found)
{
	verify_add_mild(r, code, VERIFY_BROKEN, about, expected, found);
}

static bool is_live(const struct verify_report *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->findings[i].code->name, "txt-missing") == 0)
			return false;
	return true;
}

void verify_conclude(struct verify_report *r)
{
	bool live = is_live(r);

	r->verdict = VERIFY_OK;
	for (size_t i = 0; i < r->count; i++) {
		struct verify_finding *f = &r->findings[i];

		if (!live && f->grade > VERIFY_PENDING)
			f->grade = VERIFY_PENDING;
		if (f->grade > r->verdict)
			r->verdict = f->grade;
	}
}

void verify_skip(struct verify_report *r, const char *check, const char *why)
{
	verify_add_mild(r, check, VERIFY_NOT_CHECKED, r->domain, NULL, why);
}
