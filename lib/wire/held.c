/*
 * Data sets that came before their template.  They wait with the times of
 * their packet, oldest first, bounded in number, bytes and time; when there
 * is no room the oldest goes.  All of them together have no more than a part
 * of the memory, so that a flood of data leaves room for templates.
 */

#include <stdlib.h>

#include "wire/decode_int.h"

#define PART 4

static void
drop(struct wire_decoder *d, struct wire_peer *peer, struct wire_held *h)
{
	d->held_bytes -= sizeof(*h) + h->len;
	TAILQ_REMOVE(&d->held, h, in_decoder);
	TAILQ_REMOVE(&peer->held, h, entry);
	peer->held_sets--;
	peer->held_bytes -= h->len;
	wire_release(d, sizeof(*h) + h->len);
	free(h);
}

static void
give_up(struct wire_decoder *d, struct wire_held *h)
{
	h->peer->pub.counters.sets_dropped++;
	drop(d, h->peer, h);
}

static bool
has_room(const struct wire_packet *p, size_t len)
{
	const struct wire_limits *limits = &p->d->limits;
	const struct wire_peer *peer = p->peer;

	return peer->held_sets < limits->held_sets &&
	    peer->held_bytes + len <= limits->held_bytes;
}

/* The oldest of all exporters go for it. */
static int
charge(struct wire_packet *p, size_t size)
{
	struct wire_decoder *d = p->d;

	while (d->held_bytes + size > d->limits.state_bytes / PART ||
	    wire_charge(d, size) == -1) {
		if (TAILQ_EMPTY(&d->held))
			return -1;
		give_up(d, TAILQ_FIRST(&d->held));
	}
	return 0;
}

void
wire_held_add(struct wire_packet *p, uint16_t id, const uint8_t *body,
    size_t len)
{
	struct wire_peer *peer = p->peer;
	struct wire_held *h = NULL;

	while (!has_room(p, len) && !TAILQ_EMPTY(&peer->held)) {
		give_up(p->d, TAILQ_FIRST(&peer->held));
		wire_tell(p, KIND_HELD,
		    "too much data without template, oldest dropped");
	}
	if (!has_room(p, len) || charge(p, sizeof(*h) + len) == -1) {
		peer->pub.counters.sets_dropped++;
		return;
	}
	if ((h = malloc(sizeof(*h) + len)) == NULL) {
		wire_release(p->d, sizeof(*h) + len);
		peer->pub.counters.sets_dropped++;
		return;
	}
	h->peer = peer;
	h->received_ms = p->received_ms;
	h->export_ms = p->export_ms;
	h->uptime = p->uptime;
	h->id = id;
	h->len = (uint16_t)len;
	memcpy(h->body, body, len);
	TAILQ_INSERT_TAIL(&peer->held, h, entry);
	TAILQ_INSERT_TAIL(&p->d->held, h, in_decoder);
	p->d->held_bytes += sizeof(*h) + len;
	peer->held_sets++;
	peer->held_bytes += (uint32_t)len;
	peer->pub.counters.sets_held++;
}

void
wire_held_expire(struct wire_packet *p)
{
	struct wire_held *h;

	while ((h = TAILQ_FIRST(&p->d->held)) != NULL &&
	    p->received_ms > h->received_ms &&
	    p->received_ms - h->received_ms > p->d->limits.held_ms)
		give_up(p->d, h);
}

void
wire_give_up_held(struct wire_decoder *d)
{
	while (!TAILQ_EMPTY(&d->held))
		give_up(d, TAILQ_FIRST(&d->held));
}

void
wire_held_replay(struct wire_packet *p)
{
	struct wire_packet then = *p;
	struct wire_template *t;
	struct wire_held *h;
	struct wire_held *next;

	if (!p->peer->has_new_template)
		return;
	p->peer->has_new_template = false;
	then.is_replay = true;
	for (h = TAILQ_FIRST(&p->peer->held); h != NULL; h = next) {
		next = TAILQ_NEXT(h, entry);
		t = wire_template_find(&p->peer->templates, h->id);
		if (t == NULL)
			continue;
		then.received_ms = h->received_ms;
		then.export_ms = h->export_ms;
		then.uptime = h->uptime;
		wire_data_set(&then, t, h->body, h->len);
		p->peer->pub.counters.sets_replayed++;
		drop(p->d, p->peer, h);
	}
}

void
wire_held_drop_all(struct wire_decoder *d, struct wire_peer *peer)
{
	struct wire_held *h, *next;

	for (h = TAILQ_FIRST(&peer->held); h != NULL; h = next) {
		next = TAILQ_NEXT(h, entry);
		drop(d, peer, h);
	}
}
