/*
 * Flow cache: random packets against a naive twin that looks at all its
 * flows with each packet; what happens when it is full; details of flows.
 */
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "flow/derive.h"
#include "packet/cache.h"
#include "tap.h"

#define FLOWS_MAX 60000
#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

/* What is compared of a flow. */
struct row {
	struct addr src;
	struct addr dst;
	uint64_t first_ms;
	uint64_t last_ms;
	uint64_t packets;
	uint64_t bytes;
	uint64_t out_packets;
	uint64_t out_bytes;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t proto;
	uint8_t tos;
	uint8_t dst_tos;
	uint8_t flags;
	uint8_t reason;
	uint8_t pad[7];
};

struct rows {
	size_t count;
	struct row row[FLOWS_MAX];
};

/* A flow of the twin. */
struct live {
	struct row r;
	uint16_t vlan;
	uint64_t begun_ms;
	uint64_t touched_ms;
	uint8_t fins; /* 1: by the source, 2: by the other side */
	bool is_reset;
};

struct twin {
	struct cache_options o;
	uint64_t now_ms;
	size_t count;
	struct live live[4096];
	struct rows *out;
};

static struct rows got, want;

static void
on_flow(void *ctx, const struct flow *f)
{
	struct rows *rows = ctx;
	struct row *r = &rows->row[rows->count++];

	if (rows->count == FLOWS_MAX)
		bail("too many flows");
	memset(r, 0, sizeof(*r));
	r->src = f->src_addr;
	r->dst = f->dst_addr;
	r->first_ms = f->first_ms;
	r->last_ms = f->last_ms;
	r->packets = f->in_packets;
	r->bytes = f->in_bytes;
	r->out_packets = f->out_packets;
	r->out_bytes = f->out_bytes;
	r->src_port = f->src_port;
	r->dst_port = f->dst_port;
	r->proto = f->proto;
	r->tos = f->src_tos;
	r->dst_tos = f->dst_tos;
	r->flags = f->tcp_flags;
	r->reason = f->end_reason;
}

static void
twin_end(struct twin *t, size_t i, uint8_t reason)
{
	t->live[i].r.reason = reason;
	t->out->row[t->out->count++] = t->live[i].r;
	t->live[i] = t->live[--t->count];
}

static bool
is_closed(const struct twin *t, const struct live *l)
{
	if (l->is_reset)
		return true;
	if (!t->o.is_biflow || l->r.out_packets == 0)
		return (l->fins & 1) != 0;
	return l->fins == 3;
}

static uint64_t
idle_ms(const struct twin *t, const struct live *l)
{
	if (l->is_reset)
		return t->o.rst_ms;
	if (is_closed(t, l))
		return t->o.fin_ms;
	if (l->r.proto == PROTO_TCP)
		return t->o.idle_ms[CACHE_TCP];
	if (l->r.proto == PROTO_UDP)
		return t->o.idle_ms[CACHE_UDP];
	return t->o.idle_ms[flow_is_icmp(l->r.proto) ? CACHE_ICMP :
		CACHE_OTHER];
}

/* 0, or why the flow has ended. */
static uint8_t
reason(const struct twin *t, const struct live *l)
{
	uint64_t idle = l->touched_ms + idle_ms(t, l);
	uint64_t active = t->o.active_ms == 0 ? UINT64_MAX :
	    l->begun_ms + t->o.active_ms;

	if (active <= t->now_ms && active < idle)
		return 2;
	if (idle > t->now_ms)
		return 0;
	return is_closed(t, l) ? 3 : 1;
}

static void
twin_expire(struct twin *t)
{
	for (size_t i = 0; i < t->count;) {
		uint8_t r = reason(t, &t->live[i]);

		if (r != 0)
			twin_end(t, i, r);
		else
			i++;
	}
}

static bool
is_same(const struct twin *t, const struct live *l, const struct packet *p,
    bool reversed)
{
	uint16_t sport = p->src_port, dport = p->dst_port;

	if ((p->has & PACKET_HAS_ICMP) != 0)
		dport = p->icmp;
	if (t->o.track >= CACHE_TRACK_VLAN && l->vlan != p->vlan[0])
		return false;
	if (l->r.proto != p->proto ||
	    (t->o.has_tos_key && l->r.tos != p->tos))
		return false;
	if (reversed)
		return addr_equal(l->r.src, p->dst) &&
		    addr_equal(l->r.dst, p->src) && l->r.src_port == dport &&
		    l->r.dst_port == sport;
	return addr_equal(l->r.src, p->src) && addr_equal(l->r.dst, p->dst) &&
	    l->r.src_port == sport && l->r.dst_port == dport;
}

