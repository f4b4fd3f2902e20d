/*
 * Random filters; see rule.h.
 */
#include "twin/rule.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "twin/text.h"

#define LIST_MAX 4
#define DEPTH_MAX 4
#define PROTO_TCP 6
#define V4_BITS 32
#define V6_BITS 128

enum rule_kind {
	RULE_AND,
	RULE_OR,
	RULE_NOT,
	RULE_ANY,
	RULE_IPV4,
	RULE_IPV6,
	RULE_IDENT,
	RULE_LETTERS, /* flags SA */
	RULE_NUMBER, /* port > 1024 */
	RULE_NUMBERS, /* port in [22 80] */
	RULE_NETS, /* ip A, net A/n, ip in [A B/n] */
	RULE_KINDS
};

enum compare { EQUAL, GREATER, LESS, AT_LEAST, AT_MOST, COMPARES };

/* "src port": one value, "port": either, "src and dst port": both. */
enum sides { ONE, EITHER, BOTH };

struct net {
	struct addr addr;
	unsigned len; /* leading bits of its family that count */
};

struct rule {
	enum rule_kind kind;
	struct rule *left, *right; /* NOT has no right one */
	unsigned file; /* IDENT */
	unsigned row; /* of numbers[] or addrs[] */
	enum compare compare;
	uint64_t values[LIST_MAX]; /* LETTERS: [0] has the bits */
	struct net nets[LIST_MAX];
	unsigned count;
	bool is_list;
};

static uint64_t
duration(const struct flow *f)
{
	return f->last_ms > f->first_ms ? f->last_ms - f->first_ms : 0;
}

static uint64_t
rate(uint64_t v, uint64_t factor, uint64_t ms)
{
	return ms == 0 ? 0 : scaled(v, factor, ms);
}

static uint64_t
bpp(const struct flow *f)
{
	return f->in_packets == 0 ? 0 : f->in_bytes / f->in_packets;
}

#define VALUE(name, expression) \
	static uint64_t name(const struct flow *f) \
	{ \
		return expression; \
	}

VALUE(get_proto, f->proto)
VALUE(get_src_port, f->src_port)
VALUE(get_dst_port, f->dst_port)
VALUE(get_icmp_type, f->dst_port >> 8)
VALUE(get_icmp_code, f->dst_port & 0xff)
VALUE(get_src_as, f->src_as)
VALUE(get_dst_as, f->dst_as)
VALUE(get_src_mask, f->src_mask)
VALUE(get_dst_mask, f->dst_mask)
VALUE(get_src_vlan, f->src_vlan)
VALUE(get_dst_vlan, f->dst_vlan)
VALUE(get_input, f->input)
VALUE(get_output, f->output)
VALUE(get_flags, f->tcp_flags)
VALUE(get_in_packets, f->in_packets)
VALUE(get_in_bytes, f->in_bytes)
VALUE(get_out_packets, f->out_packets)
VALUE(get_out_bytes, f->out_bytes)
VALUE(get_flows, f->flows > 0 ? f->flows : 1)
VALUE(get_duration, duration(f))
VALUE(get_pps, rate(f->in_packets, 1000, duration(f)))
VALUE(get_bps, rate(f->in_bytes, 8000, duration(f)))
VALUE(get_bpp, bpp(f))
VALUE(get_src_tos, f->src_tos)
VALUE(get_dst_tos, f->dst_tos)
VALUE(get_engine_id, f->engine_id)
VALUE(get_number, f->received_ms + 1) /* see input.c */

#define COMPARED 1 /* takes > and < */
#define LISTED 2 /* takes in [...] */
#define ONLY_ICMP 4
#define ONLY_TCP 8

