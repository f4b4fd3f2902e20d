/*
 * The members of a flow in JSON: their printers and tables.
 */

#include <assert.h>
#include <string.h>

#include "flow/derive.h"
#include "output/format_int.h"
#include "output/json.h"
#include "output/number.h"
#include "output/schema_int.h"

static_assert(TOKEN_SPAN_FACTOR >= JSON_TEXT_FACTOR, "room for a text");

/* What prints no quotes of its own. */
static char *
quoted(char *p, print_fn print, struct cell *c, uint32_t row)
{
	*p++ = '"';
	p = print(p, c, row);
	*p++ = '"';
	return p;
}

static char *
put_quoted(char *p, const char *text)
{
	return json_put_text(p, text, strlen(text));
}

static char *
json_type(char *p, struct cell *c, uint32_t row)
{
	return put_quoted(p, CELL(c, 0, uint8_t) & FLOW_EVENT ? "EVENT" :
	    "FLOW");
}

static char *
json_ident(char *p, struct cell *c, uint32_t row)
{
	(void)row;
	return put_quoted(p, c->ident);
}

static char *
json_sampled(char *p, struct cell *c, uint32_t row)
{
	*p++ = CELL(c, 0, uint8_t) & FLOW_SAMPLED ? '1' : '0';
	return p;
}

/* Without a zone, as nfdump has it. */
static char *
json_date(char *p, struct cell *c, uint32_t row)
{
	char *end = quoted(p, print_date, c, row);

	*(char *)memchr(p, ' ', (size_t)(end - p)) = 'T';
	return end;
}

static char *
json_iso(char *p, struct cell *c, uint32_t row)
{
	return json_put_time(p, &c->civil, CELL(c, 0, uint64_t));
}

static char *
json_icmp_type(char *p, struct cell *c, uint32_t row)
{
	return number_put(p, CELL(c, 0, uint16_t) >> 8);
}

static char *
json_icmp_code(char *p, struct cell *c, uint32_t row)
{
	return number_put(p, CELL(c, 0, uint16_t) & 0xff);
}

/* As stored, also when the protocol is not TCP. */
static char *
json_flags(char *p, struct cell *c, uint32_t row)
{
	*p++ = '"';
	p = print_flags(p, CELL(c, 0, uint8_t));
	*p++ = '"';
	return p;
}

static char *
put_addr(char *p, struct addr a, bool is_v6)
{
	*p++ = '"';
	p += is_v6 ? addr_format_v6(a, p) : addr_format_v4((uint32_t)a.lo, p);
	*p++ = '"';
	return p;
}

static char *
json_addr_v4(char *p, struct cell *c, uint32_t row)
{
	return put_addr(p, CELL(c, 0, struct addr), false);
}

static char *
json_addr_v6(char *p, struct cell *c, uint32_t row)
{
	return put_addr(p, CELL(c, 0, struct addr), true);
}

/*
 * The network of an address; empty when neither mask is known.  A mask that
 * is too long is that of a host.
 */
static char *
json_net(char *p, struct cell *c, uint32_t row)
{
	unsigned mask = CELL(c, 0, uint8_t), other = CELL(c, 1, uint8_t);
	struct addr a = CELL(c, 2, struct addr);
	bool is_v6 = print_is_v6(a, CELL(c, 3, uint64_t), c->arg);

	if ((mask | other) == 0)
		return put_quoted(p, "");
	return put_addr(p, addr_mask(a, is_v6 ? mask : 96 + mask), is_v6);
}

static char *
json_mac(char *p, struct cell *c, uint32_t row)
{
	return quoted(p, print_mac, c, row);
}

static char *
json_mpls(char *p, struct cell *c, uint32_t row)
{
	return quoted(p, print_mpls, c, row);
}

/* "%f" of milliseconds. */
static char *
json_latency(char *p, struct cell *c, uint32_t row)
{
	p = print_milli(p, c, row);
	memcpy(p, "000", 3);
	return p + 3;
}

static char *
json_quoted_u8(char *p, struct cell *c, uint32_t row)
{
	return quoted(p, print_u8, c, row);
}

static char *
json_quoted_u16(char *p, struct cell *c, uint32_t row)
{
	return quoted(p, print_u16, c, row);
}

