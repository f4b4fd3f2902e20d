/*
 * Made-up flows; see input.h.
 */
#include "twin/input.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/stats.h"
#include "record/v3.h"
#include "store/writer.h"
#include "tap.h"

#define RECORD_ROOM 2048
#define BLOCK_ROOM (STORE_BLOCK_SIZE)

#define PICK(d, list) \
	(list)[dice_below((d), sizeof(list) / sizeof((list)[0]))]

static const uint32_t addrs_v4[] = { 0x0a000001, 0x0a000002, 0x0a000101,
	0x0a010001, 0xc0a80001, 0, 0xffffffff };

static const struct addr addrs_v6[] = {
	{ UINT64_C(0x20010db800000000), 1 },
	{ UINT64_C(0x20010db800000000), 2 },
	{ UINT64_C(0x20010db800000000), UINT64_C(0x0000ffff0a000001) },
	{ UINT64_C(0x20010db800000001), 1 },
	{ UINT64_C(0xfe80000000000000), UINT64_C(0x8000000000000001) },
	{ 0, 0 },
	{ UINT64_MAX, UINT64_MAX },
};

static const uint16_t ports[] = { 0, 22, 53, 80, 443, 1023, 1024, 1025, 32767,
	32768, 49151, 49152, 65535 };

static const uint8_t protos[] = { 6, 6, 6, 17, 17, 1, 58, 47 };

/* Longer than what a row carries of a text. */
static const uint8_t text[] =
    "GET /index.html HTTP/1.1 Host: www.example.net "
    "Accept: text/html Accept-Language: en Connection: close";

/* What the flows of one round have in common. */
struct shape {
	struct dice *dice;
	unsigned values; /* distinct ones of most fields */
	bool is_wide; /* addresses and ports without end */
	bool is_huge; /* counters that overflow 64 bits */
	unsigned ext_odds; /* one in so many flows has an extension */
};

/* One of few values, small and large ones. */
static uint64_t
few(const struct shape *s, uint64_t max)
{
	uint64_t v = dice_below(s->dice, s->values);

	return v % 3 == 2 ? max - v : v;
}

static struct addr
any_addr(const struct shape *s, bool is_v6)
{
	struct dice *d = s->dice;

	if (is_v6)
		return s->is_wide ? (struct addr){ UINT64_C(0x20010db8) << 32,
		    dice_next(d) } : PICK(d, addrs_v6);
	return addr_v4(s->is_wide ? (uint32_t)dice_next(d) : PICK(d, addrs_v4));
}

static uint64_t
counter(const struct shape *s)
{
	uint64_t v = dice_any(s->dice);

	if (s->is_huge)
		return v;
	return one_in(s->dice, 8) ? v >> 16 : v >> 44;
}

static void
make_tuple(const struct shape *s, struct flow *f)
{
	struct dice *d = s->dice;
	bool is_v6 = one_in(d, 3);

	f->proto = PICK(d, protos);
	f->src_port = s->is_wide ? (uint16_t)dice_next(d) : PICK(d, ports);
	f->dst_port = s->is_wide ? (uint16_t)dice_next(d) : PICK(d, ports);
	if (f->proto == 1 || f->proto == 58) {
		f->src_port = 0;
		f->dst_port = one_in(d, 2) ? 8 << 8 : 3 << 8 | 1;
	}
	if (one_in(d, 10))
		f->src_port = f->dst_port;
	if (one_in(d, 40))
		return;
	f->extensions |= FLOW_EXT(is_v6 ? EXT_IPV6 : EXT_IPV4);
	f->src_addr = any_addr(s, is_v6);
	f->dst_addr = one_in(d, 10) ? f->src_addr : any_addr(s, is_v6);
}

/* The tuple of an earlier flow, its answer more often than not. */
static void
repeat_tuple(const struct shape *s, const struct flow *old, struct flow *f)
{
	bool is_turned = !one_in(s->dice, 3);

	f->extensions |= old->extensions &
	    (FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_IPV6));
	f->proto = old->proto;
	f->src_addr = is_turned ? old->dst_addr : old->src_addr;
	f->dst_addr = is_turned ? old->src_addr : old->dst_addr;
	f->src_port = is_turned ? old->dst_port : old->src_port;
	f->dst_port = is_turned ? old->src_port : old->dst_port;
}

