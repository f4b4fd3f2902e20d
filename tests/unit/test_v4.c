/*
 * Blocks of layout 3: random flows are written as V4 records by a naive
 * writer and come back from the V3 records that they are converted to;
 * payloads whose lengths, offsets and counts do not fit are refused, and what
 * comes before the damage is kept.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dice.h"
#include "flowkit.h"
#include "record/info.h"
#include "record/v3.h"
#include "record/v3_int.h"
#include "record/v4.h"
#include "tap.h"
#include "v4kit.h"

#define ROUNDS 3000
#define ROOM (64 * 1024)

static struct dice dice;

static const uint8_t text[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv"
			      "wxyzabcdefghijklmnopqrstuvwxyz";

static struct span
random_text(uint64_t max)
{
	return (struct span){ text, (uint32_t)(1 + dice_below(&dice, max)) };
}

static struct addr
random_addr(bool is_v4)
{
	uint64_t v = dice_next(&dice);

	return is_v4 ? addr_v4((uint32_t)v) :
		       (struct addr){ v | 1, dice_next(&dice) };
}

/* A stack whose last entry, and no other, is marked as the bottom. */
static void
random_stack(uint32_t mpls[10])
{
	unsigned depth = 1 + (unsigned)dice_below(&dice, 10);

	memset(mpls, 0, 10 * sizeof(mpls[0]));
	for (unsigned i = 0; i < depth; i++) /* small labels leave no doubt */
		mpls[i] = 16 + (uint32_t)dice_below(&dice, 0xffff - 16) / 2 * 2;
	mpls[depth - 1] |= 1;
}

/* Two extensions of V4 may make one of V3, and one of them may be missing. */
static void
clear_halves(struct flow *f, uint64_t bitmap)
{
	if (!(bitmap >> 4 & 1))
		f->input = f->output = 0;
	if (!(bitmap >> 5 & 1))
		f->src_mask = f->dst_mask = f->direction = f->dst_tos =
		    f->biflow_dir = f->end_reason = 0;
	if (!(bitmap >> 14 & 1))
		f->in_src_mac = f->out_dst_mac = 0;
	if (!(bitmap >> 15 & 1))
		f->in_dst_mac = f->out_src_mac = 0;
}

/* Every member set, addresses of the families in the bitmap. */
static void
random_flow(struct flow *f, uint64_t bitmap)
{
	memset(f, 0, sizeof(*f));
	dice_fill(&dice, f, sizeof(*f));
	f->src_addr = random_addr(bitmap >> 2 & 1);
	f->dst_addr = random_addr(bitmap >> 2 & 1);
	f->next_hop = random_addr(bitmap >> 9 & 1);
	f->bgp_next_hop = random_addr(bitmap >> 9 & 1);
	f->exporter_addr = random_addr(bitmap >> 11 & 1);
	f->xlate_src_addr = random_addr(bitmap >> 18 & 1);
	f->xlate_dst_addr = random_addr(bitmap >> 18 & 1);
	f->tun_src_addr = random_addr(bitmap >> 28 & 1);
	f->tun_dst_addr = random_addr(bitmap >> 28 & 1);
	f->conn_id |= 1;
	f->nat_event |= 1;
	f->record_flags &= 0x7f;
	f->user_name = random_text(65);
	f->app_id = random_text(8);
	f->in_payload = random_text(70);
	f->out_payload = random_text(70);
	f->frame = random_text(70);
	f->pf_interface = random_text(4);
	f->nokia_string = random_text(4);
	random_stack(f->mpls);
	clear_halves(f, bitmap);
}

/* One family of each pair, and the generic extension. */
static uint64_t
random_bitmap(void)
{
	static const unsigned pairs[] = { 2, 9, 11, 18, 28 };
	uint64_t bitmap = dice_next(&dice) & ((1ULL << V4_EXTENSIONS) - 2);

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (bitmap >> pairs[i] & 1)
			bitmap &= ~(2ULL << pairs[i]);
	return bitmap | 2;
}

static bool
has_field(unsigned id, uint64_t exts)
{
	for (size_t i = 0; i < rec_rows_count; i++)
		if (rec_rows[i].field == id &&
		    (rec_rows[i].ext == EXT_HEADER ||
			exts >> rec_rows[i].ext & 1))
			return true;
	return false;
}

