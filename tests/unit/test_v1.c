/*
 * Records of nfdump 1.6: flows written by a naive twin are converted and come
 * back the same, whatever their extensions; what cannot be read is named, and
 * costs no other record.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dice.h"
#include "flow/batch.h"
#include "nomem.h"
#include "record/info.h"
#include "record/v1.h"
#include "record/v3.h"
#include "tap.h"
#include "v1kit.h"

#define ROUNDS 400
#define FLOWS 20

static struct dice dice;
static uint8_t text[65];
static struct record_decoder *decoder;
static struct batch batch;

/* What a conversion gave. */
struct result {
	struct buffer out;
	uint32_t records;
	int rc;
	struct err err;
};

static void
result_fini(struct result *r)
{
	buffer_fini(&r->out);
}

static void
convert_from(
    struct result *r, const struct record_v1_state *s, const struct buffer *in)
{
	memset(r, 0, sizeof(*r));
	r->rc = record_v1_convert(s, 0, (const uint8_t *)in->data, in->len,
	    &r->out, &r->records, &r->err);
}

/* Decode the flows of a result, at most BATCH_ROWS; their number. */
static uint32_t
decode(const struct result *r)
{
	struct record_cursor c = { .data = (const uint8_t *)r->out.data,
		.len = r->out.len };

	record_decode(decoder, &c, &batch, NULL);
	return batch.rows;
}

static uint64_t
value(enum field_id id, uint32_t row)
{
	const struct field *fl = &field_table[id];

	return load_host(
	    (const uint8_t *)batch.col[id] + row * fl->size, fl->size);
}