static char *
json_quoted_u32(char *p, struct cell *c, uint32_t row)
{
	return quoted(p, print_u32, c, row);
}

static char *
json_fw_event(char *p, struct cell *c, uint32_t row)
{
	return quoted(p, print_fw_event, c, row);
}

/* Names of the IANA registry of natEvent; of others none. */
static char *
json_nat_event(char *p, struct cell *c, uint32_t row)
{
	static const char *const names[] = { "Reserved",
		"NAT translation create", "NAT translation delete",
		"NAT Addresses exhausted", "NAT44 session create",
		"NAT44 session delete", "NAT64 session create",
		"NAT64 session delete", "NAT44 BIB create",
		"NAT44 BIB delete", "NAT64 BIB create", "NAT64 BIB delete",
		"NAT ports exhausted", "Quota Exceeded",
		"Address binding create", "Address binding delete",
		"Port block allocation", "Port block de-allocation",
		"Threshold Reached" };
	uint8_t event = CELL(c, 0, uint8_t);

	return put_quoted(p, event < sizeof(names) / sizeof(names[0]) ?
	    names[event] : "");
}

/* "0x1/0x2/0x3" */
static char *
json_acl(char *p, struct cell *c, uint32_t row)
{
	*p++ = '"';
	for (unsigned i = 0; i < 3; i++) {
		if (i > 0)
			*p++ = '/';
		memcpy(p, "0x", 2);
		p = number_hex(p + 2, CELL(c, i, uint32_t), 1);
	}
	*p++ = '"';
	return p;
}

static char *
json_country(char *p, struct cell *c, uint32_t row)
{
	char code[2] = { '.', '.' };

	c->country(c->ctx, CELL(c, 0, struct addr), code);
	return json_put_text(p, code, code[0] == '.' ? 0 : sizeof(code));
}

static char *
json_span(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	return json_put_text(p, s->data, s->len);
}

static char *
json_user(char *p, struct cell *c, uint32_t row)
{
	if (CELL(c, 0, struct span).len == 0)
		return put_quoted(p, "<empty>");
	return json_span(p, c, row);
}

static char *
json_label(char *p, struct cell *c, uint32_t row)
{
	if ((CELL(c, 1, uint64_t) & FLOW_EXT(EXT_LABEL)) == 0)
		return put_quoted(p, "<none>");
	return json_span(p, c, row);
}

/* Of lists too long for JA4 it is empty. */
static char *
json_ja4(char *p, struct cell *c, uint32_t row)
{
	char text[TLS_JA4_LEN + 1], *end = print_ja4(text, c, row);
	size_t len = (size_t)(end - text);

	return json_put_text(p, text, len == TLS_JA4_LEN ? len : 0);
}

static char *
json_ja3(char *p, struct cell *c, uint32_t row)
{
	return quoted(p, print_ja3, c, row);
}

static char *
json_tls_version(char *p, struct cell *c, uint32_t row)
{
	return quoted(p, print_tls_version, c, row);
}

static char *
json_app_id(char *p, struct cell *c, uint32_t row)
{
	return quoted(p, print_app_id, c, row);
}

static char *
json_hex(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	*p++ = '"';
	for (uint32_t i = 0; i < s->len; i++)
		p = number_hex(p, s->data[i], 2);
	*p++ = '"';
	return p;
}

#define ANY 0
#define EXT(name) FLOW_EXT(EXT_##name)

