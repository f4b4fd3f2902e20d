/*
 * NetFlow v9 (RFC 3954): header, template and options template sets.
 */

#include "wire/decode_int.h"

#define HEADER_REST_LEN 16 /* behind version and count */
#define SPEC_LEN 4
#define TEMPLATE_HEADER_LEN 4
#define OPTIONS_HEADER_LEN 6

/*
 * Take a definition out of the set; one without fields says nothing.  -1 when
 * the rest of the set cannot be read.
 */
static int
take_fields(struct wire_packet *p, struct wire_definition *def,
    struct reader *set)
{
	def->def_len = (size_t)def->fields * SPEC_LEN;
	def->def = reader_take(set, def->def_len);
	if (def->def == NULL) {
		wire_definition_cut(p, def, set->left);
		return -1;
	}
	if (def->fields > 0 || def->id < WIRE_TEMPLATE_FIRST)
		wire_definition_take(p, def);
	return 0;
}

static void
templates(struct wire_packet *p, struct reader *set)
{
	struct wire_definition def = { .version = 9 };

	while (!wire_definitions_end(p, set, TEMPLATE_HEADER_LEN)) {
		def.id = (uint16_t)reader_uint(set, 2);
		def.fields = (uint16_t)reader_uint(set, 2);
		if (take_fields(p, &def, set) == -1)
			return;
	}
}

static void
options(struct wire_packet *p, struct reader *set)
{
	struct wire_definition def = { .version = 9, .is_options = true };
	uint32_t scopes_len;
	uint32_t options_len;

	while (!wire_definitions_end(p, set, OPTIONS_HEADER_LEN)) {
		def.id = (uint16_t)reader_uint(set, 2);
		scopes_len = (uint32_t)reader_uint(set, 2);
		options_len = (uint32_t)reader_uint(set, 2);
		if (scopes_len % SPEC_LEN != 0 || options_len % SPEC_LEN != 0) {
			wire_refuse(p, KIND_TEMPLATE,
			    "options template %u: %u and %u bytes of fields",
			    def.id, scopes_len, options_len);
			return;
		}
		def.scopes = (uint16_t)(scopes_len / SPEC_LEN);
		def.fields = (uint16_t)((scopes_len + options_len) / SPEC_LEN);
		if (take_fields(p, &def, set) == -1)
			return;
	}
}

static const struct wire_protocol protocol = { 0, 1, templates, options };

void
wire_netflow9(struct wire_packet *p, struct reader *in)
{
	uint32_t sequence;
	uint32_t source;

	reader_take(in, 4);
	if (in->left < HEADER_REST_LEN) {
		wire_refuse(p, KIND_HEADER, "NetFlow v9 header cut at %zu",
		    in->left + 4);
		return;
	}
	p->uptime = (uint32_t)reader_uint(in, 4);
	p->export_ms = reader_uint(in, 4) * 1000;
	sequence = (uint32_t)reader_uint(in, 4);
	source = (uint32_t)reader_uint(in, 4);
	if ((p->peer = wire_peer_get(p, source)) == NULL)
		return;
	p->peer->pub.counters.packets++;
	wire_sequence(p, sequence, 1);
	wire_held_expire(p);
	wire_sets(p, &protocol, in);
	wire_held_replay(p);
}
