/*
 * Sampling rates applied to flows in a block.
 */

#include <stdbool.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "flowcapd/correct.h"
#include "record/stats.h"
#include "record/v3.h"

#define LISTED_FIRST 256
#define LISTED_MAX 65536 /* more do not fit a block */

/* What an element holds (file-format.md 2.3), behind its header. */
#define IN_PACKETS_AT 24
#define IN_BYTES_AT 32
#define OUT_PACKETS_AT 8
#define OUT_BYTES_AT 16
#define FLAGS_AT 10 /* in the record */

#define HAS_ID 1
#define HAS_DEFAULT 2
#define IS_DONE 4

struct listed {
	uint32_t offset;
	uint32_t flags;
	uint64_t sampler;
};

struct correct {
	uint32_t default_rate;
	struct listed *list; /* by offset */
	size_t count;
	size_t room;
};

struct correct *
correct_new(uint32_t default_rate)
{
	struct correct *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->default_rate = default_rate;
	return c;
}

void
correct_set_rate(struct correct *c, uint32_t default_rate)
{
	c->default_rate = default_rate;
}

void
correct_free(struct correct *c)
{
	if (c == NULL)
		return;
	free(c->list);
	free(c);
}

void
correct_clear(struct correct *c)
{
	c->count = 0;
}

static bool
make_room(struct correct *c)
{
	size_t room = c->room == 0 ? LISTED_FIRST : c->room * 2;
	struct listed *list;

	if (c->count < c->room)
		return true;
	if (room > LISTED_MAX ||
	    (list = realloc(c->list, room * sizeof(*list))) == NULL)
		return false;
	c->list = list;
	c->room = room;
	return true;
}

void
correct_note(struct correct *c, const struct wire_exporter *e,
    const struct flow *f, size_t offset)
{
	uint32_t flags = 0;

	if (e->flow_rate == WIRE_RATE_KNOWN)
		return;
	if (e->flow_rate == WIRE_RATE_DEFAULT)
		flags |= HAS_DEFAULT;
	if ((f->extensions & FLOW_EXT(EXT_SAMPLER)) != 0)
		flags |= HAS_ID;
	if (flags != 0 && make_room(c))
		c->list[c->count++] = (struct listed){ (uint32_t)offset, flags,
			f->sampler_id };
}

/* A rate on its way through a block. */
struct pass {
	const struct wire_sampler *sampler;
	uint16_t sysid;
	uint32_t default_rate;
	struct listed *next; /* the first one not before the record */
	struct listed *end;
	int corrected;
};

static struct listed *
listed_at(struct pass *p, size_t offset)
{
	while (p->next < p->end && p->next->offset < offset)
		p->next++;
	return p->next < p->end && p->next->offset == offset ? p->next : NULL;
}

static bool
is_meant(const struct pass *p, const struct listed *l, const uint8_t *record)
{
	const struct wire_sampler *s = p->sampler;

	if (load_u16(record + RECORD_V3_EXPORTER_ID) != p->sysid)
		return false;
	if (l == NULL)
		return (record[FLAGS_AT] & FLOW_SAMPLED) == 0 && s->is_general;
	if ((l->flags & IS_DONE) != 0)
		return false;
	if ((l->flags & HAS_ID) == 0)
		return s->is_general;
	return s->id == -1 || (s->id >= 0 && (uint64_t)s->id == l->sampler);
}

static void
scale(uint8_t *at, const struct wire_sampler *s, uint32_t divisor,
    bool is_packets)
{
	uint64_t v = load_u64(at) / divisor;
	uint64_t scaled = wire_scale(v, (uint64_t)s->interval + s->space,
	    s->interval);

	store_u64(at, is_packets && v != 0 && scaled == 0 ? 1 : scaled);
}

static void
scale_element(uint16_t type, uint8_t *p, size_t len,
    const struct wire_sampler *s, uint32_t divisor)
{
	if (type == EXT_GENERIC && len >= IN_BYTES_AT + 8) {
		scale(p + IN_PACKETS_AT, s, divisor, true);
		scale(p + IN_BYTES_AT, s, divisor, false);
	} else if (type == EXT_COUNTERS && len >= OUT_BYTES_AT + 8) {
		scale(p + OUT_PACKETS_AT, s, divisor, true);
		scale(p + OUT_BYTES_AT, s, divisor, false);
	}
}

static void
scale_record(const struct pass *p, uint8_t *record, size_t len,
    uint32_t divisor)
{
	size_t pos = RECORD_V3_HEADER_LEN;
	size_t size;

	while (len - pos >= RECORD_ELEMENT_HEADER_LEN) {
		size = load_u16(record + pos + 2);
		if (size < RECORD_ELEMENT_HEADER_LEN || size > len - pos)
			return;
		scale_element(load_u16(record + pos),
		    record + pos + RECORD_ELEMENT_HEADER_LEN,
		    size - RECORD_ELEMENT_HEADER_LEN, p->sampler, divisor);
		pos += size;
	}
}

static void
correct_record(struct pass *p, uint8_t *data, size_t offset, size_t len)
{
	struct listed *l = listed_at(p, offset);
	uint8_t *record = data + offset;
	bool has_default = l != NULL && (l->flags & HAS_DEFAULT) != 0;

	if (!is_meant(p, l, record))
		return;
	scale_record(p, record, len, has_default ? p->default_rate : 1);
	record[FLAGS_AT] |= FLOW_SAMPLED;
	if (l != NULL)
		l->flags |= IS_DONE;
	p->corrected++;
}

/* What it takes to count the flows of a block; made when it is needed. */
struct count {
	struct record_decoder *decoder;
	struct batch batch;
};

static int
count_init(struct count *c)
{
	struct fieldset want = { { 0 } };

	record_stats_fields(&want);
	if ((c->decoder = record_decoder_new(&want, NULL)) == NULL)
		return -1;
	if (batch_init(&c->batch, &want, false, NULL) == 0)
		return 0;
	record_decoder_free(c->decoder);
	return -1;
}

static void
count_fini(struct count *c)
{
	record_decoder_free(c->decoder);
	batch_fini(&c->batch);
}

static void
count_flows(struct count *c, const uint8_t *data, size_t len,
    struct record_stats *stats)
{
	struct record_cursor cursor = { .data = data, .len = len };

	record_stats_init(stats);
	while (record_decode(c->decoder, &cursor, &c->batch, NULL) == 1)
		record_stats_add_batch(stats, &c->batch);
}

int
correct_block(struct correct *c, const struct wire_exporter *e,
    const struct wire_sampler *s, uint8_t *data, size_t len,
    struct record_stats *stats)
{
	struct record_cursor cursor = { .data = data, .len = len };
	struct pass pass = { .sampler = s, .sysid = e->sysid,
		.default_rate = c->default_rate, .next = c->list,
		.end = c->count == 0 ? NULL : c->list + c->count };
	struct count count;
	struct span record;
	uint16_t type;

	if (!s->is_first || e->sysid == 0 || s->interval == 0 ||
	    e->version < 9 || len == 0)
		return 0;
	if (count_init(&count) == -1)
		return -1;
	while (record_next(&cursor, &type, &record, NULL) == 1)
		if (type == RECORD_FLOW_V3 && record.len >= RECORD_V3_HEADER_LEN)
			correct_record(&pass, data,
			    (size_t)(record.data - data), record.len);
	if (pass.corrected > 0)
		count_flows(&count, data, len, stats);
	count_fini(&count);
	return pass.corrected;
}