static void
make_times(const struct shape *s, const struct input *in, struct flow *f)
{
	struct dice *d = s->dice;
	uint64_t length_ms = dice_any(d) % (in->span_ms + 1);

	f->first_ms = in->begin_ms + dice_below(d, in->span_ms + 1);
	if (one_in(d, 4))
		f->first_ms -= f->first_ms % 1000;
	f->last_ms = f->first_ms + (one_in(d, 4) ? 0 : length_ms);
	if (one_in(d, 4))
		f->last_ms -= f->last_ms % 1000;
	if (one_in(d, 20))
		f->last_ms = f->first_ms - length_ms;
}

static bool
has(const struct shape *s, struct flow *f, enum flow_ext ext)
{
	if (!one_in(s->dice, s->ext_odds))
		return false;
	f->extensions |= FLOW_EXT(ext);
	return true;
}

static void
make_routing(const struct shape *s, struct flow *f)
{
	bool is_v6 = one_in(s->dice, 3);

	if (has(s, f, EXT_MISC)) {
		f->input = (uint32_t)few(s, UINT32_MAX);
		f->output = (uint32_t)few(s, UINT32_MAX);
		f->src_mask = (uint8_t)dice_below(s->dice, 140);
		f->dst_mask = one_in(s->dice, 2) ? f->src_mask : 24;
		f->direction = (uint8_t)dice_below(s->dice, 2);
		f->dst_tos = (uint8_t)few(s, UINT8_MAX);
	}
	if (has(s, f, EXT_VLAN)) {
		f->src_vlan = (uint32_t)few(s, 4095);
		f->dst_vlan = (uint32_t)few(s, 4095);
	}
	if (has(s, f, EXT_AS)) {
		f->src_as = (uint32_t)few(s, UINT32_MAX);
		f->dst_as = (uint32_t)few(s, UINT32_MAX);
	}
	if (has(s, f, is_v6 ? EXT_NEXT_HOP_V6 : EXT_NEXT_HOP_V4))
		f->next_hop = any_addr(s, is_v6);
	if (has(s, f, EXT_MAC)) {
		f->in_src_mac = few(s, UINT64_C(0xffffffffffff));
		f->out_dst_mac = few(s, UINT64_C(0xffffffffffff));
		f->in_dst_mac = few(s, UINT64_C(0xffffffffffff));
		f->out_src_mac = few(s, UINT64_C(0xffffffffffff));
	}
}

static void
make_flow(const struct shape *s, const struct input *in, struct flow *f)
{
	struct dice *d = s->dice;

	memset(f, 0, sizeof(*f));
	f->extensions = FLOW_EXT(EXT_GENERIC);
	if (in->count > 0 && one_in(d, 2))
		repeat_tuple(s, &in->flows[dice_below(d, in->count)], f);
	else
		make_tuple(s, f);
	make_times(s, in, f);
	f->received_ms = in->count;
	f->in_packets = counter(s);
	f->in_bytes = counter(s);
	f->tcp_flags = (uint8_t)dice_any(d);
	f->src_tos = (uint8_t)few(s, UINT8_MAX);
	f->engine_id = (uint8_t)few(s, UINT8_MAX);
	f->exporter_id = (uint16_t)few(s, UINT16_MAX);
	if (has(s, f, EXT_COUNTERS)) {
		f->flows = one_in(d, 10) ? counter(s) :
		    dice_below(d, 4) * dice_below(d, 3);
		f->out_packets = counter(s);
		f->out_bytes = counter(s);
	}
	make_routing(s, f);
	if (has(s, f, EXT_USER))
		f->user_name = (struct span){ text,
		    (uint32_t)dice_below(d, 30) };
	if (has(s, f, EXT_IN_PAYLOAD))
		f->in_payload = (struct span){ text + dice_below(d, 3),
		    1 + (uint32_t)dice_below(d, sizeof(text) - 4) };
}

