/*
 * Records of names: a header with the size of what follows, then elements of
 * one size, each an id and texts that end with a zero byte.
 */

#include <assert.h>

#include "record/names.h"

#define ALIGNMENT 4

bool
record_is_names(uint16_t type)
{
	return type == RECORD_APP_NAMES || type == RECORD_IF_NAMES ||
	    type == RECORD_VRF_NAMES;
}

/* What a text takes, with its zero byte. */
static size_t
room_of(const struct span *s)
{
	return (s->len < RECORD_NAME_TEXT_MAX ? s->len :
		   RECORD_NAME_TEXT_MAX) + 1;
}

static void
put_text(struct writer *w, const struct span *s)
{
	size_t room = room_of(s);

	if (room > 1)
		writer_bytes(w, s->data, room - 1);
	writer_zero(w, 1);
}

static size_t
aligned(size_t len)
{
	return (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void
put_header(struct writer *w, enum record_type type, size_t len, size_t size)
{
	writer_host(w, type, 2);
	writer_host(w, len + size, 2);
	writer_host(w, 1, 2);
	writer_host(w, size, 2);
}

static void
put_app(struct writer *w, const struct record_name *n)
{
	size_t len = n->app_id.len + room_of(&n->name) +
	    room_of(&n->description);

	assert(n->app_id.len <= RECORD_NAME_ID_MAX);
	put_header(w, n->type, RECORD_APP_NAMES_HEADER_LEN, aligned(len));
	writer_host(w, n->app_id.len, 2);
	writer_host(w, room_of(&n->name), 2);
	writer_host(w, room_of(&n->description), 2);
	writer_bytes(w, n->app_id.data, n->app_id.len);
	put_text(w, &n->name);
	put_text(w, &n->description);
	writer_zero(w, aligned(len) - len);
}

void
record_put_name(struct writer *w, const struct record_name *n)
{
	size_t len = room_of(&n->name);

	if (n->type == RECORD_APP_NAMES) {
		put_app(w, n);
		return;
	}
	put_header(w, n->type, RECORD_NAMES_HEADER_LEN, 4 + aligned(len));
	writer_host(w, aligned(len), 4);
	writer_host(w, n->id, 4);
	put_text(w, &n->name);
	writer_zero(w, aligned(len) - len);
}

/* A text of len bytes, up to its zero byte. */
static struct span
get_text(struct reader *r, size_t len)
{
	struct span s = { reader_take(r, len), 0 };
	const uint8_t *end;

	if (s.data == NULL)
		return s;
	end = memchr(s.data, '\0', len);
	s.len = (uint32_t)(end == NULL ? len : (size_t)(end - s.data));
	return s;
}

/* Sizes of what an element has. */
struct element {
	size_t size;
	size_t id_len; /* 0: a number of 32 bits */
	size_t name_len;
	size_t description_len;
};

static int
get_element(struct reader *r, const struct element *e, struct record_name *n)
{
	struct reader in;

	reader_init(&in, reader_take(r, e->size), e->size);
	if (r->bad)
		return -1;
	if (n->type == RECORD_APP_NAMES) {
		n->app_id.data = reader_take(&in, e->id_len);
		n->app_id.len = (uint32_t)e->id_len;
	} else {
		n->id = (uint32_t)reader_host(&in, 4);
	}
	n->name = get_text(&in, e->name_len);
	n->description = get_text(&in, e->description_len);
	return in.bad ? -1 : 0;
}

int
record_get_names(uint16_t type, const struct span *record,
    void (*fn)(void *ctx, const struct record_name *n), void *ctx)
{
	struct record_name n = { .type = type };
	struct element e = { 0 };
	struct reader r;
	uint32_t count;

	reader_init(&r, record->data, record->len);
	reader_take(&r, RECORD_HEADER_LEN);
	count = (uint32_t)reader_host(&r, 2);
	e.size = (size_t)reader_host(&r, 2);
	if (e.size == 0)
		return r.bad ? -1 : 0;
	if (type == RECORD_APP_NAMES) {
		e.id_len = (size_t)reader_host(&r, 2);
		e.name_len = (size_t)reader_host(&r, 2);
		e.description_len = (size_t)reader_host(&r, 2);
	} else {
		e.name_len = (size_t)reader_host(&r, 4);
	}
	for (; count > 0; count--) {
		if (get_element(&r, &e, &n) == -1)
			return -1;
		fn(ctx, &n);
	}
	return r.bad ? -1 : 0;
}
