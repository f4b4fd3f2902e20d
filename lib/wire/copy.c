/*
 * Run copy programs over records, and the lists of records inside of
 * records (RFC 6313).
 */

#include "wire/template_int.h"

#define LIST_DEPTH_MAX 4
#define LIST_HEADER_LEN 3 /* semantic, template id */
#define BLOCK_HEADER_LEN 4 /* template id, length */

bool
wire_conv_accepts(enum wire_conv conv, size_t len)
{
	switch (conv) {
	case CONV_V4:
		return len == 4;
	case CONV_V6:
		return len == 16;
	case CONV_MAC:
		return len == 6 || len == 8;
	case CONV_MPLS:
		return len == 3 || len == 4;
	case CONV_ACL:
		return len == 12;
	case CONV_FLOAT:
		return len == 4 || len == 8;
	case CONV_TEXT:
	case CONV_BYTES:
	case CONV_LIST:
	case CONV_MULTI:
		return len >= 1;
	default:
		return len >= 1 && len <= 8;
	}
}

static uint64_t
load_number(const uint8_t *p, size_t len, uint64_t max)
{
	uint64_t v = load_be(p, len);

	return v < max ? v : max;
}

static void
store_addr(uint8_t *dst, struct addr a)
{
	memcpy(dst, &a, sizeof(a));
}

static void
store_span(uint8_t *dst, const uint8_t *p, size_t len)
{
	struct span s = { p, (uint32_t)len };

	memcpy(dst, &s, sizeof(s));
}

static void
store_text(uint8_t *dst, const uint8_t *p, size_t len)
{
	const uint8_t *end = memchr(p, '\0', len);

	store_span(dst, p, end == NULL ? len : (size_t)(end - p));
}

static void
store_float(uint8_t *dst, const uint8_t *p, size_t len)
{
	uint32_t bits = load_be32(p);
	uint64_t wide = len == 8 ? load_be64(p) : 0;
	double value;
	float narrow;

	memcpy(&narrow, &bits, sizeof(narrow));
	value = narrow;
	if (len == 8)
		memcpy(&value, &wide, sizeof(value));
	memcpy(dst, &value, sizeof(value));
}

/* The label without the TTL that some exporters send along. */
static uint32_t
load_label(const uint8_t *p, size_t len)
{
	return (uint32_t)load_be(p, len) >> (len == 4 ? 8 : 0);
}

void
wire_op_run(const struct wire_op *op, struct wire_record *r, const uint8_t *p,
    size_t len)
{
	uint8_t *dst = (uint8_t *)r + op->dst;

	switch ((enum wire_conv)op->conv) {
	case CONV_U8:
		*dst = *p;
		break;
	case CONV_U16:
		store_u16(dst, load_be16(p));
		break;
	case CONV_U32:
		store_u32(dst, load_be32(p));
		break;
	case CONV_U64:
		store_u64(dst, load_be64(p));
		break;
	case CONV_U16_U32:
		store_u32(dst, load_be16(p));
		break;
	case CONV_U32_U64:
		store_u64(dst, load_be32(p));
		break;
	case CONV_NUM8:
		*dst = (uint8_t)load_number(p, len, UINT8_MAX);
		break;
	case CONV_NUM16:
		store_u16(dst, (uint16_t)load_number(p, len, UINT16_MAX));
		break;
	case CONV_NUM32:
		store_u32(dst, (uint32_t)load_number(p, len, UINT32_MAX));
		break;
	case CONV_NUM64:
		store_u64(dst, load_be(p, len));
		break;
	case CONV_LOW:
		*dst = p[len - 1];
		break;
	case CONV_V4:
		store_addr(dst, addr_v4(load_be32(p)));
		break;
	case CONV_V6:
		store_addr(dst, addr_from_bytes(p));
		break;
	case CONV_MAC:
		store_u64(dst, load_be(p + len - 6, 6));
		break;
	case CONV_MPLS:
		store_u32(dst, load_label(p, len));
		break;
	case CONV_ACL:
		for (int i = 0; i < 3; i++)
			store_u32(dst + 4 * i, load_be32(p + 4 * i));
		break;
	case CONV_TEXT:
		store_text(dst, p, len);
		break;
	case CONV_BYTES:
		store_span(dst, p, len);
		break;
	case CONV_FLOAT:
		store_float(dst, p, len);
		break;
	case CONV_LIST:
	case CONV_MULTI:
	case CONV_NONE:
	case CONV_COUNT:
		break;
	}
}

