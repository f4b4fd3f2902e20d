/*
 * Encoder of NetFlow v9 (RFC 3954) and IPFIX (RFC 7011): messages, sets,
 * and the templates in them.
 *
 * Sets begin and end at multiples of four bytes, so a message has room for
 * what fits in front of the last one.
 */

#include <string.h>

#include "base/bytes.h"
#include "wire/encode_int.h"

#define V9_HEADER_LEN 20
#define IPFIX_HEADER_LEN 16
#define SET_HEADER_LEN 4
#define TEMPLATE_HEADER_LEN 4
#define SPEC_LEN 4

#define V9_TEMPLATE_SET 0
#define V9_OPTIONS_SET 1
#define IPFIX_TEMPLATE_SET 2
#define IPFIX_OPTIONS_SET 3

#define V9_SCOPE_SYSTEM 1
#define IPFIX_SCOPE_DOMAIN 149
#define ALGORITHM_SYSTEMATIC 1 /* in both protocols */

/* The collector knows these by itself. */
#define NOT_MISSED (FLOW_EXT(EXT_EXPORTER_V4) | FLOW_EXT(EXT_EXPORTER_V6))

static bool
is_v9(const struct wire_encoder *e)
{
	return e->options.version == 9;
}

static uint32_t
header_len(const struct wire_encoder *e)
{
	return is_v9(e) ? V9_HEADER_LEN : IPFIX_HEADER_LEN;
}

