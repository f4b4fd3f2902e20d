/*
 * Flow cache: which flows leave, and when, by a few packets.
 */
#include "flow/derive.h"
#include "packet/cache.h"
#include "tap.h"

#define FIN 0x01
#define SYN 0x02
#define ACK 0x10

/* What has come out. */
static struct {
	size_t count;
	struct flow row[8];
} got;

static const struct cache_options plain = { .max_flows = 4096,
	.track = CACHE_TRACK_PORT, .scan_ms = 1000, .seed = 1,
	.idle_ms = { 10000, 6000, 4000, 5000 } };

static void
on_flow(void *ctx, const struct flow *f)
{
	(void)ctx;
	if (got.count == sizeof(got.row) / sizeof(got.row[0]))
		bail("too many flows");
	got.row[got.count++] = *f;
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
	if ((c = cache_new(&three, on_flow, NULL, &err)) == NULL)
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
	is_uint(got.row[0].src_addr.lo & 0xff, 2, "the one without recent packets");
	is_uint(got.row[0].end_reason, 5, "for lack of resources");
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
	is_uint(got.row[0].src_addr.lo & 0xff, 1, "of one moment the first leaves");
	o.idle_ms[CACHE_UDP] = 3600000; /* longer than the wheel */
	fill(&o, same);
	is_uint(got.row[0].src_addr.lo & 0xff, 1, "with long times as well");
	fill(&o, again);
	is_uint(got.row[0].src_addr.lo & 0xff, 2, "and not one with new packets");
	o.idle_ms[CACHE_UDP] = 6000;
	fill(&o, later);
	is_uint(got.row[0].src_addr.lo & 0xff, 1, "one that has ended makes room");
	is_uint(got.row[0].end_reason, 1, "and was idle");
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
	is_uint(got.row[0].in_packets, 2, "which they do not without");
	add_from(c, 1, 100100);
	cache_set_clock(c, 107000);
	is_uint(got.count, 2, "others end by the new time");
	is_uint(got.row[1].end_reason, 1, "when they are idle");
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
	is_uint(got.row[0].in_packets + got.row[1].in_packets, 5,
	    "the last ACK is with them");
	is_uint(got.row[0].end_reason, 3, "they were closed");
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
	is_uint(got.row[0].in_packets, UINT32_MAX / 2 * 2, "by packets");
	is_uint(got.row[0].end_reason, 5, "for want of room");
	is_uint(got.row[1].in_bytes, UINT32_MAX, "and by bytes");
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
	is_uint(got.row[0].in_packets, 1, "without the packets of before");
	cache_free(c);
}

int
main(void)
{
	test_oldest();
	test_order();
	test_restart();
	test_closing();
	test_full_counters();
	test_each();
	return done_testing();
}
