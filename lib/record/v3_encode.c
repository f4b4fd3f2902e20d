/*
 * Flows to V3 records.
 *
 * A layout is made once per set of extensions: the record's image with all
 * headers in place, and the list of stores.  Runs of fields that are
 * neighbours both in struct flow and in the record are stored by words of 16,
 * 8, 4, 2 or 1 bytes, whatever the fields, each size in a loop of its own.
 * Layouts live in a direct-mapped cache of fixed size.
 * Extensions of variable length are appended behind the fixed ones.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "record/v3.h"
#include "record/v3_int.h"

#define LAYOUTS 64
#define LAYOUT_ROWS 128

/* More than all fixed extensions together. */
#define IMAGE_MAX 1024

#define USER_NAME_MAX 65

struct store {
	uint16_t from; /* in struct flow */
	uint16_t to; /* in the record */
};

/* Bytes that are the same in both. */
struct run {
	uint16_t from;
	uint16_t to;
	uint16_t len;
};

/* Kinds of stores, in the order in which they stand in a layout. */
enum store_kind {
	STORE_16,
	STORE_8,
	STORE_4,
	STORE_2,
	STORE_1,
	STORE_V4, /* the low word of a struct addr */
	STORE_BE32, /* in network order */
	STORE_KINDS
};

struct layout {
	uint64_t extensions; /* 0: empty slot, for EXT_GENERIC is always set */
	uint16_t size;
	uint16_t elements;
	uint16_t user; /* offset of the user name, 0 none */
	uint64_t variable; /* extensions of variable length */
	uint16_t end[STORE_KINDS]; /* where the stores of a kind end */
	struct store store[LAYOUT_ROWS];
	uint8_t image[IMAGE_MAX];
};

struct record_encoder {
	uint64_t without;
	const struct layout *last; /* used */
	struct layout layouts[LAYOUTS];
};

