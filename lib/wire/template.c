/*
 * Compile the field list of a template to a copy program.
 *
 * Of several elements for one target the one of the lowest rank is taken,
 * of equal ones the last, so the order of elements in a template does not
 * matter to the result.  Cost: O(fields), done once per definition.
 */

#include <stdlib.h>

#include "wire/template_int.h"

#define LISTS_MAX 16 /* sub template lists of a template that are read */
#define OPS_MAX (2 * TARGET_COUNT + LISTS_MAX)
#define V9_SCOPE_INTERFACE 2

/* Fields that have an IPv6 twin, and where the twin is kept. */
struct twin {
	uint8_t field;
	uint8_t group;
	uint16_t six;
};

static const struct twin twins[] = {
	{ FLD_SRC_ADDR, DUAL_ADDR, offsetof(struct wire_six, src_addr) },
	{ FLD_DST_ADDR, DUAL_ADDR, offsetof(struct wire_six, dst_addr) },
	{ FLD_NEXT_HOP, DUAL_NEXT_HOP, offsetof(struct wire_six, next_hop) },
	{ FLD_BGP_NEXT_HOP, DUAL_BGP, offsetof(struct wire_six, bgp_next_hop) },
	{ FLD_XLATE_SRC_ADDR, DUAL_XLATE,
	    offsetof(struct wire_six, xlate_src_addr) },
	{ FLD_XLATE_DST_ADDR, DUAL_XLATE,
	    offsetof(struct wire_six, xlate_dst_addr) },
	{ FLD_SRC_MASK, 0, offsetof(struct wire_six, src_mask) },
	{ FLD_DST_MASK, 0, offsetof(struct wire_six, dst_mask) },
};

#define TWINS (sizeof(twins) / sizeof(twins[0]))

/* A program while it is made; [1] is for the IPv6 twins. */
struct build {
	struct wire_op op[OPS_MAX];
	uint16_t ops;
	uint16_t lists;
	uint16_t unknown;
	uint16_t at[2][TARGET_COUNT]; /* op of a target + 1 */
	uint8_t rank[2][TARGET_COUNT];
	struct wire_shape shape;
	uint32_t record_len;
	bool is_variable;
};

void
wire_spec_read(struct reader *r, uint16_t version, struct wire_spec *s)
{
	s->number = (uint16_t)reader_uint(r, 2);
	s->len = (uint16_t)reader_uint(r, 2);
	s->pen = 0;
	if (version == 10 && (s->number & 0x8000) != 0) {
		s->number &= 0x7fff;
		s->pen = (uint32_t)reader_uint(r, 4);
	}
}

static void
measure(const struct wire_definition *def, uint32_t *len, bool *is_variable)
{
	struct reader r;
	struct wire_spec s;

	*len = 0;
	*is_variable = false;
	reader_init(&r, def->def, def->def_len);
	for (unsigned i = 0; i < def->fields; i++) {
		wire_spec_read(&r, def->version, &s);
		if (s.len == WIRE_VARIABLE)
			*is_variable = true;
		*len += s.len == WIRE_VARIABLE ? 1 : s.len;
	}
}

bool
wire_definition_empty(const struct wire_definition *def)
{
	uint32_t len;
	bool is_variable;

	measure(def, &len, &is_variable);
	return len == 0;
}

static bool
form_accepts(enum wire_form form, uint16_t len)
{
	switch (form) {
	case FORM_WORD:
		return len == 4 || len == 8;
	case FORM_NTP_US:
	case FORM_NTP_NS:
		return len == 8;
	default:
		return true;
	}
}