/* clang-format off */
static const struct {
	const char *words;
	enum sides sides;
	uint64_t (*get[2])(const struct flow *f);
	uint64_t max;
	unsigned marks;
} numbers[] = {
	{ "proto", ONE, { get_proto }, 255, 0 },
	{ "port", EITHER, { get_src_port, get_dst_port }, 65535, COMPARED | LISTED },
	{ "src port", ONE, { get_src_port }, 65535, COMPARED | LISTED },
	{ "dst port", ONE, { get_dst_port }, 65535, COMPARED | LISTED },
	{ "src or dst port", EITHER, { get_src_port, get_dst_port }, 65535,
	    COMPARED | LISTED },
	{ "src and dst port", BOTH, { get_src_port, get_dst_port }, 65535,
	    COMPARED | LISTED },
	{ "icmp-type", ONE, { get_icmp_type }, 255, ONLY_ICMP },
	{ "icmp-code", ONE, { get_icmp_code }, 255, ONLY_ICMP },
	{ "as", EITHER, { get_src_as, get_dst_as }, UINT32_MAX, COMPARED | LISTED },
	{ "src as", ONE, { get_src_as }, UINT32_MAX, COMPARED | LISTED },
	{ "dst as", ONE, { get_dst_as }, UINT32_MAX, COMPARED | LISTED },
	{ "src and dst as", BOTH, { get_src_as, get_dst_as }, UINT32_MAX, COMPARED },
	{ "mask", EITHER, { get_src_mask, get_dst_mask }, 255, 0 },
	{ "src mask", ONE, { get_src_mask }, 255, 0 },
	{ "vlan", EITHER, { get_src_vlan, get_dst_vlan }, 65535, 0 },
	{ "dst vlan", ONE, { get_dst_vlan }, 65535, 0 },
	{ "if", EITHER, { get_input, get_output }, UINT32_MAX, 0 },
	{ "in if", ONE, { get_input }, UINT32_MAX, 0 },
	{ "out if", ONE, { get_output }, UINT32_MAX, 0 },
	{ "flags", ONE, { get_flags }, 255, COMPARED | ONLY_TCP },
	{ "packets", ONE, { get_in_packets }, UINT64_MAX, COMPARED },
	{ "in packets", ONE, { get_in_packets }, UINT64_MAX, COMPARED },
	{ "out packets", ONE, { get_out_packets }, UINT64_MAX, COMPARED },
	{ "bytes", ONE, { get_in_bytes }, UINT64_MAX, COMPARED },
	{ "out bytes", ONE, { get_out_bytes }, UINT64_MAX, COMPARED },
	{ "flows", ONE, { get_flows }, UINT64_MAX, COMPARED },
	{ "duration", ONE, { get_duration }, UINT64_MAX, COMPARED },
	{ "pps", ONE, { get_pps }, UINT64_MAX, COMPARED },
	{ "bps", ONE, { get_bps }, UINT64_MAX, COMPARED },
	{ "bpp", ONE, { get_bpp }, UINT64_MAX, COMPARED },
	{ "tos", ONE, { get_src_tos }, 255, COMPARED },
	{ "dst tos", ONE, { get_dst_tos }, 255, COMPARED },
	{ "engine-id", ONE, { get_engine_id }, 255, COMPARED },
	{ "count", ONE, { get_number }, UINT64_MAX, COMPARED },
};

static const struct {
	const char *words; /* before ip or net */
	enum sides sides;
} addrs[] = {
	{ "", EITHER }, { "src ", ONE }, { "dst ", ONE },
	{ "src or dst ", EITHER }, { "src and dst ", BOTH },
};

static const char *const signs[COMPARES][4] = {
	[EQUAL] = { "", "= ", "== ", "eq " },
	[GREATER] = { "> ", "gt ", ">", "> " },
	[LESS] = { "< ", "lt ", "<", "< " },
	[AT_LEAST] = { ">= ", "ge ", ">=", ">= " },
	[AT_MOST] = { "<= ", "le ", "<=", "<= " },
};
/* clang-format on */

#define ROW_DST 2 /* of addrs[] */

#define ROWS(table) (unsigned)(sizeof(table) / sizeof((table)[0]))

static const char letters[] = "FSRPAUEC";

static const struct flow *
any_flow(struct dice *d, const struct input *in)
{
	return &in->flows[dice_below(d, in->count)];
}

/* The value of some flow, or one near it. */
static uint64_t
any_number(struct dice *d, const struct input *in, unsigned row)
{
	unsigned side = numbers[row].get[1] != NULL && one_in(d, 2);
	uint64_t v = numbers[row].get[side](any_flow(d, in));

	if (one_in(d, 6))
		v++;
	if (one_in(d, 6))
		v--;
	return v > numbers[row].max ? numbers[row].max : v;
}

static void
make_number(struct dice *d, const struct input *in, struct rule *r)
{
	r->row = (unsigned)dice_below(d, ROWS(numbers));
	if ((numbers[r->row].marks & LISTED) != 0 && one_in(d, 2)) {
		r->kind = RULE_NUMBERS;
		r->count = 1 + (unsigned)dice_below(d, LIST_MAX);
	} else {
		r->kind = RULE_NUMBER;
		r->count = 1;
	}
	if ((numbers[r->row].marks & COMPARED) != 0 && r->kind == RULE_NUMBER)
		r->compare = (enum compare)dice_below(d, COMPARES);
	for (unsigned i = 0; i < r->count; i++)
		r->values[i] = any_number(d, in, r->row);
}

/* A net with an address of some flow; zero ones have rules of their own. */
static struct net
any_net(struct dice *d, const struct input *in, bool is_whole)
{
	const struct flow *f = any_flow(d, in);
	struct net n = { .addr = one_in(d, 2) ? f->src_addr : f->dst_addr };
	unsigned bits;

	if (addr_is_zero(n.addr) || addr_equal(n.addr, addr_v4(0)))
		n.addr = addr_v4(0x0a000001);
	bits = addr_is_v4(n.addr) ? V4_BITS : V6_BITS;
	n.len = is_whole ? bits : 1 + (unsigned)dice_below(d, bits);
	return n;
}