/* Mostly few flows: they find most, and the twin is slow with many. */
static unsigned
any_count(struct dice *d)
{
	if (one_in(d, 400))
		return INPUT_FLOWS_MAX;
	if (one_in(d, 40))
		return (unsigned)dice_below(d, 3000);
	if (one_in(d, 6))
		return (unsigned)dice_below(d, 400);
	return (unsigned)dice_below(d, 50);
}

void
input_make(struct dice *d, struct input *in)
{
	static const uint64_t spans[] = { 0, 1, 1000, 60000, 3600000,
		UINT64_C(4000000000) };
	static const unsigned odds[] = { 1, 2, 2, 3, 10 };
	struct shape s = { .dice = d };
	unsigned count = any_count(d);

	s.values = 1 + (unsigned)dice_below(d, 6);
	s.is_wide = one_in(d, 6);
	s.is_huge = one_in(d, 20);
	s.ext_odds = PICK(d, odds);
	in->span_ms = PICK(d, spans);
	in->begin_ms = UINT64_C(1700000000000) + dice_below(d, 100000000);
	for (in->count = 0; in->count < count; in->count++)
		make_flow(&s, in, &in->flows[in->count]);
	in->files = 1 + (unsigned)dice_below(d, INPUT_FILES_MAX);
	for (unsigned i = 0, at = 0; i < in->files; i++) {
		at += (unsigned)dice_below(d, count - at + 1);
		in->ends[i] = i + 1 < in->files ? at : count;
		snprintf(in->names[i], INPUT_NAME_MAX, "file%u", i);
	}
}

unsigned
input_file_of(const struct input *in, unsigned flow)
{
	unsigned file = 0;

	while (flow >= in->ends[file])
		file++;
	return file;
}

/* A flow file being written. */
struct output {
	struct store_writer *writer;
	struct record_encoder *encoder;
	uint8_t *block;
	size_t used;
	unsigned records;
};

static void
flush(struct output *o)
{
	if (o->records > 0 && store_writer_block(o->writer, o->block, o->used,
	    o->records, NULL) == -1)
		bail("a block cannot be written");
	o->used = 0;
	o->records = 0;
}

static void
write_file(struct dice *d, struct output *o, const struct input *in,
    unsigned file)
{
	unsigned begin = file == 0 ? 0 : in->ends[file - 1];
	unsigned most = 1 + (unsigned)dice_below(d, in->ends[file] - begin + 1);
	struct record_stats stats;

	record_stats_init(&stats);
	unlink(in->names[file]);
	o->writer = store_writer_open(AT_FDCWD, in->names[file],
	    codec_by_id(one_in(d, 2) ? CODEC_NONE : CODEC_LZ4, NULL),
	    in->names[file], 0, NULL);
	if (o->writer == NULL)
		bail("%s cannot be written", in->names[file]);
	for (unsigned i = begin; i < in->ends[file]; i++) {
		if (o->records == most || o->used + RECORD_ROOM > BLOCK_ROOM)
			flush(o);
		o->used += record_encode(o->encoder, &in->flows[i],
		    o->block + o->used, RECORD_ROOM);
		o->records++;
		record_stats_add_flow(&stats, &in->flows[i]);
	}
	flush(o);
	if (store_writer_commit(o->writer, &stats, NULL) == -1)
		bail("%s cannot be written", in->names[file]);
	store_writer_close(o->writer);
}

void
input_write(struct dice *d, const struct input *in)
{
	struct output o = { .used = 0 };

	o.encoder = record_encoder_new(0, NULL);
	o.block = malloc(BLOCK_ROOM);
	if (o.encoder == NULL || o.block == NULL)
		bail("out of memory");
	for (unsigned i = 0; i < in->files; i++)
		write_file(d, &o, in, i);
	free(o.block);
	record_encoder_free(o.encoder);
}