static struct live *
twin_find(struct twin *t, const struct packet *p, bool reversed)
{
	for (size_t i = 0; i < t->count; i++)
		if (is_same(t, &t->live[i], p, reversed))
			return &t->live[i];
	return NULL;
}

static struct live *
twin_begin(struct twin *t, const struct packet *p, bool reversed)
{
	struct live *l = &t->live[t->count++];

	memset(l, 0, sizeof(*l));
	l->r.src = reversed ? p->dst : p->src;
	l->r.dst = reversed ? p->src : p->dst;
	l->r.src_port = reversed ? p->dst_port : p->src_port;
	l->r.dst_port = reversed ? p->src_port : p->dst_port;
	if ((p->has & PACKET_HAS_ICMP) != 0)
		l->r.dst_port = p->icmp;
	l->r.proto = p->proto;
	l->vlan = p->vlan[0];
	l->begun_ms = t->now_ms;
	l->r.first_ms = UINT64_MAX;
	return l;
}

static void
twin_count(struct twin *t, struct live *l, const struct packet *p,
    uint64_t ms, bool reversed)
{
	l->touched_ms = t->now_ms;
	if (ms < l->r.first_ms)
		l->r.first_ms = ms;
	if (ms > l->r.last_ms)
		l->r.last_ms = ms;
	l->r.flags |= p->tcp_flags;
	if (reversed) {
		if (l->r.out_packets++ == 0)
			l->r.dst_tos = p->tos;
		l->r.out_bytes += p->ip_len;
	} else {
		if (l->r.packets++ == 0)
			l->r.tos = p->tos;
		l->r.bytes += p->ip_len;
	}
}

static void
twin_note_ends(struct twin *t, struct live *l, const struct packet *p,
    bool reversed)
{
	if ((p->tcp_flags & FIN) != 0 && t->o.fin_ms != 0)
		l->fins |= reversed ? 2 : 1;
	if ((p->tcp_flags & RST) == 0 || t->o.rst_ms == 0)
		return;
	l->is_reset = true;
	if (!t->o.is_biflow && (l = twin_find(t, p, true)) != NULL)
		l->is_reset = true;
}

static void
twin_end_connection(struct twin *t, struct live *l, const struct packet *p)
{
	uint64_t touched_ms = l->touched_ms;

	twin_end(t, (size_t)(l - t->live), 3);
	if (t->o.is_biflow || (p->tcp_flags & ACK) != 0)
		return;
	l = twin_find(t, p, true);
	if (l != NULL && l->begun_ms <= touched_ms)
		twin_end(t, (size_t)(l - t->live), 3);
}

static bool
is_full(const struct twin *t, const struct live *l, const struct packet *p,
    bool reversed)
{
	return t->o.counter_max != 0 &&
	    (reversed ? l->r.out_bytes : l->r.bytes) + p->ip_len >
	    t->o.counter_max;
}

static void
twin_add(struct twin *t, const struct packet *p, uint64_t ms)
{
	bool reversed = false, pairs = t->o.is_biflow && p->icmp == 0;
	struct live *l;

	if (ms > t->now_ms)
		t->now_ms = ms;
	twin_expire(t);
	l = twin_find(t, p, false);
	if (l == NULL && pairs) {
		l = twin_find(t, p, true);
		reversed = l != NULL;
	}
	if (l != NULL && (p->tcp_flags & SYN) != 0 && is_closed(t, l) &&
	    (!t->o.is_biflow || (p->tcp_flags & ACK) == 0)) {
		twin_end_connection(t, l, p);
		l = NULL;
	}
	if (l != NULL && is_full(t, l, p, reversed)) {
		twin_end(t, (size_t)(l - t->live), 5);
		l = twin_begin(t, p, reversed);
	}
	if (l == NULL) {
		reversed = pairs && (p->tcp_flags & SYN) != 0 &&
		    (p->tcp_flags & ACK) != 0;
		l = twin_begin(t, p, reversed);
	}
	twin_count(t, l, p, ms, reversed);
	twin_note_ends(t, l, p, reversed);
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct row));
}

