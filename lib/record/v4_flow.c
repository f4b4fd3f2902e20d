/*
 * Flow records V4 to V3.
 *
 * What goes where is a table: parts of V4 extensions, in the order of the V3
 * extensions that they make up.  Only what depends on a value has a function.
 *
 * The extensions of a record may stand in any order, but together they must
 * fit it: then none can be used twice to make a small record a large one.
 */

#include <stdbool.h>
#include <string.h>

#include "record/v3.h"
#include "record/v3_int.h"
#include "record/v4_int.h"

#define BITMAP 16 /* its place in the header */
#define FLAG_TRANSIENT 0x80
#define ALIGNMENT 8

/* Extensions of V4, file-format.md 6.5, that need a name here. */
enum {
	V4_MPLS = 13,
	V4_EVENT = 21,
	V4_APP_ID = 25,
	V4_IN_PAYLOAD = 26,
	V4_OUT_PAYLOAD = 27,
	V4_FRAME = 32,
	V4_PF_LOG = 34,
	V4_NOKIA_STRING = 38,
	V4_COUNT = 40, /* of those that are known */

	/* the event extension as what it tells of */
	V4_FW_EVENT = 62,
	V4_NAT_EVENT = 63
};

enum { KIND_FIREWALL = 1, KIND_NAT = 2 };

#define MPLS_SLOTS 10
#define PF_NAME 20 /* where the name stands, in both versions */
#define NAME_LEN 4 /* of interface names and Nokia's string */

/* Payload bytes; of variable ones the word that counts the rest. */
static const uint8_t sizes[V4_COUNT] = { 0, 48, 8, 32, 8, 8, 24, 8, 8, 8, 32,
	8, 16, 40, 16, 16, 8, 24, 8, 32, 8, 24, 24, 72, 8, 4, 4, 4, 16, 40, 16,
	8, 4, 8, 24, 32, 8, 8, 4, 8 };

struct part {
	uint8_t from; /* extension of V4, and where in it */
	uint8_t at;
	uint8_t len;
	uint8_t to; /* extension of V3, and where in it */
	uint8_t place;
	uint8_t width; /* another than len: a number that is cut */
};

/*
 * In the order of record_encode(): what all flows of an exporter share
 * first, what no two flows share last, which suits compression.
 */