/* Are the fields of the extensions those of the flow? */
static bool
same_row(const struct batch *b, const struct flow *f, uint64_t exts)
{
	const uint8_t *base = (const uint8_t *)f;
	const struct field *fl;

	for (unsigned id = 0; id < FLD_COUNT; id++) {
		fl = &field_table[id];
		if (has_field(id, exts) &&
		    !flow_same_value(fl, base + fl->offset, b->col[id])) {
			note("field %s differs", fl->id);
			return false;
		}
	}
	return true;
}

/* A flow block around records. */
static size_t
flow_block(uint8_t *block, const uint8_t *records, size_t len, uint32_t n)
{
	memset(block, 0, 32);
	store_u32(block, n);
	memcpy(block + 32, records, len);
	return 32 + len;
}

/* Convert memory of exactly len bytes. */
static int
convert(enum record_v4_block type, const uint8_t *data, size_t len,
    uint8_t out[ROOM], size_t *used, uint32_t *records, struct err *err)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct writer w;
	int rc;

	if (copy == NULL || record_v4_room(len) > ROOM)
		bail("no room");
	if (len > 0)
		memcpy(copy, data, len);
	*records = 0;
	writer_init(&w, out, record_v4_room(len));
	rc = record_v4_convert(type, copy, len, &w, records, err);
	*used = w.used;
	free(copy);
	return rc;
}

static void
test_flows(void)
{
	static uint8_t out[ROOM], block[8192];
	static struct v4 v;
	struct fieldset all = { { 0 } };
	struct record_decoder *d;
	struct record_cursor c;
	struct batch b;
	struct flow f;
	struct err err;
	uint32_t records;
	uint64_t bitmap, exts;
	size_t len;
	bool same = true;

	for (unsigned id = 0; id < FLD_COUNT; id++)
		fieldset_add(&all, (enum field_id)id);
	d = record_decoder_new(&all, NULL);
	if (d == NULL || batch_init(&b, &all, true, NULL) == -1)
		bail("out of memory");
	for (unsigned round = 0; round < ROUNDS && same; round++) {
		bitmap = random_bitmap();
		exts = 0;
		random_flow(&f, bitmap);
		len = v4_put(&v, &f, bitmap, dice_next(&dice), &exts);
		len = flow_block(block, v.data, len, 1);
		c = (struct record_cursor){ .data = out };
		if (convert(RECORD_V4_FLOWS, block, len, out, &c.len, &records,
			&err) == -1)
			bail("%s", err.text);
		same = records == 1 && record_decode(d, &c, &b, &err) == 1 &&
		    b.rows == 1 && same_row(&b, &f, exts);
	}
	ok(same, "%d flows come back", ROUNDS);
	batch_fini(&b);
	record_decoder_free(d);
}

/* Extensions of a V3 record. */
static uint64_t
elements(const uint8_t *record)
{
	uint64_t exts = 0;
	size_t pos = RECORD_V3_HEADER_LEN;

	for (; pos < load_u16(record + 2); pos += load_u16(record + pos + 2))
		exts |= FLOW_EXT(load_u16(record + pos));
	return exts;
}

/* Convert a record of one extension, of up to 40 bytes; false if refused. */
static bool
convert_one(unsigned id, const void *payload, size_t len, uint8_t out[ROOM])
{
	static struct v4 v;
	struct flow f = { .exporter_id = 7, .record_flags = 0x83 };
	uint8_t block[256];
	uint32_t records;
	size_t used;

	v4_begin(&v, 1ULL << id);
	v.offset[id] = (uint16_t)v.w.used;
	writer_bytes(&v.w, payload, len);
	v4_align(&v.w);
	len = flow_block(block, v.data, v4_end(&v, &f), 1);
	return convert(RECORD_V4_FLOWS, block, len, out, &used, &records,
		   NULL) == 0;
}