static void
is_rows(const char *name)
{
	qsort(got.row, got.count, sizeof(got.row[0]), compare);
	qsort(want.row, want.count, sizeof(want.row[0]), compare);
	is_uint(got.count, want.count, "%s: flows", name);
	for (size_t i = 0; i < got.count && i < want.count; i++) {
		if (memcmp(&got.row[i], &want.row[i], sizeof(got.row[0])) == 0)
			continue;
		note("flow %zu: %u packets, %u wanted; reason %u, %u", i,
		    (unsigned)got.row[i].packets,
		    (unsigned)want.row[i].packets, got.row[i].reason,
		    want.row[i].reason);
		ok(false, "%s: the same flows", name);
		return;
	}
	ok(true, "%s: the same flows", name);
}

/* One of few hosts and ports, so that flows meet again. */
static struct packet
any_packet(struct dice *d)
{
	static const uint8_t protos[] = { PROTO_TCP, PROTO_TCP, PROTO_TCP,
		PROTO_UDP, PROTO_ICMP, 47 };
	static const uint8_t flags[] = { ACK, ACK, ACK, ACK, SYN, SYN | ACK,
		FIN | ACK, RST };
	struct packet p = { .has = PACKET_HAS_IP | PACKET_HAS_PROTO,
		.ip_version = 4, .ip_len = 20 + (uint32_t)dice_below(d, 1480),
		.tos = (uint8_t)(dice_below(d, 2) * 8), .ttl = 64,
		.vlans = 1, .vlan = { (uint16_t)(1 + dice_below(d, 2)) } };

	p.src = addr_v4(1 + (uint32_t)dice_below(d, 4));
	p.dst = addr_v4(1 + (uint32_t)dice_below(d, 4));
	p.proto = protos[dice_below(d, sizeof(protos))];
	if (p.proto == PROTO_TCP || p.proto == PROTO_UDP) {
		p.has |= PACKET_HAS_PORTS;
		p.src_port = (uint16_t)(1 + dice_below(d, 3));
		p.dst_port = (uint16_t)(1 + dice_below(d, 3));
	}
	if (p.proto == PROTO_TCP)
		p.tcp_flags = flags[dice_below(d, sizeof(flags))];
	if (p.proto == PROTO_ICMP) {
		p.has |= PACKET_HAS_ICMP;
		p.icmp = (uint16_t)(0x0800 + dice_below(d, 2));
	}
	return p;
}

/* Mostly forward by little, at times far, and back. */
static uint64_t
any_time(struct dice *d, uint64_t *clock)
{
	uint64_t n = dice_below(d, 1000);

	if (n == 0)
		*clock += dice_below(d, 2000000);
	else if (n < 20)
		*clock += dice_below(d, 20000);
	else
		*clock += dice_below(d, 200);
	return *clock - (n > 900 ? dice_below(d, 5000) : 0);
}

static const struct cache_options plain = { .max_flows = 4096,
	.track = CACHE_TRACK_PORT, .scan_ms = 1000, .seed = 1,
	.idle_ms = { 10000, 6000, 4000, 5000 } };

static void
run_twin(const char *name, struct dice *d, const struct cache_options *o)
{
	static struct twin t;
	uint64_t clock = UINT64_C(1700000000000);
	struct err err;
	struct cache *c = cache_new(o, on_flow, &got, &err);

	if (c == NULL)
		bail("%s", err.text);
	got.count = want.count = 0;
	t = (struct twin){ .o = *o, .out = &want };
	for (int i = 0; i < 30000; i++) {
		struct packet p = any_packet(d);
		uint64_t ms = any_time(d, &clock);
		struct packet_sum sum = { 1, p.ip_len, ms, ms };

		cache_add(c, &p, &sum);
		twin_add(&t, &p, ms);
		if (dice_below(d, 100) == 0)
			cache_set_clock(c, t.now_ms);
	}
	cache_flush(c);
	twin_expire(&t);
	while (t.count > 0)
		twin_end(&t, t.count - 1, 4);
	is_rows(name);
	cache_free(c);
}