#define ROW(lead, name, need, kind, type, printer, arg, ...) \
	{ { name, "", TOKEN_##kind, printer, arg, need, \
	      { __VA_ARGS__, FLD_NONE } }, lead, JSON_##type },

const struct member json_table[] = {
#define JSON(name, ...) ROW(",\n\t\"" name "\" : ", name, __VA_ARGS__)
#define BOTH JSON
#include "output/json.def"
};

const struct member ndjson_table[] = {
#define LINE(name, ...) ROW(",\"" name "\":", name, __VA_ARGS__)
#define BOTH LINE
#include "output/json.def"
};

const size_t json_count = sizeof(json_table) / sizeof(json_table[0]);
const size_t ndjson_count = sizeof(ndjson_table) / sizeof(ndjson_table[0]);

bool
member_is_wanted(const struct member *m, const struct format_options *o)
{
	enum field_id id = m->token.field[0];

	switch (m->token.kind) {
	case TOKEN_OUTSIDE:
		return false;
	case TOKEN_EVERY:
		return true;
	case TOKEN_COUNTRY:
		return o->country != NULL &&
		    (!o->is_keyed || fieldset_has(&o->countries, id));
	case TOKEN_FILE:
	case TOKEN_LONG:
	case TOKEN_TLS:
		return !o->is_report;
	case TOKEN_ASKED:
		return fieldset_has(&o->found, id);
	default:
		return !o->is_keyed || fieldset_has(&o->found, id);
	}
}

/*
 * Of what was found out the extension says nothing but the family of an
 * address; nfdump 1.7.1 goes by it all the same, where rows are flows.
 */
uint64_t
member_need(const struct member *m, const struct format_options *o,
    bool is_array)
{
	enum field_id id = m->token.field[0];

	if (m->token.extensions == 0 || !fieldset_has(&o->found, id) ||
	    field_table[id].type == FIELD_ADDR || (is_array && !o->is_keyed))
		return m->token.extensions;
	return m->token.extensions & (ROW_PORTS | ROW_ICMP);
}

/* Of pairs of extensions those of IPv4; for IPv6 the next bit stands. */
#define PAIRS_V4 \
	(EXT(IPV4) | EXT(BGP_V4) | EXT(NEXT_HOP_V4) | EXT(EXPORTER_V4) | \
	    EXT(XLATE_V4) | EXT(TUNNEL_V4))

void
member_source_bind(struct member_source *s, const struct batch *b)
{
	s->proto = BATCH_COL(b, PROTO, uint8_t);
	s->ident_len = b->ident == NULL || strcmp(b->ident, "none") == 0 ?
	    0 : strlen(b->ident);
}

uint64_t
member_bits(const struct member_source *s, uint64_t extensions, uint32_t row)
{
	uint64_t bits = extensions & (FLOW_EXT(EXT_COUNT) - 1);
	uint64_t events = bits & (EXT(FW_EVENT) | EXT(NAT_EVENT));

	if (s->is_keyed) /* no address counts as 0.0.0.0 */
		bits |= ~(bits | bits >> 1) & PAIRS_V4;
	if (events == EXT(NAT_EVENT))
		bits |= ROW_NAT_ALONE;
	if ((bits & EXT(VRF)) != 0 && (bits & EXT(NAT_EVENT)) == 0)
		bits |= ROW_VRF_ALONE;
	if (s->ident_len > 0)
		bits |= ROW_IDENT;
	if (s->hello != NULL)
		bits |= print_hello_bits(s->hello, row);
	return bits | (flow_is_icmp(s->proto[row]) ? ROW_ICMP : ROW_PORTS);
}

void
format_number_rows(const struct buffer *rows, uint64_t *count,
    struct buffer *out)
{
	static const char key[] = "{\"cnt\":";
	const char *row = rows->data, *stop, *end;
	char *p;

	if (rows->len == 0)
		return;
	for (stop = row + rows->len; row < stop; row = end) {
		end = (const char *)memchr(row, '\n',
		    (size_t)(stop - row)) + 1;
		p = buffer_room(out, NUMBER_ROOM + (size_t)(end - row));
		if (p == NULL)
			return;
		p = number_text_left(p, key, sizeof(key) - 1, 0);
		p = number_put(p, ++*count);
		*p++ = ',';
		row++; /* its brace */
		memcpy(p, row, (size_t)(end - row));
		p += end - row;
		out->len = (size_t)(p - out->data);
	}
}

/* Some members stand in two places, of which a row has one. */
static bool
is_new(const struct member *members, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(members[i].token.name, members[n].token.name) == 0)
			return false;
	return true;
}

static void
add_schema(const struct member *members, size_t count, const char *report,
    struct buffer *out)
{
	for (size_t i = 0; i < count; i++)
		if (is_new(members, i))
			schema_add(out, report, members[i].token.name,
			    members[i].type);
}

void
format_json_schema(const char *report, struct buffer *out)
{
	add_schema(json_table, json_count, report, out);
}

void
format_ndjson_schema(const char *report, struct buffer *out)
{
	add_schema(ndjson_table, ndjson_count, report, out);
}