/*
 * One loop per frequent conversion: nothing to decide for each field.  The
 * members are reached by memcpy, which compilers turn into a load, a swap
 * and a store.
 */
#define RUN(conv, statement) \
	for (op = t->op + t->group[conv]; op < t->op + t->group[(conv) + 1]; \
	     op++) { \
		const uint8_t *src = p + op->src; \
		uint8_t *dst = (uint8_t *)r + op->dst; \
		statement; \
	}

void
wire_copy_fixed(const struct wire_template *t, struct wire_record *r,
    const uint8_t *p)
{
	const struct wire_op *op;

	RUN(CONV_U8, *dst = *src)
	RUN(CONV_U16, store_u16(dst, load_be16(src)))
	RUN(CONV_U32, store_u32(dst, load_be32(src)))
	RUN(CONV_U64, store_u64(dst, load_be64(src)))
	RUN(CONV_U16_U32, store_u32(dst, load_be16(src)))
	RUN(CONV_U32_U64, store_u64(dst, load_be32(src)))
	RUN(CONV_V4, store_addr(dst, addr_v4(load_be32(src))))
	RUN(CONV_V6, store_addr(dst,
	    ((struct addr){ load_be64(src), load_be64(src + 8) })))
	for (; op < t->op + t->ops; op++)
		wire_op_run(op, r, p + op->src, op->len);
}

static void
fill(struct addr *a)
{
	if (addr_is_zero(*a))
		*a = addr_v4(0);
}

void
wire_fill_addresses(struct wire_record *r)
{
	if ((r->shape.extensions & FLOW_EXT(EXT_IPV4)) != 0) {
		fill(&r->flow.src_addr);
		fill(&r->flow.dst_addr);
	}
	if ((r->shape.extensions & FLOW_EXT(EXT_NEXT_HOP_V4)) != 0)
		fill(&r->flow.next_hop);
	if ((r->shape.extensions & FLOW_EXT(EXT_BGP_V4)) != 0)
		fill(&r->flow.bgp_next_hop);
	if ((r->shape.extensions & FLOW_EXT(EXT_XLATE_V4)) != 0) {
		fill(&r->flow.xlate_src_addr);
		fill(&r->flow.xlate_dst_addr);
	}
}

/* Where lists inside of records are decoded. */
struct nesting {
	const struct wire_table *templates;
	struct wire_record *r;
	unsigned depth;
	unsigned malformed;
	bool is_changed; /* lists added to the shape of the record */
};

static void read_lists(struct nesting *n, enum wire_conv conv,
    const uint8_t *p, size_t len);

struct wire_template *
wire_template_find(const struct wire_table *t, uint16_t id)
{
	for (struct wire_node *n = wire_table_first(t, id); n != NULL;
	     n = n->next)
		if (n->hash == id)
			return (struct wire_template *)(void *)n;
	return NULL;
}

/* Length of the next field, from its length bytes when it is variable. */
static size_t
field_len(struct reader *in, uint16_t len)
{
	if (len != WIRE_VARIABLE)
		return len;
	len = (uint16_t)reader_uint(in, 1);
	return len == 255 ? (size_t)reader_uint(in, 2) : len;
}

/* The unit of a time that comes from a list. */
static void
take_unit(struct wire_shape *to, const struct wire_shape *from,
    const struct wire_op *op)
{
	if (op->target == TARGET_SLOT(SLOT_START))
		to->unit[TIMED_START] = from->unit[TIMED_START];
	if (op->target == TARGET_SLOT(SLOT_END))
		to->unit[TIMED_END] = from->unit[TIMED_END];
	if (op->target == TARGET_SLOT(SLOT_DURATION))
		to->unit[TIMED_DURATION] = from->unit[TIMED_DURATION];
	if (op->target == TARGET_SLOT(SLOT_OBSERVED))
		to->unit[TIMED_OBSERVED] = from->unit[TIMED_OBSERVED];
}

