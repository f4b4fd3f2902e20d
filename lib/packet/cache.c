/*
 * Flow cache.  Entries live in one array; a table of hashes finds them by
 * key (cache_table.c) and a wheel by the time of their end (cache_wheel.c).
 * Nothing is allocated after start.  A packet costs one look at the table
 * and one at its entry, both of which are fetched while packets before it
 * are worked on, so the cost hardly depends on how many flows there are.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "flow/derive.h"
#include "packet/cache_int.h"

#define LINE 64 /* of cache memory */
#define HUGE_PAGE (UINT32_C(2) << 20)

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

_Static_assert(sizeof(struct cache_entry) == 2 * LINE, "two lines");

static bool
needs_details(const struct cache_options *o)
{
	return o->has_details || o->track >= CACHE_TRACK_VLAN;
}

/* A power of 2, so that at least half of the places stay empty. */
static uint64_t
places_for(uint32_t flows)
{
	uint64_t n = 2;

	while (n < (uint64_t)flows * 2)
		n *= 2;
	return n;
}

uint64_t
cache_flow_size(const struct cache_options *o)
{
	return sizeof(struct cache_entry) + 4 * sizeof(struct cache_place) +
	    (needs_details(o) ? sizeof(struct cache_detail) : 0) +
	    cache_payload_size(o);
}

/*
 * Memory filled with that byte.  In large pages, where the system has them,
 * as flows are met in no order and small pages cost another miss each.
 */
