/*
 * Error type with context.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"

static const int err_statuses[ERR_COUNT] = {
#define ERR(name, status, meaning) [ERR_##name] = status,
#include "base/err.def"
#undef ERR
};

/*
 * Through a copy, since an argument may be err->text.  Names and words from
 * input get into texts, and texts get into logs: one line each, and no control
 * sequence for a terminal.
 */
static void
format(struct err *err, const char *fmt, va_list ap)
{
	char text[ERR_TEXT_MAX];

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	text_clean(text, ' ');
	memcpy(err->text, text, strlen(text) + 1);
}

/*
 * Append ": " and the tail.  What is too long is cut, first the text that is
 * there, down to a half: the tail says what went wrong.
 */
static void
append(struct err *err, const char *tail)
{
	size_t room = sizeof(err->text) - sizeof(": ");
	size_t len = strlen(err->text), tail_len = strlen(tail);
	size_t keep = tail_len < room / 2 ? tail_len : room / 2;

	if (len > room - keep)
		len = room - keep;
	if (tail_len > room - len)
		tail_len = room - len;
	memcpy(err->text + len, ": ", 2);
	memcpy(err->text + len + 2, tail, tail_len);
	err->text[len + 2 + tail_len] = '\0';
}

int
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return -1;
	err->code = code;
	va_start(ap, fmt);
	format(err, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_system(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (err == NULL)
		return -1;
	err->code = ERR_SYSTEM;
	va_start(ap, fmt);
	format(err, fmt, ap);
	va_end(ap);
	append(err, strerror(saved));
	errno = saved;
	return -1;
}

int
err_nomem(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

int
err_context(struct err *err, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	va_list ap;

	if (err == NULL)
		return -1;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	format(err, fmt, ap);
	va_end(ap);
	append(err, old);
	return -1;
}

int
err_status(const struct err *err)
{
	return err_statuses[err->code];
}