static void
test_twin(struct dice *d)
{
	struct cache_options o = plain;

	run_twin("idle", d, &o);
	o.active_ms = 15000;
	run_twin("active", d, &o);
	o.fin_ms = 2000;
	o.rst_ms = 1000;
	run_twin("closed", d, &o);
	o.is_biflow = true;
	run_twin("biflow", d, &o);
	o.track = CACHE_TRACK_VLAN;
	run_twin("biflow by VLAN", d, &o);
	o.counter_max = 4000;
	run_twin("biflow of few bytes", d, &o);
	o.is_biflow = false;
	run_twin("of few bytes", d, &o);
	o.counter_max = 0;
	o.has_tos_key = true;
	run_twin("by VLAN and TOS", d, &o);
	o = plain;
	o.scan_ms = 300000; /* longer than the wheel */
	o.idle_ms[CACHE_TCP] = 400000;
	run_twin("long times", d, &o);
	memset(o.idle_ms, 0, sizeof(o.idle_ms));
	run_twin("each packet a flow", d, &o);
}

static void
test_full(struct dice *d)
{
	struct cache_options o = plain;
	struct cache_counters n;
	uint64_t clock = 1000000, packets = 0, bytes = 0;
	struct err err;
	struct cache *c;

	o.max_flows = 50;
	if ((c = cache_new(&o, on_flow, &got, &err)) == NULL)
		bail("%s", err.text);
	got.count = 0;
	for (int i = 0; i < 30000; i++) {
		struct packet p = any_packet(d);
		uint64_t ms = any_time(d, &clock);
		struct packet_sum sum = { 1, p.ip_len, ms, ms };

		cache_add(c, &p, &sum);
	}
	cache_flush(c);
	for (size_t i = 0; i < got.count; i++) {
		packets += got.row[i].packets;
		bytes += got.row[i].bytes;
	}
	cache_counters(c, &n);
	is_uint(packets, 30000, "no packet is lost");
	is_uint(n.packets, packets, "and all are counted");
	is_uint(n.bytes, bytes, "all bytes");
	is_uint(n.most, 50, "not more flows than there is room for");
	is_uint(n.live, 0, "none is left");
	is_uint(n.created, got.count, "each comes out once");
	ok(n.ended[CACHE_EVICTED] > 0, "some left early");
	cache_free(c);
}

/* Packets of a flow with that source. */
static void
add_from(struct cache *c, uint32_t src, uint64_t ms)
{
	struct packet p = { .has = PACKET_HAS_IP | PACKET_HAS_PROTO,
		.ip_version = 4, .proto = PROTO_UDP, .src = addr_v4(src),
		.dst = addr_v4(9) };
	struct packet_sum sum = { 1, 100, ms, ms };

	cache_add(c, &p, &sum);
}

/* With room for three flows; none has come out yet. */
static struct cache *
small_cache(const struct cache_options *o)
{
	struct cache_options three = *o;
	struct cache *c;
	struct err err;

	three.max_flows = 3;
	if ((c = cache_new(&three, on_flow, &got, &err)) == NULL)
		bail("%s", err.text);
	got.count = 0;
	return c;
}

static void
test_oldest(void)
{
	struct cache *c = small_cache(&plain);

	add_from(c, 1, 10000);
	add_from(c, 2, 10600);
	add_from(c, 3, 11200);
	add_from(c, 1, 11800); /* 2 is the oldest now */
	add_from(c, 4, 12400);
	cache_set_clock(c, 12400);
	is_uint(got.count, 1, "one of three leaves for a fourth");
	is_uint(got.row[0].src.lo & 0xff, 2, "the one without recent packets");
	is_uint(got.row[0].reason, 5, "for lack of resources");
	cache_set_clock(c, 18000);
	is_uint(got.count, 3, "others end in time");
	cache_flush(c);
	is_uint(got.count, 4, "the rest at the end");
	cache_free(c);
}

/* Three flows at these times, one of them again unless 0, and a fourth. */
static void
fill(const struct cache_options *o, const uint64_t ms[5])
{
	struct cache *c = small_cache(o);

	for (uint32_t i = 0; i < 3; i++)
		add_from(c, 1 + i, ms[i]);
	if (ms[3] != 0)
		add_from(c, 1, ms[3]);
	add_from(c, 4, ms[4]);
	cache_set_clock(c, ms[4]);
	if (got.count != 1)
		bail("%zu flows came out", got.count);
	cache_free(c);
}