static void *
take_memory(uint64_t wanted, int byte)
{
	size_t len = (size_t)(wanted + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	void *m;

	if (len < wanted || (m = aligned_alloc(HUGE_PAGE, len)) == NULL)
		return NULL;
	madvise(m, len, MADV_HUGEPAGE); /* may fail: they are small then */
	return memset(m, byte, len);
}

static int
allocate(struct cache *c, struct err *err)
{
	uint32_t flows = c->options.max_flows;
	uint64_t places = places_for(flows);

	c->entries = take_memory((uint64_t)flows * sizeof(*c->entries), 0);
	c->places = take_memory(places * sizeof(*c->places), 0xff);
	if (c->has_details)
		c->details = calloc(flows, sizeof(*c->details));
	if (c->entries == NULL || c->places == NULL ||
	    (c->has_details && c->details == NULL))
		return err_nomem(err);
	if (cache_payload_allocate(c, err) == -1)
		return -1;
	memset(c->slots, 0xff, sizeof(c->slots));
	c->mask = (uint32_t)(places - 1);
	for (uint32_t i = 0; i < flows; i++)
		c->entries[i].newer = i + 1 < flows ? i + 1 : CACHE_NONE;
	return 0;
}

struct cache *
cache_new(const struct cache_options *o, cache_fn fn, void *ctx,
    struct err *err)
{
	struct cache *c;

	if (o->max_flows == 0 || o->max_flows > CACHE_FLOWS_MAX) {
		err_set(err, ERR_VALUE, "a cache of %u flows: 1 to %u are "
		    "possible", o->max_flows, CACHE_FLOWS_MAX);
		return NULL;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	c->options = *o;
	c->fn = fn;
	c->ctx = ctx;
	c->has_details = needs_details(o);
	if (allocate(c, err) == -1) {
		cache_free(c);
		return NULL;
	}
	return c;
}

void
cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	free(c->entries);
	free(c->details);
	free(c->payloads);
	free(c->payloads_ahead);
	free(c->places);
	free(c);
}

static void
forward_clock(struct cache *c, uint64_t now_ms)
{
	if (now_ms <= c->now_ms)
		return;
	c->now_ms = now_ms;
	if (now_ms - c->scanned_ms < c->options.scan_ms)
		return;
	c->scanned_ms = now_ms;
	cache_wheel_turn(c);
}

/* Does the packet come from the one who was asked? */
static bool
is_answer(const struct cache *c, const struct cache_arrival *a)
{
	return c->options.is_biflow && a->key.proto == PROTO_TCP &&
	    (a->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

static void
turn_detail(struct cache_detail *d)
{
	struct addr end = d->tunnel_src;
	uint64_t mac = d->src_mac;

	d->src_mac = d->dst_mac;
	d->dst_mac = mac;
	d->tunnel_src = d->tunnel_dst;
	d->tunnel_dst = end;
}

/* It may have ended by itself since the last look at the wheel. */
static void
end_early(struct cache *c, uint32_t entry, enum cache_reason reason)
{
	const struct cache_entry *e = &c->entries[entry];

	cache_end(c, entry, cache_due(c, e) <= c->now_ms ?
	    cache_reason_of(c, e) : reason);
}

/* A new entry, for the direction that the packet or its question has. */
static uint32_t
begin(struct cache *c, const struct cache_arrival *a, bool reversed)
{
	struct cache_entry *e;
	uint32_t entry;

	if (c->free == CACHE_NONE)
		end_early(c, cache_wheel_first(c), CACHE_EVICTED);
	entry = c->free;
	e = &c->entries[entry];
	c->free = e->newer;
	*e = (struct cache_entry){ .hash = a->hash, .begun_ms = c->now_ms,
		.touched_ms = c->now_ms };
	e->key = reversed ? cache_key_reverse(&a->key) : a->key;
	if (c->has_details) {
		c->details[entry] = a->detail;
		if (reversed)
			turn_detail(&c->details[entry]);
	}
	if (c->payloads != NULL)
		cache_payload_begin(c, entry);
	cache_place_put(c, a->hash, entry);
	cache_wheel_put(c, entry);
	c->counters.created++;
	if (++c->counters.live > c->counters.most)
		c->counters.most = c->counters.live;
	return entry;
}

static void
count(struct cache_entry *e, const struct cache_arrival *a, bool reversed)
{
	struct packet_sum all = e->sum;

	all.packets += e->reverse_packets;
	packet_sum_add(&all, &a->sum);
	if (reversed) {
		if (e->reverse_packets == 0)
			e->reverse_tos = a->tos;
		e->reverse_packets += a->sum.packets;
		e->reverse_bytes += a->sum.bytes;
	} else {
		if (e->sum.packets == 0)
			e->tos = a->tos;
		e->sum.packets += a->sum.packets;
		e->sum.bytes += a->sum.bytes;
	}
	e->sum.first_ms = all.first_ms;
	e->sum.last_ms = all.last_ms;
	e->tcp_flags |= a->tcp_flags;
}

static void
note_ttl(struct cache_detail *d, uint8_t ttl)
{
	if (ttl < d->min_ttl)
		d->min_ttl = ttl;
	if (ttl > d->max_ttl)
		d->max_ttl = ttl;
}

/* The flow of the other direction, where that is another, or CACHE_NONE. */
static uint32_t
find_other(const struct cache *c, const struct cache_arrival *a)
{
	struct cache_arrival other = *a;
	bool reversed;

	if (c->options.is_biflow)
		return CACHE_NONE;
	other.key = cache_key_reverse(&a->key);
	other.detail.src_mac = a->detail.dst_mac;
	other.detail.dst_mac = a->detail.src_mac;
	cache_rehash(c, &other);
	return cache_find(c, &other, &reversed);
}

/* It may be due earlier than its slot on the wheel is looked at. */
static void
note_end(struct cache *c, uint32_t entry, enum cache_ends end)
{
	struct cache_entry *e = &c->entries[entry];

	if ((e->ends & end) != 0)
		return;
	e->ends |= end;
	cache_wheel_remove(c, entry);
	cache_wheel_put(c, entry);
}

static void
note_ends(struct cache *c, uint32_t entry, const struct cache_arrival *a,
    bool reversed)
{
	const struct cache_options *o = &c->options;
	uint32_t other;

	if ((a->tcp_flags & TCP_FIN) != 0 && o->fin_ms != 0)
		note_end(c, entry, reversed ? CACHE_REVERSE_FIN : CACHE_FIN);
	if ((a->tcp_flags & TCP_RST) == 0 || o->rst_ms == 0)
		return;
	note_end(c, entry, CACHE_RST);
	other = find_other(c, a);
	if (other != CACHE_NONE &&
	    cache_due(c, &c->entries[other]) > c->now_ms)
		note_end(c, other, CACHE_RST);
}

/* Does the packet begin another connection between the same ports? */
static bool
begins_anew(const struct cache *c, const struct cache_entry *e,
    const struct cache_arrival *a)
{
	if ((a->tcp_flags & TCP_SYN) == 0 || !cache_is_closed(c, e))
		return false;
	return !c->options.is_biflow || (a->tcp_flags & TCP_ACK) == 0;
}

/*
 * Both directions end for a new connection, the other one unless it began
 * behind the last packet of this one: then it is of the new one already.
 */
static void
end_connection(struct cache *c, uint32_t entry, const struct cache_arrival *a)
{
	uint64_t touched_ms = c->entries[entry].touched_ms;
	uint32_t other = CACHE_NONE;

	cache_end(c, entry, CACHE_CLOSED);
	if ((a->tcp_flags & TCP_ACK) == 0)
		other = find_other(c, a);
	if (other != CACHE_NONE && c->entries[other].begun_ms <= touched_ms)
		end_early(c, other, CACHE_CLOSED);
}

/* The entry of a packet, unless that has ended or ends now. */
static uint32_t
find_living(struct cache *c, const struct cache_arrival *a, bool *reversed)
{
	uint32_t entry = cache_find(c, a, reversed);
	const struct cache_entry *e;

	if (entry == CACHE_NONE)
		return entry;
	e = &c->entries[entry];
	if (cache_due(c, e) <= c->now_ms)
		cache_end(c, entry, cache_reason_of(c, e));
	else if (e->ends != 0 && begins_anew(c, e, a))
		end_connection(c, entry, a);
	else
		return entry;
	return CACHE_NONE;
}

static bool
is_above(const struct cache *c, uint64_t packets, uint64_t bytes)
{
	return packets > c->options.counter_max ||
	    bytes > c->options.counter_max;
}

/* Has the entry no room for the packet? */
static bool
is_full(const struct cache *c, const struct cache_entry *e,
    const struct cache_arrival *a, bool reversed)
{
	if (c->options.counter_max == 0)
		return false;
	if (reversed)
		return is_above(c, e->reverse_packets + a->sum.packets,
		    e->reverse_bytes + a->sum.bytes);
	return is_above(c, e->sum.packets + a->sum.packets,
	    e->sum.bytes + a->sum.bytes);
}

/* The entry that the packet counts for, which may be a new one. */
static uint32_t
entry_for(struct cache *c, const struct cache_arrival *a, bool *reversed)
{
	uint32_t entry = find_living(c, a, reversed);

	if (entry == CACHE_NONE) {
		*reversed = is_answer(c, a);
		return begin(c, a, *reversed);
	}
	if (!is_full(c, &c->entries[entry], a, *reversed))
		return entry;
	cache_end(c, entry, CACHE_FULL);
	return begin(c, a, *reversed);
}

static void
take(struct cache *c, const struct cache_arrival *a)
{
	struct cache_entry *e;
	uint32_t entry;
	bool reversed;

	forward_clock(c, a->sum.last_ms);
	entry = entry_for(c, a, &reversed);
	e = &c->entries[entry];
	e->touched_ms = c->now_ms;
	count(e, a, reversed);
	if (c->has_details)
		note_ttl(&c->details[entry], a->detail.min_ttl);
	if (c->payloads != NULL)
		cache_payload_take(c, entry, a, reversed);
	if (a->key.proto == PROTO_TCP)
		note_ends(c, entry, a, reversed);
}

void
cache_take_all(struct cache *c)
{
	while (c->taken != c->arrived)
		take(c, &c->ahead[c->taken++ % CACHE_AHEAD]);
}

/* Have the entry fetched that the packet seems to belong to. */
static void
fetch(const struct cache *c, const struct cache_arrival *a)
{
	uint32_t i = a->hash & c->mask;
	const char *e;

	while (c->places[i].hash != a->hash &&
	    c->places[i].entry != CACHE_NONE)
		i = (i + 1) & c->mask;
	if (c->places[i].entry == CACHE_NONE)
		return;
	e = (const char *)&c->entries[c->places[i].entry];
	__builtin_prefetch(e);
	__builtin_prefetch(e + LINE, 1);
}

void
cache_add(struct cache *c, const struct packet *p,
    const struct packet_sum *sum)
{
	struct cache_arrival *a = &c->ahead[c->arrived % CACHE_AHEAD];

	assert((p->has & PACKET_HAS_IP) != 0);
	cache_arrive(c, p, a);
	a->sum = *sum;
	if (c->payloads != NULL)
		cache_payload_arrive(c, a, p);
	__builtin_prefetch(&c->places[a->hash & c->mask]);
	c->arrived++;
	if (c->arrived - c->taken >= CACHE_AHEAD / 2)
		fetch(c, &c->ahead[(c->arrived - CACHE_AHEAD / 2) %
			    CACHE_AHEAD]);
	if (c->arrived - c->taken == CACHE_AHEAD)
		take(c, &c->ahead[c->taken++ % CACHE_AHEAD]);
}

void
cache_set_clock(struct cache *c, uint64_t now_ms)
{
	cache_take_all(c);
	forward_clock(c, now_ms);
}

uint64_t
cache_clock(const struct cache *c)
{
	return c->now_ms;
}

void
cache_flush(struct cache *c)
{
	cache_take_all(c);
	for (unsigned i = 0; i < CACHE_WHEEL; i++)
		while (c->slots[i] != CACHE_NONE)
			end_early(c, c->slots[i], CACHE_FLUSHED);
}

uint64_t
cache_clear(struct cache *c)
{
	uint64_t live;

	cache_take_all(c);
	live = c->counters.live;
	for (unsigned i = 0; i < CACHE_WHEEL; i++)
		while (c->slots[i] != CACHE_NONE)
			cache_end(c, c->slots[i], CACHE_DELETED);
	return live;
}

void
cache_restart(struct cache *c, uint64_t now_ms)
{
	cache_flush(c);
	c->now_ms = c->scanned_ms = now_ms;
	c->tick = now_ms / CACHE_TICK_MS;
}

void
cache_counters(const struct cache *c, struct cache_counters *n)
{
	*n = c->counters;
}
