/*
 * Records of layout 1 to records of layout 2.  A flow record becomes the
 * image of its map with the generic values, and what the map's moves copy.
 */

#include <string.h>

#include "base/bytes.h"
#include "record/info.h"
#include "record/v1_int.h"
#include "record/v3_int.h"

/* Fixed parts of flow records. */
#define SHORT_LEN 28
#define LONG_LEN 32

/* Flags of flow records; others are implied by the map. */
#define FLAG_V6 0x01
#define FLAG_PACKETS_64 0x02
#define FLAG_BYTES_64 0x04
#define FLAG_EVENT 0x40
#define FLAG_SAMPLED 0x80

#define PROTO_ICMP 1
#define PROTO_ICMP6 58

#define MISC_BIFLOW 12

/* In an event. */
#define EVENT_CONN_ID 8
#define EVENT_ICMP 12
#define EVENT_EVENT 14
#define EVENT_XEVENT 16

/* What a flow record can become: behind its image are three elements. */
#define FLOW_MAX (V1_IMAGE_MAX + 36 + 20 + 20)

struct conversion {
	const struct record_v1_state *state;
	struct record_v1_maps *maps; /* when there are maps in the payload */
	const struct v1_map *map; /* the last one, NULL none */
	uint8_t flags;
	struct buffer *out;
	uint32_t records;
	uint32_t number; /* of the record in the payload */
	uint32_t bad;
	struct err *err; /* the first one */
};

/* A flow record taken apart. */
struct v1_flow {
	const uint8_t *rec;
	size_t len;
	bool is_long;
	size_t fixed;
	size_t addr_len;
	size_t packets_len;
	size_t bytes_len;
	const uint8_t *ext;
	const struct v1_map *map;
};

/* Remember the first record that cannot be read; count the others. */
#define BAD(c, ...) \
	((void)((c)->bad++ == 0 && \
	    err_set((c)->err, ERR_MALFORMED, __VA_ARGS__)))

static const struct v1_map *
find_map(struct conversion *c, uint16_t id)
{
	if (c->map == NULL || c->map->id != id)
		c->map = v1_state_find(c->state, id);
	return c->map;
}

static bool
check_map(struct conversion *c, const struct v1_flow *f, size_t required)
{
	uint16_t id = load_u16(f->rec + 6);

	if (f->map == NULL)
		BAD(c,
		    "record %u: flow of extension map %u, which the file "
		    "does not have",
		    c->number, id);
	else if (f->map->problem != NULL)
		BAD(c,
		    "record %u: flow of extension map %u, which has "
		    "extension %u %s",
		    c->number, id, f->map->bad_ext, f->map->problem);
	else if (f->len != required + f->map->ext_len)
		BAD(c,
		    "record %u: flow of %zu bytes, with extension map %u "
		    "it has %zu",
		    c->number, f->len, id, required + f->map->ext_len);
	else
		return true;
	return false;
}

/* Find the parts of a record and its map. */
static bool
take_apart(struct conversion *c, const struct span *record, bool is_long,
    struct v1_flow *f)
{
	size_t required;
	uint8_t flags;

	*f = (struct v1_flow){ .rec = record->data, .len = record->len };
	f->is_long = is_long;
	f->fixed = is_long ? LONG_LEN : SHORT_LEN;
	if (f->len < f->fixed) {
		BAD(c, "record %u: flow of %zu bytes", c->number, f->len);
		return false;
	}
	flags = f->rec[4];
	f->addr_len = flags & FLAG_V6 ? 32 : 8;
	f->packets_len = flags & FLAG_PACKETS_64 ? 8 : 4;
	f->bytes_len = flags & FLAG_BYTES_64 ? 8 : 4;
	required = f->fixed + f->addr_len + f->packets_len + f->bytes_len;
	f->map = find_map(c, load_u16(f->rec + 6));
	if (!check_map(c, f, required))
		return false;
	f->ext = f->rec + required;
	return true;
}

static uint64_t
counter(const uint8_t *p, size_t len)
{
	return len == 8 ? load_u64(p) : load_u32(p);
}

static uint64_t
time_ms(const uint8_t *seconds, const uint8_t *ms)
{
	return (uint64_t)load_u32(seconds) * 1000 + load_u16(ms);
}

static void
put_generic(const struct v1_flow *f, uint8_t *out)
{
	const uint8_t *packets = f->rec + f->fixed + f->addr_len;
	const uint8_t *rec = f->rec;

	store_u64(out, time_ms(rec + 12, rec + 8));
	store_u64(out + 8, time_ms(rec + 16, rec + 10));
	store_u64(out + 24, counter(packets, f->packets_len));
	store_u64(out + 32, counter(packets + f->packets_len, f->bytes_len));
	store_u32(out + 40, load_u32(rec + 24)); /* ports */
	out[44] = rec[22];
	out[45] = rec[21];
	out[46] = rec[20];
	out[47] = rec[23];
}