static void
test_events(void)
{
	/* conn id, extended event, event, kind, NAT event, pool */
	static const struct {
		uint32_t conn;
		uint8_t event;
		uint16_t kind;
		uint16_t nat;
		uint64_t exts;
		const char *what;
	} rows[] = {
		{ 5, 2, 0, 0, FLOW_EXT(EXT_FW_EVENT), "firewall, no kind" },
		{ 0, 0, 0, 1, FLOW_EXT(EXT_NAT_EVENT), "NAT, no kind" },
		{ 0, 0, 0, 0, FLOW_EXT(EXT_FW_EVENT), "nothing but a time" },
		{ 0, 0, 1, 0, FLOW_EXT(EXT_FW_EVENT), "firewall" },
		{ 0, 0, 2, 0, FLOW_EXT(EXT_NAT_EVENT), "NAT" },
		{ 0, 1, 2, 4, FLOW_EXT(EXT_FW_EVENT) | FLOW_EXT(EXT_NAT_EVENT),
		    "both" },
	};
	static uint8_t out[ROOM];
	uint8_t payload[24];
	struct writer w;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		writer_init(&w, payload, sizeof(payload));
		writer_host(&w, 1234, 8);
		writer_host(&w, rows[i].conn, 4);
		writer_host(&w, 0, 2);
		writer_host(&w, rows[i].event, 2);
		writer_host(&w, rows[i].kind, 2);
		writer_host(&w, rows[i].nat, 2);
		writer_host(&w, 0, 4);
		convert_one(21, payload, sizeof(payload), out);
		ok((elements(out) & ~FLOW_EXT(EXT_GENERIC)) == rows[i].exts,
		    "event: %s", rows[i].what);
	}
}

static void
test_labels(void)
{
	static uint8_t out[ROOM];
	uint8_t slots[40] = { 0 };
	const uint8_t *got = out + 12 + 52 + 4; /* behind an empty generic */

	memcpy(slots, "\x00\x3e\x9a\x00\x00\x3e\xbf", 7);
	convert_one(13, slots, sizeof(slots), out);
	is_uint(load_u32(got), 0x3e9a, "label of the wire");
	is_uint(load_u32(got + 4), 0x3ebf, "and the one below");
	memset(slots, 0, sizeof(slots));
	store_u32(slots, 0x3e9a);
	store_u32(slots + 4, 0x3ebf);
	convert_one(13, slots, sizeof(slots), out);
	is_uint(load_u32(got), 0x3e9a, "label that is a number");
	memcpy(slots, "\x01\x02\x03\x00\x00\x00\x00", 8);
	convert_one(13, slots, sizeof(slots), out);
	is_uint(load_u32(got), 0x010203, "in doubt it is of the wire");
	memcpy(slots, "\x02\x02\x02\x00\x00\x00\x00", 8);
	convert_one(13, slots, sizeof(slots), out);
	is_uint(load_u32(got), 0x020202, "and so when no mark is there");
}

static void
test_header(void)
{
	static uint8_t out[ROOM];
	uint8_t block[32 + 24] = { 0 };
	uint32_t records;
	size_t used;

	convert_one(36, "12345678", 8, out);
	is_uint(load_u16(out + RECORD_V3_EXPORTER_ID), 7, "exporter");
	is_uint(out[10], 3, "flags, less the transient one");
	is_uint(load_u16(out + 4), 2, "elements: its own, an empty generic");

	store_u16(block + 32, 16);
	store_u16(block + 34, 24);
	store_u32(block + 40, 65536 + 7);
	is_int(convert(RECORD_V4_FLOWS, block, sizeof(block), out, &used,
		   &records, NULL), 0, "a record without extensions");
	is_uint(records, 1, "is a record");
	is_uint(used, 12 + 52, "of an empty flow");
	is_uint(load_u16(out + RECORD_V3_EXPORTER_ID), 0,
	    "whose exporter has no number in layout 2");
}

/* Change two bytes of a sound record and look whether it is refused. */
static void
refuse(const struct v4 *v, size_t at, uint16_t value, const char *what)
{
	static uint8_t out[ROOM], block[8192];
	struct err err = { .code = ERR_NONE };
	size_t size = load_u16(v->data + 2), len, used;
	uint32_t records;

	memset(block, 0, 32);
	memcpy(block + 32, v->data, size);
	memcpy(block + 32 + size, v->data, size);
	memcpy(block + 32 + 2 * size, v->data, size);
	store_u16(block + 32 + size + at, value);
	len = 32 + 3 * size;
	is_int(convert(RECORD_V4_FLOWS, block, len, out, &used, &records,
		   &err), -1, "%s", what);
	ok(err.code == ERR_MALFORMED && records == 1 &&
	    used == load_u16(out + 2), "%s", err.text);
}