/* Conversion of a form to a target, for a field of any length. */
static enum wire_conv
conv_of(enum wire_form form, unsigned target)
{
	switch (form) {
	case FORM_LOW:
		return CONV_LOW;
	case FORM_V4:
		return CONV_V4;
	case FORM_V6:
		return CONV_V6;
	case FORM_MAC:
		return CONV_MAC;
	case FORM_MPLS:
		return CONV_MPLS;
	case FORM_ACL:
		return CONV_ACL;
	case FORM_TEXT:
		return CONV_TEXT;
	case FORM_BYTES:
		return CONV_BYTES;
	case FORM_FLOAT:
		return CONV_FLOAT;
	case FORM_LIST:
		return CONV_LIST;
	case FORM_MULTI:
		return CONV_MULTI;
	default:
		break;
	}
	if (target >= FLD_COUNT)
		return CONV_NUM64;
	switch (field_table[target].size) {
	case 1:
		return CONV_NUM8;
	case 2:
		return CONV_NUM16;
	case 4:
		return CONV_NUM32;
	default:
		return CONV_NUM64;
	}
}

/* The conversion for numbers of just this length, which is faster. */
static enum wire_conv
conv_exact(enum wire_conv conv, uint16_t len)
{
	if ((conv == CONV_NUM8 || conv == CONV_LOW) && len == 1)
		return CONV_U8;
	if (conv == CONV_NUM16 && len == 2)
		return CONV_U16;
	if (conv == CONV_NUM32 && len == 4)
		return CONV_U32;
	if (conv == CONV_NUM32 && len == 2)
		return CONV_U16_U32;
	if (conv == CONV_NUM64 && len == 8)
		return CONV_U64;
	if (conv == CONV_NUM64 && len == 4)
		return CONV_U32_U64;
	return conv;
}

static uint16_t
target_offset(unsigned target)
{
	if (target < FLD_COUNT)
		return (uint16_t)(offsetof(struct wire_record, flow) +
		    field_table[target].offset);
	if (target < TARGET_TEXT(0))
		return (uint16_t)(offsetof(struct wire_record, slot) +
		    (target - TARGET_SLOT(0)) * sizeof(uint64_t));
	return (uint16_t)(offsetof(struct wire_record, text) +
	    (target - TARGET_TEXT(0)) * sizeof(struct span));
}

static void
set_unit(struct wire_shape *s, unsigned target, enum wire_form form)
{
	static const uint8_t timed[TIMED_COUNT] = {
		[TIMED_START] = TARGET_SLOT(SLOT_START),
		[TIMED_END] = TARGET_SLOT(SLOT_END),
		[TIMED_DURATION] = TARGET_SLOT(SLOT_DURATION),
		[TIMED_OBSERVED] = TARGET_SLOT(SLOT_OBSERVED),
	};

	for (int i = 0; i < TIMED_COUNT; i++)
		if (timed[i] == target)
			s->unit[i] = (uint8_t)form;
}

/*
 * The op that the element fills: a new one, or that of an element of the
 * same target that is no better.  NULL if there is a better one.
 */
static struct wire_op *
choose_op(struct build *b, const struct wire_element *e)
{
	bool is_six = e->form == FORM_V6 || e->form == FORM_UINT6;
	uint16_t *at = &b->at[is_six][e->target];

	if (e->form == FORM_LIST || e->form == FORM_MULTI)
		return b->lists++ < LISTS_MAX ? &b->op[b->ops++] : NULL;
	if (*at != 0 && b->rank[is_six][e->target] < e->rank)
		return NULL;
	if (*at == 0)
		*at = ++b->ops;
	b->rank[is_six][e->target] = e->rank;
	return &b->op[*at - 1];
}

static void
add_field(struct build *b, const struct wire_element *e, uint16_t len,
    uint16_t src)
{
	enum wire_conv conv = conv_of(e->form, e->target);
	struct wire_op *op = choose_op(b, e);

	if (op == NULL)
		return;
	op->src = src;
	op->dst = target_offset(e->target);
	op->len = len;
	op->conv = (uint8_t)conv_exact(conv, len);
	op->target = e->target;
	set_unit(&b->shape, e->target, e->form);
	if (conv != CONV_LIST && conv != CONV_MULTI)
		wire_shape_claim(&b->shape, e->target);
}