/* Moves of one kind: m runs up to their end. */
#define MOVE_LOOP(kind, statement) \
	for (; m < map->move + map->end[kind]; m++) { \
		const uint8_t *from = ext + m->from; \
		uint8_t *to = out + m->to; \
		statement; \
	}

static void
put_extensions(const struct v1_map *map, const uint8_t *ext, uint8_t *out)
{
	const struct v1_move *m = map->move;

	MOVE_LOOP(V1_MOVE_8, memcpy(to, from, 8));
	MOVE_LOOP(V1_MOVE_4, memcpy(to, from, 4));
	MOVE_LOOP(V1_MOVE_2, memcpy(to, from, 2));
	MOVE_LOOP(V1_MOVE_1, *to = *from);
	MOVE_LOOP(V1_MOVE_2_TO_4, store_u32(to, load_u16(from)));
	MOVE_LOOP(V1_MOVE_4_TO_8, store_u64(to, load_u32(from)));
	MOVE_LOOP(V1_MOVE_SWAP_4, store_be32(to, load_u32(from)));
}

/* 1.6 may have type and code of ICMP in the event only. */
static void
put_icmp(const struct v1_flow *f, const uint8_t *event, uint8_t *generic)
{
	uint8_t proto = f->rec[22];
	uint16_t icmp = load_u16(event + EVENT_ICMP);

	if ((proto == PROTO_ICMP || proto == PROTO_ICMP6) && icmp != 0)
		store_u16(generic + 42, icmp);
}

/* A block without an end ends with its size. */
static void
put_block_end(uint8_t *block)
{
	uint16_t size = load_u16(block + 6);

	if (load_u16(block + 2) == 0 && size != 0)
		store_u16(block + 2, (uint16_t)(load_u16(block) + size - 1));
}

static uint8_t *
put_element(uint8_t *p, unsigned ext)
{
	store_u16(p, (uint16_t)ext);
	store_u16(
	    p + 2, (uint16_t)(RECORD_ELEMENT_HEADER_LEN + rec_exts[ext].size));
	return p + RECORD_ELEMENT_HEADER_LEN;
}

/* Biflow direction and end reason belong to an element that may lack. */
static uint8_t *
put_biflow(const struct v1_flow *f, uint8_t *p)
{
	p = put_element(p, EXT_MISC);
	memset(p, 0, rec_exts[EXT_MISC].size);
	memcpy(p + MISC_BIFLOW, f->rec + 30, 2);
	return p + rec_exts[EXT_MISC].size;
}

/*
 * The extension of firewall events is there without one, too: for type and
 * code of ICMP, and for the time of a translation.
 */
static bool
is_firewall_event(const struct v1_map *map, const uint8_t *event)
{
	return event[EVENT_EVENT] != 0 || load_u16(event + EVENT_XEVENT) != 0 ||
	    load_u32(event + EVENT_CONN_ID) != 0 ||
	    (!map->is_nat && load_u64(event) != 0);
}

static uint8_t *
put_event(const uint8_t *event, uint8_t *p)
{
	p = put_element(p, EXT_FW_EVENT);
	memcpy(p, event, EVENT_ICMP); /* time and connection */
	memcpy(p + 12, event + EVENT_XEVENT, 2);
	p[14] = event[EVENT_EVENT];
	p[15] = 0;
	return p + rec_exts[EXT_FW_EVENT].size;
}

static void
put_header(const struct conversion *c, const struct v1_flow *f, uint8_t *out)
{
	uint8_t flags = f->rec[4];

	store_u16(out + RECORD_V3_EXPORTER_ID,
	    f->is_long ? load_u16(f->rec + 28) : f->rec[5]);
	out[10] = c->flags;
	if (flags & FLAG_EVENT)
		out[10] |= FLOW_EVENT;
	if (flags & FLAG_SAMPLED)
		out[10] |= FLOW_SAMPLED;
	out[11] = f->is_long ? f->rec[5] : 0;
}

/* The elements behind the image; their end. */
static uint8_t *
put_tail(const struct v1_flow *f, uint8_t *out, unsigned *elements)
{
	const struct v1_map *map = f->map;
	const uint8_t *event;
	uint8_t *p = out + map->len;

	p = put_element(p, f->addr_len == 8 ? EXT_IPV4 : EXT_IPV6);
	memcpy(p, f->rec + f->fixed, f->addr_len);
	p += f->addr_len;
	++*elements;
	if (f->is_long && load_u16(f->rec + 30) != 0) {
		if (map->misc != 0) {
			memcpy(out + map->misc + MISC_BIFLOW, f->rec + 30, 2);
		} else {
			p = put_biflow(f, p);
			++*elements;
		}
	}
	if (map->has_event) {
		event = f->ext + map->event;
		put_icmp(f, event, out + map->generic);
		if (is_firewall_event(map, event)) {
			p = put_event(event, p);
			++*elements;
		}
	}
	return p;
}

