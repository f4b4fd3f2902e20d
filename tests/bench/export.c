/*
 * Encoders for export datagrams.  A template is a table that names the
 * element, its length and the field; the same table writes the template and
 * the records.
 */

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "bench/export_int.h"

#define V5_FLOWS_MAX 30
#define V5_HEADER_LEN 24
#define V9_HEADER_LEN 20
#define IPFIX_HEADER_LEN 16
#define SET_HEADER_LEN 4

#define TEMPLATE_V4 256
#define TEMPLATE_V6 257

struct element {
	uint16_t id;
	uint16_t len;
	enum field_id field;
};

#define ELEMENTS_MAX 24

/* clang-format off */
#define ADDRESSES(src, dst, hop, src_mask, dst_mask, len) \
	{ src, len, FLD_SRC_ADDR }, { dst, len, FLD_DST_ADDR }, \
	{ hop, len, FLD_NEXT_HOP }, { src_mask, 1, FLD_SRC_MASK }, \
	{ dst_mask, 1, FLD_DST_MASK }
#define COMMON \
	{ 10, 2, FLD_INPUT }, { 14, 2, FLD_OUTPUT }, \
	{ 2, 4, FLD_IN_PACKETS }, { 1, 4, FLD_IN_BYTES }, \
	{ 7, 2, FLD_SRC_PORT }, { 11, 2, FLD_DST_PORT }, \
	{ 4, 1, FLD_PROTO }, { 6, 1, FLD_TCP_FLAGS }, \
	{ 5, 1, FLD_SRC_TOS }, { 16, 2, FLD_SRC_AS }, { 17, 2, FLD_DST_AS }
#define UPTIME { 22, 4, FLD_FIRST }, { 21, 4, FLD_LAST }
#define ABSOLUTE { 152, 8, FLD_FIRST }, { 153, 8, FLD_LAST }

static const struct element v9_v4[ELEMENTS_MAX] = {
	ADDRESSES(8, 12, 15, 9, 13, 4), COMMON, UPTIME
};
static const struct element v9_v6[ELEMENTS_MAX] = {
	ADDRESSES(27, 28, 62, 29, 30, 16), COMMON, UPTIME
};
static const struct element ipfix_v4[ELEMENTS_MAX] = {
	ADDRESSES(8, 12, 15, 9, 13, 4), COMMON, ABSOLUTE
};
static const struct element ipfix_v6[ELEMENTS_MAX] = {
	ADDRESSES(27, 28, 62, 29, 30, 16), COMMON, ABSOLUTE
};

/* In the order of enum export_protocol. */
static const struct protocol {
	const char *name;
	uint16_t version;
	uint16_t header_len;
	uint16_t template_set;
	const struct element *v4;
	const struct element *v6;
} protocols[] = {
	{ "v5", 5, V5_HEADER_LEN, 0, NULL, NULL },
	{ "v9", 9, V9_HEADER_LEN, 0, v9_v4, v9_v6 },
	{ "ipfix", 10, IPFIX_HEADER_LEN, 2, ipfix_v4, ipfix_v6 },
	{ "sflow", 5, 0, 0, NULL, NULL },
};
/* clang-format on */

