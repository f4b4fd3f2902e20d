/*
 * V3 records to columns.
 *
 * A shape is the sequence of element headers of a record: extension numbers
 * and lengths, hence the offset of every field.  A shape met for the first
 * time is checked element by element and compiled to a list of copies, one
 * per wanted field.  A record whose headers equal those of a shape needs no
 * further check.  Records are taken in runs of equal shape, so a copy is a
 * loop with a constant stride.
 *
 * The shapes of a thread are a small table; one that is met moves a place
 * forward.  When the table is full the one at the end is reused, so memory is
 * bounded whatever a file contains.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "record/v3.h"
#include "record/v3_int.h"

#define SHAPES 32
#define SHAPE_ELEMENTS 64

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
	uint32_t header; /* number and length, as stored */
	uint16_t offset;
};

struct shape {
	uint16_t size; /* of the record */
	uint16_t elements;
	uint64_t extensions;
	struct element element[SHAPE_ELEMENTS];
	unsigned copies;
	struct copy copy[SHAPE_COPIES];
	unsigned absents;
	uint16_t absent[FLD_COUNT]; /* wanted fields that it lacks */
};

/* Records of equal shape behind each other. */
struct run {
	const uint8_t *rec;
	uint32_t row; /* of the first one */
	uint16_t n;
	uint16_t size; /* of each */
};

struct record_decoder {
	struct fieldset want;
	struct shape *order[SHAPES]; /* those met most often come first */
	struct shape shapes[SHAPES];
	unsigned used;
	struct shape new; /* what a record that fits no shape has */
	unsigned nruns; /* of the last batch */
	struct run runs[BATCH_ROWS];
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
	for (unsigned i = 0; i < SHAPES; i++)
		d->order[i] = &d->shapes[i];
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
			ext = s->element[i].header & 0xffff;
			len = (s->element[i].header >> 16) -
			    RECORD_ELEMENT_HEADER_LEN;
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

/*
 * Element headers as offset and u32 whose low half is the number, whatever
 * the byte order of the host.
 */
static uint32_t
element_header(const uint8_t *p)
{
	return (uint32_t)load_u16(p) | (uint32_t)load_u16(p + 2) << 16;
}

/* Check the elements of a record and note them in *s. */
static int
shape_read(struct shape *s, const uint8_t *rec, uint16_t size,
    struct err *err)
{
	unsigned elements = load_u16(rec + 4);
	size_t pos = RECORD_V3_HEADER_LEN;
	uint32_t header;

	s->size = size;
	s->extensions = 0;
	s->elements = 0;
	if (elements > SHAPE_ELEMENTS)
		return err_set(err, ERR_MALFORMED,
		    "flow record with %u elements", elements);
	for (unsigned i = 0; i < elements; i++) {
		if (size - pos < RECORD_ELEMENT_HEADER_LEN)
			return err_set(err, ERR_MALFORMED,
			    "flow record of %u bytes ends in element %u", size,
			    i);
		header = element_header(rec + pos);
		if (header >> 16 < RECORD_ELEMENT_HEADER_LEN ||
		    header >> 16 > size - pos)
			return err_set(err, ERR_MALFORMED,
			    "element %u of a flow record has length %u",
			    header & 0xffff, header >> 16);
		s->element[i].header = header;
		s->element[i].offset = (uint16_t)pos;
		s->elements++;
		pos += header >> 16;
	}
	return 0;
}

static inline bool
shape_matches(const struct shape *s, const uint8_t *rec)
{
	if (load_u16(rec + 2) != s->size || load_u16(rec + 4) != s->elements)
		return false;
	for (unsigned i = 0; i < s->elements; i++)
		if (element_header(rec + s->element[i].offset) !=
		    s->element[i].header)
			return false;
	return true;
}

/* The shape of a record whose "size" bytes are there; NULL if malformed. */
static const struct shape *
shape_find(struct record_decoder *d, const uint8_t *rec, uint16_t size,
    struct err *err)
{
	struct shape *s = d->order[0];
	unsigned i;

	for (i = 0; i < d->used; i++) {
		s = d->order[i];
		if (shape_matches(s, rec))
			break;
	}
	if (i == d->used) {
		if (shape_read(&d->new, rec, size, err) == -1)
			return NULL;
		if (d->used < SHAPES)
			d->used++;
		else
			i = SHAPES - 1;
		s = d->order[i];
		*s = d->new;
		shape_compile(d, s);
	}
	if (i > 0) {
		d->order[i] = d->order[i - 1];
		d->order[i - 1] = s;
	}
	return s;
}

#define COPY_LOOP(ctype, load) \
	do { \
		ctype *to = (ctype *)b->col[c->field] + row; \
		for (uint32_t i = 0; i < n; i++, p += stride) \
			to[i] = load(p); \
	} while (0)

#define LOAD_U8(p) (*(p))
#define LOAD_V4(p) addr_v4(load_u32(p))
#define LOAD_V6(p) ((struct addr){ load_u64(p), load_u64((p) + 8) })

static void
copy_guarded(const struct copy *c, const uint8_t *rec, size_t stride,
    struct addr *to, uint32_t n)
{
	const uint8_t *guard;