/* The element of a field, or NULL if it is nothing for us. */
static const struct wire_element *
find_element(const struct wire_definition *def, unsigned i,
    const struct wire_spec *s)
{
	static const struct wire_element interface = { FORM_UINT, FLD_INPUT,
		1 };
	const struct wire_element *e;

	/* NetFlow v9 has its own numbers for scopes. */
	if (def->version == 9 && i < def->scopes)
		return s->number == V9_SCOPE_INTERFACE ? &interface : NULL;
	e = wire_element_find(def->version, s->pen, s->number);
	if (e == NULL || !form_accepts(e->form, s->len))
		return NULL;
	if (e->target >= TARGET_TEXT(0) && !def->is_options)
		return NULL;
	if (s->len != WIRE_VARIABLE &&
	    !wire_conv_accepts(conv_of(e->form, e->target), s->len))
		return NULL;
	return e;
}

static bool
is_padding(const struct wire_definition *def, const struct wire_spec *s)
{
	return s->len == 0 || (s->pen == 0 && s->number == 210) ||
	    (def->version == 9 && s->number == 0);
}

static void
add_fields(struct build *b, const struct wire_definition *def)
{
	const struct wire_element *e;
	struct reader r;
	struct wire_spec s;
	uint32_t offset = 0;

	reader_init(&r, def->def, def->def_len);
	for (unsigned i = 0; i < def->fields; i++) {
		wire_spec_read(&r, def->version, &s);
		e = s.len == 0 ? NULL : find_element(def, i, &s);
		if (e != NULL)
			add_field(b, e, s.len,
			    (uint16_t)(b->is_variable ? i : offset));
		else if (i >= def->scopes && !is_padding(def, &s))
			b->unknown++;
		offset += s.len;
	}
}

static struct wire_op *
op_of(struct build *b, int is_six, unsigned target)
{
	uint16_t at = b->at[is_six][target];

	return at == 0 ? NULL : &b->op[at - 1];
}

/* Where both families are there, keep them apart; otherwise store at once. */
static void
split_families(struct build *b)
{
	uint8_t four = 0;
	uint8_t six = 0;

	for (size_t i = 0; i < TWINS; i++) {
		if (b->at[0][twins[i].field] != 0)
			four |= twins[i].group;
		if (b->at[1][twins[i].field] != 0)
			six |= twins[i].group;
	}
	b->shape.dual = four & six;
	for (size_t i = 0; i < TWINS; i++) {
		unsigned target = twins[i].field;
		uint8_t group = twins[i].group;
		struct wire_op *op = op_of(b, 1, target);
		struct wire_op *op4 = op_of(b, 0, target);

		if (op == NULL)
			continue;
		if ((b->shape.dual & (group == 0 ? DUAL_ADDR : group)) != 0)
			op->dst = (uint16_t)(offsetof(struct wire_record, six) +
			    twins[i].six);
		else if (op4 != NULL && (six & DUAL_ADDR) != 0)
			op4->conv = CONV_NONE;
		else if (op4 != NULL)
			op->conv = CONV_NONE;
	}
}

uint64_t
wire_target_extension(unsigned target, enum wire_conv conv)
{
	unsigned ext;

	if (target >= FLD_COUNT || target == FLD_IP_VERSION)
		return 0;
	ext = wire_field_extension((enum field_id)target);
	if (ext == EXT_HEADER)
		return 0;
	return FLOW_EXT(ext + (conv == CONV_V6));
}

static void
find_extensions(struct build *b)
{
	struct wire_op *op;

	b->shape.extensions = FLOW_EXT(EXT_GENERIC);
	for (unsigned i = 0; i < b->ops; i++) {
		op = &b->op[i];
		if (op->conv != CONV_NONE)
			b->shape.extensions |=
			    wire_target_extension(op->target, op->conv);
	}
	/* The IP version is no reason for a layer 2 extension. */
	op = op_of(b, 0, FLD_IP_VERSION);
	if (op != NULL && (b->shape.extensions & FLOW_EXT(EXT_LAYER2)) == 0)
		op->conv = CONV_NONE;
}