static bool
same_field(enum field_id id, uint32_t row, const struct flow *f)
{
	const struct field *fl = &field_table[id];
	const uint8_t *got = (const uint8_t *)batch.col[id] + row * fl->size;
	const uint8_t *want = (const uint8_t *)f + fl->offset;
	struct span a, b;

	if (fl->type != FIELD_SPAN)
		return memcmp(got, want, fl->size) == 0;
	memcpy(&a, got, sizeof(a));
	memcpy(&b, want, sizeof(b));
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static bool
same_flow(uint32_t row, const struct flow *f)
{
	for (unsigned id = 0; id < FLD_COUNT; id++) {
		if (id == FLD_EXTENSIONS || same_field(id, row, f))
			continue;
		note("row %u: %s differs", row, field_name(id));
		return false;
	}
	return true;
}

/* Fill a flow with what records of the map can hold. */
static void
random_flow(struct flow *f, const struct v1kit_map *m, unsigned form)
{
	bool is_v6 = dice_below(&dice, 2);

	memset(f, 0, sizeof(*f));
	f->extensions = FLOW_EXT(is_v6 ? EXT_IPV6 : EXT_IPV4);
	f->first_ms = dice_next(&dice) % 4294967296000;
	f->last_ms = dice_next(&dice) % 4294967296000;
	f->in_packets = dice_any(&dice);
	f->in_bytes = dice_any(&dice);
	if (form & V1KIT_COUNTERS_32) {
		f->in_packets &= UINT32_MAX;
		f->in_bytes &= UINT32_MAX;
	}
	f->src_port = (uint16_t)dice_next(&dice);
	f->dst_port = (uint16_t)dice_next(&dice);
	f->proto = (uint8_t)dice_next(&dice);
	f->tcp_flags = (uint8_t)dice_next(&dice);
	f->fwd_status = (uint8_t)dice_next(&dice);
	f->src_tos = (uint8_t)dice_next(&dice);
	f->src_addr = addr_v4((uint32_t)dice_next(&dice));
	f->dst_addr = addr_v4((uint32_t)dice_next(&dice));
	if (is_v6)
		f->src_addr = f->dst_addr =
		    (struct addr){ dice_next(&dice) | 1, dice_next(&dice) };
	f->exporter_id = (uint16_t)dice_any(&dice);
	f->record_flags =
	    (uint8_t)(dice_next(&dice) & (FLOW_EVENT | FLOW_SAMPLED));
	if (form & V1KIT_SHORT) {
		f->exporter_id &= 0xff;
	} else {
		f->export_version = (uint8_t)dice_next(&dice);
		f->biflow_dir = (uint8_t)dice_below(&dice, 3);
		f->end_reason = (uint8_t)dice_below(&dice, 3);
	}
	for (size_t i = 0; i < m->count; i++)
		v1kit_fill(f, m->ext[i], &dice, text);
	if (f->block_end == 0 && f->block_size != 0)
		f->block_end = 1;
}

/* Of these pairs only the first that is listed is taken. */
static bool
excludes(unsigned a, unsigned b)
{
	static const uint8_t first[] = { 4, 6, 9, 11, 14, 16, 18, 23, 39, 42 };

	for (size_t i = 0; i < sizeof(first); i++)
		if ((a == first[i] && b == first[i] + 1U) ||
		    (b == first[i] && a == first[i] + 1U))
			return true;
	return a == b;
}

static void
map_add(struct v1kit_map *m, unsigned ext)
{
	for (size_t i = 0; i < m->count; i++)
		if (excludes(m->ext[i], ext))
			return;
	if (v1kit_ext_len(ext) > 0 && ext != 47)
		m->ext[m->count++] = (uint8_t)ext;
}

static void
random_map(struct v1kit_map *m, uint16_t id)
{
	uint64_t n = dice_below(&dice, 40);

	*m = (struct v1kit_map){ .id = id };
	while (n-- > 0)
		map_add(m, 4 + (unsigned)dice_below(&dice, 45));
}

static unsigned
random_form(void)
{
	return (unsigned)dice_below(&dice, 4);
}

/* Flows of some maps, which come first, there and back. */
static bool
round_trip(const struct v1kit_map *maps, unsigned count)
{
	struct buffer in = BUFFER_EMPTY;
	struct flow flows[FLOWS];
	const struct v1kit_map *m;
	struct result r;
	unsigned form;
	bool is_same;

	for (unsigned i = 0; i < count; i++)
		v1kit_put_map(&in, &maps[i]);
	for (unsigned i = 0; i < FLOWS; i++) {
		m = &maps[dice_below(&dice, count)];
		form = random_form();
		random_flow(&flows[i], m, form);
		v1kit_put_flow(&in, m, &flows[i], form);
	}
	convert_from(&r, NULL, &in);
	is_same = r.rc == 0 && r.records == FLOWS && decode(&r) == FLOWS;
	if (r.rc == -1)
		note("%s", r.err.text);
	for (unsigned i = 0; is_same && i < FLOWS; i++)
		is_same = same_flow(i, &flows[i]);
	result_fini(&r);
	buffer_fini(&in);
	return is_same;
}

static void
test_extensions(void)
{
	struct v1kit_map m;

	for (unsigned ext = 4; ext <= V1KIT_EXT_LAST; ext++) {
		if (v1kit_ext_len(ext) == 0 || ext == 47)
			continue;
		m = (struct v1kit_map){ 7, { (uint8_t)ext }, 1 };
		ok(round_trip(&m, 1), "extension %u", ext);
	}
	m.count = 0;
	ok(round_trip(&m, 1), "no extension");
}

static void
test_random(void)
{
	struct v1kit_map maps[5];
	unsigned good = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < 5; i++)
			random_map(&maps[i], (uint16_t)(i * 9999));
		good += round_trip(maps, 5);
	}
	is_uint(good, ROUNDS, "random maps and flows");
}

/* A flow that is right for the map, converted alone behind it. */
static void
convert_one(struct result *r, const struct v1kit_map *m, const struct flow *f)
{
	struct buffer in = BUFFER_EMPTY;

	v1kit_put_map(&in, m);
	v1kit_put_flow(&in, m, f, 0);
	convert_from(r, NULL, &in);
	is_int(r->rc, 0, "converted");
	is_uint(decode(r), 1, "one flow");
	buffer_fini(&in);
}

