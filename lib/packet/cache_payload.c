/*
 * Payload of flows: the first bytes of the first packet that has any, for
 * each direction.  They are in a table beside the entries; a place holds a
 * length and as many bytes as are kept.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "packet/cache_int.h"

#define LEN_LEN sizeof(uint16_t)

static size_t
place_len(const struct cache_options *o)
{
	return LEN_LEN + o->payload_len;
}

static unsigned
directions(const struct cache_options *o)
{
	return o->is_biflow ? 2 : 1;
}

static uint8_t *
place_of(const struct cache *c, uint32_t entry, unsigned direction)
{
	size_t n = (size_t)entry * directions(&c->options) + direction;

	return c->payloads + n * place_len(&c->options);
}

static uint8_t *
place_ahead(const struct cache *c, const struct cache_arrival *a)
{
	return c->payloads_ahead +
	    (size_t)(a - c->ahead) * place_len(&c->options);
}

size_t
cache_payload_size(const struct cache_options *o)
{
	return o->payload_len == 0 ? 0 : place_len(o) * directions(o);
}

int
cache_payload_allocate(struct cache *c, struct err *err)
{
	size_t size = cache_payload_size(&c->options);

	if (size == 0)
		return 0;
	c->payloads = calloc(c->options.max_flows, size);
	c->payloads_ahead = calloc(CACHE_AHEAD, place_len(&c->options));
	return c->payloads == NULL || c->payloads_ahead == NULL ?
	    err_nomem(err) : 0;
}

void
cache_payload_arrive(struct cache *c, const struct cache_arrival *a,
    const struct packet *p)
{
	uint8_t *place = place_ahead(c, a);
	uint16_t len = c->options.payload_len;

	if (p->is_later)
		len = 0;
	else if (p->payload.len < len)
		len = (uint16_t)p->payload.len;
	store_u16(place, len);
	if (len > 0)
		memcpy(place + LEN_LEN, p->payload.data, len);
}

void
cache_payload_begin(struct cache *c, uint32_t entry)
{
	for (unsigned i = 0; i < directions(&c->options); i++)
		store_u16(place_of(c, entry, i), 0);
}

void
cache_payload_take(struct cache *c, uint32_t entry,
    const struct cache_arrival *a, bool reversed)
{
	const uint8_t *from = place_ahead(c, a);
	uint8_t *to = place_of(c, entry, reversed);

	if (load_u16(to) == 0)
		memcpy(to, from, LEN_LEN + load_u16(from));
}

static struct span
span_of(const uint8_t *place)
{
	return (struct span){ place + LEN_LEN, load_u16(place) };
}

void
cache_payload_set(const struct cache *c, uint32_t entry, struct flow *f)
{
	f->in_payload = span_of(place_of(c, entry, 0));
	if (f->in_payload.len > 0)
		f->extensions |= FLOW_EXT(EXT_IN_PAYLOAD);
	if (!c->options.is_biflow)
		return;
	f->out_payload = span_of(place_of(c, entry, 1));
	if (f->out_payload.len > 0)
		f->extensions |= FLOW_EXT(EXT_OUT_PAYLOAD);
}
