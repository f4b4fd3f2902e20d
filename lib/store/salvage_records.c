/*
 * The payload of a block: its records one by one.
 *
 * A record that is wrong is left out, or mended.  Where not even its length
 * can be right, reading goes on at the next flow record without a fault.
 */

#include "base/bytes.h"
#include "record/check.h"
#include "store/layout1.h"
#include "store/salvage.h"

/* Findings that are told one by one in a block; the others are counted. */
#define TOLD_MAX 3

struct walk {
	struct record_cursor c;
	uint64_t wrong; /* findings */
	uint32_t kept;
	size_t copied; /* bytes of the payload dealt with, once any is wrong */
	bool is_v1; /* records of layout 1 */
	bool is_torn; /* they do not fit the payload */
};

bool
salvage_fits(const struct salvage *s, uint32_t *count)
{
	return record_count(s->b.raw, s->b.len, count, NULL) == 0;
}

bool
salvage_array_fits(const struct salvage *s, uint32_t elements)
{
	size_t size;

	if (s->b.len < RECORD_HEADER_LEN)
		return false;
	size = load_u16(s->b.raw + 2);
	return s->b.len == RECORD_HEADER_LEN + (uint64_t)size * elements;
}

static void
tell_record(struct salvage *s, struct walk *w, size_t at,
    const struct err *why)
{
	if (w->wrong++ < TOLD_MAX)
		salvage_tell_block(s, FINDING_DAMAGE,
		    "record %u at %zu of %zu: %s", w->kept, at, w->c.len,
		    why->text);
}

/* What is not known is told once for the file, at its end. */
static void
note_foreign(struct salvage *s, const struct err *why)
{
	if (s->foreign++ == 0)
		s->foreign_why = *why;
}

/* Keep what came before, and leave out or mend the record at "at". */
static void
leave_out(struct salvage *s, struct walk *w, size_t at,
    const struct span *odd)
{
	char *room;

	buffer_add(&s->kept, w->c.data + w->copied, at - w->copied);
	w->copied = w->c.pos;
	if (odd == NULL || (room = buffer_room(&s->kept, odd->len)) == NULL)
		return;
	s->kept.len += record_mend(odd, (uint8_t *)room);
	w->kept++;
}

/* Move to the next flow record that has no fault, or to the end. */
static void
find_flow(struct walk *w)
{
	struct span record;
	const uint8_t *p;

	for (w->c.pos++; w->c.pos < w->c.len; w->c.pos++) {
		p = w->c.data + w->c.pos;
		if (w->c.len - w->c.pos < RECORD_V3_HEADER_LEN)
			continue;
		record = (struct span){ p, load_u16(p + 2) };
		if (load_u16(p) == RECORD_FLOW_V3 &&
		    record.len > RECORD_V3_HEADER_LEN &&
		    record.len <= w->c.len - w->c.pos &&
		    record_check(RECORD_FLOW_V3, &record, NULL) ==
		    RECORD_SOUND)
			return;
	}
}

/* What is not known is hardly a record where others are not in their place. */
static enum record_state
get_state(struct salvage *s, const struct walk *w, uint16_t type,
    const struct span *record, struct err *why)
{
	enum record_state state = w->is_v1 ?
	    salvage_check_v1(s, type, record, why) :
	    record_check(type, record, why);

	return state == RECORD_FOREIGN && w->is_torn &&
	    type != RECORD_FLOW_V3 ? RECORD_BAD : state;
}

static void
check_record(struct salvage *s, struct walk *w, uint16_t type,
    const struct span *record)
{
	size_t at = w->c.pos - record->len;
	struct err why;

	switch (get_state(s, w, type, record, &why)) {
	case RECORD_FOREIGN:
		note_foreign(s, &why);
		w->kept++;
		break;
	case RECORD_SOUND:
		w->kept++;
		break;
	case RECORD_ODD:
		tell_record(s, w, at, &why);
		leave_out(s, w, at, record);
		break;
	case RECORD_BAD:
		tell_record(s, w, at, &why);
		leave_out(s, w, at, NULL);
		break;
	}
}

/* To the end of the payload. */
static void
walk_records(struct salvage *s, struct walk *w)
{
	struct span record;
	struct err why;
	uint16_t type;
	size_t at;
	int rc;

	for (;;) {
		at = w->c.pos;
		rc = record_next(&w->c, &type, &record, &why);
		if (rc == 0)
			return;
		if (rc == -1) {
			tell_record(s, w, at, &why);
			find_flow(w);
			leave_out(s, w, at, NULL);
		} else
			check_record(s, w, type, &record);
	}
}

static void
tell_sum(struct salvage *s, const struct walk *w, uint32_t stated)
{
	if (w->wrong > TOLD_MAX)
		salvage_tell_block(s, FINDING_DAMAGE,
		    "%ju more records are wrong",
		    (uintmax_t)(w->wrong - TOLD_MAX));
	if (w->wrong == 0 && w->kept != stated)
		salvage_tell_block(s, FINDING_DAMAGE,
		    "%u records where its header says %u", w->kept, stated);
	if (w->wrong > 0 && stated > w->kept)
		s->v->records_lost += stated - w->kept;
}

int
salvage_records(struct salvage *s, const struct store_block_header *h,
    struct salvage_block *out, struct err *err)
{
	struct walk w = { .c = { .data = s->b.raw, .len = s->b.len },
		.is_v1 = h->type == STORE_V1_BLOCK_RECORDS };
	uint32_t count;

	w.is_torn = !salvage_fits(s, &count);
	s->kept.len = 0;
	s->converted.len = 0;
	walk_records(s, &w);
	tell_sum(s, &w, h->records);
	out->records = w.kept;
	if (w.wrong > 0) {
		buffer_add(&s->kept, w.c.data + w.copied,
		    w.c.len - w.copied);
		out->raw = (const uint8_t *)s->kept.data;
		out->len = s->kept.len;
		out->ref = NULL;
	}
	if (s->kept.failed || s->converted.failed)
		return err_nomem(err);
	s->v->flows += w.is_v1 ?
	    salvage_tally_add(&s->tally, (const uint8_t *)s->converted.data,
		s->converted.len) :
	    salvage_tally_add(&s->tally, out->raw, out->len);
	return 0;
}
