/*
 * Grouping by hand; see naive.h.
 *
 * A flow gives one piece to a row for each of its sides and each bucket that
 * it touches.  Rows have equal keys and buckets.
 */
#include "twin/naive.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define PROTO_TCP 6
#define PROTO_UDP 17
#define V4_BITS 32
#define V6_BITS 128
#define SPAN_MAX 80 /* of a carried text */

/* A field of any type that a key may have. */
struct value {
	uint64_t hi, lo;
};

struct piece {
	unsigned match;
	unsigned side;
	uint64_t bucket; /* its number */
	bool is_first; /* bucket of the flow */
	struct value key[GROUP_KEYS_MAX];
	struct sums sums;
};

static void *
member(struct flow *f, enum field_id id)
{
	return (char *)f + field_table[id].offset;
}

static const void *
const_member(const struct flow *f, enum field_id id)
{
	return (const char *)f + field_table[id].offset;
}

static struct value
get_value(const struct flow *f, enum field_id id)
{
	const void *p = const_member(f, id);
	const struct addr *a = p;
	struct value v = { 0, 0 };

	switch (field_table[id].type) {
	case FIELD_U8:
		v.lo = *(const uint8_t *)p;
		break;
	case FIELD_U16:
		v.lo = *(const uint16_t *)p;
		break;
	case FIELD_U32:
		v.lo = *(const uint32_t *)p;
		break;
	case FIELD_ADDR:
		v = (struct value){ a->hi, a->lo };
		break;
	default:
		v.lo = *(const uint64_t *)p;
	}
	return v;
}

static void
set_value(struct flow *f, enum field_id id, struct value v)
{
	void *p = member(f, id);

	switch (field_table[id].type) {
	case FIELD_U8:
		*(uint8_t *)p = (uint8_t)v.lo;
		break;
	case FIELD_U16:
		*(uint16_t *)p = (uint16_t)v.lo;
		break;
	case FIELD_U32:
		*(uint32_t *)p = (uint32_t)v.lo;
		break;
	case FIELD_ADDR:
		*(struct addr *)p = (struct addr){ v.hi, v.lo };
		break;
	default:
		*(uint64_t *)p = v.lo;
	}
}