#define SLOT_BIT(slot) (UINT64_C(1) << (slot))
#define ICMP_SLOTS \
	(SLOT_BIT(SLOT_ICMP4) | SLOT_BIT(SLOT_ICMP6) | SLOT_BIT(SLOT_TYPE4) | \
	SLOT_BIT(SLOT_CODE4) | SLOT_BIT(SLOT_TYPE6) | SLOT_BIT(SLOT_CODE6))
#define PORT_SLOTS \
	(SLOT_BIT(SLOT_UDP_SRC_PORT) | SLOT_BIT(SLOT_UDP_DST_PORT) | \
	SLOT_BIT(SLOT_TCP_SRC_PORT) | SLOT_BIT(SLOT_TCP_DST_PORT))
#define LATENCY_SLOTS \
	(SLOT_BIT(SLOT_CLIENT_SEC) | SLOT_BIT(SLOT_CLIENT_USEC) | \
	SLOT_BIT(SLOT_SERVER_SEC) | SLOT_BIT(SLOT_SERVER_USEC) | \
	SLOT_BIT(SLOT_APP_SEC) | SLOT_BIT(SLOT_APP_USEC))
#define RATE_SLOTS \
	(SLOT_BIT(SLOT_INTERVAL) | SLOT_BIT(SLOT_RANDOM_INTERVAL) | \
	SLOT_BIT(SLOT_PACKET_INTERVAL) | SLOT_BIT(SLOT_SAMPLE_SIZE) | \
	SLOT_BIT(SLOT_PROBABILITY))
#define EVENT_EXTENSIONS (FLOW_EXT(EXT_FW_EVENT) | FLOW_EXT(EXT_NAT_EVENT))

/* A Nokia NAT log says what happened by the time that it has. */
static bool
is_nokia_nat(const struct wire_shape *s)
{
	return (wire_shape_has(s, FLD_NOKIA_IN_SERVICE) ||
	    wire_shape_has(s, FLD_NOKIA_OUT_SERVICE) ||
	    wire_shape_has(s, FLD_NOKIA_STRING)) &&
	    !wire_shape_has(s, FLD_NAT_EVENT) &&
	    (s->slots & (SLOT_BIT(SLOT_START) | SLOT_BIT(SLOT_END))) != 0;
}

void
wire_shape_derive(struct wire_shape *s)
{
	s->slots = 0;
	for (unsigned i = 0; i < SLOT_COUNT; i++)
		if (wire_shape_has(s, TARGET_SLOT(i)))
			s->slots |= SLOT_BIT(i);
	s->steps = 0;
	if ((s->slots & PORT_SLOTS) != 0)
		s->steps |= STEP_PORTS;
	if ((s->slots & ICMP_SLOTS) != 0)
		s->steps |= STEP_ICMP;
	if ((s->slots & RATE_SLOTS) != 0)
		s->steps |= STEP_INLINE;
	if (wire_shape_has(s, FLD_SAMPLER_ID))
		s->steps |= STEP_SAMPLER;
	if (wire_shape_has(s, FLD_FRAME))
		s->steps |= STEP_FRAME;
	if (wire_shape_has(s, FLD_FW_EVENT) || wire_shape_has(s, FLD_NAT_EVENT))
		s->steps |= STEP_EVENT;
	if (is_nokia_nat(s)) {
		s->steps |= STEP_EVENT | STEP_NOKIA;
		s->extensions |= FLOW_EXT(EXT_NAT_EVENT);
	}
	if ((s->slots & LATENCY_SLOTS) != 0) {
		s->steps |= STEP_LATENCY;
		s->extensions |= FLOW_EXT(EXT_LATENCY);
	}
	if (wire_shape_slot(s, SLOT_OBSERVED) &&
	    (s->extensions & EVENT_EXTENSIONS) == 0)
		s->extensions |= FLOW_EXT(EXT_NAT_EVENT);
}