struct record_encoder *
record_encoder_new(uint64_t without, struct err *err)
{
	struct record_encoder *e;

	if ((e = calloc(1, sizeof(*e))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	e->without = without | ~(FLOW_EXT(EXT_COUNT) - 2);
	e->without &= ~FLOW_EXT(EXT_GENERIC);
	e->last = e->layouts;
	return e;
}

void
record_encoder_free(struct record_encoder *e)
{
	free(e);
}

static void
put_element_header(uint8_t *p, unsigned ext, size_t payload)
{
	store_u16(p, (uint16_t)ext);
	store_u16(p + 2, (uint16_t)(payload + RECORD_ELEMENT_HEADER_LEN));
}

/* Place an extension, if the layout has it and it is not there yet. */
static void
place_one(struct layout *l, uint16_t offset[EXT_COUNT], unsigned ext)
{
	if (!(l->extensions >> ext & 1) || offset[ext] != 0)
		return;
	if (rec_exts[ext].is_variable) {
		l->variable |= FLOW_EXT(ext);
		return;
	}
	put_element_header(l->image + l->size, ext, rec_exts[ext].size);
	l->size = (uint16_t)(l->size + RECORD_ELEMENT_HEADER_LEN);
	offset[ext] = l->size;
	l->size = (uint16_t)(l->size + rec_exts[ext].size);
	l->elements++;
}

/*
 * Place the fixed extensions; offset[ext] is where the payload starts.  What
 * is the same in all flows of an exporter stands together, and what no two
 * flows share stands last: repeats are long then, which makes for smaller
 * files that are faster to expand.  Readers take any order.
 */
static void
layout_place(struct layout *l, uint16_t offset[EXT_COUNT])
{
	memset(offset, 0, EXT_COUNT * sizeof(offset[0]));
	l->size = RECORD_V3_HEADER_LEN;
	place_one(l, offset, EXT_EXPORTER_V4);
	place_one(l, offset, EXT_EXPORTER_V6);
	for (unsigned ext = EXT_GENERIC + 1; ext < EXT_COUNT; ext++)
		place_one(l, offset, ext);
	place_one(l, offset, EXT_GENERIC);
}

/*
 * Where a row's value goes, 0 if the layout does not have its extension.
 * Nothing is stored at 0: the record's header is in the image.
 */
static uint16_t
row_place(const struct rec_row *row, const uint16_t offset[EXT_COUNT])
{
	if (row->ext == EXT_HEADER)
		return row->offset;
	if (row->ext >= EXT_COUNT || offset[row->ext] == 0)
		return 0;
	return (uint16_t)(offset[row->ext] + row->offset);
}

/* Runs of the rows that are stored as they are; returns their number. */
static unsigned
find_runs(struct run *runs, const uint16_t offset[EXT_COUNT])
{
	const struct rec_row *row;
	struct run *last = NULL;
	unsigned n = 0;
	uint16_t from, to;

	for (size_t i = 0; i < rec_rows_count; i++) {
		row = &rec_rows[i];
		from = field_table[row->field].offset;
		to = row_place(row, offset);
		if (row->form > REC_V6 || to == 0)
			continue;
		if (last == NULL || last->from + last->len != from ||
		    last->to + last->len != to) {
			last = &runs[n++];
			*last = (struct run){ from, to, 0 };
		}
		last->len = (uint16_t)(last->len +
		    field_table[row->field].size);
	}
	return n;
}

/*
 * Cover a run with words of one size, the largest that fits; the last word
 * may overlap the one before.  Returns the new number of stores.
 */
static uint16_t
cover_run(struct layout *l, uint16_t n, const struct run *run, unsigned size)
{
	uint16_t at = 0;

	if (run->len < size || (size < 16 && run->len >= 2 * size))
		return n;
	for (; at + size <= run->len; at = (uint16_t)(at + size))
		l->store[n++] = (struct store){ (uint16_t)(run->from + at),
		    (uint16_t)(run->to + at) };
	at = (uint16_t)(run->len - size);
	if (run->len % size != 0)
		l->store[n++] = (struct store){ (uint16_t)(run->from + at),
		    (uint16_t)(run->to + at) };
	return n;
}

/* Stores of the rows of one form. */
static uint16_t
add_form(struct layout *l, uint16_t n, unsigned form,
    const uint16_t offset[EXT_COUNT])
{
	for (size_t i = 0; i < rec_rows_count; i++) {
		const struct rec_row *row = &rec_rows[i];
		uint16_t to = row_place(row, offset);

		if (row->form == form && to != 0)
			l->store[n++] = (struct store){
			    field_table[row->field].offset, to };
	}
	return n;
}

static void
layout_stores(struct layout *l, const uint16_t offset[EXT_COUNT])
{
	struct run runs[LAYOUT_ROWS];
	unsigned count = find_runs(runs, offset);
	uint16_t n = 0;

	for (unsigned kind = STORE_16; kind <= STORE_1; kind++) {
		for (unsigned i = 0; i < count; i++)
			n = cover_run(l, n, &runs[i], 16U >> kind);
		l->end[kind] = n;
	}
	l->end[STORE_V4] = n = add_form(l, n, REC_V4, offset);
	l->end[STORE_BE32] = add_form(l, n, REC_BE32, offset);
}

static void
layout_make(struct layout *l, uint64_t extensions)
{
	uint16_t offset[EXT_COUNT];

	memset(l, 0, sizeof(*l));
	l->extensions = extensions;
	layout_place(l, offset);
	l->user = offset[EXT_USER];
	store_u16(l->image, RECORD_FLOW_V3);
	store_u16(l->image + 2, l->size);
	store_u16(l->image + 4, l->elements);
	layout_stores(l, offset);
}

static const struct layout *
layout_find(struct record_encoder *e, uint64_t extensions)
{
	struct layout *l;

	if (e->last->extensions == extensions)
		return e->last;
	l = &e->layouts[hash_u64(extensions) % LAYOUTS];
	if (l->extensions != extensions)
		layout_make(l, extensions);
	return e->last = l;
}

/* Stores of one kind: s runs up to their end. */
#define STORE_LOOP(kind, statement) \
	for (; s < l->store + l->end[kind]; s++) { \
		const uint8_t *from = base + s->from; \
		uint8_t *to = out + s->to; \
		statement; \
	}

static void
store_fixed(const struct layout *l, const struct flow *f, uint8_t *out)
{
	const uint8_t *base = (const uint8_t *)f;
	const struct store *s = l->store;

	memcpy(out, l->image, l->size);
	STORE_LOOP(STORE_16, memcpy(to, from, 16));
	STORE_LOOP(STORE_8, memcpy(to, from, 8));
	STORE_LOOP(STORE_4, memcpy(to, from, 4));
	STORE_LOOP(STORE_2, memcpy(to, from, 2));
	STORE_LOOP(STORE_1, *to = *from);
	STORE_LOOP(STORE_V4, store_u32(to,
	    (uint32_t)load_u64(from + offsetof(struct addr, lo))));
	STORE_LOOP(STORE_BE32, store_be32(to, load_u32(from)));
}

/* Zero bytes behind the text of a variable extension (file-format.md 2.4). */
static size_t
trailing_zeroes(unsigned ext, uint32_t len)
{
	switch (ext) {
	case EXT_LABEL:
		return 1;
	case EXT_PF_LOG:
		return len > 0 ? 4 - len % 4 : 0;
	case EXT_NOKIA_STRING:
		return 4;
	default:
		return 0;
	}
}

size_t
record_extension_size(unsigned ext, uint32_t len)
{
	return RECORD_ELEMENT_HEADER_LEN + rec_exts[ext].size + len +
	    trailing_zeroes(ext, len);
}

/* The fixed head of a variable extension, then its bytes. */
static void
put_variable(struct writer *w, const struct flow *f, unsigned ext)
{
	uint8_t *header = writer_room(w, RECORD_ELEMENT_HEADER_LEN);
	uint8_t *head = writer_room(w, rec_exts[ext].size);
	struct span tail = { NULL, 0 };
	const struct rec_row *row;
	const uint8_t *from;
	size_t zeroes;

	if (w->bad)
		return;
	for (size_t i = 0; i < rec_rows_count; i++) {
		row = &rec_rows[i];
		if (row->ext != ext)
			continue;
		from = (const uint8_t *)f + field_table[row->field].offset;
		if (row->form < REC_TEXT)
			memcpy(head + row->offset, from,
			    field_table[row->field].size);
		else
			memcpy(&tail, from, sizeof(tail));
	}
	zeroes = trailing_zeroes(ext, tail.len);
	writer_bytes(w, tail.data, tail.len);
	writer_zero(w, zeroes);
	put_element_header(header, ext,
	    rec_exts[ext].size + tail.len + zeroes);
}

/* Returns the length of the record, or 0. */
static size_t
append_variable(const struct layout *l, const struct flow *f, uint8_t *out,
    size_t room)
{
	unsigned elements = l->elements;
	struct writer w;
	size_t size;

	if (room > RECORD_V3_MAX)
		room = RECORD_V3_MAX;
	writer_init(&w, out + l->size, room - l->size);
	for (unsigned ext = 1; ext < EXT_COUNT; ext++) {
		if (!(l->variable >> ext & 1))
			continue;
		put_variable(&w, f, ext);
		elements++;
	}
	if (w.bad)
		return 0;
	size = l->size + w.used;
	store_u16(out + 2, (uint16_t)size);
	store_u16(out + 4, (uint16_t)elements);
	return size;
}

size_t
record_encode(struct record_encoder *e, const struct flow *f, uint8_t *out,
    size_t room)
{
	const struct layout *l;
	uint32_t len;

	l = layout_find(e, (f->extensions | FLOW_EXT(EXT_GENERIC)) &
	    ~e->without);
	if (l->size > room)
		return 0;
	store_fixed(l, f, out);
	if (l->user != 0) {
		len = f->user_name.len < USER_NAME_MAX ?
		    f->user_name.len : USER_NAME_MAX;
		if (f->user_name.len > 0)
			memcpy(out + l->user, f->user_name.data, len);
	}
	if (l->variable == 0)
		return l->size;
	return append_variable(l, f, out, room);
}