static void
test_icmp(void)
{
	static const struct {
		uint8_t proto;
		uint16_t port, icmp, want;
	} cases[] = {
		{ 1, 0, 0x0b01, 0x0b01 },
		{ 58, 0, 0x8000, 0x8000 },
		{ 1, 0x0800, 0, 0x0800 },
		{ 6, 443, 0x0b01, 443 },
	};
	const struct v1kit_map m = { 1, { 37 }, 1 };
	struct buffer in = BUFFER_EMPTY;
	struct flow f;
	struct result r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		in.len = 0;
		memset(&f, 0, sizeof(f));
		f.proto = cases[i].proto;
		f.dst_port = cases[i].port;
		v1kit_put_map(&in, &m);
		v1kit_put_flow(&in, &m, &f, 0);
		store_u16(in.data + in.len - 20 + 12, cases[i].icmp);
		convert_from(&r, NULL, &in);
		is_uint(decode(&r), 1, "proto %u", cases[i].proto);
		is_uint(value(FLD_DST_PORT, 0), cases[i].want, "its port");
		ok(!(value(FLD_EXTENSIONS, 0) & FLOW_EXT(EXT_FW_EVENT)),
		    "no event");
		result_fini(&r);
	}
	buffer_fini(&in);
}

static void
test_special(void)
{
	struct flow f = { .block_start = 2048, .block_size = 512 };
	struct v1kit_map m = { 1, { 48 }, 1 };
	struct result r;

	convert_one(&r, &m, &f);
	is_uint(value(FLD_BLOCK_END, 0), 2559, "end of a port block");
	result_fini(&r);

	m = (struct v1kit_map){ 1, { 37, 46 }, 2 };
	f.event_time_ms = 1718452800123;
	f.nat_event = 4;
	convert_one(&r, &m, &f);
	is_uint(value(FLD_EVENT_TIME, 0), f.event_time_ms, "time of NAT");
	is_uint(value(FLD_EXTENSIONS, 0) &
		(FLOW_EXT(EXT_FW_EVENT) | FLOW_EXT(EXT_NAT_EVENT)),
	    FLOW_EXT(EXT_NAT_EVENT), "and no firewall");
	result_fini(&r);
}

/* Extensions 46 and 47 of 1.6.10: event, ports, addresses. */
static void
test_first_nat(void)
{
	static const uint8_t list[] = { 2, 0, 16, 0, 3, 0, 20, 0, 46, 0, 47, 0,
		0, 0, 0, 0 };
	static const uint8_t ext[20] = { 5, 0, 0, 0, 0x39, 0x30, 0x50, 0, 0, 0,
		0, 0, 4, 3, 2, 1, 8, 7, 6, 5 };
	const struct v1kit_map m = { 3, { 0 }, 0 };
	const struct flow f = { .proto = 6 };
	struct buffer in = BUFFER_EMPTY;
	struct result r;

	buffer_add(&in, list, sizeof(list));
	v1kit_put_flow(&in, &m, &f, V1KIT_SHORT);
	store_u16(in.data + 18, (uint16_t)(in.len - 16 + sizeof(ext)));
	buffer_add(&in, ext, sizeof(ext));
	convert_from(&r, NULL, &in);
	is_uint(
	    decode(&r), 1, "NAT of 1.6.10: %s", r.rc == 0 ? "ok" : r.err.text);
	is_uint(value(FLD_NAT_EVENT, 0), 5, "its event");
	is_uint(value(FLD_XLATE_SRC_PORT, 0), 12345, "its source port");
	is_uint(value(FLD_XLATE_DST_PORT, 0), 80, "its destination port");
	ok(addr_equal(BATCH_COL(&batch, XLATE_SRC_ADDR, struct addr)[0],
	       addr_v4(0x01020304)),
	    "its source");
	ok(addr_equal(BATCH_COL(&batch, XLATE_DST_ADDR, struct addr)[0],
	       addr_v4(0x05060708)),
	    "its destination");
	result_fini(&r);
	buffer_fini(&in);
}