/* The value after a turn, when a field has an opposite. */
static enum field_id
opposite(enum field_id id)
{
	static const enum field_id pairs[][2] = {
		{ FLD_SRC_ADDR, FLD_DST_ADDR },
		{ FLD_SRC_PORT, FLD_DST_PORT },
		{ FLD_SRC_AS, FLD_DST_AS },
		{ FLD_INPUT, FLD_OUTPUT },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (id == pairs[i][0])
			return pairs[i][1];
		if (id == pairs[i][1])
			return pairs[i][0];
	}
	return id;
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Clear the bits of an address that do not count, one by one. */
static struct value
mask(const struct group_key *k, const struct flow *f, struct value v)
{
	struct addr a = { v.hi, v.lo };
	unsigned begin = addr_is_v4(a) ? V6_BITS - V4_BITS : 0;
	unsigned len = addr_is_v4(a) ? k->v4_len : k->v6_len;

	if (k->mask != FLD_NONE && get_value(f, k->mask).lo != 0)
		len = (unsigned)smaller(len, get_value(f, k->mask).lo);
	for (unsigned bit = begin + len; bit < V6_BITS; bit++) {
		if (bit < 64)
			v.hi &= ~(UINT64_C(1) << (63 - bit));
		else
			v.lo &= ~(UINT64_C(1) << (127 - bit));
	}
	return v;
}

/* An address that is not there counts as 0.0.0.0. */
static struct value
counted_value(const struct flow *f, enum field_id id)
{
	struct value v = get_value(f, id);

	if (field_table[id].type == FIELD_ADDR && (v.hi | v.lo) == 0 &&
	    id != FLD_SRC_ADDR && id != FLD_DST_ADDR)
		v.lo = ADDR_V4_MAPPED;
	return v;
}

static struct value
key_value(const struct group_key *k, const struct flow *f, enum field_id id)
{
	struct value v = counted_value(f, id);

	return field_table[id].type == FIELD_ADDR ? mask(k, f, v) : v;
}

static bool
same_value(struct value a, struct value b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

static const struct flow *
flow_of(const struct naive *n, unsigned match)
{
	return &n->in->flows[n->matches[match]];
}

static uint64_t
length_of(const struct flow *f)
{
	return f->last_ms > f->first_ms ? f->last_ms - f->first_ms : 0;
}

/* Number of the last bucket in which the flow has time, or its first one. */
static uint64_t
last_bucket_of(const struct group_spec *g, const struct flow *f)
{
	if (!g->is_spread || length_of(f) == 0)
		return f->first_ms / g->bucket_ms;
	return (f->last_ms - 1) / g->bucket_ms;
}

/* What of a counter of the flow falls into a bucket. */
static uint64_t
share(const struct group_spec *g, const struct flow *f, uint64_t bucket,
    uint64_t total)
{
	uint64_t length = length_of(f), begin, end;

	if (length == 0)
		return total;
	begin = bucket * g->bucket_ms;
	end = begin + g->bucket_ms;
	begin = begin > f->first_ms ? begin - f->first_ms : 0;
	end = smaller(end - f->first_ms, length);
	return scaled(total, end, length) - scaled(total, begin, length);
}

static struct sums
whole(const struct flow *f)
{
	return (struct sums){ .first_ms = f->first_ms, .last_ms = f->last_ms,
		.in_packets = f->in_packets, .in_bytes = f->in_bytes,
		.out_packets = f->out_packets, .out_bytes = f->out_bytes,
		.flows = f->flows > 0 ? f->flows : 1,
		.tcp_flags = f->tcp_flags };
}

/* Its part of a flow that is spread; false when it has none. */
static bool
cut(const struct group_spec *g, const struct flow *f, struct piece *p)
{
	struct sums *s = &p->sums;

	*s = whole(f);
	if (!g->is_spread)
		return true;
	s->in_packets = share(g, f, p->bucket, f->in_packets);
	s->in_bytes = share(g, f, p->bucket, f->in_bytes);
	s->out_packets = share(g, f, p->bucket, f->out_packets);
	s->out_bytes = share(g, f, p->bucket, f->out_bytes);
	if (p->is_first)
		return true;
	s->flows = 0;
	s->tcp_flags = 0;
	return (s->in_packets | s->in_bytes | s->out_packets |
	    s->out_bytes) != 0;
}

static void
turn_sums(struct sums *s)
{
	struct sums old = *s;

	s->in_packets = old.out_packets;
	s->in_bytes = old.out_bytes;
	s->out_packets = old.in_packets;
	s->out_bytes = old.in_bytes;
}

static bool
has_ports(const struct flow *f)
{
	return f->proto == PROTO_TCP || f->proto == PROTO_UDP;
}

/* Has the row the key of the piece?  It may be the flow's answer. */
static bool
same_key(const struct naive *n, const struct naive_row *row,
    const struct piece *p, bool is_turned)
{
	const struct group_spec *g = n->spec;
	const struct flow *f = flow_of(n, p->match);
	struct value v;

	for (unsigned i = 0; i < g->nkeys; i++) {
		v = p->key[i];
		if (is_turned)
			v = get_value(f, opposite(g->keys[i].field));
		if (!same_value(v, get_value(&row->flow, g->keys[i].field)))
			return false;
	}
	return true;
}

static struct naive_row *
find_row(const struct naive *n, const struct piece *p, bool *is_turned)
{
	const struct group_spec *g = n->spec;
	uint64_t bucket = g->is_p95 ? 0 : p->bucket * g->bucket_ms;

	if (g->is_each)
		return NULL;
	for (unsigned i = 0; i < n->nrows; i++) {
		if (n->rows[i].bucket_ms != bucket)
			continue;
		*is_turned = false;
		if (same_key(n, &n->rows[i], p, false))
			return &n->rows[i];
		*is_turned = true;
		if (g->is_biflow && has_ports(flow_of(n, p->match)) &&
		    same_key(n, &n->rows[i], p, true))
			return &n->rows[i];
	}
	*is_turned = false;
	return NULL;
}

static struct naive_row *
add_row(struct naive *n, const struct piece *p)
{
	const struct group_spec *g = n->spec;
	const struct flow *f = flow_of(n, p->match);
	struct naive_row *row;

	if (n->nrows == n->room) {
		n->room = n->room * 2 + 16;
		n->rows = realloc(n->rows, n->room * sizeof(n->rows[0]));
		if (n->rows == NULL)
			bail("out of memory");
	}
	row = &n->rows[n->nrows++];
	memset(row, 0, sizeof(*row));
	for (int id = 0; id < FLD_COUNT; id++)
		if (fieldset_has(&g->carry, (enum field_id)id))
			memcpy(member(&row->flow, (enum field_id)id),
			    const_member(f, (enum field_id)id),
			    field_table[id].size);
	for (unsigned i = 0; i < g->nkeys; i++)
		set_value(&row->flow, g->keys[i].field, p->key[i]);
	row->bucket_ms = g->is_p95 ? 0 : p->bucket * g->bucket_ms;
	row->first = p->match;
	row->side = p->side;
	row->sums = (struct sums){ .first_ms = UINT64_MAX };
	return row;
}

static void
note_percentile(const struct naive *n, struct naive_row *row,
    const struct piece *p)
{
	uint64_t buckets = n->last_bucket - n->first_bucket + 1;

	if (row->bytes == NULL) {
		row->bytes = calloc(buckets, sizeof(row->bytes[0]));
		if (row->bytes == NULL)
			bail("out of memory");
	}
	row->bytes[p->bucket - n->first_bucket] +=
	    p->sums.in_bytes + p->sums.out_bytes;
}

static void
note_distinct(struct naive_row *row, const struct piece *p)
{
	if ((row->nflows & (row->nflows - 1)) == 0) {
		row->flows = realloc(row->flows, (row->nflows * 2 + 1) *
		    sizeof(row->flows[0]));
		if (row->flows == NULL)
			bail("out of memory");
	}
	row->flows[row->nflows++] = p->match;
}

static void
add_piece(struct naive *n, struct piece *p)
{
	bool is_turned = false;
	struct naive_row *row = find_row(n, p, &is_turned);

	if (row == NULL)
		row = add_row(n, p);
	if (is_turned) {
		turn_sums(&p->sums);
		p->sums.tcp_flags = 0;
	}
	sums_merge(&row->sums, &p->sums);
	if (n->spec->is_p95)
		note_percentile(n, row, p);
	if (n->spec->ndistinct > 0)
		note_distinct(row, p);
}

static void
add_buckets(struct naive *n, struct piece *p)
{
	const struct group_spec *g = n->spec;
	const struct flow *f = flow_of(n, p->match);
	uint64_t first, last;

	p->is_first = true;
	if (g->bucket_ms == 0) {
		p->sums = whole(f);
		add_piece(n, p);
		return;
	}
	first = f->first_ms / g->bucket_ms;
	last = last_bucket_of(g, f);
	for (p->bucket = first; p->bucket <= last; p->bucket++) {
		p->is_first = p->bucket == first;
		if (cut(g, f, p))
			add_piece(n, p);
	}
}

/* The flow counts for the value of each side, once for equal ones. */
static void
add_flow(struct naive *n, unsigned match)
{
	const struct group_spec *g = n->spec;
	const struct flow *f = flow_of(n, match);
	struct value seen[GROUP_SIDES_MAX + 1];
	struct piece p = { .match = match };

	for (unsigned i = 0; i < g->nkeys; i++)
		p.key[i] = key_value(&g->keys[i], f, g->keys[i].field);
	for (p.side = 0; p.side <= g->nsides; p.side++) {
		bool is_new = true;

		if (p.side > 0)
			p.key[0] = key_value(&g->keys[0], f,
			    g->sides[p.side - 1]);
		seen[p.side] = p.key[0];
		for (unsigned i = 0; i < p.side; i++)
			if (same_value(seen[i], p.key[0]))
				is_new = false;
		if (is_new)
			add_buckets(n, &p);
	}
}

static bool
same_distinct(const struct naive *n, unsigned a, unsigned b)
{
	for (unsigned i = 0; i < n->spec->ndistinct; i++)
		if (!same_value(
		    counted_value(flow_of(n, a), n->spec->distinct[i]),
		    counted_value(flow_of(n, b), n->spec->distinct[i])))
			return false;
	return true;
}

static uint64_t
count_distinct(const struct naive *n, const struct naive_row *row)
{
	uint64_t count = 0;
	unsigned k;

	for (unsigned i = 0; i < row->nflows; i++) {
		for (k = 0; k < i; k++)
			if (same_distinct(n, row->flows[i], row->flows[k]))
				break;
		count += k == i;
	}
	return count;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t
percentile(const struct naive *n, const struct naive_row *row)
{
	uint64_t buckets = n->last_bucket - n->first_bucket + 1;
	uint64_t rank = (buckets * 95 + 99) / 100;

	qsort(row->bytes, buckets, sizeof(row->bytes[0]), by_number);
	return scaled(row->bytes[rank - 1], 8000, n->spec->bucket_ms);
}

/* Does the source look like the server (query-cli.md section 7, since 25)? */
static bool
looks_turned(const struct flow *f)
{
	return has_ports(f) &&
	    ((f->src_port < 1024 && f->dst_port >= 1024) ||
	    (f->src_port < 32768 && f->dst_port >= 32768) ||
	    (f->src_port < 49152 && f->dst_port >= 49152));
}

static void
turn_row(struct naive_row *row)
{
	static const enum field_id first[] = { FLD_SRC_ADDR, FLD_SRC_PORT,
		FLD_SRC_AS, FLD_INPUT };
	struct value v;

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		v = get_value(&row->flow, first[i]);
		set_value(&row->flow, first[i],
		    get_value(&row->flow, opposite(first[i])));
		set_value(&row->flow, opposite(first[i]), v);
	}
	turn_sums(&row->sums);
}

/* Extensions that a record with the addresses of the key would have. */
static uint64_t
extensions_of(const struct group_spec *g, const struct flow *f)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < g->nkeys; i++) {
		enum field_id id = g->keys[i].field;
		struct value v = get_value(f, id);
		struct addr a = { v.hi, v.lo };
		uint64_t v4 = id == FLD_NEXT_HOP ? FLOW_EXT(EXT_NEXT_HOP_V4) :
		    FLOW_EXT(EXT_IPV4);

		if (field_table[id].type == FIELD_ADDR && !addr_is_zero(a))
			all |= addr_is_v4(a) ? v4 : v4 << 1;
	}
	return all;
}

