/* SPDX-License-Identifier: ISC */

/*
 * A bounded message. Each of the three deeds leaves a whole string, cut where
 * it does not fit.
 */

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
}

void err_set_errno(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t len;

	if (e == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	(void)snprintf(
	    e->text + len, sizeof(e->text) - len, ": %s", strerror(saved));
}

void err_prefix(struct err *e, const char *fmt, ...)
{
	struct err old;
	va_list ap;
	size_t len;

	if (e == NULL)
		return;
	old = *e;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	(void)snprintf(e->text + len, sizeof(e->text) - len, ": %s", old.text);
}