/* One map number for two maps; blocks are converted last to first. */
static void
test_replaced(void)
{
	const struct v1kit_map a = { 5, { 9 }, 1 }, b = { 5, { 6 }, 1 };
	struct record_v1_maps *maps = record_v1_maps_new(NULL);
	const struct record_v1_state *state[3];
	struct buffer block[3] = { BUFFER_EMPTY, BUFFER_EMPTY, BUFFER_EMPTY };
	struct flow f = { .next_hop = addr_v4(0x0a000001), .src_as = 65000 };
	struct result r;

	if (maps == NULL)
		bail("out of memory");
	v1kit_put_map(&block[0], &a);
	v1kit_put_flow(&block[0], &a, &f, 0);
	v1kit_put_flow(&block[1], &a, &f, 0);
	v1kit_put_map(&block[1], &b);
	v1kit_put_flow(&block[1], &b, &f, 0);
	v1kit_put_flow(&block[2], &b, &f, 0);
	for (int i = 0; i < 3; i++) {
		state[i] = record_v1_maps_state(maps);
		is_int(record_v1_maps_take(maps, (const uint8_t *)block[i].data,
			   block[i].len, NULL),
		    0, "maps of block %d", i);
	}
	ok(state[0] == NULL && state[1] != state[2], "three states");
	for (int i = 2; i >= 0; i--) {
		convert_from(&r, state[i], &block[i]);
		is_int(r.rc, 0, "block %d", i);
		is_uint(decode(&r), i == 1 ? 2 : 1, "its flows");
		is_uint(value(FLD_SRC_AS, 0), i == 2 ? 65000 : 0, "its map");
		if (i == 1)
			is_uint(value(FLD_SRC_AS, 1), 65000, "the new map");
		result_fini(&r);
		buffer_fini(&block[i]);
	}
	record_v1_maps_free(maps);
}

/* What is no flow. */
static void
test_others(void)
{
	static const uint8_t unknown[] = { 44, 1, 6, 0, 1, 2 };
	static const uint8_t dropped[] = { 3, 0, 4, 0, 4, 0, 4, 0, 5, 0, 4, 0,
		6, 0, 4, 0 };
	struct buffer in = BUFFER_EMPTY;
	struct record_sampler s = { 0 };
	struct reader rd;
	struct result r;

	buffer_add(&in, dropped, sizeof(dropped));
	buffer_add(&in, unknown, sizeof(unknown));
	v1kit_put_sampler(&in, RECORD_SAMPLER_GENERIC, 1, 3);
	v1kit_put_sampler(&in, RECORD_SAMPLER_GENERIC, 100, 4);
	v1kit_put_sampler(&in, 99, 1, 5);
	convert_from(&r, NULL, &in);
	is_int(r.rc, 0, "no error");
	is_uint(r.records, 3, "records");
	is_uint(r.out.len, sizeof(unknown) + 2 * RECORD_SAMPLER_LEN, "bytes");
	is_mem(r.out.data, unknown, sizeof(unknown), "an unknown one is kept");
	reader_init(&rd, r.out.data + sizeof(unknown) + RECORD_HEADER_LEN,
	    RECORD_SAMPLER_LEN - RECORD_HEADER_LEN);
	is_int(record_get_sampler(&rd, &s), 0, "a sampler");
	is_uint(s.sysid, 4, "its exporter");
	is_int(s.id, RECORD_SAMPLER_GENERIC, "its id");
	is_uint(s.algorithm, 1, "its algorithm");
	is_uint(s.interval, 1, "its interval");
	is_uint(s.space, 99, "its space");
	result_fini(&r);
	buffer_fini(&in);
}

