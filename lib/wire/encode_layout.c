/*
 * Layouts of records of v9 and IPFIX: which elements a flow needs, from the
 * WIRE rows of fields.def and a few more.
 *
 * Of several rows for a field the first counts that the version knows and
 * that fits the family of the flow.  Elements have their usual length.
 */

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "flow/derive.h"
#include "wire/element_int.h"
#include "wire/encode_int.h"
#include "wire/template_int.h"

#define V9 1
#define IPFIX 2
#define BOTH (V9 | IPFIX)

#define PEN_BIT 0x8000 /* of an element number: an enterprise follows */
#define PEN_NTOP 35632
#define ELEMENT_SAMPLER 48

/* What Cisco ASA has for a name. */
#define USER_NAME_LEN 65

struct row {
	uint8_t versions;
	uint8_t field;
	uint8_t form;
	uint32_t pen;
	uint16_t number;
};

#define ROW_0 BOTH, 0
#define ROW_V9 V9, 0
#define ROW_IPFIX IPFIX, 0
#define ROW_637 IPFIX, 637
#define ROW_6871 IPFIX, 6871
#define ROW(args) ROW_OF args
#define ROW_OF(versions, pen, id, element, form) \
	{ versions, FLD_##id, FORM_##form, pen, element },

static const struct row rows[] = {
#define WIRE(id, pen, element, form) ROW((ROW_##pen, id, element, form))
#include "flow/fields.def"
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

#define EVENTS (FLOW_EXT(EXT_FW_EVENT) | FLOW_EXT(EXT_NAT_EVENT))
#define GENERIC FLOW_EXT(EXT_GENERIC)
#define LATENCY FLOW_EXT(EXT_LATENCY)

/*
 * Elements that the decoder takes for more than the value of a field: ICMP,
 * the other direction, latencies as nProbe has them.
 */
struct special {
	uint64_t need; /* bits of the key */
	uint8_t versions;
	uint8_t field;
	uint8_t store; /* enum wire_store */
	uint32_t pen;
	uint16_t number;
};

/* clang-format off */
static const struct special specials[] = {
	{ KEY_EVENT_TIME, BOTH, FLD_EVENT_TIME, STORE_8, 0, 323 },
	{ KEY_ICMP4, BOTH, FLD_DST_PORT, STORE_2, 0, 32 },
	{ KEY_ICMP6, V9, FLD_DST_PORT, STORE_2, 0, 32 }, /* for both there */
	{ KEY_ICMP6, IPFIX, FLD_DST_PORT, STORE_2, 0, 139 },
	{ KEY_REVERSE, IPFIX, FLD_OUT_BYTES, STORE_8, WIRE_PEN_REVERSE, 1 },
	{ KEY_REVERSE, IPFIX, FLD_OUT_PACKETS, STORE_8, WIRE_PEN_REVERSE, 2 },
	{ LATENCY, V9, FLD_CLIENT_LATENCY, STORE_SEC, 0, 57554 },
	{ LATENCY, V9, FLD_CLIENT_LATENCY, STORE_USEC, 0, 57555 },
	{ LATENCY, V9, FLD_SERVER_LATENCY, STORE_SEC, 0, 57556 },
	{ LATENCY, V9, FLD_SERVER_LATENCY, STORE_USEC, 0, 57557 },
	{ LATENCY, V9, FLD_APP_LATENCY, STORE_SEC, 0, 57558 },
	{ LATENCY, V9, FLD_APP_LATENCY, STORE_USEC, 0, 57559 },
	{ LATENCY, IPFIX, FLD_CLIENT_LATENCY, STORE_SEC, PEN_NTOP, 82 },
	{ LATENCY, IPFIX, FLD_CLIENT_LATENCY, STORE_USEC, PEN_NTOP, 83 },
	{ LATENCY, IPFIX, FLD_SERVER_LATENCY, STORE_SEC, PEN_NTOP, 84 },
	{ LATENCY, IPFIX, FLD_SERVER_LATENCY, STORE_USEC, PEN_NTOP, 85 },
	{ LATENCY, IPFIX, FLD_APP_LATENCY, STORE_SEC, PEN_NTOP, 86 },
	{ LATENCY, IPFIX, FLD_APP_LATENCY, STORE_USEC, PEN_NTOP, 87 },
};
/* clang-format on */

#define SPECIALS (sizeof(specials) / sizeof(specials[0]))

/* Bytes of a store in a record; 0 where the field or the flow tells. */
static const uint8_t store_len[STORE_COUNT] = {
	[STORE_1] = 1,
	[STORE_2] = 2,
	[STORE_4] = 4,
	[STORE_8] = 8,
	[STORE_1_IN_2] = 2,
	[STORE_4_IN_2] = 2,
	[STORE_8_IN_4] = 4,
	[STORE_V4] = 4,
	[STORE_V6] = 16,
	[STORE_MAC] = 6,
	[STORE_MPLS] = 3,
	[STORE_ACL] = 12,
	[STORE_SEC] = 4,
	[STORE_USEC] = 4,
	[STORE_MS_SEC] = 4,
	[STORE_MS_NTP_US] = 8,
	[STORE_MS_NTP_NS] = 8,
};

/* A layout while it is made. */
struct build {
	const struct wire_encoder *e;
	struct wire_layout *l;
	struct writer def;
	struct fieldset done;
	struct {
		struct wire_store_op op;
		enum wire_store store;
	} step[LAYOUT_OPS];
	unsigned steps;
};

static uint8_t
version_bit(uint16_t version)
{
	return version == 9 ? V9 : IPFIX;
}

/* Extensions with the field, of which the row serves one family. */
static uint64_t
row_extensions(const struct row *r)
{
	uint64_t ext = field_extensions((enum field_id)r->field);

	if (r->form == FORM_V4)
		return ext & -ext;
	if (r->form == FORM_V6)
		return (ext & -ext) << 1;
	return ext;
}

uint64_t
wire_layout_carried(uint16_t version)
{
	uint64_t carried = GENERIC | LATENCY;

	for (size_t i = 0; i < ROWS; i++)
		if ((rows[i].versions & version_bit(version)) != 0)
			carried |= row_extensions(&rows[i]);
	return carried;
}

static enum wire_store
number_store(const struct wire_encoder *e, const struct row *r)
{
	/* VLAN ids and sampler ids have more room in a flow. */
	if (r->field == FLD_SRC_VLAN || r->field == FLD_DST_VLAN)
		return STORE_4_IN_2;
	if (r->field == FLD_SAMPLER_ID && r->number == ELEMENT_SAMPLER)
		return STORE_8_IN_4;
	if (r->form == FORM_LOW && e->options.version != 9)
		return STORE_1_IN_2;
	switch (field_table[r->field].size) {
	case 1:
		return STORE_1;
	case 2:
		return STORE_2;
	case 4:
		return STORE_4;
	default:
		return STORE_8;
	}
}

static enum wire_store
row_store(const struct wire_encoder *e, const struct row *r)
{
	switch ((enum wire_form)r->form) {
	case FORM_V4:
		return STORE_V4;
	case FORM_V6:
		return STORE_V6;
	case FORM_MAC:
		return STORE_MAC;
	case FORM_MPLS:
		return STORE_MPLS;
	case FORM_ACL:
		return STORE_ACL;
	case FORM_TEXT:
	case FORM_BYTES:
		return e->options.version == 9 ? STORE_PADDED : STORE_SPAN;
	default:
		return number_store(e, r);
	}
}

/* Spans of v9 have the length that the flow has, but for names. */
static uint16_t
padded_len(const struct wire_layout_key *key, unsigned field)
{
	switch (field) {
	case FLD_USER_NAME:
		return USER_NAME_LEN;
	case FLD_APP_ID:
		return key->app_id_len;
	case FLD_FRAME:
		return key->frame_len;
	default:
		return 0;
	}
}

static void
add_step(struct build *b, unsigned field, enum wire_store store, uint32_t pen,
    uint16_t number)
{
	uint16_t len = store_len[store];

	if (store == STORE_PADDED &&
	    (len = padded_len(&b->l->key, field)) == 0)
		return;
	assert(b->steps < LAYOUT_OPS);
	b->step[b->steps].store = store;
	b->step[b->steps].op = (struct wire_store_op){
		.from = field_table[field].offset, .len = len,
		.to = b->l->record_len };
	b->steps++;
	b->l->record_len += len;
	b->l->fields++;
	writer_uint(&b->def, pen == 0 ? number : number | PEN_BIT, 2);
	writer_uint(&b->def, store == STORE_SPAN ? WIRE_VARIABLE : len, 2);
	if (pen != 0)
		writer_uint(&b->def, pen, 4);
}

/* The start of a flow, and its end by the next element. */
static void
add_times(struct build *b)
{
	static const struct {
		enum wire_store store;
		uint16_t number;
	} times[WIRE_TIMES] = {
		[WIRE_TIME_USUAL] = { STORE_8, 152 },
		[WIRE_TIME_SEC] = { STORE_MS_SEC, 150 },
		[WIRE_TIME_MILLI] = { STORE_8, 152 },
		[WIRE_TIME_MICRO] = { STORE_MS_NTP_US, 154 },
		[WIRE_TIME_NANO] = { STORE_MS_NTP_NS, 156 },
	};
	enum wire_time t = b->e->options.time;

	add_step(b, FLD_FIRST, times[t].store, 0, times[t].number);
	add_step(b, FLD_LAST, times[t].store, 0,
	    (uint16_t)(times[t].number + 1));
}

static void
add_specials(struct build *b)
{
	const struct special *s;

	for (s = specials; s < specials + SPECIALS; s++)
		if ((s->versions & version_bit(b->e->options.version)) != 0 &&
		    (b->l->key.bits & s->need) != 0)
			add_step(b, s->field, (enum wire_store)s->store,
			    s->pen, s->number);
}

/* Does the flow have something else for the field? */
static bool
is_replaced(const struct row *r, uint64_t bits)
{
	if (r->field == FLD_OUT_BYTES || r->field == FLD_OUT_PACKETS)
		return (bits & KEY_REVERSE) != 0;
	if (r->field == FLD_SAMPLER_ID && r->number == ELEMENT_SAMPLER)
		return (bits & KEY_WIDE_SAMPLER) != 0;
	return false;
}

static bool
is_needed(const struct build *b, const struct row *r)
{
	uint64_t bits = b->l->key.bits;
	uint64_t ext = row_extensions(r);

	if ((r->versions & version_bit(b->e->options.version)) == 0 ||
	    fieldset_has(&b->done, (enum field_id)r->field) ||
	    is_replaced(r, bits))
		return false;
	if (ext == FLOW_EXT(EXT_HEADER))
		return (bits & KEY_ENGINE) != 0;
	return (bits & ext) != 0;
}

/* Add the rows whose form is that of IPv6 masks, or another one. */
static void
add_rows(struct build *b, bool is_six, bool is_span)
{
	const struct row *r;
	enum wire_store store;

	for (r = rows; r < rows + ROWS; r++) {
		store = row_store(b->e, r);
		if ((r->form == FORM_UINT6) != is_six ||
		    (store == STORE_SPAN) != is_span || !is_needed(b, r))
			continue;
		add_step(b, r->field, store, r->pen, r->number);
		fieldset_add(&b->done, (enum field_id)r->field);
	}
}

static void
order_steps(const struct build *b)
{
	struct wire_layout *l = b->l;
	uint16_t n = 0;

	for (unsigned store = 0; store < STORE_COUNT; store++) {
		for (unsigned i = 0; i < b->steps; i++)
			if (b->step[i].store == store)
				l->op[n++] = b->step[i].op;
		l->end[store] = n;
	}
}

static bool
is_same(const struct wire_layout_key *a, const struct wire_layout_key *b)
{
	return a->bits == b->bits && a->app_id_len == b->app_id_len &&
	    a->frame_len == b->frame_len;
}

static uint8_t *
hint_of(struct wire_encoder *e, const struct wire_layout_key *key)
{
	uint64_t hash = hash_pair(key->bits,
	    (uint64_t)key->app_id_len << 16 | key->frame_len);

	return &e->hint[hash % LAYOUT_HINTS];
}

struct wire_layout *
wire_layout_find(struct wire_encoder *e, const struct wire_layout_key *key)
{
	uint8_t *hint = hint_of(e, key);

	if (is_same(&e->layouts[*hint].key, key))
		return &e->layouts[*hint];
	for (uint8_t i = 0; i < LAYOUTS; i++)
		if (is_same(&e->layouts[i].key, key)) {
			*hint = i;
			return &e->layouts[i];
		}
	return NULL;
}

struct wire_layout *
wire_layout_oldest(struct wire_encoder *e)
{
	struct wire_layout *oldest = &e->layouts[0];

	for (struct wire_layout *l = oldest; l < e->layouts + LAYOUTS; l++) {
		if (l->key.bits == 0)
			return l;
		if (l->used < oldest->used)
			oldest = l;
	}
	return oldest;
}

static bool
is_id_used(const struct wire_encoder *e, uint16_t id)
{
	if (id == e->exporter_id || id == e->sampling_id ||
	    id == e->sampler_id)
		return true;
	for (unsigned i = 0; i < LAYOUTS; i++)
		if (e->layouts[i].id == id)
			return true;
	return false;
}

uint16_t
wire_layout_id(struct wire_encoder *e)
{
	uint16_t id;

	do {
		if (e->next_id < WIRE_TEMPLATE_FIRST)
			e->next_id = WIRE_TEMPLATE_FIRST;
		id = e->next_id++;
	} while (is_id_used(e, id));
	return id;
}

void
wire_layout_init(struct wire_encoder *e, struct wire_layout *l,
    const struct wire_layout_key *key)
{
	struct build b = { .e = e, .l = l };

	*l = (struct wire_layout){ .key = *key };
	writer_init(&b.def, l->def, sizeof(l->def));
	add_times(&b);
	add_specials(&b);
	if ((key->bits & FLOW_EXT(EXT_IPV6)) != 0)
		add_rows(&b, true, false);
	add_rows(&b, false, false);
	add_rows(&b, false, true);
	assert(!b.def.bad);
	l->def_len = (uint16_t)b.def.used;
	order_steps(&b);
	l->id = wire_layout_id(e);
	*hint_of(e, key) = (uint8_t)(l - e->layouts);
}

/* Extensions for IPv4 whose twin for IPv6 is the next one. */
#define PAIRS \
	(FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_BGP_V4) | \
	FLOW_EXT(EXT_NEXT_HOP_V4) | FLOW_EXT(EXT_XLATE_V4))

/* Extensions whose size a flow tells. */
#define SPANS \
	(FLOW_EXT(EXT_USER) | FLOW_EXT(EXT_APP_ID) | \
	FLOW_EXT(EXT_IN_PAYLOAD) | FLOW_EXT(EXT_OUT_PAYLOAD) | \
	FLOW_EXT(EXT_FRAME) | FLOW_EXT(EXT_NOKIA_STRING))

/* An engine of the flow's own, which the header does not say. */
static bool
has_engine(const struct wire_encoder *e, const struct flow *f)
{
	if ((f->engine_type | f->engine_id) == 0)
		return false;
	return e->options.version != 9 ||
	    f->engine_type != (uint8_t)(e->options.id >> 8) ||
	    f->engine_id != (uint8_t)e->options.id;
}

static uint16_t
span_len_16(struct span s)
{
	return s.len < UINT16_MAX ? (uint16_t)s.len : UINT16_MAX;
}

void
wire_layout_key(const struct wire_encoder *e, const struct flow *f,
    bool has_spans, struct wire_layout_key *key)
{
	uint64_t bits = f->extensions & e->carried;

	bits &= ~((bits & PAIRS) << 1);
	if (!has_spans)
		bits &= ~SPANS;
	*key = (struct wire_layout_key){ 0, 0, 0 };
	if (e->options.version == 9 && (bits & FLOW_EXT(EXT_APP_ID)) != 0)
		key->app_id_len = span_len_16(f->app_id);
	if (e->options.version == 9 && (bits & FLOW_EXT(EXT_FRAME)) != 0)
		key->frame_len = span_len_16(f->frame);
	if (flow_is_icmp(f->proto))
		bits |= f->proto == PROTO_ICMP ? KEY_ICMP4 : KEY_ICMP6;
	if (has_engine(e, f))
		bits |= KEY_ENGINE;
	if (f->sampler_id > UINT32_MAX)
		bits |= KEY_WIDE_SAMPLER;
	if ((bits & EVENTS) != 0 && f->event_time_ms != 0)
		bits |= KEY_EVENT_TIME;
	if (e->options.is_biflow && e->options.version != 9 &&
	    (bits & FLOW_EXT(EXT_COUNTERS)) != 0)
		bits |= KEY_REVERSE;
	key->bits = bits | GENERIC;
}