static const struct part parts[] = {
	{ 11, 0, 4, EXT_EXPORTER_V4, 0, 4 },
	{ 12, 0, 16, EXT_EXPORTER_V6, 0, 16 },
	{ 2, 0, 8, EXT_IPV4, 0, 8 },
	{ 3, 0, 32, EXT_IPV6, 0, 32 },
	{ 4, 0, 8, EXT_MISC, 0, 8 },
	{ 5, 0, 3, EXT_MISC, 8, 3 }, /* masks, direction */
	{ 5, 4, 1, EXT_MISC, 11, 1 }, /* destination ToS */
	{ 5, 3, 1, EXT_MISC, 12, 1 }, /* direction of a biflow */
	{ 5, 5, 1, EXT_MISC, 13, 1 }, /* end reason */
	{ 6, 0, 24, EXT_COUNTERS, 0, 24 },
	{ 7, 0, 8, EXT_VLAN, 0, 8 },
	{ 8, 0, 8, EXT_AS, 0, 8 },
	{ 9, 4, 4, EXT_BGP_V4, 0, 4 },
	{ 10, 16, 16, EXT_BGP_V6, 0, 16 },
	{ 9, 0, 4, EXT_NEXT_HOP_V4, 0, 4 },
	{ 10, 0, 16, EXT_NEXT_HOP_V6, 0, 16 },
	{ V4_MPLS, 0, 40, EXT_MPLS, 0, 40 },
	{ 14, 0, 16, EXT_MAC, 0, 16 },
	{ 15, 0, 16, EXT_MAC, 16, 16 },
	{ 16, 0, 8, EXT_AS_ADJACENT, 0, 8 },
	{ 17, 0, 24, EXT_LATENCY, 0, 24 },
	{ V4_FW_EVENT, 0, 15, EXT_FW_EVENT, 0, 15 },
	{ 18, 0, 8, EXT_XLATE_V4, 0, 8 },
	{ 19, 0, 32, EXT_XLATE_V6, 0, 32 },
	{ 20, 0, 4, EXT_XLATE_PORT, 0, 4 },
	{ 22, 0, 24, EXT_ACL, 0, 24 },
	{ 23, 0, 65, EXT_USER, 0, 65 },
	{ V4_NAT_EVENT, 0, 8, EXT_NAT_EVENT, 0, 8 },
	{ V4_NAT_EVENT, 20, 4, EXT_NAT_EVENT, 8, 4 }, /* pool */
	{ V4_NAT_EVENT, 18, 2, EXT_NAT_EVENT, 12, 1 },
	{ 24, 0, 8, EXT_PORT_BLOCK, 0, 8 },
	{ 28, 0, 12, EXT_TUNNEL_V4, 0, 12 },
	{ 29, 0, 36, EXT_TUNNEL_V6, 0, 36 },
	{ 30, 0, 8, EXT_OBSERVATION, 0, 8 },
	{ 30, 8, 8, EXT_OBSERVATION, 8, 4 }, /* domain */
	{ 31, 0, 4, EXT_FRAME_META, 0, 4 },
	{ 33, 0, 8, EXT_VRF, 0, 8 },
	{ 35, 0, 32, EXT_LAYER2, 0, 32 },
	{ 36, 0, 8, EXT_FLOW_ID, 0, 8 },
	{ 37, 0, 4, EXT_NOKIA_SERVICE, 0, 4 },
	{ 39, 0, 3, EXT_IP_INFO, 1, 3 },
	{ 1, 0, 48, EXT_GENERIC, 0, 48 },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* A V4 record whose extensions are known to fit it. */
struct flow_v4 {
	const uint8_t *data;
	uint64_t has; /* known extensions */
	const uint8_t *ext[64];
};

/* A V3 record on its way. */
struct flow_v3 {
	struct writer *w;
	uint16_t elements;
	unsigned ext; /* of the last element */
};

static bool
is_variable(unsigned id)
{
	return id == V4_APP_ID || id == V4_IN_PAYLOAD ||
	    id == V4_OUT_PAYLOAD || id == V4_FRAME;
}

static size_t
align(size_t len)
{
	return (len + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

/* Whole size of an extension, as it must be for left bytes; or -1. */
static int64_t
extension_size(unsigned id, const uint8_t *data, size_t left)
{
	size_t size = sizes[id];

	if (size > left)
		return -1;
	if (is_variable(id))
		size += load_u32(data);
	return size > left ? -1 : (int64_t)size;
}

/* Find the extensions by the table of their offsets. */
static int
find_extensions(struct flow_v4 *v, size_t size, uint64_t bitmap,
    struct err *err)
{
	unsigned count = (unsigned)__builtin_popcountll(bitmap);
	size_t start = align(RECORD_V4_HEADER_LEN + 2 * (size_t)count);
	const uint8_t *offset = v->data + RECORD_V4_HEADER_LEN;
	size_t used = start;
	int64_t len;

	if (start > size)
		return err_set(err, ERR_MALFORMED,
		    "%u extensions in a record of %zu bytes", count, size);
	for (; bitmap != 0; bitmap &= bitmap - 1, offset += 2) {
		unsigned id = (unsigned)__builtin_ctzll(bitmap);
		uint16_t at = load_u16(offset);

		if (id == 0 || id >= V4_COUNT)
			continue;
		if (at < start || at > size || at % ALIGNMENT != 0 ||
		    (len = extension_size(id, v->data + at, size - at)) == -1)
			return err_set(err, ERR_MALFORMED,
			    "extension %u at %u of %zu bytes", id, at, size);
		used += align((size_t)len);
		v->ext[id] = v->data + at;
		v->has |= 1ULL << id;
	}
	if (used > size)
		return err_set(err, ERR_MALFORMED,
		    "extensions of %zu bytes in a record of %zu", used, size);
	return 0;
}

/*
 * What an event extension tells of.  The collector of the beta leaves out
 * the kind of events that NetFlow 9 brings, and then what is set tells it.
 */
static void
tell_event(struct flow_v4 *v)
{
	const uint8_t *e = v->ext[V4_EVENT];
	bool is_nat;

	if (!(v->has >> V4_EVENT & 1))
		return;
	is_nat = load_u16(e + 16) == KIND_NAT || load_u16(e + 18) != 0 ||
	    load_u32(e + 20) != 0;
	if (is_nat) {
		v->ext[V4_NAT_EVENT] = e;
		v->has |= 1ULL << V4_NAT_EVENT;
	}
	if (!is_nat || load_u16(e + 16) == KIND_FIREWALL ||
	    load_u32(e + 8) != 0 || load_u16(e + 12) != 0 || e[14] != 0) {
		v->ext[V4_FW_EVENT] = e;
		v->has |= 1ULL << V4_FW_EVENT;
	}
}

/* Room for an element's payload, zeroed; NULL when it does not fit. */
static uint8_t *
add_element(struct flow_v3 *f, unsigned ext, size_t len)
{
	uint8_t *p;

	writer_host(f->w, ext, 2);
	writer_host(f->w, RECORD_ELEMENT_HEADER_LEN + len, 2);
	if ((p = writer_room(f->w, len)) != NULL)
		memset(p, 0, len);
	f->elements++;
	f->ext = ext;
	return p;
}

/*
 * Is the stack whole when its entries are read so?  The last one, and no
 * other, is marked as the bottom.
 */
static bool
is_stack(const uint8_t *slots, bool is_wire)
{
	unsigned bottom = 0;
	bool is_marked = false;

	for (unsigned i = 0; i < MPLS_SLOTS; i++, slots += 4) {
		if (load_u32(slots) == 0)
			continue;
		is_marked = (is_wire ? slots[2] : load_u32(slots)) & 1;
		bottom += is_marked;
	}
	return bottom == 1 && is_marked;
}

/*
 * Stack entries as numbers.  Files of the 1.8 collectors hold the three
 * bytes of the wire, files converted from layout 2 have numbers already, and
 * nothing says which: the mark at the bottom of the stack tells.  When it
 * fits both or neither, a collector wrote it.
 */
static void
order_stack(uint8_t *slots)
{
	if (is_stack(slots, false) && !is_stack(slots, true))
		return;
	for (unsigned i = 0; i < MPLS_SLOTS; i++, slots += 4)
		store_u32(slots, load_be32(slots) >> 8);
}

static void
put_parts(struct flow_v3 *f, const struct flow_v4 *v)
{
	const struct part *p;
	const uint8_t *from;
	uint8_t *to = NULL;

	for (p = parts; p < parts + PARTS; p++) {
		if (!(v->has >> p->from & 1))
			continue;
		if (f->ext != p->to)
			to = add_element(f, p->to, rec_exts[p->to].size);
		if (to == NULL)
			return;
		from = v->ext[p->from] + p->at;
		if (p->width == p->len)
			memcpy(to + p->place, from, p->len);
		else
			store_host(
			    to + p->place, load_host(from, p->len), p->width);
		if (p->to == EXT_MPLS)
			order_stack(to);
	}
}

static void
put_bytes(struct flow_v3 *f, const struct flow_v4 *v, unsigned id,
    unsigned ext)
{
	uint32_t len;
	uint8_t *to;

	if (!(v->has >> id & 1))
		return;
	len = load_u32(v->ext[id]);
	if ((to = add_element(f, ext, len)) != NULL && len > 0)
		memcpy(to, v->ext[id] + 4, len);
}

/* The name of an interface, which ends and is a multiple of 4 bytes. */
static void
put_pf_log(struct flow_v3 *f, const struct flow_v4 *v)
{
	const uint8_t *from = v->ext[V4_PF_LOG];
	size_t len, room;
	uint8_t *to;

	if (!(v->has >> V4_PF_LOG & 1))
		return;
	len = strnlen((const char *)from + PF_NAME, NAME_LEN);
	room = len == 0 ? 0 : len < NAME_LEN ? NAME_LEN : 2 * NAME_LEN;
	if ((to = add_element(f, EXT_PF_LOG, PF_NAME + room)) != NULL)
		memcpy(to, from, PF_NAME + len);
}

/* Text and 4 zero bytes. */
static void
put_nokia_string(struct flow_v3 *f, const struct flow_v4 *v)
{
	const uint8_t *from = v->ext[V4_NOKIA_STRING];
	size_t len;
	uint8_t *to;

	if (!(v->has >> V4_NOKIA_STRING & 1))
		return;
	len = strnlen((const char *)from, NAME_LEN);
	if ((to = add_element(f, EXT_NOKIA_STRING, len + 4)) != NULL)
		memcpy(to, from, len);
}

static int
put_record(const struct flow_v4 *v, struct writer *w, struct err *err)
{
	struct flow_v3 f = { .w = w };
	size_t before = w->used;
	uint32_t exporter = load_u32(v->data + 8);
	uint8_t *header = writer_room(w, RECORD_V3_HEADER_LEN);

	/* Other readers count on this one. */
	if (!(v->has >> 1 & 1))
		add_element(&f, EXT_GENERIC, rec_exts[EXT_GENERIC].size);
	put_parts(&f, v);
	put_bytes(&f, v, V4_APP_ID, EXT_APP_ID);
	put_bytes(&f, v, V4_IN_PAYLOAD, EXT_IN_PAYLOAD);
	put_bytes(&f, v, V4_OUT_PAYLOAD, EXT_OUT_PAYLOAD);
	put_bytes(&f, v, V4_FRAME, EXT_FRAME);
	put_pf_log(&f, v);
	put_nokia_string(&f, v);
	if (w->bad || w->used - before > RECORD_V3_MAX)
		return err_set(err, ERR_MALFORMED,
		    "more than a record of layout 2 can hold");
	store_u16(header, RECORD_FLOW_V3);
	store_u16(header + 2, (uint16_t)(w->used - before));
	store_u16(header + 4, f.elements);
	header[6] = v->data[12];
	header[7] = v->data[13];
	store_u16(header + RECORD_V3_EXPORTER_ID,
	    exporter > UINT16_MAX ? 0 : (uint16_t)exporter);
	header[10] = (uint8_t)(load_u16(v->data + 6) & ~FLAG_TRANSIENT);
	header[11] = v->data[14];
	return 0;
}

int
record_v4_flow(
    const uint8_t *record, size_t size, struct writer *w, struct err *err)
{
	struct flow_v4 v = { .data = record };

	if (size < RECORD_V4_HEADER_LEN)
		return err_set(
		    err, ERR_MALFORMED, "flow record of %zu bytes", size);
	if (find_extensions(&v, size, load_u64(record + BITMAP), err) == -1)
		return -1;
	tell_event(&v);
	return put_record(&v, w, err);
}