static void
test_flags(void)
{
	const struct v1kit_map m = { 1, { 0 }, 0 };
	const struct flow f = { .record_flags = FLOW_SAMPLED };
	struct buffer in = BUFFER_EMPTY;
	struct result r = { .rc = 0 };

	v1kit_put_map(&in, &m);
	v1kit_put_flow(&in, &m, &f, 0);
	r.rc = record_v1_convert(NULL, FLOW_ANONYMISED,
	    (const uint8_t *)in.data, in.len, &r.out, &r.records, &r.err);
	is_uint(decode(&r), 1, "of an anonymised file");
	is_uint(value(FLD_RECORD_FLAGS, 0), FLOW_SAMPLED | FLOW_ANONYMISED,
	    "flags of record and file");
	result_fini(&r);
	buffer_fini(&in);
}

/*
 * A good flow, the bad record, a good flow: both flows are there, and the
 * message is as wanted.
 */
static void
check_bad(const void *bad, size_t len, const char *want)
{
	const struct v1kit_map m = { 1, { 4, 6 }, 2 };
	const struct flow f = { .src_as = 1234 };
	struct buffer in = BUFFER_EMPTY;
	struct result r;

	v1kit_put_map(&in, &m);
	v1kit_put_flow(&in, &m, &f, 0);
	buffer_add(&in, bad, len);
	v1kit_put_flow(&in, &m, &f, 0);
	convert_from(&r, NULL, &in);
	is_int(r.rc, -1, "refused");
	is_uint(r.err.code, ERR_MALFORMED, "as malformed");
	is_str(r.err.text, want, "and named");
	is_uint(r.records, 2, "the others are there");
	is_uint(decode(&r), 2, "both flows");
	result_fini(&r);
	buffer_fini(&in);
}

/* A flow, and a byte or two of it changed. */
static void
check_bad_flow(size_t at, uint16_t to, size_t len, const char *want)
{
	const struct v1kit_map m = { 1, { 4, 6 }, 2 };
	const struct flow f = { .proto = 6 };
	struct buffer in = BUFFER_EMPTY;

	v1kit_put_flow(&in, &m, &f, 0);
	store_u16(in.data + at, to);
	store_u16(in.data + 2, (uint16_t)len);
	check_bad(in.data, len, want);
	buffer_fini(&in);
}

static void
test_bad(void)
{
	static const uint8_t unknown[] = { 2, 0, 16, 0, 9, 0, 4, 0, 4, 0, 50, 0,
		0, 0, 0, 0 };
	static const uint8_t twice[] = { 2, 0, 16, 0, 9, 0, 8, 0, 4, 0, 4, 0, 0,
		0, 0, 0 };
	static const uint8_t stub[] = { 2, 0, 6, 0, 9, 0 };
	static const uint8_t sampler[] = { 9, 0, 8, 0, 9, 0, 0, 0 };
	struct buffer in = BUFFER_EMPTY;
	const struct v1kit_map m = { 9, { 4, 6 }, 2 };
	const struct flow f = { .proto = 6 };

	check_bad_flow(6, 77, 64,
	    "record 2: flow of extension map 77, which the file does not have");
	check_bad_flow(4, 7, 64,
	    "record 2: flow of 64 bytes, with extension map 1 it has 88");
	check_bad_flow(4, 6, 60,
	    "record 2: flow of 60 bytes, with extension map 1 it has 64");
	check_bad_flow(4, 6, 31, "record 2: flow of 31 bytes");
	check_bad(stub, sizeof(stub), "record 2: extension map of 6 bytes");
	check_bad(sampler, sizeof(sampler), "record 2: sampler of 8 bytes");
	buffer_add(&in, unknown, sizeof(unknown));
	v1kit_put_flow(&in, &m, &f, 0);
	check_bad(in.data, in.len,
	    "record 3: flow of extension map 9, which has extension 50 "
	    "which is not known");
	in.len = 0;
	buffer_add(&in, twice, sizeof(twice));
	v1kit_put_flow(&in, &m, &f, 0);
	v1kit_put_flow(&in, &m, &f, 0);
	check_bad(in.data, in.len,
	    "record 3: flow of extension map 9, which has extension 4 "
	    "twice; 1 records more cannot be read");
	buffer_fini(&in);
}

