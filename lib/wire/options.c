/*
 * Option records: sampling rates, the time the exporter was started, names.
 * They never become flows.
 */

#include "wire/decode_int.h"

static void
take_names(struct wire_packet *p, const struct wire_record *r)
{
	const struct wire_shape *s = &r->shape;
	struct wire_name name = { .kind = WIRE_NAME_INTERFACE };

	if (wire_shape_has(s, FLD_INPUT)) {
		name.id = r->flow.input;
		name.name = r->text[TEXT_INTERFACE_DESCRIPTION];
		if (name.name.len == 0)
			name.name = r->text[TEXT_INTERFACE_NAME];
		wire_name_put(p, &name);
	}
	if (wire_shape_has(s, TARGET_TEXT(TEXT_VRF_NAME)) &&
	    wire_shape_has(s, FLD_INGRESS_VRF)) {
		name.kind = WIRE_NAME_VRF;
		name.id = r->flow.ingress_vrf;
		name.name = r->text[TEXT_VRF_NAME];
		wire_name_put(p, &name);
	}
	if (wire_shape_has(s, TARGET_TEXT(TEXT_APP_NAME)) &&
	    wire_shape_has(s, FLD_APP_ID)) {
		name.kind = WIRE_NAME_APP;
		name.id = 0;
		name.app_id = r->flow.app_id;
		name.name = r->text[TEXT_APP_NAME];
		name.description = r->text[TEXT_APP_DESCRIPTION];
		wire_name_put(p, &name);
	}
}

void
wire_options(struct wire_packet *p, const struct wire_record *r)
{
	struct wire_counters *c = &p->peer->pub.counters;
	struct wire_sampler s;
	struct wire_rate rate;

	c->option_records++;
	if ((r->shape.steps & STEP_INLINE) != 0 &&
	    wire_rate_announced(r, &s, &rate)) {
		c->samplers++;
		wire_sampler_put(p, &s, &rate);
	}
	if (wire_shape_slot(&r->shape, SLOT_INIT_TIME) &&
	    r->slot[SLOT_INIT_TIME] != 0 &&
	    (!p->peer->has_init_time ||
		p->peer->init_time_ms != r->slot[SLOT_INIT_TIME])) {
		p->d->is_changed = true;
		p->peer->has_init_time = true;
		p->peer->init_time_ms = r->slot[SLOT_INIT_TIME];
	}
	take_names(p, r);
}
