/*
 * Growable byte buffer.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/bytes.h"

#define BUFFER_MIN 256
#define BUFFER_MAX (SIZE_MAX / 4) /* twice that is still a size_t */

void
buffer_init(struct buffer *b)
{
	*b = (struct buffer)BUFFER_EMPTY;
}

void
buffer_fini(struct buffer *b)
{
	free(b->data);
	buffer_init(b);
}

/* With no room left, whatever is appended next comes to buffer_grow(). */
static int
fail(struct buffer *b)
{
	b->failed = true;
	b->cap = b->len;
	return -1;
}

int
buffer_grow(struct buffer *b, size_t len)
{
	size_t cap = b->cap < BUFFER_MIN ? BUFFER_MIN : b->cap;
	char *data;

	if (b->failed || b->len > BUFFER_MAX || len > BUFFER_MAX - b->len)
		return fail(b);
	while (cap - b->len < len)
		cap *= 2;
	if ((data = realloc(b->data, cap)) == NULL)
		return fail(b);
	b->data = data;
	b->cap = cap;
	return 0;
}

void
buffer_text(struct buffer *b, const char *text)
{
	buffer_add(b, text, strlen(text));
}

void
buffer_word(struct buffer *b, const char *word)
{
	buffer_text(b, word);
	buffer_char(b, ' ');
}

void
buffer_printf(struct buffer *b, const char *fmt, ...)
{
	char *p;
	int len;
	va_list ap;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0) {
		fail(b);
		return;
	}
	if ((p = buffer_room(b, (size_t)len + 1)) == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)len;
}

/* A number that some function of a writer puts. */
static void
add_number(struct buffer *b, uint64_t v, size_t len,
    void (*put)(struct writer *w, uint64_t v, size_t len))
{
	char *p = buffer_room(b, len);
	struct writer w;

	if (p == NULL)
		return;
	writer_init(&w, p, len);
	put(&w, v, len);
	b->len += len;
}

void
buffer_uint(struct buffer *b, uint64_t v, size_t len)
{
	add_number(b, v, len, writer_uint);
}

void
buffer_host(struct buffer *b, uint64_t v, size_t len)
{
	add_number(b, v, len, writer_host);
}