static void
make_nets(struct dice *d, const struct input *in, struct rule *r)
{
	r->kind = RULE_NETS;
	r->row = (unsigned)dice_below(d, ROWS(addrs));
	r->is_list = one_in(d, 2);
	r->count = r->is_list ? 1 + (unsigned)dice_below(d, LIST_MAX) : 1;
	for (unsigned i = 0; i < r->count; i++)
		r->nets[i] = any_net(d, in, one_in(d, 2));
}

static void
make_term(struct dice *d, const struct input *in, struct rule *r)
{
	switch (dice_below(d, 10)) {
	case 0:
		r->kind = one_in(d, 2) ? RULE_IPV4 : RULE_IPV6;
		break;
	case 1:
		r->kind = one_in(d, 4) ? RULE_ANY : RULE_IDENT;
		r->file = (unsigned)dice_below(d, in->files);
		break;
	case 2:
		r->kind = RULE_LETTERS;
		r->values[0] = 1 + dice_below(d, 255) % (1 + dice_below(d, 255));
		break;
	case 3:
	case 4:
	case 5:
		make_nets(d, in, r);
		break;
	default:
		make_number(d, in, r);
	}
}

static struct rule *
make(struct dice *d, const struct input *in, unsigned depth)
{
	struct rule *r = calloc(1, sizeof(*r));

	if (r == NULL)
		bail("out of memory");
	if (depth == DEPTH_MAX || one_in(d, 3)) {
		make_term(d, in, r);
		return r;
	}
	r->kind = (enum rule_kind)dice_below(d, RULE_NOT + 1);
	r->left = make(d, in, depth + 1);
	if (r->kind != RULE_NOT)
		r->right = make(d, in, depth + 1);
	return r;
}

struct rule *
rule_make(struct dice *d, const struct input *in)
{
	if (in->count == 0 || one_in(d, 3))
		return NULL;
	return make(d, in, (unsigned)dice_below(d, DEPTH_MAX + 1));
}

void
rule_free(struct rule *r)
{
	if (r == NULL)
		return;
	rule_free(r->left);
	rule_free(r->right);
	free(r);
}

static void
put_number(struct text *o, const struct rule *r)
{
	unsigned spelling = (unsigned)(r->values[0] % 4);

	if (r->kind == RULE_NUMBERS) {
		text_put(o, "%s in [", numbers[r->row].words);
		for (unsigned i = 0; i < r->count; i++)
			text_put(o, "%s%" PRIu64, i == 0 ? "" :
			    i % 2 ? " " : ", ", r->values[i]);
		text_put(o, "]");
		return;
	}
	if ((numbers[r->row].marks & COMPARED) == 0)
		spelling = 0;
	text_put(o, "%s %s%" PRIu64, numbers[r->row].words,
	    signs[r->compare][spelling], r->values[0]);
}

static void
put_nets(struct text *o, const struct rule *r)
{
	char text[ADDR_TEXT_MAX];
	unsigned bits = addr_is_v4(r->nets[0].addr) ? V4_BITS : V6_BITS;

	text_put(o, "%s%s", addrs[r->row].words,
	    !r->is_list && r->nets[0].len < bits ? "net " : "ip ");
	if (r->is_list)
		text_put(o, "in [");
	for (unsigned i = 0; i < r->count; i++) {
		addr_format(r->nets[i].addr, text);
		bits = addr_is_v4(r->nets[i].addr) ? V4_BITS : V6_BITS;
		text_put(o, "%s%s", i == 0 ? "" : " ", text);
		if (r->nets[i].len < bits)
			text_put(o, "/%u", r->nets[i].len);
	}
	if (r->is_list)
		text_put(o, "]");
}

static void
put_rule(struct text *o, const struct rule *r)
{
	switch (r->kind) {
	case RULE_AND:
	case RULE_OR:
		text_put(o, "(");
		put_rule(o, r->left);
		text_put(o, r->kind == RULE_AND ? " and " : " or ");
		put_rule(o, r->right);
		text_put(o, ")");
		break;
	case RULE_NOT:
		text_put(o, "not ");
		put_rule(o, r->left);
		break;
	case RULE_ANY:
		text_put(o, "any");
		break;
	case RULE_IPV4:
		text_put(o, "ipv4");
		break;
	case RULE_IPV6:
		text_put(o, "inet6");
		break;
	case RULE_IDENT:
		text_put(o, "ident file%u", r->file);
		break;
	case RULE_LETTERS:
		text_put(o, "flags ");
		for (unsigned i = 0; letters[i] != '\0'; i++)
			if (r->values[0] >> i & 1)
				text_put(o, "%c", letters[i]);
		break;
	case RULE_NUMBER:
	case RULE_NUMBERS:
		put_number(o, r);
		break;
	case RULE_NETS:
		put_nets(o, r);
		break;
	case RULE_KINDS:
		break;
	}
}

