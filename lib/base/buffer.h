#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Growable byte buffer.  A failed growth latches "failed"; later appends do
 * nothing and what is in the buffer stays, so a caller may append many times
 * and test once.  What is appended must not lie in the buffer itself.
 */

struct buffer {
	char *data;
	size_t len;
	size_t cap;
	bool failed;
};

#define BUFFER_EMPTY { NULL, 0, 0, false }

void buffer_init(struct buffer *b);
void buffer_fini(struct buffer *b);

/* Make room for at least len more bytes; -1 if there is no memory for it. */
int buffer_grow(struct buffer *b, size_t len);

/*
 * Room for len bytes at the end, or NULL; len is not 0.  The caller writes up
 * to len bytes and adds what it wrote to b->len.
 */
static inline char *
buffer_room(struct buffer *b, size_t len)
{
	if (b->cap - b->len < len && buffer_grow(b, len) == -1)
		return NULL;
	return b->data + b->len;
}

static inline void
buffer_add(struct buffer *b, const void *data, size_t len)
{
	char *p;

	if (len == 0 || (p = buffer_room(b, len)) == NULL)
		return;
	memcpy(p, data, len);
	b->len += len;
}

/* The low len bytes of v, 1 to 8: in network order, in host order. */
void buffer_uint(struct buffer *b, uint64_t v, size_t len);
void buffer_host(struct buffer *b, uint64_t v, size_t len);

static inline void
buffer_char(struct buffer *b, char c)
{
	char *p = buffer_room(b, 1);

	if (p != NULL) {
		*p = c;
		b->len++;
	}
}

void buffer_text(struct buffer *b, const char *text);

/* The text and a blank: one more of a list of words. */
void buffer_word(struct buffer *b, const char *word);

/* A text that cannot be made is a failed growth. */
void buffer_printf(struct buffer *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
