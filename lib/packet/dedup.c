/*
 * Duplicates.
 */

#include "base/hash.h"
#include "packet/dedup.h"

static uint64_t
hash_packet(const struct packet *p, uint64_t seed)
{
	uint64_t h = hash_bytes(p->body.data, p->body.len, seed);

	h = hash_pair(h, p->src.hi);
	h = hash_pair(h, p->src.lo);
	h = hash_pair(h, p->dst.hi);
	h = hash_pair(h, p->dst.lo);
	return hash_pair(h, (uint64_t)p->frag_id << 32 |
		(uint64_t)(p->frag_offset | p->frag_flags >> 5) << 16 |
		(uint64_t)p->proto << 8 | p->tos);
}

bool
dedup_look(struct dedup *d, const struct packet *p, uint64_t seed)
{
	uint64_t h = hash_packet(p, seed);

	for (unsigned i = 0; i < d->count; i++)
		if (d->seen[i] == h && d->lens[i] == p->ip_len)
			return true;
	d->seen[d->next] = h;
	d->lens[d->next] = p->ip_len;
	d->next = (d->next + 1) % DEDUP_PACKETS;
	if (d->count < DEDUP_PACKETS)
		d->count++;
	return false;
}