/* Write the record that f becomes; its length. */
static size_t
put_flow(const struct conversion *c, const struct v1_flow *f, uint8_t *out)
{
	const struct v1_map *map = f->map;
	unsigned elements = map->elements;
	uint8_t *p;

	memcpy(out, map->image, map->len);
	put_header(c, f, out);
	put_generic(f, out + map->generic);
	put_extensions(map, f->ext, out);
	if (map->block != 0)
		put_block_end(out + map->block);
	p = put_tail(f, out, &elements);
	store_u16(out + 2, (uint16_t)(p - out));
	store_u16(out + 4, (uint16_t)elements);
	return (size_t)(p - out);
}

static int
convert_flow(struct conversion *c, const struct span *record, bool is_long)
{
	struct v1_flow f;
	char *room;

	if (!take_apart(c, record, is_long, &f))
		return 0;
	if ((room = buffer_room(c->out, FLOW_MAX)) == NULL)
		return err_nomem(c->err);
	c->out->len += put_flow(c, &f, (uint8_t *)room);
	c->records++;
	return 0;
}

/*
 * "1 in N" to one packet taken and N - 1 left out.  1.6 has a record for each
 * exporter that does not sample, 1.7 has none.
 */
static int
convert_sampler(struct conversion *c, const struct span *record)
{
	uint8_t out[RECORD_SAMPLER_LEN];
	struct record_sampler s;
	struct writer w;
	struct reader r;

	reader_init(&r, record->data + RECORD_HEADER_LEN,
	    record->len - RECORD_HEADER_LEN);
	s.id = (int32_t)reader_host(&r, 4);
	s.interval = 1;
	s.space = (uint32_t)reader_host(&r, 4);
	s.algorithm = (uint16_t)reader_host(&r, 2);
	s.sysid = (uint16_t)reader_host(&r, 2);
	if (r.bad) {
		BAD(c, "record %u: sampler of %u bytes", c->number,
		    record->len);
		return 0;
	}
	if (s.space > 0)
		s.space--;
	if (s.id < 0 && s.space == 0)
		return 0;
	writer_init(&w, out, sizeof(out));
	record_put_sampler(&w, &s);
	buffer_add(c->out, out, w.used);
	c->records++;
	return 0;
}

static int
take_map(struct conversion *c, const struct span *record)
{
	if (record->len < V1_MAP_MIN) {
		BAD(c, "record %u: extension map of %u bytes", c->number,
		    record->len);
		return 0;
	}
	if (c->maps == NULL &&
	    (c->maps = v1_maps_from(c->state, c->err)) == NULL)
		return -1;
	if (v1_maps_add(c->maps, record, c->err) == -1)
		return -1;
	c->state = v1_maps_now(c->maps);
	c->map = NULL;
	return 0;
}

static int
convert_record(struct conversion *c, uint16_t type, const struct span *record)
{
	switch (type) {
	case RECORD_V1_FLOW:
		return convert_flow(c, record, true);
	case RECORD_V1_FLOW_SHORT:
		return convert_flow(c, record, false);
	case RECORD_V1_MAP:
		return take_map(c, record);
	case RECORD_V1_SAMPLER:
		return convert_sampler(c, record);
	case RECORD_V1_PORT_HISTOGRAM:
	case RECORD_V1_SIZE_HISTOGRAM:
	case RECORD_V1_EXPORTER:
	case RECORD_V1_SAMPLER_INFO:
		return 0;
	default:
		buffer_add(c->out, record->data, record->len);
		c->records++;
		return 0;
	}
}

static int
convert_all(struct conversion *c, struct record_cursor *cursor)
{
	struct span record;
	struct err why;
	uint16_t type;
	int rc;

	while ((rc = record_next(cursor, &type, &record, &why)) == 1) {
		if (convert_record(c, type, &record) == -1)
			return -1;
		c->number++;
	}
	if (rc == -1)
		BAD(c, "record %u: %s", c->number, why.text);
	if (c->out->failed)
		return err_nomem(c->err);
	return 0;
}

int
record_v1_convert(const struct record_v1_state *state, uint8_t flags,
    const uint8_t *data, size_t len, struct buffer *out, uint32_t *records,
    struct err *err)
{
	struct record_cursor cursor = { .data = data, .len = len };
	struct conversion c = { .state = state, .flags = flags, .out = out };
	struct err first;
	int rc;

	c.err = &first;
	rc = convert_all(&c, &cursor);
	record_v1_maps_free(c.maps);
	*records = c.records;
	if (rc == -1)
		return err_set(err, first.code, "%s", first.text);
	if (c.bad > 1)
		return err_set(err, ERR_MALFORMED,
		    "%s; %u records more cannot be read", first.text,
		    c.bad - 1);
	if (c.bad == 1)
		return err_set(err, ERR_MALFORMED, "%s", first.text);
	return 0;
}
