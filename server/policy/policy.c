/* SPDX-License-Identifier: ISC */

/*
 * One RFC 8461 policy: judged, rendered and named by its id. What is rendered
 * has one shape for ever, since the id is made of it. How a policy is read is
 * in policy_parse.c.
 */

#include "policy/policy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"

static const char *const mode_texts[] = {
	[MODE_NONE] = "none",
	[MODE_TESTING] = "testing",
	[MODE_ENFORCE] = "enforce",
};

const char *mode_text(enum mode m)
{
	return mode_texts[m];
}

int mode_from_text(const char *text, enum mode *ret_mode)
{
	static const enum mode all[] = { MODE_NONE, MODE_TESTING,
		MODE_ENFORCE };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(text, mode_texts[all[i]]) == 0) {
			*ret_mode = all[i];
			return 0;
		}
	}
	return -1;
}

static int judge(const struct policy *p, struct err *err)
{
	if (p->max_age > POLICY_MAX_AGE_MAX) {
		err_set(err,
		    "max_age %" PRIu32 " is above %d (RFC 8461 section 3.2)",
		    p->max_age, POLICY_MAX_AGE_MAX);
		return -1;
	}
	if (p->mx_count == 0 && p->mode != MODE_NONE) {
		err_set(err,
		    "mode %s needs at least one mx (RFC 8461 section 3.2)",
		    mode_text(p->mode));
		return -1;
	}
	return 0;
}

struct text {
	char bytes[POLICY_BYTES_MAX + 1];
	size_t len; /* of all lines, also of those that did not fit */
};

static void add_line(struct text *t, const char *key, const char *value)
{
	bool fits = t->len < sizeof(t->bytes);
	int n = snprintf(fits ? t->bytes + t->len : NULL,
	    fits ? sizeof(t->bytes) - t->len : 0, "%s: %s\r\n", key, value);

	assert(n > 0);
	t->len += (size_t)n;
}

int policy_render(const struct policy *p, struct arena *a,
    const char **ret_bytes, size_t *ret_len, struct err *err)
{
	struct text t = { .len = 0 };
	char max_age[16];

	if (judge(p, err) != 0)
		return -1;
	(void)snprintf(max_age, sizeof(max_age), "%" PRIu32, p->max_age);
	add_line(&t, "version", "STSv1");
	add_line(&t, "mode", mode_text(p->mode));
	for (size_t i = 0; i < p->mx_count; i++)
		add_line(&t, "mx", p->mx[i]);
	add_line(&t, "max_age", max_age);
	if (t.len > POLICY_BYTES_MAX) {
		err_set(err,
		    "the policy has %zu bytes; above %d a sender cuts it short",
		    t.len, POLICY_BYTES_MAX);
		return -1;
	}
	*ret_bytes = arena_copy(a, t.bytes, t.len);
	*ret_len = t.len;
	return 0;
}

void policy_id(const char *bytes, size_t len, char ret_id[POLICY_ID_LEN + 1])
{
	unsigned char digest[DIGEST_LEN];
	char hex[DIGEST_HEX_LEN + 1];

	digest_bytes(bytes, len, digest);
	digest_hex(digest, hex);
	memcpy(ret_id, hex, POLICY_ID_LEN - 1);
	memcpy(ret_id + POLICY_ID_LEN - 1, "Z", 2);
}

bool policy_id_is_valid(const char *id, size_t len)
{
	static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "abcdefghijklmnopqrstuvwxyz0123456789";

	return len > 0 && len <= POLICY_ID_MAX && strspn(id, alnum) >= len;
}