static void
cut_text(struct span *s)
{
	if (s->len > SPAN_MAX)
		s->len = SPAN_MAX;
}

static bool
has_key(const struct group_spec *g, enum field_id field)
{
	for (unsigned i = 0; i < g->nkeys; i++)
		if (g->keys[i].field == field)
			return true;
	return false;
}

/* Those of the first flow, but a next hop that is not there is 0.0.0.0. */
static void
settle_extensions(const struct group_spec *g, struct flow *f)
{
	if (!fieldset_has(&g->carry, FLD_EXTENSIONS))
		f->extensions = extensions_of(g, f);
	else if (has_key(g, FLD_NEXT_HOP) && addr_is_v4(f->next_hop)) {
		f->extensions &= ~FLOW_EXT(EXT_NEXT_HOP_V6);
		f->extensions |= FLOW_EXT(EXT_NEXT_HOP_V4);
	}
}

/* What is known when all flows have been added. */
static void
complete_row(const struct naive *n, struct naive_row *row)
{
	struct sums *s = &row->sums;

	s->distinct = count_distinct(n, row);
	if (n->spec->is_p95)
		s->p95_bps = percentile(n, row);
	else if (n->spec->bucket_ms != 0) {
		s->first_ms = row->bucket_ms;
		s->last_ms = row->bucket_ms + n->spec->bucket_ms;
	}
	if (!has_key(n->spec, FLD_EXTENSIONS))
		settle_extensions(n->spec, &row->flow);
	if (n->spec->is_guessed && looks_turned(&row->flow))
		turn_row(row);
	row->flow.first_ms = s->first_ms;
	row->flow.last_ms = s->last_ms;
	row->flow.in_packets = s->in_packets;
	row->flow.in_bytes = s->in_bytes;
	row->flow.out_packets = s->out_packets;
	row->flow.out_bytes = s->out_bytes;
	row->flow.flows = s->flows;
	if (!has_key(n->spec, FLD_TCP_FLAGS))
		row->flow.tcp_flags = s->tcp_flags;
	row->flow.distinct = s->distinct;
	row->flow.p95_bps = s->p95_bps;
	for (int id = 0; id < FLD_COUNT; id++)
		if (field_table[id].type == FIELD_SPAN)
			cut_text(member(&row->flow, (enum field_id)id));
}