/* Cut at every byte, and every byte changed: what is converted is sound. */
static void
test_hostile(void)
{
	struct buffer in = BUFFER_EMPTY, copy;
	struct v1kit_map maps[3];
	struct flow f;
	struct result r;
	size_t i, n = 0;

	for (unsigned k = 0; k < 3; k++) {
		random_map(&maps[k], (uint16_t)k);
		v1kit_put_map(&in, &maps[k]);
		random_flow(&f, &maps[k], k);
		v1kit_put_flow(&in, &maps[k], &f, k);
	}
	for (i = 0; i < in.len; i++) {
		buffer_init(&copy);
		buffer_add(&copy, in.data, i);
		convert_from(&r, NULL, &copy);
		n += decode(&r) <= 3;
		result_fini(&r);
		buffer_fini(&copy); /* its end is that of the memory */
	}
	is_uint(n, in.len, "cut at every byte");
	for (n = i = 0; i < in.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			in.data[i] ^= (char)(1 << bit);
			convert_from(&r, NULL, &in);
			n += decode(&r) <= 3;
			result_fini(&r);
			in.data[i] ^= (char)(1 << bit);
		}
	is_uint(n, 8 * in.len, "every bit changed");
	buffer_fini(&in);
}

static void
test_limit(void)
{
	struct record_v1_maps *maps = record_v1_maps_new(NULL);
	struct v1kit_map m = { 0, { 0 }, 1 };
	struct buffer in = BUFFER_EMPTY;
	struct err err;
	int rc = 0;

	if (maps == NULL)
		bail("out of memory");
	for (uint32_t i = 0; i <= RECORD_V1_MAPS_MAX && rc == 0; i++) {
		in.len = 0;
		m.ext[0] = (uint8_t)(4 + i % 4);
		v1kit_put_map(&in, &m);
		rc = record_v1_maps_take(
		    maps, (const uint8_t *)in.data, in.len, &err);
		if (rc == 0) /* it is there already */
			record_v1_maps_take(
			    maps, (const uint8_t *)in.data, in.len, &err);
	}
	is_int(rc, -1, "too many maps");
	is_str(err.text, "more than 65536 extension maps", "the message");
	record_v1_maps_free(maps);
	buffer_fini(&in);
}

static void
test_memory(void)
{
	const struct v1kit_map a = { 1, { 4 }, 1 }, b = { 2, { 6 }, 1 };
	const struct flow f = { .proto = 6 };
	struct buffer in = BUFFER_EMPTY;
	struct result r;
	unsigned n, bad = 0;

	v1kit_put_map(&in, &a);
	v1kit_put_flow(&in, &a, &f, 0);
	v1kit_put_map(&in, &b);
	v1kit_put_flow(&in, &b, &f, 0);
	for (n = 1;; n++) {
		nomem_at(n);
		convert_from(&r, NULL, &in);
		if (!nomem_hit())
			break;
		bad += r.rc != -1 || r.err.code != ERR_NOMEM;
		result_fini(&r);
	}
	nomem_at(0);
	result_fini(&r);
	buffer_fini(&in);
	ok(n > 5 && bad == 0, "out of memory at each of %u allocations", n);
}

int
main(void)
{
	struct fieldset all = { { 0 } };

	for (unsigned id = 0; id < FLD_COUNT; id++)
		fieldset_add(&all, (enum field_id)id);
	if ((decoder = record_decoder_new(&all, NULL)) == NULL ||
	    batch_init(&batch, &all, false, NULL) == -1)
		bail("out of memory");
	dice_init(&dice);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(33 + i);
	test_extensions();
	test_random();
	test_icmp();
	test_special();
	test_first_nat();
	test_replaced();
	test_others();
	test_flags();
	test_bad();
	test_hostile();
	test_limit();
	test_memory();
	batch_fini(&batch);
	record_decoder_free(decoder);
	return done_testing();
}