/* Run an op of a record in a list, unless its target is filled. */
static void
run_nested(struct nesting *n, const struct wire_template *t,
    const struct wire_op *op, const uint8_t *p, size_t len)
{
	struct wire_shape *shape = &n->r->shape;
	uint64_t ext = wire_target_extension(op->target, op->conv);

	if (op->conv == CONV_LIST || op->conv == CONV_MULTI) {
		read_lists(n, op->conv, p, len);
		return;
	}
	if (wire_shape_has(shape, op->target) ||
	    (t->shape.dual != 0 && op->conv == CONV_V6))
		return;
	/* One family for both addresses. */
	if ((op->conv == CONV_V4 && (shape->extensions & ext << 1) != 0) ||
	    (op->conv == CONV_V6 && (shape->extensions & ext >> 1) != 0))
		return;
	wire_op_run(op, n->r, p, len);
	wire_shape_claim(shape, op->target);
	take_unit(shape, &t->shape, op);
	shape->extensions |= ext;
	n->is_changed = true;
}

/*
 * Walk the fields of a record.  "is_outer" is the record of the set itself,
 * whose fields are all taken.
 */
static int
walk_fields(struct nesting *n, const struct wire_template *t,
    struct reader *in, bool is_outer)
{
	const struct wire_op *op = t->op;
	const struct wire_op *end = t->op + t->ops;
	const uint8_t *p;
	size_t len;

	for (unsigned i = 0; i < t->fields; i++) {
		len = field_len(in, t->lens[i]);
		if ((p = reader_take(in, len)) == NULL)
			return -1;
		for (; op < end && op->src == i; op++) {
			if (op->len == WIRE_VARIABLE &&
			    !wire_conv_accepts(op->conv, len))
				continue;
			if (is_outer && op->conv < CONV_LIST)
				wire_op_run(op, n->r, p, len);
			else
				run_nested(n, t, op, p, len);
		}
	}
	return 0;
}

/* The first record of a list. */
static void
read_first(struct nesting *n, uint16_t id, const uint8_t *p, size_t len)
{
	const struct wire_template *t = wire_template_find(n->templates, id);
	struct reader in;

	if (t == NULL || t->is_options || len == 0)
		return;
	reader_init(&in, p, len);
	if (t->is_variable) {
		if (walk_fields(n, t, &in, false) == -1)
			n->malformed++;
		return;
	}
	if (t->record_len > len) {
		n->malformed++;
		return;
	}
	for (const struct wire_op *op = t->op; op < t->op + t->ops; op++)
		run_nested(n, t, op, p + op->src, op->len);
}

/* Blocks of a subTemplateMultiList. */
static void
read_blocks(struct nesting *n, const uint8_t *p, size_t len)
{
	struct reader in;
	const uint8_t *body;
	uint16_t id;
	size_t block;

	reader_init(&in, p, len);
	reader_take(&in, 1);
	while (in.left > 0) {
		id = (uint16_t)reader_uint(&in, 2);
		block = (size_t)reader_uint(&in, 2);
		if (in.bad || block < BLOCK_HEADER_LEN ||
		    block - BLOCK_HEADER_LEN > in.left) {
			n->malformed++;
			return;
		}
		body = reader_take(&in, block - BLOCK_HEADER_LEN);
		read_first(n, id, body, block - BLOCK_HEADER_LEN);
	}
}

static void
read_lists(struct nesting *n, enum wire_conv conv, const uint8_t *p, size_t len)
{
	if (n->depth == LIST_DEPTH_MAX)
		return;
	n->depth++;
	if (conv == CONV_MULTI)
		read_blocks(n, p, len);
	else if (len >= LIST_HEADER_LEN)
		read_first(n, load_be16(p + 1), p + LIST_HEADER_LEN,
		    len - LIST_HEADER_LEN);
	else
		n->malformed++;
	n->depth--;
}

int
wire_copy_variable(const struct wire_template *t, struct wire_record *r,
    struct reader *in, const struct wire_table *templates,
    unsigned *malformed)
{
	struct nesting n = { templates, r, 0, 0, false };
	int rc = walk_fields(&n, t, in, true);

	if (n.is_changed) {
		wire_shape_derive(&r->shape);
		wire_fill_addresses(r);
	}
	*malformed += n.malformed;
	return rc;
}