void
rule_text(const struct rule *r, char *text)
{
	struct text o = { text, RULE_TEXT_MAX, 0 };

	*text = '\0';
	if (r != NULL)
		put_rule(&o, r);
}

/* Of two sides, what "src and dst" or none of the words asks for. */
static bool
join(enum sides sides, bool first, bool second)
{
	return sides == ONE ? first :
	    sides == EITHER ? first || second : first && second;
}

static bool
compares(const struct rule *r, uint64_t v)
{
	uint64_t than = r->values[0];

	if (r->kind == RULE_NUMBERS) {
		for (unsigned i = 0; i < r->count; i++)
			if (r->values[i] == v)
				return true;
		return false;
	}
	switch (r->compare) {
	case GREATER:
		return v > than;
	case LESS:
		return v < than;
	case AT_LEAST:
		return v >= than;
	case AT_MOST:
		return v <= than;
	default:
		return v == than;
	}
}

static bool
number_matches(const struct rule *r, const struct flow *f)
{
	unsigned marks = numbers[r->row].marks;

	if ((marks & ONLY_TCP) != 0 && f->proto != PROTO_TCP)
		return false;
	if ((marks & ONLY_ICMP) != 0 && f->proto != 1 && f->proto != 58)
		return false;
	return join(numbers[r->row].sides,
	    compares(r, numbers[r->row].get[0](f)),
	    numbers[r->row].get[1] != NULL &&
	    compares(r, numbers[r->row].get[1](f)));
}

/*
 * Bit by bit, so that it is plain.  An address that a record lacks is 0.0.0.0,
 * too (4.2), and IPv4 addresses are inside an IPv6 net as short as ::/n (5.5).
 */
static bool
is_inside(const struct net *n, struct addr a)
{
	bool is_v4 = addr_is_v4(n->addr);
	uint8_t want[16], got[16];
	unsigned skip = is_v4 ? V6_BITS - V4_BITS : 0;

	if (is_v4 && addr_is_zero(a))
		a = addr_v4(0);
	if (is_v4 && !addr_is_v4(a))
		return false;
	addr_to_bytes(n->addr, want);
	addr_to_bytes(a, got);
	for (unsigned i = skip; i < skip + n->len; i++)
		if (((want[i / 8] ^ got[i / 8]) >> (7 - i % 8) & 1) != 0)
			return false;
	return true;
}

static bool
nets_match(const struct rule *r, const struct flow *f)
{
	bool src = false, dst = false;

	for (unsigned i = 0; i < r->count; i++) {
		src |= is_inside(&r->nets[i], f->src_addr);
		dst |= is_inside(&r->nets[i], f->dst_addr);
	}
	return r->row == ROW_DST ? dst : join(addrs[r->row].sides, src, dst);
}

/* Under an odd number of "not", letters ask for any of them (5.8). */
static bool
letters_match(const struct rule *r, const struct flow *f, bool is_negated)
{
	uint64_t set = f->tcp_flags & r->values[0];

	if (f->proto != PROTO_TCP)
		return false;
	return is_negated ? set != 0 : set == r->values[0];
}

static bool
matches(const struct rule *r, const struct input *in, unsigned flow,
    bool is_negated)
{
	const struct flow *f = &in->flows[flow];

	switch (r->kind) {
	case RULE_AND:
		return matches(r->left, in, flow, is_negated) &&
		    matches(r->right, in, flow, is_negated);
	case RULE_OR:
		return matches(r->left, in, flow, is_negated) ||
		    matches(r->right, in, flow, is_negated);
	case RULE_NOT:
		return !matches(r->left, in, flow, !is_negated);
	case RULE_IPV4:
		return (f->extensions & FLOW_EXT(EXT_IPV4)) != 0;
	case RULE_IPV6:
		return (f->extensions & FLOW_EXT(EXT_IPV6)) != 0;
	case RULE_IDENT:
		return r->file == input_file_of(in, flow);
	case RULE_LETTERS:
		return letters_match(r, f, is_negated);
	case RULE_NUMBER:
	case RULE_NUMBERS:
		return number_matches(r, f);
	case RULE_NETS:
		return nets_match(r, f);
	default:
		return true;
	}
}

bool
rule_matches(const struct rule *r, const struct input *in, unsigned flow)
{
	return r == NULL || matches(r, in, flow, false);
}