/* A flow without packets and bytes touches its first bucket only. */
static void
find_buckets(struct naive *n)
{
	const struct group_spec *g = n->spec;

	n->first_bucket = UINT64_MAX;
	n->last_bucket = 0;
	for (unsigned i = 0; i < n->nmatches; i++) {
		const struct flow *f = flow_of(n, i);
		struct piece p = { .bucket = last_bucket_of(g, f) };
		uint64_t first = f->first_ms / g->bucket_ms;

		if (p.bucket > first && !cut(g, f, &p))
			p.bucket = first;
		n->first_bucket = smaller(n->first_bucket, first);
		if (p.bucket > n->last_bucket)
			n->last_bucket = p.bucket;
	}
}

void
naive_group(struct naive *n)
{
	n->rows = NULL;
	n->nrows = n->room = 0;
	if (n->spec->bucket_ms != 0)
		find_buckets(n);
	for (unsigned i = 0; i < n->nmatches; i++)
		add_flow(n, i);
	for (unsigned i = 0; i < n->nrows; i++)
		complete_row(n, &n->rows[i]);
}

static void
free_row(struct naive_row *row)
{
	free(row->flows);
	free(row->bytes);
}

void
naive_limit(struct naive *n, const struct group_limits *l)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n->nrows; i++) {
		const struct sums *s = &n->rows[i].sums;
		uint64_t packets = s->in_packets + s->out_packets;
		uint64_t bytes = s->in_bytes + s->out_bytes;

		if (packets >= l->packets_min && packets <= l->packets_max &&
		    bytes >= l->bytes_min && bytes <= l->bytes_max)
			n->rows[kept++] = n->rows[i];
		else
			free_row(&n->rows[i]);
	}
	n->nrows = kept;
}