static void
test_order(void)
{
	static const uint64_t same[] = { 10000, 10000, 10000, 0, 10000 };
	static const uint64_t again[] = { 10000, 10010, 10020, 10030, 10040 };
	static const uint64_t later[] = { 10000, 20000, 20000, 0, 20000 };
	struct cache_options o = plain;

	o.scan_ms = 100000;
	fill(&o, same);
	is_uint(got.row[0].src.lo & 0xff, 1, "of one moment the first leaves");
	o.idle_ms[CACHE_UDP] = 3600000; /* longer than the wheel */
	fill(&o, same);
	is_uint(got.row[0].src.lo & 0xff, 1, "with long times as well");
	fill(&o, again);
	is_uint(got.row[0].src.lo & 0xff, 2, "and not one with new packets");
	o.idle_ms[CACHE_UDP] = 6000;
	fill(&o, later);
	is_uint(got.row[0].src.lo & 0xff, 1, "one that has ended makes room");
	is_uint(got.row[0].reason, 1, "and was idle");
}

static void
test_restart(void)
{
	struct cache *c = small_cache(&plain);

	add_from(c, 1, 90000000);
	add_from(c, 1, 100000);
	cache_restart(c, 100000);
	is_uint(cache_clock(c), 100000, "the clock is set back");
	is_uint(got.count, 1, "flows end for that");
	is_uint(got.row[0].packets, 2, "which they do not without");
	add_from(c, 1, 100100);
	cache_set_clock(c, 107000);
	is_uint(got.count, 2, "others end by the new time");
	is_uint(got.row[1].reason, 1, "when they are idle");
	cache_free(c);
}

/* A packet of TCP between two hosts, one of which is 1. */
static void
add_tcp(struct cache *c, bool is_back, uint8_t flags, uint64_t ms)
{
	struct packet p = { .has = PACKET_HAS_IP | PACKET_HAS_PROTO |
		    PACKET_HAS_PORTS, .ip_version = 4, .proto = PROTO_TCP,
		.src = addr_v4(is_back ? 2 : 1),
		.dst = addr_v4(is_back ? 1 : 2), .src_port = 7, .dst_port = 7,
		.tcp_flags = flags };
	struct packet_sum sum = { 1, 40, ms, ms };

	cache_add(c, &p, &sum);
}

/* FIN, FIN, ACK; both go when it is time, also from a late slot. */
static void
test_closing(void)
{
	struct cache_options o = plain;
	struct cache *c;

	o.idle_ms[CACHE_TCP] = 100000;
	o.fin_ms = 5000;
	c = small_cache(&o);
	add_tcp(c, false, SYN, 1000);
	add_tcp(c, true, SYN | ACK, 1010);
	add_tcp(c, false, FIN | ACK, 2000);
	add_tcp(c, true, FIN | ACK, 2010);
	add_tcp(c, false, ACK, 2020);
	cache_set_clock(c, 6900);
	is_uint(got.count, 0, "closed flows wait a moment");
	cache_set_clock(c, 9000);
	is_uint(got.count, 2, "and no longer than that");
	is_uint(got.row[0].packets + got.row[1].packets, 5,
	    "the last ACK is with them");
	is_uint(got.row[0].reason, 3, "they were closed");
	add_tcp(c, false, SYN, 10000);
	add_tcp(c, true, ACK, 10010);
	add_tcp(c, false, FIN | ACK, 10020);
	add_tcp(c, false, SYN, 10030);
	cache_set_clock(c, 10040);
	is_uint(got.count, 4, "a SYN ends both, one FIN or two");
	cache_free(c);
}

/* As many packets, and more bytes, than 32 bits have room for. */
static void
test_full_counters(void)
{
	struct cache_options o = plain;
	struct packet p = { .has = PACKET_HAS_IP | PACKET_HAS_PROTO,
		.ip_version = 4, .proto = 47, .src = addr_v4(1),
		.dst = addr_v4(2) };
	struct packet_sum half = { UINT32_MAX / 2, 1, 1, 1 };
	struct packet_sum two = { 2, UINT32_MAX, 2, 2 };
	struct cache *c;

	o.counter_max = UINT32_MAX;
	c = small_cache(&o);
	cache_add(c, &p, &half);
	cache_add(c, &p, &half);
	cache_add(c, &p, &two);
	cache_add(c, &p, &half);
	cache_flush(c);
	is_uint(got.count, 3, "flows end before they are too large");
	is_uint(got.row[0].packets, UINT32_MAX / 2 * 2, "by packets");
	is_uint(got.row[0].reason, 5, "for want of room");
	is_uint(got.row[1].bytes, UINT32_MAX, "and by bytes");
	is_uint(got.row[1].first_ms, 2, "the next begins with its packet");
	cache_free(c);
}