/*
 * A copy overwrites the same members in each record.  What the steps after
 * it set besides has to be cleared.
 */
static bool
needs_reset(const struct build *b)
{
	const struct wire_shape *s = &b->shape;

	return b->is_variable || s->dual != 0 || b->lists != 0 ||
	    (s->steps & (STEP_FRAME | STEP_PORTS)) != 0 ||
	    !wire_shape_has(s, FLD_SRC_PORT) ||
	    !wire_shape_has(s, FLD_DST_PORT);
}

/* Move the ops over, ordered by conversion unless the order is needed. */
static void
finish_ops(const struct build *b, struct wire_template *t)
{
	t->ops = 0;
	for (unsigned conv = 0; conv <= CONV_COUNT; conv++) {
		t->group[conv] = t->ops;
		if (b->is_variable || conv >= CONV_NONE)
			continue;
		for (unsigned i = 0; i < b->ops; i++)
			if (b->op[i].conv == conv)
				t->op[t->ops++] = b->op[i];
	}
	if (!b->is_variable)
		return;
	for (unsigned i = 0; i < b->ops; i++)
		if (b->op[i].conv != CONV_NONE)
			t->op[t->ops++] = b->op[i];
}

static int
by_source(const void *a, const void *b)
{
	const struct wire_op *x = a;
	const struct wire_op *y = b;

	return x->src < y->src ? -1 : x->src > y->src;
}

static struct wire_template *
allocate(const struct build *b, const struct wire_definition *def)
{
	size_t ops_len = b->ops * sizeof(struct wire_op);
	size_t lens_len = b->is_variable ? def->fields * sizeof(uint16_t) : 0;
	size_t size = sizeof(struct wire_template) + ops_len + lens_len +
	    def->def_len;
	struct wire_template *t = calloc(1, size);
	uint8_t *p;

	if (t == NULL)
		return NULL;
	p = (uint8_t *)t->op + ops_len;
	t->size = (uint32_t)size;
	t->lens = (uint16_t *)(void *)p;
	t->def = p + lens_len;
	memcpy(t->def, def->def, def->def_len);
	t->def_len = (uint32_t)def->def_len;
	return t;
}

static void
fill_lens(struct wire_template *t, const struct wire_definition *def)
{
	struct reader r;
	struct wire_spec s;

	reader_init(&r, def->def, def->def_len);
	for (unsigned i = 0; i < def->fields; i++) {
		wire_spec_read(&r, def->version, &s);
		t->lens[i] = s.len;
	}
}

struct wire_template *
wire_template_new(const struct wire_definition *def)
{
	struct build b = { .ops = 0 };
	struct wire_template *t;

	measure(def, &b.record_len, &b.is_variable);
	/* Offsets of a record that cannot exist would not fit an op. */
	if (b.record_len <= WIRE_RECORD_MAX)
		add_fields(&b, def);
	split_families(&b);
	find_extensions(&b);
	wire_shape_derive(&b.shape);
	if ((t = allocate(&b, def)) == NULL)
		return NULL;
	if (b.is_variable) {
		qsort(b.op, b.ops, sizeof(b.op[0]), by_source);
		fill_lens(t, def);
	}
	finish_ops(&b, t);
	t->id = def->id;
	t->fields = def->fields;
	t->scopes = def->scopes;
	t->is_options = def->is_options;
	t->is_known = b.ops > 0;
	t->is_variable = b.is_variable;
	t->is_reset = needs_reset(&b);
	t->unknown = b.unknown;
	t->record_len = b.record_len;
	t->shape = b.shape;
	return t;
}

bool
wire_template_is(const struct wire_template *t,
    const struct wire_definition *def)
{
	return t->is_options == def->is_options && t->fields == def->fields &&
	    t->scopes == def->scopes && t->def_len == def->def_len &&
	    memcmp(t->def, def->def, def->def_len) == 0;
}