static size_t
aligned(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* Is there room for len bytes more in the open set, or in a new one? */
static bool
fits(const struct wire_encoder *e, bool is_new_set, size_t len)
{
	size_t at = e->message.len;

	if (is_new_set)
		at = aligned(at) + SET_HEADER_LEN;
	return aligned(at + len) <= e->options.max_len;
}

static uint8_t *
take(struct wire_encoder *e, size_t len)
{
	uint8_t *p = e->message.data + e->message.len;

	e->message.len += (uint32_t)len;
	return p;
}

static void
put_number(struct wire_encoder *e, uint64_t v, size_t len)
{
	struct writer w;

	writer_init(&w, take(e, len), len);
	writer_uint(&w, v, len);
}

static void
close_set(struct wire_encoder *e)
{
	struct wire_message *m = &e->message;

	if (m->set == 0)
		return;
	while (m->len % 4 != 0)
		put_number(e, 0, 1);
	store_be16(m->data + m->set + 2, (uint16_t)(m->len - m->set));
	m->set = 0;
}

static void
open_set(struct wire_encoder *e, uint16_t id)
{
	close_set(e);
	e->message.set = e->message.len;
	put_number(e, id, 2);
	put_number(e, 0, 2);
}

static bool
is_open(const struct wire_encoder *e, uint16_t id)
{
	const struct wire_message *m = &e->message;

	return m->set != 0 && load_be16(m->data + m->set) == id;
}

static bool
is_due(const struct wire_encoder *e, const struct wire_sent *s,
    uint64_t now_ms)
{
	const struct wire_encoder_options *o = &e->options;

	if (!s->is_known || s->is_due)
		return true;
	if (o->template_s > 0 &&
	    now_ms - s->ms >= (uint64_t)o->template_s * 1000)
		return true;
	return o->template_packets > 0 &&
	    e->counters.packets - s->packets >= o->template_packets;
}

static void
note_sent(const struct wire_encoder *e, struct wire_sent *s, uint64_t now_ms)
{
	*s = (struct wire_sent){ .ms = now_ms, .packets = e->counters.packets,
		.is_known = true };
}

/* An options template whose scope is the system, and its record's set. */
static void
put_options_v9(struct wire_encoder *e, uint16_t id, const uint16_t *specs,
    size_t count)
{
	open_set(e, V9_OPTIONS_SET);
	put_number(e, id, 2);
	put_number(e, SPEC_LEN, 2);
	put_number(e, count * SPEC_LEN, 2);
	put_number(e, V9_SCOPE_SYSTEM, 2);
	put_number(e, 4, 2);
	for (size_t i = 0; i < count * 2; i++)
		put_number(e, specs[i], 2);
	open_set(e, id);
	put_number(e, e->options.id, 4);
}

/*
 * Twice: 34 and 35 are interval and algorithm of the whole exporter; 48 to 50
 * are a sampler, its mode and interval, which is all that some collectors
 * look at.  In one record the sampler would be of flows that name it.
 */
static void
put_sampling_v9(struct wire_encoder *e)
{
	static const uint16_t whole[] = { 34, 4, 35, 1 };
	static const uint16_t sampler[] = { 48, 1, 49, 1, 50, 4 };

	put_options_v9(e, e->sampling_id, whole, 2);
	put_number(e, e->options.sampling, 4);
	put_number(e, ALGORITHM_SYSTEMATIC, 1);
	put_options_v9(e, e->sampler_id, sampler, 3);
	put_number(e, 0, 1);
	put_number(e, ALGORITHM_SYSTEMATIC, 1);
	put_number(e, e->options.sampling, 4);
}

/* The same, whose scope is the domain. */
static void
put_options_ipfix(struct wire_encoder *e, uint16_t id, const uint16_t *specs,
    size_t count)
{
	open_set(e, IPFIX_OPTIONS_SET);
	put_number(e, id, 2);
	put_number(e, count + 1, 2); /* fields ... */
	put_number(e, 1, 2); /* ... of which are scopes */
	put_number(e, IPFIX_SCOPE_DOMAIN, 2);
	put_number(e, 4, 2);
	for (size_t i = 0; i < count * 2; i++)
		put_number(e, specs[i], 2);
	open_set(e, id);
	put_number(e, e->options.id, 4);
}

/* Algorithm, packets taken, packets left out. */
static void
put_sampling_ipfix(struct wire_encoder *e)
{
	static const uint16_t specs[] = { 304, 2, 305, 4, 306, 4 };

	put_options_ipfix(e, e->sampling_id, specs, 3);
	put_number(e, ALGORITHM_SYSTEMATIC, 2);
	put_number(e, 1, 4);
	put_number(e, e->options.sampling - 1, 4);
}

static void
begin(struct wire_encoder *e)
{
	struct wire_message *m = &e->message;

	*m = (struct wire_message){ .data = m->data, .len = header_len(e),
		.number = ++e->messages };
}

/* Of both the template and the record of an options template. */
static void
count_options(struct wire_encoder *e, uint32_t count)
{
	e->message.records += 2 * count;
	e->message.data_records += count;
}

static void
put_exporter(struct wire_encoder *e, uint64_t now_ms)
{
	static const uint16_t v4[] = { 130, 4 }, v6[] = { 131, 16 };
	struct addr a = e->options.exporter;
	const uint16_t *specs = addr_is_v4(a) ? v4 : v6;

	if (is_v9(e))
		put_options_v9(e, e->exporter_id, specs, 1);
	else
		put_options_ipfix(e, e->exporter_id, specs, 1);
	if (!addr_is_v4(a)) {
		put_number(e, a.hi, 8);
		put_number(e, a.lo, 8);
	} else {
		put_number(e, (uint32_t)a.lo, 4);
	}
	count_options(e, 1);
	note_sent(e, &e->exporter_sent, now_ms);
}

static void
put_sampling(struct wire_encoder *e, uint64_t now_ms)
{
	if (is_v9(e))
		put_sampling_v9(e);
	else
		put_sampling_ipfix(e);
	count_options(e, is_v9(e) ? 2 : 1);
	note_sent(e, &e->sampling_sent, now_ms);
}

/* A message with room for len bytes in a set of this id, which is open. */
static void
make_room(struct wire_encoder *e, uint16_t id, size_t len, uint64_t now_ms)
{
	if (e->message.len > 0 && !fits(e, !is_open(e, id), len))
		wire_encoder_emit(e, now_ms);
	if (e->message.len == 0) {
		begin(e);
		if (e->options.sampling > 1 &&
		    is_due(e, &e->sampling_sent, now_ms))
			put_sampling(e, now_ms);
		if (e->exporter_id != 0 &&
		    is_due(e, &e->exporter_sent, now_ms))
			put_exporter(e, now_ms);
	}
	if (!fits(e, !is_open(e, id), len)) {
		wire_encoder_emit(e, now_ms);
		begin(e);
	}
	if (!is_open(e, id))
		open_set(e, id);
}

/* A template record; without fields it takes the template back. */
static void
put_template(struct wire_encoder *e, const struct wire_layout *l,
    bool is_withdrawal, uint64_t now_ms)
{
	uint16_t set = is_v9(e) ? V9_TEMPLATE_SET : IPFIX_TEMPLATE_SET;
	uint16_t def_len = is_withdrawal ? 0 : l->def_len;

	make_room(e, set, TEMPLATE_HEADER_LEN + def_len, now_ms);
	put_number(e, l->id, 2);
	put_number(e, is_withdrawal ? 0 : l->fields, 2);
	memcpy(take(e, def_len), l->def, def_len);
	e->message.records++;
}

static void
announce_layout(struct wire_encoder *e, struct wire_layout *l,
    uint64_t now_ms)
{
	put_template(e, l, false, now_ms);
	note_sent(e, &l->sent, now_ms);
}

/* A layout for the key; the oldest gives way if there are too many. */
static struct wire_layout *
get_layout(struct wire_encoder *e, const struct wire_layout_key *key,
    uint64_t now_ms)
{
	struct wire_layout *l = wire_layout_find(e, key);

	if (l != NULL)
		return l;
	l = wire_layout_oldest(e);
	/* A reset would not know any more what the records are. */
	if (e->message.len > 0 && l->message == e->message.number)
		wire_encoder_emit(e, now_ms);
	if (e->options.is_stream && l->sent.is_known)
		put_template(e, l, true, now_ms);
	wire_layout_init(e, l, key);
	return l;
}

static void
put_record(struct wire_encoder *e, struct wire_layout *l,
    const struct flow *f, size_t len, uint64_t now_ms)
{
	if (is_due(e, &l->sent, now_ms))
		announce_layout(e, l, now_ms);
	make_room(e, l->id, len, now_ms);
	wire_record_write(l, f, take(e, len));
	l->used = e->counters.records++;
	l->message = e->message.number;
	e->message.waiting++;
	e->message.records++;
	e->message.data_records++;
}

/* Bytes of the largest record that a message can hold. */
static size_t
record_max(const struct wire_encoder *e)
{
	return (e->options.max_len & ~(uint32_t)3) - header_len(e) -
	    SET_HEADER_LEN;
}

static bool
put(struct wire_encoder *e, const struct flow *f, uint64_t now_ms)
{
	bool is_partial = (f->extensions & ~e->carried & ~NOT_MISSED) != 0;
	struct wire_layout_key key;
	struct wire_layout *l;
	size_t len;

	wire_layout_key(e, f, true, &key);
	l = get_layout(e, &key, now_ms);
	if ((len = wire_record_len(l, f)) > record_max(e)) {
		is_partial = true;
		wire_layout_key(e, f, false, &key);
		l = get_layout(e, &key, now_ms);
		len = wire_record_len(l, f);
	}
	if (len > record_max(e)) {
		e->counters.too_large++;
		return false;
	}
	e->counters.partial += is_partial;
	put_record(e, l, f, len, now_ms);
	return true;
}

static void
seal_v9(struct wire_encoder *e, uint64_t now_ms)
{
	uint8_t *b = e->message.data;

	close_set(e);
	store_be16(b, 9);
	store_be16(b + 2, (uint16_t)e->message.records);
	store_be32(b + 4, wire_encoder_uptime(e, now_ms));
	store_be32(b + 8, (uint32_t)(now_ms / 1000));
	store_be32(b + 12, e->sequence++);
	store_be32(b + 16, e->options.id);
}

static void
seal_ipfix(struct wire_encoder *e, uint64_t now_ms)
{
	uint8_t *b = e->message.data;

	close_set(e);
	store_be16(b, 10);
	store_be16(b + 2, (uint16_t)e->message.len);
	store_be32(b + 4, (uint32_t)(now_ms / 1000));
	store_be32(b + 8, e->sequence);
	store_be32(b + 12, e->options.id);
	e->sequence += e->message.data_records;
}

/*
 * Templates of the records that wait, in messages of their own: it is too
 * late to put them in front.
 */
static void
announce(struct wire_encoder *e, uint64_t now_ms)
{
	struct wire_message waiting = e->message;
	struct wire_layout *l;

	for (l = e->layouts; l < e->layouts + LAYOUTS; l++)
		l->sent.is_known = false;
	e->exporter_sent.is_known = e->sampling_sent.is_known = false;
	if (waiting.len == 0)
		return;
	e->message = (struct wire_message){ .data = e->spare };
	for (l = e->layouts; l < e->layouts + LAYOUTS; l++)
		if (l->key.bits != 0 && l->message == waiting.number)
			announce_layout(e, l, now_ms);
	if (e->message.len > 0)
		wire_encoder_emit(e, now_ms);
	e->message = waiting;
}

const struct wire_encoder_protocol wire_encoder_netflow9 = { put, seal_v9,
	announce };
const struct wire_encoder_protocol wire_encoder_ipfix = { put, seal_ipfix,
	announce };