static bool
on_each(void *ctx, const struct flow *f, uint64_t due_ms)
{
	uint64_t *sum = ctx;

	*sum += f->in_packets * 1000000 + due_ms;
	return *sum < 3000000;
}

static void
test_each(void)
{
	struct cache *c = small_cache(&plain);
	struct cache_counters n;
	uint64_t sum = 0;

	add_from(c, 1, 1000);
	add_from(c, 1, 2000);
	cache_each(c, on_each, &sum);
	is_uint(sum / 1000000, 2, "a flow is seen as it is now");
	is_uint(sum % 1000000, 2000 + plain.idle_ms[CACHE_UDP],
	    "and when it ends");
	add_from(c, 2, 2000);
	add_from(c, 3, 2000);
	sum = 3000000;
	cache_each(c, on_each, &sum);
	ok(sum / 1000000 < 6, "until that is enough");
	is_uint(cache_clear(c), 3, "flows are deleted");
	is_uint(got.count, 0, "and nobody gets them");
	cache_counters(c, &n);
	is_uint(n.live * 10 + n.ended[CACHE_DELETED], 3, "they are counted");
	add_from(c, 1, 2000);
	cache_flush(c);
	is_uint(got.count, 1, "others come out");
	is_uint(got.row[0].packets, 1, "without the packets of before");
	cache_free(c);
}

static void
on_detail(void *ctx, const struct flow *f)
{
	*(struct flow *)ctx = *f;
}

static void
test_details(void)
{
	struct cache_options o = plain;
	struct packet p = { .has = PACKET_HAS_IP | PACKET_HAS_PROTO |
		    PACKET_HAS_MAC | PACKET_HAS_ICMP,
		.ip_version = 4, .proto = PROTO_ICMP, .src = addr_v4(1),
		.dst = addr_v4(2), .src_mac = 3, .dst_mac = 4, .vlans = 2,
		.vlan = { 5, 6 }, .labels = 1, .mpls = { 7 }, .ttl = 8,
		.icmp = 0x0301 };
	struct packet_sum sum = { 1, 100, 9, 9 };
	struct flow f = { .extensions = 0 };
	struct cache *c;
	struct err err;

	o.has_details = o.has_icmp_ports = true;
	o.input = 10;
	o.output = 11;
	if ((c = cache_new(&o, on_detail, &f, &err)) == NULL)
		bail("%s", err.text);
	cache_add(c, &p, &sum);
	p.ttl = 12;
	cache_add(c, &p, &sum);
	cache_flush(c);
	is_uint(f.in_src_mac * 10 + f.out_dst_mac, 34, "MAC addresses");
	is_uint(f.src_vlan * 10 + f.dst_vlan, 56, "tags");
	is_uint(f.mpls[0], 7, "label");
	is_uint(f.min_ttl * 100U + f.max_ttl, 812, "TTL");
	is_uint(f.src_port * 10U + f.dst_port, 31, "type and code");
	is_uint(f.input * 100 + f.output, 1011, "interfaces");
	is_uint(f.in_packets, 2, "packets");
	is_uint(f.extensions, FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4) |
		FLOW_EXT(EXT_MISC) | FLOW_EXT(EXT_VLAN) |
		FLOW_EXT(EXT_MPLS) | FLOW_EXT(EXT_MAC) |
		FLOW_EXT(EXT_IP_INFO), "what there is");
	cache_free(c);
	o.max_flows = 0;
	ok(cache_new(&o, on_detail, &f, &err) == NULL, "no room at all");
	is_uint(err.code, ERR_VALUE, "is an error");
}

int
main(void)
{
	struct dice d;

	dice_init(&d);
	test_twin(&d);
	test_full(&d);
	test_oldest();
	test_order();
	test_restart();
	test_closing();
	test_full_counters();
	test_each();
	test_details();
	return done_testing();
}
