/*
 * IPFIX (RFC 7011): messages, template and options template sets.
 */

#include "wire/decode_int.h"

#define HEADER_LEN 16
#define IPFIX_VERSION 10
#define TEMPLATE_SET 2
#define OPTIONS_SET 3
#define TEMPLATE_HEADER_LEN 4

static void
withdraw_all(struct wire_packet *p, bool is_options)
{
	struct wire_template *t;
	struct wire_template *next;

	for (t = TAILQ_FIRST(&p->peer->template_lru); t != NULL; t = next) {
		next = TAILQ_NEXT(t, lru);
		if (t->is_options == is_options)
			wire_template_drop(p->d, p->peer, t);
	}
}

/* A template of no fields takes one back, or all of its kind. */
static void
withdraw(struct wire_packet *p, uint16_t id, bool is_options)
{
	struct wire_template *t;

	p->peer->pub.counters.template_records++;
	if (id == (is_options ? OPTIONS_SET : TEMPLATE_SET)) {
		withdraw_all(p, is_options);
		return;
	}
	if (id < WIRE_TEMPLATE_FIRST) {
		wire_refuse(p, KIND_TEMPLATE, "withdrawal of template id %u",
		    id);
		return;
	}
	t = wire_template_find(&p->peer->templates, id);
	if (t != NULL && t->is_options == is_options)
		wire_template_drop(p->d, p->peer, t);
}

/* Take the fields out of the set; -1 when they do not fit. */
static int
take_fields(struct wire_packet *p, struct wire_definition *def,
    struct reader *set)
{
	size_t left = set->left;
	struct wire_spec s;

	def->def = set->pos;
	for (unsigned i = 0; i < def->fields && !set->bad; i++)
		wire_spec_read(set, def->version, &s);
	if (set->bad) {
		wire_definition_cut(p, def, left);
		return -1;
	}
	def->def_len = left - set->left;
	return 0;
}

static void
check_and_put(struct wire_packet *p, const struct wire_definition *def)
{
	if (def->id >= WIRE_TEMPLATE_FIRST && def->is_options &&
	    (def->scopes == 0 || def->scopes > def->fields))
		wire_refuse(p, KIND_TEMPLATE,
		    "options template %u: %u scopes of %u fields", def->id,
		    def->scopes, def->fields);
	else
		wire_definition_take(p, def);
}

static void
definitions(struct wire_packet *p, struct reader *set, bool is_options)
{
	struct wire_definition def = { .version = IPFIX_VERSION,
		.is_options = is_options };

	while (!wire_definitions_end(p, set, TEMPLATE_HEADER_LEN)) {
		def.id = (uint16_t)reader_uint(set, 2);
		def.fields = (uint16_t)reader_uint(set, 2);
		if (def.fields == 0) {
			withdraw(p, def.id, is_options);
			continue;
		}
		if (is_options)
			def.scopes = (uint16_t)reader_uint(set, 2);
		if (take_fields(p, &def, set) == -1)
			return;
		check_and_put(p, &def);
	}
}

static void
templates(struct wire_packet *p, struct reader *set)
{
	definitions(p, set, false);
}

static void
options(struct wire_packet *p, struct reader *set)
{
	definitions(p, set, true);
}

static const struct wire_protocol protocol = { TEMPLATE_SET, OPTIONS_SET,
	templates, options };

/*
 * The sequence number counts data records before this message.  Counting
 * begins with the first message that has data; what could not be counted
 * makes the next message a new beginning.
 */
static void
one_message(struct wire_packet *p, struct reader *in)
{
	uint32_t sequence;
	uint32_t domain;

	p->export_ms = reader_uint(in, 4) * 1000;
	sequence = (uint32_t)reader_uint(in, 4);
	domain = (uint32_t)reader_uint(in, 4);
	if ((p->peer = wire_peer_get(p, domain)) == NULL)
		return;
	p->peer->pub.counters.packets++;
	p->records = 0;
	p->is_uncountable = false;
	p->has_data = false;
	wire_held_expire(p);
	wire_sets(p, &protocol, in);
	if (p->has_data || p->peer->has_sequence)
		wire_sequence(p, sequence, p->records);
	if (p->is_uncountable)
		p->peer->has_sequence = false;
	wire_held_replay(p);
}

void
wire_ipfix(struct wire_packet *p, struct reader *in)
{
	struct reader message;
	uint16_t len;

	if (in->left < HEADER_LEN) {
		wire_refuse(p, KIND_HEADER, "IPFIX header cut at %zu",
		    in->left);
		return;
	}
	while (in->left >= HEADER_LEN && load_be16(in->pos) == IPFIX_VERSION) {
		len = load_be16(in->pos + 2);
		if (len < HEADER_LEN || len > in->left) {
			p->peer = wire_peer_find(p, load_be32(in->pos + 12));
			wire_refuse(p, KIND_MESSAGE_LEN,
			    "IPFIX message of %u bytes, %zu are left", len,
			    in->left);
			return;
		}
		reader_init(&message, reader_take(in, len), len);
		reader_take(&message, 4);
		one_message(p, &message);
	}
}