	for (uint32_t i = 0; i < n; i++, rec += stride) {
		guard = rec + c->payload;
		if (load_u32(guard) != 0 ||
		    (c->guard == 8 && load_u32(guard + 4) != 0))
			to[i] = addr_v4(load_u32(rec + c->offset));
	}
}

static void
copy_spans(const struct copy *c, const uint8_t *p, size_t stride,
    struct span *to, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, p += stride) {
		to[i].data = p;
		to[i].len = c->form == REC_TAIL ?
		    c->len : (uint32_t)strnlen((const char *)p, c->len);
	}
}

/* One field of n records of equal shape to rows from "row" on. */
static void
copy_column(const struct copy *c, const uint8_t *rec, size_t stride,
    struct batch *b, uint32_t row, uint32_t n)
{
	const uint8_t *p = rec + c->offset;

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
			copy_guarded(c, rec, stride,
			    (struct addr *)b->col[c->field] + row, n);
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
		copy_spans(c, p, stride,
		    (struct span *)b->col[c->field] + row, n);
		break;
	case REC_FORMS:
		break;
	}
}

/* All wanted fields of a run. */
static void
copy_run(const struct record_decoder *d, const struct shape *s,
    const uint8_t *rec, struct batch *b, uint32_t row, uint32_t n)
{
	size_t size;
	uint64_t *extensions;

	for (unsigned i = 0; i < s->copies; i++)
		copy_column(&s->copy[i], rec, s->size, b, row, n);
	for (unsigned i = 0; i < s->absents; i++) {
		size = field_table[s->absent[i]].size;
		memset((char *)b->col[s->absent[i]] + row * size, 0, n * size);
	}
	if (fieldset_has(&d->want, FLD_EXTENSIONS)) {
		extensions = b->col[FLD_EXTENSIONS];
		for (uint32_t i = 0; i < n; i++)
			extensions[row + i] = s->extensions;
	}
}

static void
note_raw(const struct shape *s, const uint8_t *rec, struct span *raw,
    uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, rec += s->size)
		raw[i] = (struct span){ rec, s->size };
}

int
record_next(struct record_cursor *c, uint16_t *type, struct span *record,
    struct err *err)
{
	size_t left = c->len - c->pos;
	uint16_t size;

	if (left == 0)
		return 0;
	if (left < RECORD_HEADER_LEN)
		return err_set(err, ERR_MALFORMED,
		    "%zu bytes behind the last record", left);
	*type = load_u16(c->data + c->pos);
	size = load_u16(c->data + c->pos + 2);
	if (size < RECORD_HEADER_LEN || size > left)
		return err_set(err, ERR_MALFORMED,
		    "record of %u bytes where %zu are left", size, left);
	*record = (struct span){ c->data + c->pos, size };
	c->pos += size;
	return 1;
}

/* Number of records from rec on that have shape s, at most max. */
static uint32_t
run_length(const struct shape *s, const uint8_t *rec, size_t left,
    uint32_t max)
{
	uint32_t n = 1;

	while (n < max) {
		rec += s->size;
		left -= s->size;
		if (left < s->size || load_u16(rec) != RECORD_FLOW_V3 ||
		    !shape_matches(s, rec))
			break;
		n++;
	}
	return n;
}

int
record_decode(struct record_decoder *d, struct record_cursor *c,
    struct batch *b, struct err *err)
{
	const struct shape *s;
	struct span record;
	uint16_t type;
	uint32_t n;
	int rc = 1;

	b->rows = 0;
	b->first_row = c->flows;
	d->nruns = 0;
	while (b->rows < BATCH_ROWS &&
	    (rc = record_next(c, &type, &record, err)) == 1) {
		if (type != RECORD_FLOW_V3)
			continue;
		if (record.len < RECORD_V3_HEADER_LEN) {
			rc = err_set(err, ERR_MALFORMED,
			    "flow record of %u bytes", record.len);
			break;
		}
		s = shape_find(d, record.data, (uint16_t)record.len, err);
		if (s == NULL) {
			rc = -1;
			break;
		}
		n = run_length(s, record.data,
		    c->len - (size_t)(record.data - c->data),
		    BATCH_ROWS - b->rows);
		copy_run(d, s, record.data, b, b->rows, n);
		d->runs[d->nruns++] = (struct run){ record.data, b->rows,
			(uint16_t)n, s->size };
		if (b->raw != NULL)
			note_raw(s, record.data, b->raw + b->rows, n);
		c->pos += (size_t)(n - 1) * s->size;
		b->rows += n;
	}
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
	const struct run *run = first->runs;
	const struct shape *s;
	const uint8_t *rec;
	uint32_t row, n;

	for (uint32_t i = 0; i < b->nsel; i += n) {
		row = b->sel[i];
		while (row - run->row >= run->n)
			run++;
		for (n = 1; i + n < b->nsel && b->sel[i + n] == row + n &&
		    row + n - run->row < run->n; n++)
			;
		rec = run->rec + (size_t)(row - run->row) * run->size;
		s = shape_find(d, rec, run->size, NULL);
		assert(s != NULL);
		copy_run(d, s, rec, b, row, n);
	}
}
