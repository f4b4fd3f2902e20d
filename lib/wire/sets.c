/*
 * Sets of NetFlow v9 and IPFIX: find their ends, tell what they hold, and
 * run data records through the copy program of their template.
 */

#include "wire/decode_int.h"

#define SET_HEADER_LEN 4

/* So far behind its export a time is in the future: a day. */
#define FUTURE_MS UINT64_C(86400000)

/* Only zero bytes left. */
static bool
is_padding(const struct reader *r)
{
	for (size_t i = 0; i < r->left; i++)
		if (r->pos[i] != 0)
			return false;
	return true;
}

bool
wire_definitions_end(struct wire_packet *p, const struct reader *set,
    size_t header_len)
{
	if (set->left < header_len)
		return true;
	if (load_be32(set->pos) != 0)
		return false;
	if (!is_padding(set))
		wire_refuse(p, KIND_TEMPLATE, "zeros before the end of a set");
	return true;
}

void
wire_emit(struct wire_packet *p, const struct flow *f)
{
	struct wire_counters *c = &p->peer->pub.counters;

	c->flows++;
	if (p->is_replay)
		c->records_replayed++;
	if (f->last_ms > p->export_ms &&
	    f->last_ms - p->export_ms > FUTURE_MS)
		c->future_times++;
	p->d->sink.flow(p->d->sink.ctx, &p->peer->pub, f);
}

void
wire_record_init(const struct wire_packet *p, const struct wire_template *t,
    struct wire_record *r)
{
	const struct wire_exporter *e = &p->peer->pub;
	struct flow *f = &r->flow;

	memset(r, 0, sizeof(*r));
	r->shape = t->shape;
	r->shape.extensions |= FLOW_EXT(addr_is_v4(e->addr) ?
		EXT_EXPORTER_V4 : EXT_EXPORTER_V6);
	f->exporter_addr = e->addr;
	f->exporter_id = e->sysid;
	f->export_version = (uint8_t)p->version;
	f->received_ms = p->received_ms;
	if (p->version == 9) {
		f->engine_type = (uint8_t)(e->id >> 8);
		f->engine_id = (uint8_t)e->id;
	}
	if (!wire_shape_has(&t->shape, FLD_FLOWS))
		f->flows = 1;
	wire_fill_addresses(r);
}

static void
deliver(struct wire_packet *p, const struct wire_template *t,
    struct wire_record *r)
{
	if (t->is_options) {
		wire_options(p, r);
		return;
	}
	wire_finish(p, r);
	wire_emit(p, &r->flow);
}

static void
fixed_records(struct wire_packet *p, const struct wire_template *t,
    const uint8_t *body, size_t len)
{
	struct wire_record *r = &p->d->record;
	size_t n = len / t->record_len;

	p->records += (uint32_t)n;
	if (!t->is_known && !t->is_options)
		return;
	wire_record_init(p, t, r);
	for (size_t i = 0; i < n; i++, body += t->record_len) {
		if (i > 0 && t->is_reset)
			wire_record_init(p, t, r);
		wire_copy_fixed(t, r, body);
		deliver(p, t, r);
	}
}

static void
variable_records(struct wire_packet *p, const struct wire_template *t,
    const uint8_t *body, size_t len)
{
	struct wire_record *r = &p->d->record;
	unsigned malformed = 0;
	struct reader in;

	reader_init(&in, body, len);
	while (in.left >= t->record_len) {
		wire_record_init(p, t, r);
		if (wire_copy_variable(t, r, &in, &p->peer->templates,
			&malformed) == -1) {
			p->peer->pub.counters.cut_records++;
			p->is_uncountable = true;
			wire_tell(p, KIND_RECORD,
			    "record of template %u runs past its set", t->id);
			break;
		}
		p->records++;
		if (t->is_known || t->is_options)
			deliver(p, t, r);
	}
	if (malformed > 0) {
		p->peer->pub.counters.malformed_list += malformed - 1;
		wire_refuse(p, KIND_LIST, "list in a record of template %u",
		    t->id);
	}
}

void
wire_data_set(struct wire_packet *p, struct wire_template *t,
    const uint8_t *body, size_t len)
{
	struct wire_peer *peer = p->peer;

	TAILQ_REMOVE(&peer->template_lru, t, lru);
	TAILQ_INSERT_TAIL(&peer->template_lru, t, lru);
	if (!t->is_options)
		wire_rate_prepare(p);
	/* Less than the shortest record is padding, zero or not. */
	if (t->is_variable)
		variable_records(p, t, body, len);
	else
		fixed_records(p, t, body, len);
}

static void
data_set(struct wire_packet *p, uint16_t id, const uint8_t *body, size_t len)
{
	struct wire_template *t;

	p->has_data = true;
	t = wire_template_find(&p->peer->templates, id);
	if (t != NULL) {
		wire_data_set(p, t, body, len);
		return;
	}
	p->is_uncountable = true;
	wire_held_add(p, id, body, len);
}

void
wire_definition_cut(struct wire_packet *p, const struct wire_definition *def,
    size_t left)
{
	wire_refuse(p, KIND_TEMPLATE,
	    "template %u of %u fields, %zu bytes are left", def->id,
	    def->fields, left);
}

/* The data that follows is not what the old template of that id says. */
static void
forget_template(struct wire_packet *p, uint16_t id)
{
	struct wire_template *t = wire_template_find(&p->peer->templates, id);

	if (t != NULL)
		wire_template_drop(p->d, p->peer, t);
}

void
wire_definition_take(struct wire_packet *p, const struct wire_definition *def)
{
	if (def->id < WIRE_TEMPLATE_FIRST) {
		wire_refuse(p, KIND_TEMPLATE, "template id %u", def->id);
	} else if (def->fields > p->d->limits.fields_per_template) {
		wire_tell(p, KIND_LIMIT, "template %u of %u fields", def->id,
		    def->fields);
		forget_template(p, def->id);
	} else if (wire_definition_empty(def)) {
		wire_refuse(p, KIND_TEMPLATE, "template %u: record length 0",
		    def->id);
		forget_template(p, def->id);
	} else {
		wire_template_put(p, def);
	}
}

static void
one_set(struct wire_packet *p, const struct wire_protocol *proto, uint16_t id,
    const uint8_t *body, size_t len)
{
	struct reader set;

	reader_init(&set, body, len);
	if (len == 0)
		return;
	if (id >= WIRE_TEMPLATE_FIRST)
		data_set(p, id, body, len);
	else if (id == proto->template_set)
		proto->templates(p, &set);
	else if (id == proto->options_set)
		proto->options(p, &set);
	else
		wire_refuse(p, KIND_SET_ID, "set id %u", id);
}

void
wire_sets(struct wire_packet *p, const struct wire_protocol *proto,
    struct reader *in)
{
	const uint8_t *body;
	uint16_t id;
	uint16_t len;

	while (in->left >= SET_HEADER_LEN && !is_padding(in)) {
		id = (uint16_t)reader_uint(in, 2);
		len = (uint16_t)reader_uint(in, 2);
		if (len < SET_HEADER_LEN ||
		    (size_t)len - SET_HEADER_LEN > in->left) {
			wire_refuse(p, KIND_SET_LEN,
			    "set %u of %u bytes, %zu are left", id, len,
			    in->left + SET_HEADER_LEN);
			p->is_uncountable = true;
			return;
		}
		body = reader_take(in, (size_t)len - SET_HEADER_LEN);
		one_set(p, proto, id, body, (size_t)len - SET_HEADER_LEN);
	}
}
