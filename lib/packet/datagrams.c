/*
 * Datagrams by address and id.  They live in one array, are found by a hash
 * with chains, and stand in a list in the order of their first fragment,
 * which is the order in which they are given up.  Everything is O(1).
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "packet/datagrams.h"

#define NONE UINT32_MAX

struct datagram {
	/* The first fragment if it has come, else the one that came first. */
	struct packet packet;
	struct packet_sum waiting;
	uint64_t since_ms;
	bool is_known; /* the first fragment has come */
	uint32_t bucket;
	uint32_t chain; /* the next of this bucket; or of the free ones */
	uint32_t newer;
};

struct datagrams {
	struct datagram *all;
	uint32_t *buckets;
	uint32_t mask;
	uint32_t free;
	uint32_t oldest;
	uint32_t newest;
	uint32_t timeout_ms;
	uint64_t seed;
};

static int
allocate(struct datagrams *d, uint32_t room, struct err *err)
{
	uint32_t buckets = 1;

	while (buckets < room)
		buckets *= 2;
	d->all = calloc(room, sizeof(*d->all));
	d->buckets = calloc(buckets, sizeof(*d->buckets));
	if (d->all == NULL || d->buckets == NULL)
		return err_nomem(err);
	memset(d->buckets, 0xff, buckets * sizeof(*d->buckets));
	d->mask = buckets - 1;
	for (uint32_t i = 0; i < room; i++)
		d->all[i].chain = i + 1 < room ? i + 1 : NONE;
	return 0;
}

struct datagrams *
datagrams_new(uint32_t room, uint32_t timeout_ms, uint64_t seed,
    struct err *err)
{
	struct datagrams *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		err_nomem(err);
		return NULL;
	}
	d->timeout_ms = timeout_ms;
	d->seed = seed;
	d->oldest = d->newest = NONE;
	if (allocate(d, room, err) == -1) {
		datagrams_free(d);
		return NULL;
	}
	return d;
}

void
datagrams_free(struct datagrams *d)
{
	if (d == NULL)
		return;
	free(d->all);
	free(d->buckets);
	free(d);
}

/* The protocol of IPv6 fragments may be that of an extension header. */
static bool
is_of(const struct packet *a, const struct packet *b)
{
	return a->frag_id == b->frag_id && a->ip_version == b->ip_version &&
	    (a->ip_version == 6 || a->proto == b->proto) &&
	    addr_equal(a->src, b->src) && addr_equal(a->dst, b->dst);
}

static uint32_t
bucket_of(const struct datagrams *d, const struct packet *p)
{
	const uint64_t key[] = { p->src.hi, p->src.lo, p->dst.hi, p->dst.lo,
		p->frag_id };

	return (uint32_t)hash_bytes(key, sizeof(key), d->seed) & d->mask;
}

static struct datagram *
find(struct datagrams *d, const struct packet *p, uint32_t bucket)
{
	uint32_t i = d->buckets[bucket];

	while (i != NONE && !is_of(&d->all[i].packet, p))
		i = d->all[i].chain;
	return i == NONE ? NULL : &d->all[i];
}

static void
forget_data(struct packet *p)
{
	p->header = NULL;
	p->body = p->payload = (struct span){ NULL, 0 };
}

/* Take a free place, which there is. */
static struct datagram *
begin(struct datagrams *d, const struct packet *p, uint32_t bucket,
    uint64_t now_ms)
{
	uint32_t i = d->free;
	struct datagram *g;

	assert(i != NONE);
	g = &d->all[i];
	d->free = g->chain;
	*g = (struct datagram){ .packet = *p, .since_ms = now_ms,
		.bucket = bucket, .chain = d->buckets[bucket], .newer = NONE };
	forget_data(&g->packet);
	d->buckets[bucket] = i;
	*(d->newest != NONE ? &d->all[d->newest].newer : &d->oldest) = i;
	d->newest = i;
	return g;
}

static void
forget_oldest(struct datagrams *d)
{
	uint32_t i = d->oldest;
	struct datagram *g = &d->all[i];
	uint32_t *link = &d->buckets[g->bucket];

	while (*link != i)
		link = &d->all[*link].chain;
	*link = g->chain;
	if ((d->oldest = g->newer) == NONE)
		d->newest = NONE;
	g->chain = d->free;
	d->free = i;
}

/* Forget the oldest; true if it waited for its first fragment. */
static bool
end_oldest(struct datagrams *d, struct packet *p, struct packet_sum *sum)
{
	const struct datagram *g = &d->all[d->oldest];
	bool waits = !g->is_known;

	if (waits) {
		*p = g->packet;
		*sum = g->waiting;
	}
	forget_oldest(d);
	return waits;
}

int
datagrams_give_up(struct datagrams *d, uint64_t now_ms, struct packet *p,
    struct packet_sum *sum)
{
	while (d->oldest != NONE) {
		if (d->free != NONE &&
		    now_ms - d->all[d->oldest].since_ms <= d->timeout_ms)
			break;
		if (end_oldest(d, p, sum))
			return 1;
	}
	return 0;
}

int
datagrams_drain(struct datagrams *d, struct packet *p, struct packet_sum *sum)
{
	while (d->oldest != NONE)
		if (end_oldest(d, p, sum))
			return 1;
	return 0;
}

static void
take_transport(struct packet *p, const struct packet *first)
{
	p->has |= first->has & (PACKET_HAS_PORTS | PACKET_HAS_ICMP);
	p->proto = first->proto;
	p->src_port = first->src_port;
	p->dst_port = first->dst_port;
	p->icmp = first->icmp;
}

bool
datagrams_add(struct datagrams *d, uint64_t now_ms, struct packet *p,
    struct packet_sum *sum)
{
	uint32_t bucket = bucket_of(d, p);
	struct datagram *g = find(d, p, bucket);

	/* With another first one the id is that of another datagram now. */
	if (g == NULL || (!p->is_later && g->is_known))
		g = begin(d, p, bucket, now_ms);
	if (!p->is_later) {
		g->is_known = true;
		g->packet = *p;
		forget_data(&g->packet);
		packet_sum_add(sum, &g->waiting);
	} else if (g->is_known) {
		take_transport(p, &g->packet);
	} else {
		packet_sum_add(&g->waiting, sum);
	}
	return g->is_known;
}
