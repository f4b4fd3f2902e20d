/*
 * Reassembly of IP datagrams.  A bit for every 8 bytes says what is there,
 * so that what comes twice is known (RFC 5722: an overlap is an attack or a
 * copy, and neither changes what came first).
 */

#include <stdlib.h>
#include <string.h>

#include "packet/fragments.h"

#define DATAGRAM_MAX 65535
#define UNIT 8
#define UNITS ((DATAGRAM_MAX + UNIT) / UNIT)
#define MORE 0x20

struct datagram {
	bool is_used;
	uint8_t proto;
	uint32_t id;
	struct addr src;
	struct addr dst;
	uint64_t since_ms;
	uint64_t turn; /* the oldest has the smallest */
	size_t total; /* 0: the last fragment is not there */
	size_t have;
	size_t end; /* of the last byte that is there */
	uint8_t units[UNITS / 8];
	uint8_t data[DATAGRAM_MAX];
};

struct fragments {
	uint64_t turns;
	uint64_t lost;
	struct datagram datagrams[FRAGMENTS_DATAGRAMS];
};

struct fragments *
fragments_new(struct err *err)
{
	struct fragments *f = calloc(1, sizeof(*f));

	if (f == NULL)
		err_nomem(err);
	return f;
}

void
fragments_free(struct fragments *f)
{
	free(f);
}

static bool
is_of(const struct datagram *d, const struct packet *p)
{
	return d->is_used && d->id == p->frag_id && d->proto == p->proto &&
	    addr_equal(d->src, p->src) && addr_equal(d->dst, p->dst);
}

/* Times of a capture may go back, too. */
static bool
is_late(const struct datagram *d, uint64_t now_ms)
{
	uint64_t age = now_ms > d->since_ms ? now_ms - d->since_ms :
	    d->since_ms - now_ms;

	return age > FRAGMENTS_TIMEOUT_MS;
}

static struct datagram *
oldest(struct fragments *f)
{
	struct datagram *d = &f->datagrams[0];

	for (int i = 0; i < FRAGMENTS_DATAGRAMS; i++) {
		if (!f->datagrams[i].is_used)
			return &f->datagrams[i];
		if (f->datagrams[i].turn < d->turn)
			d = &f->datagrams[i];
	}
	return d;
}

/* Begin with the datagram of p in the place of another. */
static struct datagram *
begin(struct fragments *f, struct datagram *d, const struct packet *p,
    uint64_t now_ms)
{
	f->lost += d->is_used;
	d->is_used = true;
	d->proto = p->proto;
	d->id = p->frag_id;
	d->src = p->src;
	d->dst = p->dst;
	d->since_ms = now_ms;
	d->turn = ++f->turns;
	d->total = d->have = d->end = 0;
	memset(d->units, 0, sizeof(d->units));
	return d;
}

static struct datagram *
find(struct fragments *f, const struct packet *p, uint64_t now_ms)
{
	for (int i = 0; i < FRAGMENTS_DATAGRAMS; i++) {
		struct datagram *d = &f->datagrams[i];

		if (!is_of(d, p))
			continue;
		return is_late(d, now_ms) ? begin(f, d, p, now_ms) : d;
	}
	return begin(f, oldest(f), p, now_ms);
}

/* Note the units from "at" on as there; false if one of them was. */
static bool
mark(struct datagram *d, size_t at, size_t len)
{
	size_t first = at / UNIT, end = (at + len + UNIT - 1) / UNIT;

	for (size_t i = first; i < end; i++)
		if ((d->units[i / 8] >> i % 8 & 1) != 0)
			return false;
	for (size_t i = first; i < end; i++)
		d->units[i / 8] |= (uint8_t)(1 << i % 8);
	return true;
}

static bool
is_sound(const struct packet *p)
{
	size_t len = p->body.len;

	if (p->is_cut || len == 0 || p->frag_offset + len > DATAGRAM_MAX)
		return false;
	return (p->frag_flags & MORE) == 0 || len % UNIT == 0;
}

static void
make_whole(struct packet *p, const struct datagram *d)
{
	p->body = (struct span){ d->data, (uint32_t)d->total };
	p->frag_flags &= (uint8_t)~MORE;
	p->frag_offset = 0;
	p->is_fragment = p->is_later = false;
	packet_transport(p);
}

int
fragments_add(struct fragments *f, struct packet *p, uint64_t now_ms)
{
	size_t at = p->frag_offset, len = p->body.len;
	struct datagram *d;

	if (!is_sound(p))
		return 0;
	d = find(f, p, now_ms);
	if (!mark(d, at, len))
		return 0;
	memcpy(d->data + at, p->body.data, len);
	d->have += len;
	if (at + len > d->end)
		d->end = at + len;
	if ((p->frag_flags & MORE) == 0)
		d->total = at + len;
	if (d->have != d->total || d->end != d->total)
		return 0;
	make_whole(p, d);
	d->is_used = false;
	return 1;
}

uint64_t
fragments_lost(const struct fragments *f)
{
	uint64_t lost = f->lost;

	for (int i = 0; i < FRAGMENTS_DATAGRAMS; i++)
		lost += f->datagrams[i].is_used;
	return lost;
}
