/*
 * Flow cache: random packets against a naive twin that looks at all its
 * flows with each packet; and with room for few flows.
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

int
main(void)
{
	struct dice d;

	dice_init(&d);
	test_twin(&d);
	test_full(&d);
	return done_testing();
}
