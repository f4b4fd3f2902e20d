/*
 * V3 records to columns.
 *
 * A shape is the sequence of element headers of a record: extension numbers
 * and lengths, hence the offset of every field.  A shape met for the first
 * time is checked element by element and compiled to a list of copies, one
 * per wanted field.  A record whose headers equal those of a shape needs no
 * further check.
 *
 * Records are taken in chunks that stay in the first cache.  A chunk is gone
 * over once to find the shape of each record, then each shape copies the
 * fields of its rows.  Shapes that take turns, as IPv4 and IPv6 do, so cost
 * no more than one alone: a loop over a run of them would end after a few
 * records, and where cannot be predicted.
 *
 * The shapes of a thread are a small table, with a guess by size and number
 * of elements.  When it is full shapes are replaced in turn, so memory is
 * bounded whatever a file contains.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/bytes.h"
#include "record/v3.h"
#include "record/v3_int.h"

#define SHAPES 32
#define SHAPE_ELEMENTS RECORD_V3_ELEMENTS_MAX
#define GUESSES 64
#define CHUNK_ROWS 256

/*
 * Checks are made this many at once, some twice to fill up.  Common shapes
 * have four or less; a number that varies costs a wrong prediction.
 */
#define CHECK_LEN 16U
#define CHECK_STEP 4
#define SHAPE_CHECKS (SHAPE_ELEMENTS + CHECK_STEP)

/* One per field, and one guarded one for each address of the IPv4 twins. */
#define SHAPE_COPIES (FLD_COUNT + 7)

struct copy {
	uint16_t field;
	uint8_t form;
	/*
	 * IPv4 in a record that also has the IPv6 twin: taken only where the
	 * "guard" bytes of its payload, 4 or 8, are not all zero.
	 */
	uint8_t guard;
	uint16_t offset; /* from the start of the record */
	uint16_t payload; /* likewise, of its extension */
	uint32_t len; /* bytes up to the end of the payload */
};

struct element {
	uint16_t ext;
	uint16_t len;
	uint16_t offset;
};

/* Bytes of a record, and those of them that are the same in all of a shape. */
struct check {
	_Alignas(CHECK_LEN) uint8_t bytes[CHECK_LEN]; /* 0 where the mask is */
	uint8_t mask[CHECK_LEN];
	uint16_t offset;
};

struct shape {
	uint32_t start; /* size and number of elements, as stored */
	uint16_t size;
	uint16_t elements;
	uint64_t extensions;
	struct element element[SHAPE_ELEMENTS];
	unsigned checks; /* a multiple of CHECK_STEP */
	struct check check[SHAPE_CHECKS]; /* cover the element headers */
	unsigned copies;
	struct copy copy[SHAPE_COPIES];
	unsigned absents;
	uint16_t absent[FLD_COUNT]; /* wanted fields that it lacks */

	/* Rows of the chunk at work that have this shape. */
	uint32_t nrows;
	uint16_t row[CHUNK_ROWS];
};

struct record_decoder {
	struct fieldset want;
	struct shape *guess[GUESSES];
	unsigned used;
	unsigned next; /* to be replaced */
	struct shape shapes[SHAPES];
	struct shape new; /* what a record that fits no shape has */
	const uint8_t *rec[BATCH_ROWS]; /* of the last batch */
};