int
export_protocol_parse(const char *name, enum export_protocol *protocol,
    struct err *err)
{
	for (unsigned i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (strcmp(protocols[i].name, name) == 0) {
			*protocol = (enum export_protocol)i;
			return 0;
		}
	return err_set(err, ERR_VALUE, "no such protocol: '%s'", name);
}

static uint64_t
flow_number(const struct flow *f, enum field_id id)
{
	return load_host((const uint8_t *)f + field_table[id].offset,
	    field_table[id].size);
}

static void
put_addr(struct writer *w, struct addr a, size_t len)
{
	if (len == 16)
		writer_uint(w, a.hi, 8);
	writer_uint(w, a.lo, len == 16 ? 8 : 4);
}

static void
put_element(struct writer *w, const struct element *e, const struct flow *f,
    uint64_t boot_ms)
{
	struct addr a;
	uint64_t v;

	if (field_table[e->field].type == FIELD_ADDR) {
		memcpy(&a, (const char *)f + field_table[e->field].offset,
		    sizeof(a));
		put_addr(w, a, e->len);
		return;
	}
	v = flow_number(f, e->field);
	if (e->id == 21 || e->id == 22)
		v -= boot_ms;
	writer_uint(w, v, e->len);
}

static size_t
record_len(const struct element *e)
{
	size_t len = 0;

	for (; e->id != 0; e++)
		len += e->len;
	return len;
}

static void
put_v5_flow(struct writer *w, const struct flow *f, uint64_t boot_ms)
{
	put_addr(w, f->src_addr, 4);
	put_addr(w, f->dst_addr, 4);
	put_addr(w, f->next_hop, 4);
	writer_uint(w, f->input, 2);
	writer_uint(w, f->output, 2);
	writer_uint(w, f->in_packets, 4);
	writer_uint(w, f->in_bytes, 4);
	writer_uint(w, f->first_ms - boot_ms, 4);
	writer_uint(w, f->last_ms - boot_ms, 4);
	writer_uint(w, f->src_port, 2);
	writer_uint(w, f->dst_port, 2);
	writer_uint(w, 0, 1);
	writer_uint(w, f->tcp_flags, 1);
	writer_uint(w, f->proto, 1);
	writer_uint(w, f->src_tos, 1);
	writer_uint(w, f->src_as, 2);
	writer_uint(w, f->dst_as, 2);
	writer_uint(w, f->src_mask, 1);
	writer_uint(w, f->dst_mask, 1);
	writer_uint(w, 0, 2);
}

const struct flow *
export_next(struct exporter *x)
{
	if (!x->has_flow)
		gen_flow(x->gen, &x->flow);
	x->has_flow = true;
	return &x->flow;
}

void
export_count(struct exporter *x, struct datagram *d, uint64_t packets,
    uint64_t bytes)
{
	d->flows++;
	d->packets += packets;
	d->bytes += bytes;
	x->has_flow = false;
}

static void
count_flow(struct exporter *x, struct datagram *d)
{
	export_count(x, d, x->flow.in_packets, x->flow.in_bytes);
}

static void
fill_v5(struct exporter *x, uint32_t max, struct datagram *d)
{
	struct writer w;

	writer_init(&w, d->data, sizeof(d->data));
	writer_uint(&w, 5, 2);
	writer_zero(&w, V5_HEADER_LEN - 2);
	while (d->flows < max && d->flows < V5_FLOWS_MAX) {
		put_v5_flow(&w, export_next(x), x->boot_ms);
		if (w.bad)
			break;
		d->len = w.used;
		count_flow(x, d);
	}
	store_be16(d->data + 2, (uint16_t)d->flows);
}

/* The records of one template, collected until the datagram is full. */
struct set {
	const struct element *elements;
	uint16_t id;
	size_t record_len;
	struct writer w;
	uint8_t data[EXPORT_LEN_MAX];
};

static void
set_init(struct set *s, uint16_t id, const struct element *elements)
{
	s->id = id;
	s->elements = elements;
	s->record_len = record_len(elements);
	writer_init(&s->w, s->data, sizeof(s->data));
}

static size_t
padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* Bytes in the datagram with "more" further bytes of records. */
static size_t
set_len(const struct set *s, size_t more)
{
	size_t len = s->w.used + more;

	return len == 0 ? 0 : SET_HEADER_LEN + padded(len);
}

static void
put_set(struct writer *w, const struct set *s)
{
	size_t len = set_len(s, 0);

	if (len == 0)
		return;
	writer_uint(w, s->id, 2);
	writer_uint(w, len, 2);
	writer_bytes(w, s->data, s->w.used);
	writer_zero(w, len - SET_HEADER_LEN - s->w.used);
}

static void
put_flow(struct set *s, const struct flow *f, uint64_t boot_ms)
{
	for (const struct element *e = s->elements; e->id != 0; e++)
		put_element(&s->w, e, f, boot_ms);
}

/* Header without what export_stamp() sets. */
static void
put_header(struct writer *w, const struct protocol *p)
{
	writer_uint(w, p->version, 2);
	writer_zero(w, p->header_len - 2U - 4);
	writer_uint(w, 1, 4); /* source id, domain */
}

/* Count of records (v9) or length of the message (IPFIX). */
static void
finish(const struct protocol *p, const struct writer *w, uint32_t records,
    struct datagram *d)
{
	assert(!w->bad);
	d->len = w->used;
	store_be16(d->data + 2,
	    (uint16_t)(p->version == 9 ? records : d->len));
}

static void
fill_sets(struct exporter *x, const struct protocol *p, uint32_t max,
    struct datagram *d)
{
	struct set v4, v6, *s, *other;
	struct writer w;

