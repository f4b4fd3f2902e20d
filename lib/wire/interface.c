/*
 * Interface counters, as the counter samples of sFlow agents tell them.
 */

#include "wire/sflow_int.h"

#define NAME_MAX_LEN 255

static uint32_t
u32(struct reader *r)
{
	return (uint32_t)reader_uint(r, 4);
}

void
wire_counted_generic(struct wire_interface *i, struct reader *r)
{
	i->index = u32(r);
	i->type = u32(r);
	i->speed = reader_uint(r, 8);
	i->direction = u32(r);
	i->status = u32(r);
	i->in_octets = reader_uint(r, 8);
	i->in_unicast = u32(r);
	i->in_multicast = u32(r);
	i->in_broadcast = u32(r);
	i->in_discards = u32(r);
	i->in_errors = u32(r);
	i->unknown_protocols = u32(r);
	i->out_octets = reader_uint(r, 8);
	i->out_unicast = u32(r);
	i->out_multicast = u32(r);
	i->out_broadcast = u32(r);
	i->out_discards = u32(r);
	i->out_errors = u32(r);
	u32(r); /* promiscuous */
}

void
wire_counted_ethernet(struct wire_interface *i, struct reader *r)
{
	i->alignment_errors = u32(r);
	i->fcs_errors = u32(r);
	reader_take(r, 4 * 4); /* collisions, test errors, deferred */
	i->late_collisions = u32(r);
	i->excessive_collisions = u32(r);
	u32(r); /* internal, sending */
	i->carrier_errors = u32(r);
	i->too_long = u32(r);
	u32(r); /* internal, receiving */
	i->symbol_errors = u32(r);
}

void
wire_counted_name(struct wire_packet *p, uint64_t source, struct reader *r)
{
	struct wire_name name = { .kind = WIRE_NAME_INTERFACE,
		.id = (uint32_t)source };
	uint32_t len = u32(r);

	name.name.data = reader_take(r, len);
	name.name.len = len;
	if (name.name.data == NULL || len == 0 || len > NAME_MAX_LEN ||
	    source >> 32 != 0)
		return;
	wire_name_put(p, &name);
}

void
wire_interface_put(struct wire_packet *p, uint64_t source,
    const struct wire_interface *i)
{
	const struct wire_sink *sink = &p->d->sink;
	struct wire_source *src = wire_source_get(p, source);

	if (src != NULL) {
		src->has_interface = true;
		src->interface = *i;
	}
	if (sink->counters != NULL)
		sink->counters(sink->ctx, &p->peer->pub, i);
}

void
wire_interfaces(const struct wire_decoder *d,
    void (*fn)(void *ctx, const struct wire_exporter *e,
	const struct wire_interface *i), void *ctx)
{
	const struct wire_peer *peer;
	const struct wire_source *src;

	TAILQ_FOREACH(peer, &d->all, in_decoder)
		for (uint32_t i = 0; i < peer->sources.size; i++)
			for (const struct wire_node *n =
				 peer->sources.chains[i];
			     n != NULL; n = n->next) {
				src = (const struct wire_source *)
				    (const void *)n;
				if (src->has_interface)
					fn(ctx, &peer->pub, &src->interface);
			}
}