/* Must a stand behind b? */
static bool
is_behind(const struct naive_row *a, const struct naive_row *b,
    const struct order *o)
{
	uint64_t x = order_value(o->id, &a->sums);
	uint64_t y = order_value(o->id, &b->sums);

	if (a->bucket_ms != b->bucket_ms)
		return a->bucket_ms > b->bucket_ms;
	if (x != y)
		return o->is_ascending ? x > y : x < y;
	if (a->first != b->first)
		return a->first > b->first;
	return a->side > b->side;
}

/* Shell's sort: qsort() would not know the order. */
static void
sort_rows(struct naive *n, const struct order *o)
{
	for (unsigned gap = n->nrows / 2; gap > 0; gap /= 2) {
		for (unsigned i = gap; i < n->nrows; i++) {
			struct naive_row row = n->rows[i];
			unsigned k = i;

			for (; k >= gap &&
			    is_behind(&n->rows[k - gap], &row, o); k -= gap)
				n->rows[k] = n->rows[k - gap];
			n->rows[k] = row;
		}
	}
}

void
naive_sort(struct naive *n, const struct order *o, uint64_t top)
{
	uint64_t rank = 0, bucket = UINT64_MAX;

	sort_rows(n, o);
	for (unsigned i = 0; i < n->nrows; i++) {
		rank = n->rows[i].bucket_ms == bucket ? rank + 1 : 0;
		bucket = n->rows[i].bucket_ms;
		n->rows[i].is_shown = top == 0 || rank < top;
	}
}

void
naive_fini(struct naive *n)
{
	for (unsigned i = 0; i < n->nrows; i++)
		free_row(&n->rows[i]);
	free(n->rows);
	n->rows = NULL;
	n->nrows = 0;
}