struct record_decoder *
record_decoder_new(const struct fieldset *want, struct err *err)
{
	struct record_decoder *d;

	if ((d = calloc(1, sizeof(*d))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	d->want = *want;
	for (unsigned i = 0; i < GUESSES; i++)
		d->guess[i] = &d->shapes[0];
	return d;
}

void
record_decoder_free(struct record_decoder *d)
{
	free(d);
}

/*
 * The row set that serves an element: the old NAT event by its length, none
 * for numbers or lengths that are not in the table.
 */
static unsigned
element_rows(unsigned ext, unsigned payload)
{
	const struct rec_ext *e;

	if (ext == EXT_NAT_EVENT &&
	    payload == rec_exts[EXT_NAT_EVENT_OLD].size)
		return EXT_NAT_EVENT_OLD;
	if (ext == EXT_HEADER || ext >= EXT_COUNT)
		return EXT_HEADER;
	e = &rec_exts[ext];
	if (payload < e->size || (payload > e->size && !e->is_variable))
		return EXT_HEADER;
	return ext;
}

/*
 * Replace an earlier copy of the same field and kind, or append: a record may
 * repeat an element, and the last one counts.
 */
static struct copy *
copy_for_field(struct shape *s, unsigned field, bool is_guarded)
{
	for (unsigned i = 0; i < s->copies; i++)
		if (s->copy[i].field == field &&
		    (s->copy[i].guard != 0) == is_guarded)
			return &s->copy[i];
	assert(s->copies < SHAPE_COPIES);
	return &s->copy[s->copies++];
}

/* Add the copies of one extension whose payload starts at "payload". */
static void
shape_add(const struct record_decoder *d, struct shape *s, unsigned ext,
    uint16_t payload, uint32_t len)
{
	const struct rec_row *row;
	struct copy *c;

	for (size_t i = 0; i < rec_rows_count; i++) {
		row = &rec_rows[i];
		if (row->ext != ext ||
		    !fieldset_has(&d->want, (enum field_id)row->field))
			continue;
		c = copy_for_field(s, row->field, false);
		c->field = row->field;
		c->form = row->form;
		c->guard = 0;
		c->offset = (uint16_t)(payload + row->offset);
		c->payload = payload;
		c->len = len - row->offset;
	}
}

/*
 * Where both families are present the IPv6 copies were made first and stay;
 * the IPv4 copies follow and are guarded.
 */
static void
shape_add_v4_over_v6(const struct record_decoder *d, struct shape *s,
    unsigned ext, uint16_t payload)
{
	const struct rec_row *row;
	struct copy *c;

	for (size_t i = 0; i < rec_rows_count; i++) {
		row = &rec_rows[i];
		if (row->ext != ext || row->form != REC_V4 ||
		    !fieldset_has(&d->want, (enum field_id)row->field))
			continue;
		c = copy_for_field(s, row->field, true);
		c->field = row->field;
		c->form = REC_V4;
		c->guard = rec_exts[ext].size >= 8 ? 8 : 4;
		c->offset = (uint16_t)(payload + row->offset);
		c->payload = payload;
		c->len = 0;
	}
}

/* The IPv6 twin of an IPv4 extension, or 0. */
static unsigned
v6_twin(unsigned ext)
{
	switch (ext) {
	case EXT_IPV4:
	case EXT_BGP_V4:
	case EXT_NEXT_HOP_V4:
	case EXT_EXPORTER_V4:
	case EXT_XLATE_V4:
		return ext + 1;
	default:
		return 0;
	}
}

/* Copies of all elements; IPv4 last, so that it is known to have a twin. */
static void
shape_compile(const struct record_decoder *d, struct shape *s)
{
	unsigned ext, rows, len;
	uint16_t payload;

	s->copies = 0;
	shape_add(d, s, EXT_HEADER, 0, RECORD_V3_HEADER_LEN);
	for (int v4 = 0; v4 <= 1; v4++) {
		for (unsigned i = 0; i < s->elements; i++) {
			ext = s->element[i].ext;
			len = s->element[i].len - RECORD_ELEMENT_HEADER_LEN;
			payload = (uint16_t)(s->element[i].offset +
			    RECORD_ELEMENT_HEADER_LEN);
			rows = element_rows(ext, len);
			if (rows == EXT_HEADER ||
			    (v6_twin(rows) != 0) != (v4 == 1))
				continue;
			if (v4 && (s->extensions >> v6_twin(rows) & 1))
				shape_add_v4_over_v6(d, s, rows, payload);
			else
				shape_add(d, s, rows, payload, len);
			s->extensions |= FLOW_EXT(ext);
			if (rows == EXT_NAT_EVENT_OLD)
				s->extensions |= FLOW_EXT(EXT_VRF);
		}
	}
	s->absents = 0;
	for (unsigned id = 0; id < FLD_COUNT; id++) {
		bool found = !fieldset_has(&d->want, (enum field_id)id);

		for (unsigned i = 0; i < s->copies && !found; i++)
			found = s->copy[i].field == id;
		if (!found && id != FLD_EXTENSIONS)
			s->absent[s->absents++] = (uint16_t)id;
	}
}

/* Check the header of an element, with the one before if both fit. */
static void
add_check(struct shape *s, const uint8_t *rec, const struct element *e)
{
	struct check *c = s->check + s->checks;
	size_t at = e->offset;

	if (s->checks > 0 &&
	    at + RECORD_ELEMENT_HEADER_LEN <= c[-1].offset + CHECK_LEN) {
		c--;
	} else {
		/* There is room: a record with an element is long enough. */
		memset(c, 0, sizeof(*c));
		c->offset = (uint16_t)(at + CHECK_LEN <= s->size ?
			at : s->size - CHECK_LEN);
		s->checks++;
	}
	at -= c->offset;
	memcpy(c->bytes + at, rec + e->offset, RECORD_ELEMENT_HEADER_LEN);
	memset(c->mask + at, 0xff, RECORD_ELEMENT_HEADER_LEN);
}

/* Check the elements of a record and note them in *s. */
static int
shape_read(struct shape *s, const uint8_t *rec, uint16_t size,
    struct err *err)
{
	unsigned elements = load_u16(rec + 4);
	size_t pos = RECORD_V3_HEADER_LEN;
	struct element *e = s->element;

	s->start = load_u32(rec + 2);
	s->size = size;
	s->extensions = 0;
	s->elements = 0;
	s->checks = 0;
	if (elements > SHAPE_ELEMENTS)
		return err_set(err, ERR_MALFORMED,
		    "flow record with %u elements", elements);
	for (; s->elements < elements; s->elements++, e++) {
		if (size - pos < RECORD_ELEMENT_HEADER_LEN)
			return err_set(err, ERR_MALFORMED,
			    "flow record of %u bytes ends in element %u", size,
			    s->elements);
		*e = (struct element){ load_u16(rec + pos),
			load_u16(rec + pos + 2), (uint16_t)pos };
		if (e->len < RECORD_ELEMENT_HEADER_LEN || e->len > size - pos)
			return err_set(err, ERR_MALFORMED,
			    "element %u of a flow record has length %u",
			    e->ext, e->len);
		add_check(s, rec, e);
		pos += e->len;
	}
	for (; s->checks % CHECK_STEP != 0; s->checks++)
		s->check[s->checks] = s->check[0];
	return 0;
}

#ifdef __SSE2__
static inline __m128i
check_differs(const struct check *c, const uint8_t *rec)
{
	__m128i is = _mm_loadu_si128((const void *)(rec + c->offset));
	__m128i mask = _mm_load_si128((const void *)c->mask);
	__m128i want = _mm_load_si128((const void *)c->bytes);

	return _mm_xor_si128(_mm_and_si128(is, mask), want);
}

/* Do CHECK_STEP checks hold? */
static inline bool
checks_hold(const struct check *c, const uint8_t *rec)
{
	__m128i a = _mm_or_si128(
	    check_differs(c, rec), check_differs(c + 1, rec));
	__m128i b = _mm_or_si128(
	    check_differs(c + 2, rec), check_differs(c + 3, rec));
	__m128i same = _mm_cmpeq_epi8(_mm_or_si128(a, b), _mm_setzero_si128());

	return _mm_movemask_epi8(same) == 0xffff;
}
#else
static inline uint64_t
check_differs(const struct check *c, const uint8_t *rec)
{
	const uint8_t *is = rec + c->offset;

	return ((load_u64(is) & load_u64(c->mask)) ^ load_u64(c->bytes)) |
	    ((load_u64(is + 8) & load_u64(c->mask + 8)) ^
		load_u64(c->bytes + 8));
}

/* Do CHECK_STEP checks hold? */
static inline bool
checks_hold(const struct check *c, const uint8_t *rec)
{
	return (check_differs(c, rec) | check_differs(c + 1, rec) |
		   check_differs(c + 2, rec) | check_differs(c + 3, rec)) == 0;
}
#endif

/* Nothing behind a record is read, as its size is compared first. */
static inline bool
shape_matches(const struct shape *s, const uint8_t *rec)
{
	const struct check *c = s->check, *end = c + s->checks;

	if (load_u32(rec + 2) != s->start)
		return false;
	while (c < end && checks_hold(c, rec))
		c += CHECK_STEP;
	return c == end;
}

/* Where to look first for the shape of a record. */
static inline struct shape **
shape_guess(struct record_decoder *d, const uint8_t *rec)
{
	unsigned size = load_u16(rec + 2), elements = load_u16(rec + 4);

	return &d->guess[(size / 4 ^ elements * 8) % GUESSES];
}

/* Rows to fill and where their records are. */
struct rows {
	const uint16_t *row;
	uint32_t n;
	const uint8_t *const *rec; /* by row */
};

#define EACH_ROW(r, statement) \
	do { \
		for (uint32_t i = 0; i < (r)->n; i++) { \
			const uint16_t row = (r)->row[i]; \
			statement; \
		} \
	} while (0)

#define COPY_LOOP(ctype, load) \
	do { \
		ctype *const to = col; \
		EACH_ROW(r, to[row] = load(r->rec[row] + offset)); \
	} while (0)

#define CLEAR_LOOP(ctype) \
	do { \
		ctype *const to = col; \
		EACH_ROW(r, to[row] = (ctype){ 0 }); \
	} while (0)

#define LOAD_U8(p) (*(p))
#define LOAD_V4(p) addr_v4(load_u32(p))
#define LOAD_V6(p) ((struct addr){ load_u64(p), load_u64((p) + 8) })

static void
copy_guarded(const struct copy *c, const struct rows *r, struct addr *to)
{
	const uint8_t *guard;

	for (uint32_t i = 0; i < r->n; i++) {
		guard = r->rec[r->row[i]] + c->payload;
		if (load_u32(guard) != 0 ||
		    (c->guard == 8 && load_u32(guard + 4) != 0))
			to[r->row[i]] = addr_v4(
			    load_u32(r->rec[r->row[i]] + c->offset));
	}
}

static void
copy_spans(const struct copy *c, const struct rows *r, struct span *to)
{
	const uint8_t *p;

	for (uint32_t i = 0; i < r->n; i++) {
		p = r->rec[r->row[i]] + c->offset;
		to[r->row[i]].data = p;
		to[r->row[i]].len = c->form == REC_TAIL ?
		    c->len : (uint32_t)strnlen((const char *)p, c->len);
	}
}

/* One field of some rows. */
static void
copy_column(const struct copy *c, const struct rows *r, void *col)
{
	const size_t offset = c->offset;

	switch ((enum rec_form)c->form) {
	case REC_U64:
		COPY_LOOP(uint64_t, load_u64);
		break;
	case REC_U32:
		COPY_LOOP(uint32_t, load_u32);
		break;
	case REC_U16:
		COPY_LOOP(uint16_t, load_u16);
		break;
	case REC_U8:
		COPY_LOOP(uint8_t, LOAD_U8);
		break;
	case REC_V4:
		if (c->guard != 0)
			copy_guarded(c, r, col);
		else
			COPY_LOOP(struct addr, LOAD_V4);
		break;
	case REC_V6:
		COPY_LOOP(struct addr, LOAD_V6);
		break;
	case REC_BE32:
		COPY_LOOP(uint32_t, load_be32);
		break;
	case REC_TEXT:
	case REC_TAIL:
		copy_spans(c, r, col);
		break;
	case REC_FORMS:
		break;
	}
}

/* A field that the rows lack. */
static void
clear_column(size_t size, const struct rows *r, void *col)
{
	switch (size) {
	case sizeof(uint8_t):
		CLEAR_LOOP(uint8_t);
		break;
	case sizeof(uint16_t):
		CLEAR_LOOP(uint16_t);
		break;
	case sizeof(uint32_t):
		CLEAR_LOOP(uint32_t);
		break;
	case sizeof(uint64_t):
		CLEAR_LOOP(uint64_t);
		break;
	default:
		EACH_ROW(r, memset((char *)col + row * size, 0, size));
	}
}

/* All wanted fields of rows of one shape. */
static void
copy_rows(const struct record_decoder *d, const struct shape *s,
    const struct rows *r, struct batch *b)
{
	unsigned id;
	uint64_t *extensions = b->col[FLD_EXTENSIONS];

	for (unsigned i = 0; i < s->copies; i++)
		copy_column(&s->copy[i], r, b->col[s->copy[i].field]);
	for (unsigned i = 0; i < s->absents; i++) {
		id = s->absent[i];
		clear_column(field_table[id].size, r, b->col[id]);
	}
	if (fieldset_has(&d->want, FLD_EXTENSIONS))
		EACH_ROW(r, extensions[row] = s->extensions);
}

/* Copy the rows of all shapes, and forget them. */
static void
copy_chunk(struct record_decoder *d, struct batch *b)
{
	for (unsigned i = 0; i < d->used; i++) {
		struct shape *s = &d->shapes[i];
		struct rows r = { s->row, s->nrows, d->rec };

		if (s->nrows > 0) {
			copy_rows(d, s, &r, b);
			b->extensions |= s->extensions;
		}
		s->nrows = 0;
	}
}

/* A place for a new shape.  If one has to go, its rows are copied before. */
static struct shape *
shape_place(struct record_decoder *d, struct batch *b)
{
	if (d->used < SHAPES)
		return &d->shapes[d->used++];
	copy_chunk(d, b);
	d->next = (d->next + 1) % SHAPES;
	return &d->shapes[d->next];
}

/* The shape of a record whose "size" bytes are there; NULL if malformed. */
static struct shape *
shape_find(struct record_decoder *d, const uint8_t *rec, uint16_t size,
    struct batch *b, struct err *err)
{
	struct shape *s = d->shapes, *end = s + d->used;

	while (s < end && !shape_matches(s, rec))
		s++;
	if (s == end) {
		if (shape_read(&d->new, rec, size, err) == -1)
			return NULL;
		s = shape_place(d, b);
		*s = d->new;
		shape_compile(d, s);
	}
	*shape_guess(d, rec) = s;
	return s;
}

/* The row joins the others of its shape. */
static inline void
add_row(struct record_decoder *d, struct shape *s, const uint8_t *rec,
    uint32_t row)
{
	d->rec[row] = rec;
	s->row[s->nrows++] = (uint16_t)row;
}

/*
 * Rows from the cursor on, up to "end", as long as they are flow records
 * whose shape is guessed right.  Returns the row behind them.
 */
static uint32_t
take_known(struct record_decoder *d, struct record_cursor *c, uint32_t row,
    uint32_t end)
{
	size_t left = c->len - c->pos, size;
	const uint8_t *rec;
	struct shape *s;

	if (left == 0) /* and data NULL, maybe */
		return row;
	rec = c->data + c->pos;
	for (; row < end && d->used > 0; row++) {
		if (left < RECORD_V3_HEADER_LEN)
			break;
		size = load_u16(rec + 2);
		s = *shape_guess(d, rec);
		if (size > left || load_u16(rec) != RECORD_FLOW_V3 ||
		    !shape_matches(s, rec))
			break;
		add_row(d, s, rec, row);
		rec += size;
		left -= size;
	}
	c->pos = c->len - left;
	return row;
}

/* The record at the cursor, whatever it is.  1, 0 at the end, -1 malformed. */
static int
take_any(struct record_decoder *d, struct record_cursor *c, struct batch *b,
    struct err *err)
{
	struct span record;
	struct shape *s;
	uint16_t type;
	int rc;

	if ((rc = record_next(c, &type, &record, err)) != 1)
		return rc;
	if (type != RECORD_FLOW_V3)
		return 1;
	if (record.len < RECORD_V3_HEADER_LEN)
		return err_set(err, ERR_MALFORMED,
		    "flow record of %u bytes", record.len);
	s = shape_find(d, record.data, (uint16_t)record.len, b, err);
	if (s == NULL)
		return -1;
	add_row(d, s, record.data, b->rows++);
	return 1;
}

int
record_decode(struct record_decoder *d, struct record_cursor *c,
    struct batch *b, struct err *err)
{
	uint32_t end;
	int rc = 1;

	b->extensions = 0;
	b->rows = 0;
	b->first_row = c->flows;
	for (end = CHUNK_ROWS; end <= BATCH_ROWS && rc == 1; end += CHUNK_ROWS) {
		while (rc == 1 && b->rows < end) {
			b->rows = take_known(d, c, b->rows, end);
			if (b->rows < end)
				rc = take_any(d, c, b, err);
		}
		copy_chunk(d, b);
	}
	for (uint32_t i = 0; b->raw != NULL && i < b->rows; i++)
		b->raw[i] = (struct span){ d->rec[i],
			load_u16(d->rec[i] + 2) };
	c->flows += b->rows;
	batch_select_all(b);
	if (rc == -1)
		return -1;
	return b->rows > 0;
}

void
record_decode_rest(struct record_decoder *d,
    const struct record_decoder *first, struct batch *b)
{
	const uint8_t *rec;
	struct shape *s;

	for (uint32_t i = 0; i < b->nsel; i++) {
		rec = first->rec[b->sel[i]];
		s = *shape_guess(d, rec);
		if (!shape_matches(s, rec))
			s = shape_find(d, rec, load_u16(rec + 2), b, NULL);
		assert(s != NULL);
		add_row(d, s, rec, b->sel[i]);
		if (i % CHUNK_ROWS == CHUNK_ROWS - 1 || i + 1 == b->nsel)
			copy_chunk(d, b);
	}
}