	set_init(&v4, TEMPLATE_V4, p->v4);
	set_init(&v6, TEMPLATE_V6, p->v6);
	while (d->flows < max) {
		s = addr_is_v4(export_next(x)->src_addr) ? &v4 : &v6;
		other = s == &v4 ? &v6 : &v4;
		if (p->header_len + set_len(other, 0) +
		    set_len(s, s->record_len) > EXPORT_LEN_MAX)
			break;
		put_flow(s, &x->flow, x->boot_ms);
		count_flow(x, d);
	}
	writer_init(&w, d->data, sizeof(d->data));
	put_header(&w, p);
	put_set(&w, &v4);
	put_set(&w, &v6);
	finish(p, &w, d->flows, d);
}

void
export_flows(struct exporter *x, uint32_t max, struct datagram *d)
{
	d->len = d->flows = 0;
	d->packets = d->bytes = 0;
	if (x->protocol == EXPORT_V5)
		fill_v5(x, max, d);
	else if (x->protocol == EXPORT_SFLOW)
		export_sflow(x, max, d);
	else
		fill_sets(x, &protocols[x->protocol], max, d);
}

static void
put_template(struct writer *w, uint16_t id, const struct element *elements)
{
	size_t n = 0;

	while (elements[n].id != 0)
		n++;
	writer_uint(w, id, 2);
	writer_uint(w, n, 2);
	for (size_t i = 0; i < n; i++) {
		writer_uint(w, elements[i].id, 2);
		writer_uint(w, elements[i].len, 2);
	}
}

void
export_templates(const struct exporter *x, struct datagram *d)
{
	const struct protocol *p = &protocols[x->protocol];
	struct writer w;

	*d = (struct datagram){ .len = 0 };
	if (p->v4 == NULL)
		return;
	writer_init(&w, d->data, sizeof(d->data));
	put_header(&w, p);
	writer_uint(&w, p->template_set, 2);
	writer_zero(&w, 2);
	put_template(&w, TEMPLATE_V4, p->v4);
	put_template(&w, TEMPLATE_V6, p->v6);
	store_be16(d->data + p->header_len + 2,
	    (uint16_t)(w.used - p->header_len));
	finish(p, &w, 2, d);
}

void
export_stamp(const struct exporter *x, struct datagram *d, uint64_t flows,
    uint64_t datagrams, uint64_t now_ms)
{
	uint8_t *p = d->data;

	switch (x->protocol) {
	case EXPORT_V5:
		store_be32(p + 4, (uint32_t)(now_ms - x->boot_ms));
		store_be32(p + 8, (uint32_t)(now_ms / 1000));
		store_be32(p + 12, (uint32_t)(now_ms % 1000 * 1000000));
		store_be32(p + 16, (uint32_t)flows);
		break;
	case EXPORT_V9: /* whole seconds only, so the uptime has to fit */
		store_be32(p + 4,
		    (uint32_t)(now_ms / 1000 * 1000 - x->boot_ms));
		store_be32(p + 8, (uint32_t)(now_ms / 1000));
		store_be32(p + 12, (uint32_t)datagrams);
		break;
	case EXPORT_IPFIX:
		store_be32(p + 4, (uint32_t)(now_ms / 1000));
		store_be32(p + 8, (uint32_t)flows);
		break;
	case EXPORT_SFLOW:
		export_sflow_stamp(d, flows, datagrams,
		    (uint32_t)(now_ms - x->boot_ms));
		break;
	}
}
