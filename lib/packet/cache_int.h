#ifndef PACKET_CACHE_INT_H
#define PACKET_CACHE_INT_H

#include "packet/cache.h"

/*
 * The parts of the cache.  Entries are in one array and known by their
 * number; cache_table.c finds them by key, cache_wheel.c by the time when
 * they end, cache_flow.c makes flows of them; cache_payload.c has what few
 * caches keep of payload.
 */

#define CACHE_NONE UINT32_MAX

/* Time in ticks, on a wheel: a slot holds what is due in its tick. */
#define CACHE_TICK_MS 256
#define CACHE_WHEEL 1024

/* Packets on their way to entries that are being fetched from memory. */
#define CACHE_AHEAD 32

#define CACHE_VLANS 2

enum cache_ends {
	CACHE_FIN = 1,
	CACHE_REVERSE_FIN = 2,
	CACHE_RST = 4
};

struct cache_key {
	struct addr src;
	struct addr dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t proto;
	uint8_t tos; /* 0 unless it divides flows */
	uint16_t pad; /* 0: keys are compared as bytes */
};

/* What few caches want: a table of its own, beside the entries. */
struct cache_detail {
	uint64_t src_mac;
	uint64_t dst_mac;
	uint16_t vlan[CACHE_VLANS];
	uint8_t vlans; /* used of vlan[] */
	uint8_t labels;
	uint8_t min_ttl;
	uint8_t max_ttl;
	bool has_mac;
	bool has_tunnel;
	uint8_t tunnel_proto;
	uint32_t mpls[PACKET_LABELS_MAX];
	struct addr tunnel_src;
	struct addr tunnel_dst;
};

/* Two lines of cache memory, the second of which most packets change. */
struct cache_entry {
	struct cache_key key; /* as the initiator of a biflow sends */
	uint32_t hash;
	uint8_t tos;
	uint8_t reverse_tos;
	uint8_t tcp_flags;
	uint8_t ends; /* enum cache_ends, if they are to end flows */
	uint32_t newer; /* in the same slot; or of the free ones */
	uint32_t older;
	uint16_t slot;

	uint64_t begun_ms; /* clock at the first packet */
	uint64_t touched_ms; /* clock at the last one */
	struct packet_sum sum; /* its times are of both directions */
	uint64_t reverse_packets;
	uint64_t reverse_bytes;
};

/* A packet that waits for its entry. */
struct cache_arrival {
	struct cache_key key;
	uint32_t hash;
	uint8_t tos;
	uint8_t tcp_flags;
	struct packet_sum sum;
	struct cache_detail detail; /* if there are details */
};

/* Entry and hash together, so that a look at the table finds the right one. */
struct cache_place {
	uint32_t hash;
	uint32_t entry; /* CACHE_NONE: empty */
};

struct cache {
	struct cache_options options;
	cache_fn fn;
	void *ctx;
	bool has_details;
	struct cache_entry *entries;
	struct cache_detail *details; /* NULL unless has_details */
	uint8_t *payloads; /* NULL unless payload is kept */
	uint8_t *payloads_ahead; /* of the packets on their way */
	struct cache_place *places;
	uint32_t mask; /* of places */
	uint32_t free; /* first unused entry */
	uint64_t now_ms;
	uint64_t scanned_ms; /* clock at the last look at the wheel */
	uint64_t tick; /* the first one that is not over yet */
	uint32_t slots[CACHE_WHEEL]; /* the oldest entry of each, or none */
	uint32_t newest[CACHE_WHEEL]; /* and the newest, if there is one */
	uint64_t used[CACHE_WHEEL / 64]; /* a bit for each that is not empty */
	struct cache_counters counters;
	struct cache_arrival ahead[CACHE_AHEAD];
	uint32_t arrived; /* numbers of the next to come and the next to go */
	uint32_t taken;
	struct flow flow; /* what comes out */
};

/* cache.c: packets that are on their way arrive. */
void cache_take_all(struct cache *c);

/* cache_table.c */

/* Key, hash and details of a packet. */
void cache_arrive(const struct cache *c, const struct packet *p,
    struct cache_arrival *a);

/* The hash again, for another key. */
void cache_rehash(const struct cache *c, struct cache_arrival *a);

/* The entry, or CACHE_NONE; *reversed if it is that of the other direction. */
uint32_t cache_find(const struct cache *c, const struct cache_arrival *a,
    bool *reversed);

/* Source and destination change places. */
struct cache_key cache_key_reverse(const struct cache_key *k);

void cache_place_put(struct cache *c, uint32_t hash, uint32_t entry);
void cache_place_remove(struct cache *c, uint32_t entry);

/* cache_wheel.c */

/* When the entry ends, by what is known now. */
uint64_t cache_due(const struct cache *c, const struct cache_entry *e);

/* Why an entry that is due ends. */
enum cache_reason cache_reason_of(const struct cache *c,
    const struct cache_entry *e);

void cache_wheel_put(struct cache *c, uint32_t entry);
void cache_wheel_remove(struct cache *c, uint32_t entry);

/* Let out what is due by the clock. */
void cache_wheel_turn(struct cache *c);

/* The entry that is nearest to its end, or close to that; there is one. */
uint32_t cache_wheel_first(struct cache *c);

/* cache_payload.c, all but the first two only if some is kept */

/* Bytes that an entry needs; 0: none is kept. */
size_t cache_payload_size(const struct cache_options *o);

int cache_payload_allocate(struct cache *c, struct err *err);

/* Keep that of a packet on its way. */
void cache_payload_arrive(struct cache *c, const struct cache_arrival *a,
    const struct packet *p);

/* An entry that has none yet. */
void cache_payload_begin(struct cache *c, uint32_t entry);

/* The packet counts for that entry. */
void cache_payload_take(struct cache *c, uint32_t entry,
    const struct cache_arrival *a, bool reversed);

void cache_payload_set(const struct cache *c, uint32_t entry,
    struct flow *f);

/* cache_flow.c */

/* Let the flow out and free its entry. */
void cache_end(struct cache *c, uint32_t entry, enum cache_reason reason);

/* Has the connection ended, as far as flows do so? */
bool cache_is_closed(const struct cache *c, const struct cache_entry *e);

#endif