static void
test_malformed(void)
{
	static uint8_t out[ROOM], block[8192];
	static struct v4 v;
	struct flow f;
	uint64_t bitmap = 1ULL << 1 | 1ULL << 2 | 1ULL << 26, exts = 0;
	uint32_t records;
	size_t len, used;
	bool refused = true;

	random_flow(&f, bitmap);
	len = v4_put(&v, &f, bitmap, dice_next(&dice), &exts);
	refuse(&v, 2, 0, "record of 0 bytes");
	refuse(&v, 2, 20, "record shorter than its header");
	refuse(&v, 2, (uint16_t)(len - 1), "record of odd size");
	refuse(&v, 2, 65528, "record behind the block");
	refuse(&v, 24, 0, "extension in the header");
	refuse(&v, 24, 28, "extension that is not aligned");
	refuse(&v, 24, (uint16_t)(len - 40), "extension over the end");
	refuse(&v, 24, 65528, "extension behind the record");
	refuse(&v, v.offset[26], 60000, "payload longer than the record");
	refuse(&v, v.offset[26] + 2, 0xffff, "payload of 4 GiB");
	refuse(&v, 18, 0xffff, "more extensions than fit");
	refuse(&v, 20, 0xffff, "extensions of no room");
	refuse(&v, 16, 1 << 1 | 1 << 2 | 1 << 3, "extensions that overlap");

	len = flow_block(block, v.data, len, 1);
	for (size_t cut = 0; cut < len; cut++)
		refused = refused &&
		    (convert(RECORD_V4_FLOWS, block, cut, out, &used, &records,
			 NULL) == -1 ||
			cut == 32);
	ok(refused, "a block cut anywhere is refused");
}

/* What stands among flows and is none. */
static void
test_others(void)
{
	static uint8_t out[ROOM], block[32 + 8200 + 24 + 8];
	uint32_t records;
	size_t used;

	store_u16(block + 32, 18);
	store_u16(block + 34, 8200);
	store_u16(block + 32 + 8200, 16);
	store_u16(block + 34 + 8200, 24);
	store_u16(block + 32 + 8224, 99);
	store_u16(block + 34 + 8224, 8);
	is_int(convert(RECORD_V4_FLOWS, block, sizeof(block), out, &used,
		   &records, NULL), 0, "a filter and an unknown record");
	is_uint(records, 1, "are passed over");
	is_int(convert(RECORD_V4_META, block, sizeof(block), out, &used,
		   &records, NULL), 0, "a block of metadata");
	is_uint(used, 0, "has no records");
}

