/*
 * Texts of the twin test.
 */

#include <stdarg.h>
#include <stdio.h>

#include "twin/text.h"

void
text_put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(t->data + t->used, t->size - t->used, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= t->size - t->used)
		bail("%zu bytes are too few for a text", t->size);
	t->used += (size_t)len;
}