/* An exporter with room for two samplers, of which n are in use. */
static void
put_exporter(struct writer *w, uint32_t sysid, uint16_t n)
{
	writer_host(w, 17, 2);
	writer_host(w, 56 + 48, 2);
	writer_bytes(w, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	writer_host(w, 10, 4);
	v4_two(w, 2002, sysid, 4);
	v4_two(w, 70, 700, 8);
	writer_host(w, 3, 4);
	v4_two(w, 2, n, 2);
	for (unsigned i = 0; i < 2; i++) {
		writer_host(w, 99, 8);
		v4_two(w, 1, 9, 4);
		writer_host(w, 2, 4);
		v4_two(w, i == 0, 0xffff, 2);
	}
}

static void
test_exporters(void)
{
	static uint8_t out[ROOM];
	struct record_exporter_stats stats;
	struct record_exporter e;
	struct record_sampler s;
	uint8_t block[512] = { 0 };
	struct err err;
	struct reader r;
	struct writer w;
	uint32_t records;
	size_t used;

	writer_init(&w, block, sizeof(block));
	v4_two(&w, 5, 0, 4);
	put_exporter(&w, 4, 2);
	put_exporter(&w, 65536, 1); /* layout 2 has no such number */
	is_int(convert(RECORD_V4_EXPORTERS, block, sizeof(block), out, &used,
		   &records, NULL), 0, "exporters, and zeroes behind them");
	is_uint(records, 3, "one, with a sampler and counters");
	reader_init(&r, out, used);
	reader_take(&r, 4);
	record_get_exporter(&r, &e);
	ok(e.version == 10 && e.id == 2002 && e.sysid == 4 &&
	    addr_equal(e.addr, addr_v4(0xc0000201)), "exporter");
	reader_take(&r, 4);
	record_get_sampler(&r, &s);
	ok(s.sysid == 4 && s.id == 99 && s.interval == 1 && s.space == 9 &&
	    s.algorithm == 2, "sampler");
	reader_take(&r, 8);
	record_get_exporter_stats(&r, &stats);
	ok(!r.bad && r.left == 0 && stats.sysid == 4 && stats.packets == 70 &&
	    stats.flows == 700 && stats.sequence_failures == 3, "counters");

	store_u16(block + 8 + 54, 3);
	is_int(convert(RECORD_V4_EXPORTERS, block, sizeof(block), out, &used,
		   &records, &err), -1, "samplers that do not fit");
	store_u16(block + 8 + 54, 2);
	store_u16(block + 10, 48);
	is_int(convert(RECORD_V4_EXPORTERS, block, sizeof(block), out, &used,
		   &records, &err), -1, "exporter that is too short");
	store_u16(block + 10, 1024);
	is_int(convert(RECORD_V4_EXPORTERS, block, sizeof(block), out, &used,
		   &records, &err), -1, "exporter behind the block");
}

static int
convert_array(uint32_t n, uint16_t size, uint16_t type, const void *data,
    size_t len, uint8_t out[ROOM], size_t *used, uint32_t *records)
{
	static uint8_t block[ROOM / 3];

	store_u32(block, n);
	store_u16(block + 4, size);
	store_u16(block + 6, type);
	memcpy(block + 8, data, len);
	return convert(RECORD_V4_ARRAY, block, 8 + len, out, used, records,
	    NULL);
}

static void
test_names(void)
{
	static uint8_t out[ROOM], many[16384];
	static const uint8_t app[24] = "\4\6\5\15\0\0Mshort\0long";
	uint32_t records;
	size_t used;

	convert_array(2, 16, 13, "\3\0\0\0eth3\0\0\0\0\0\0\0\0"
				 "\7\0\0\0GigabitEth07",
	    32, out, &used, &records);
	is_uint(records, 1, "two names of interfaces in a record");
	is_uint(used, 12 + 32, "of the size of both");
	is_uint(load_u16(out + 2), used, "which is in its header");
	is_uint(load_u16(out + 4), 2, "elements");
	is_uint(load_u16(out + 6), 16, "size of each");
	is_uint(load_u32(out + 8), 12, "and of its name");
	is_str((const char *)out + 16, "eth3", "name");
	is_str((const char *)out + 32, "GigabitEth0", "a name always ends");

	convert_array(1, 24, 12, app, sizeof(app), out, &used, &records);
	is_uint(load_u16(out + 2), 14 + 16, "name of an application");
	is_mem(out + 14, app + 3, 15, "id, name, description");

	is_int(convert_array(1024, 16, 14, many, sizeof(many), out, &used,
		   &records), 0, "many names");
	is_uint(records, 1, "fit a record");
	is_int(convert_array(1, 8, 99, many, 8, out, &used, &records), 0,
	    "array of an unknown type");
	is_uint(used, 0, "is passed over");
	is_int(convert_array(1, 0, 13, many, 64, out, &used, &records), -1,
	    "elements of no size");
	is_int(convert_array(9, 8, 13, many, 64, out, &used, &records), -1,
	    "more elements than there are");
	is_int(convert_array(UINT32_MAX, 65528, 13, many, 64, out, &used,
		   &records), -1, "a great many more");
	is_int(convert_array(1, 8, 12, "\377\377\377\0\0\0\0", 8, out, &used,
		   &records), -1, "application longer than its element");
}

/* Whatever is changed in a block, conversion stays inside it and ends. */
static void
test_damage(void)
{
	static uint8_t out[ROOM], block[8192], bad[8192];
	static struct v4 v;
	struct flow f;
	uint64_t exts, bitmap;
	uint32_t records;
	size_t len, used;
	bool whole = true;

	for (unsigned round = 0; round < ROUNDS; round++) {
		bitmap = random_bitmap();
		random_flow(&f, bitmap);
		len = v4_put(&v, &f, bitmap, dice_next(&dice), &exts);
		len = flow_block(block, v.data, len, 1);
		memcpy(bad, block, len);
		for (unsigned n = (unsigned)dice_below(&dice, 6); n > 0; n--)
			bad[dice_below(&dice, len < 120 ? len : 120)] =
			    (uint8_t)dice_next(&dice);
		for (int type = 0; type < 9; type++) {
			struct record_cursor c = { .data = out };
			struct span record;
			uint16_t id;

			convert((enum record_v4_block)type, bad, len, out,
			    &used, &records, NULL);
			c.len = used;
			while (record_next(&c, &id, &record, NULL) == 1)
				records--;
			whole = whole && c.pos == used && records == 0;
		}
	}
	ok(whole, "%d damaged blocks give whole records", ROUNDS);
}

int
main(void)
{
	dice_init(&dice);
	test_flows();
	test_events();
	test_labels();
	test_header();
	test_malformed();
	test_others();
	test_exporters();
	test_names();
	test_damage();
	return done_testing();
}
