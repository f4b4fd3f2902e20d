/*
 * The printers of fmt: tokens and their table.  A printer writes one value
 * of one row without a check: format_rows() has made room.
 */

#include <string.h>

#include "flow/derive.h"
#include "output/format_int.h"
#include "output/number.h"
#include "record/info.h"

/* Addresses longer than 16 characters show their first and last seven. */
#define CUT_PART 7

static const char proto_names[256][6] = {
#define PROTOCOL(number, name) [number] = name,
#include "output/protocols.def"
#undef PROTOCOL
};

const char *
print_proto_name(uint8_t proto)
{
	return proto_names[proto][0] == '\0' ? NULL : proto_names[proto];
}

char *
print_u8(char *p, struct cell *c, uint32_t row)
{
	return number_right(p, CELL(c, 0, uint8_t), c->arg);
}

char *
print_u16(char *p, struct cell *c, uint32_t row)
{
	return number_right(p, CELL(c, 0, uint16_t), c->arg);
}

char *
print_u32(char *p, struct cell *c, uint32_t row)
{
	return number_right(p, CELL(c, 0, uint32_t), c->arg);
}

/* With a blank before it that does not give way to a long number. */
static char *
print_blank_u32(char *p, struct cell *c, uint32_t row)
{
	*p++ = ' ';
	return print_u32(p, c, row);
}

char *
print_u64(char *p, struct cell *c, uint32_t row)
{
	return number_right(p, CELL(c, 0, uint64_t), c->arg);
}

static char *
put_name(char *p, const char *name, unsigned width)
{
	return number_text_right(p, name, strlen(name), width);
}

static char *
counter(char *p, const struct cell *c, uint64_t v)
{
	return c->plain_numbers ? number_right(p, v, c->arg) :
	    number_scaled(p, v, c->arg);
}

static char *
print_scaled(char *p, struct cell *c, uint32_t row)
{
	return counter(p, c, CELL(c, 0, uint64_t));
}

char *
print_flows(char *p, struct cell *c, uint32_t row)
{
	uint64_t flows = CELL(c, 0, uint64_t);

	if (flows == 0 && !c->exact_flows)
		flows = 1;
	return number_right(p, flows, c->arg);
}

char *
print_bps(char *p, struct cell *c, uint32_t row)
{
	uint64_t ms = flow_duration_ms(CELL(c, 1, uint64_t),
	    CELL(c, 2, uint64_t));

	return counter(p, c, flow_rate(CELL(c, 0, uint64_t), 8000, ms));
}

char *
print_pps(char *p, struct cell *c, uint32_t row)
{
	uint64_t ms = flow_duration_ms(CELL(c, 1, uint64_t),
	    CELL(c, 2, uint64_t));

	return counter(p, c, flow_rate(CELL(c, 0, uint64_t), 1000, ms));
}

char *
print_bpp(char *p, struct cell *c, uint32_t row)
{
	uint64_t packets = CELL(c, 1, uint64_t);

	return number_right(p,
	    packets == 0 ? 0 : CELL(c, 0, uint64_t) / packets, c->arg);
}

char *
print_count(char *p, struct cell *c, uint32_t row)
{
	return number_right(p, c->first_row + row + 1, c->arg);
}

/* For what no record holds. */
static char *
print_zero(char *p, struct cell *c, uint32_t row)
{
	(void)row;
	return number_right(p, 0, c->arg);
}

char *
print_hex_u32(char *p, struct cell *c, uint32_t row)
{
	return number_hex(p, CELL(c, 0, uint32_t), c->arg);
}

char *
print_hex_u64(char *p, struct cell *c, uint32_t row)
{
	return number_hex(p, CELL(c, 0, uint64_t), c->arg);
}

static char *
print_obs_domain(char *p, struct cell *c, uint32_t row)
{
	*p++ = '0';
	*p++ = 'x';
	return print_hex_u32(p, c, row);
}

static char *
print_obs_point(char *p, struct cell *c, uint32_t row)
{
	*p++ = '0';
	*p++ = 'x';
	return print_hex_u64(p, c, row);
}

/* "0x800" */
static char *
print_hex_u16(char *p, struct cell *c, uint32_t row)
{
	char text[NUMBER_ROOM] = "0x";
	char *end = number_hex(text + 2, CELL(c, 0, uint16_t), 1);

	return number_text_right(p, text, (size_t)(end - text), c->arg);
}

char *
print_date(char *p, struct cell *c, uint32_t row)
{
	return p + civil_format_ms(&c->civil, CELL(c, 0, uint64_t), p);
}

static char *
print_date_utc(char *p, struct cell *c, uint32_t row)
{
	return p + civil_format_utc(CELL(c, 0, uint64_t), p);
}

/* Thousandths: a time in ms as seconds, a latency in us as ms. */
char *
print_milli(char *p, struct cell *c, uint32_t row)
{
	return number_milli(p, CELL(c, 0, uint64_t), c->arg);
}

char *
print_duration_s(char *p, struct cell *c, uint32_t row)
{
	return number_milli(p, flow_duration_ms(CELL(c, 0, uint64_t),
	    CELL(c, 1, uint64_t)), c->arg);
}

static char *
print_duration(char *p, struct cell *c, uint32_t row)
{
	if (c->plain_numbers)
		return print_duration_s(p, c, row);
	return number_duration(p, flow_duration_ms(CELL(c, 0, uint64_t),
	    CELL(c, 1, uint64_t)));
}

bool
print_is_v6(struct addr a, uint64_t extensions, unsigned v6)
{
	/* of a pair of extensions the one for IPv4 stands before v6 */
	unsigned pair = extensions >> (v6 - 1) & 3;

	return pair == 2 || (!addr_is_v4(a) && !addr_is_zero(a));
}

size_t
print_addr_text(struct addr a, uint64_t extensions, unsigned v6, char *buf)
{
	if (print_is_v6(a, extensions, v6))
		return addr_format_v6(a, buf);
	return addr_format_v4((uint32_t)a.lo, buf);
}

size_t
print_addr_cut(char *text, size_t len)
{
	if (len <= TOKEN_ADDR_WIDTH)
		return len;
	memcpy(text + CUT_PART, "..", 2);
	memmove(text + CUT_PART + 2, text + len - CUT_PART, CUT_PART);
	return TOKEN_ADDR_WIDTH;
}

/* Right-aligned, cut if there is no room; *colon as it joins the port. */
static char *
addr_column(char *p, const struct cell *c, struct addr a, uint64_t extensions,
    char *colon)
{
	char text[ADDR_TEXT_MAX];
	size_t len = print_addr_text(a, extensions, c->arg, text);

	*colon = print_is_v6(a, extensions, c->arg) ? '.' : ':';
	if (c->tags_addresses)
		*p++ = TOKEN_TAG;
	if (c->long_ipv6)
		return number_text_right(p, text, len, TOKEN_ADDR_WIDTH_LONG);
	len = print_addr_cut(text, len);
	return number_text_right(p, text, len, TOKEN_ADDR_WIDTH);
}

static char *
print_addr(char *p, struct cell *c, uint32_t row)
{
	char colon;

	return addr_column(p, c, CELL(c, 0, struct addr),
	    CELL(c, 1, uint64_t), &colon);
}

struct addr
print_addr_net(struct addr a, uint64_t extensions, unsigned v6, uint8_t mask)
{
	unsigned bits = print_is_v6(a, extensions, v6) ? 128 : 32;

	return mask > 0 && mask < bits ? addr_mask(a, 128 - bits + mask) : a;
}

/* The network by the record's mask. */
static char *
print_net(char *p, struct cell *c, uint32_t row)
{
	uint64_t extensions = CELL(c, 1, uint64_t);
	uint8_t mask = CELL(c, 2, uint8_t);
	char colon;

	p = addr_column(p, c, print_addr_net(CELL(c, 0, struct addr),
	    extensions, c->arg, mask), extensions, &colon);
	*p++ = '/';
	return number_left(p, mask, 2);
}

static char *
print_addr_port(char *p, struct cell *c, uint32_t row)
{
	char colon;

	p = addr_column(p, c, CELL(c, 0, struct addr), CELL(c, 1, uint64_t),
	    &colon);
	*p++ = colon;
	return number_left(p, CELL(c, 2, uint16_t), 5);
}

/* "type.code" */
static char *
icmp_text(char *p, uint16_t port)
{
	p = number_put(p, port >> 8);
	*p++ = '.';
	return number_put(p, port & 0xff);
}

static char *
dst_port_left(char *p, uint16_t port, uint8_t proto)
{
	char text[NUMBER_ROOM];

	if (!flow_is_icmp(proto))
		return number_left(p, port, 5);
	return number_text_left(p, text,
	    (size_t)(icmp_text(text, port) - text), 5);
}

static char *
print_addr_dst_port(char *p, struct cell *c, uint32_t row)
{
	char colon;

	p = addr_column(p, c, CELL(c, 0, struct addr), CELL(c, 1, uint64_t),
	    &colon);
	*p++ = colon;
	return dst_port_left(p, CELL(c, 2, uint16_t), CELL(c, 3, uint8_t));
}

/* Without a database no country is known. */
static char *
print_country(char *p, struct cell *c, uint32_t row)
{
	memcpy(p, "..", 2);
	if (c->country != NULL)
		c->country(c->ctx, CELL(c, 0, struct addr), p);
	return p + 2;
}

static char *
geo_column(char *p, struct cell *c, uint32_t row, char *colon)
{
	p = addr_column(p, c, CELL(c, 0, struct addr), CELL(c, 1, uint64_t),
	    colon);
	*p++ = '(';
	p = print_country(p, c, row);
	*p++ = ')';
	return p;
}

static char *
print_geo_addr(char *p, struct cell *c, uint32_t row)
{
	char colon;

	return geo_column(p, c, row, &colon);
}

static char *
print_geo_addr_port(char *p, struct cell *c, uint32_t row)
{
	char colon;

	p = geo_column(p, c, row, &colon);
	*p++ = colon;
	return number_left(p, CELL(c, 2, uint16_t), 5);
}

static char *
print_geo_addr_dst_port(char *p, struct cell *c, uint32_t row)
{
	char colon;

	p = geo_column(p, c, row, &colon);
	*p++ = colon;
	return dst_port_left(p, CELL(c, 2, uint16_t), CELL(c, 3, uint8_t));
}

static char *
print_dst_port(char *p, struct cell *c, uint32_t row)
{
	uint16_t port = CELL(c, 0, uint16_t);
	char text[NUMBER_ROOM];

	if (!flow_is_icmp(CELL(c, 1, uint8_t)))
		return number_right(p, port, c->arg);
	return number_text_right(p, text,
	    (size_t)(icmp_text(text, port) - text), c->arg);
}

char *
print_icmp_type(char *p, struct cell *c, uint32_t row)
{
	return number_right(p, flow_is_icmp(CELL(c, 1, uint8_t)) ?
	    CELL(c, 0, uint16_t) >> 8 : 0, c->arg);
}

char *
print_icmp_code(char *p, struct cell *c, uint32_t row)
{
	return number_right(p, flow_is_icmp(CELL(c, 1, uint8_t)) ?
	    CELL(c, 0, uint16_t) & 0xff : 0, c->arg);
}

static char *
print_proto(char *p, struct cell *c, uint32_t row)
{
	uint8_t proto = CELL(c, 0, uint8_t);
	const char *name = print_proto_name(proto);

	if (c->plain_numbers || name == NULL)
		return number_left(p, proto, c->arg);
	return number_text_left(p, name, strlen(name), c->arg);
}

char *
print_flags(char *p, uint8_t flags)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (flags & 0x80 >> i) ? "CEUAPRSF"[i] : '.';
	return p + 8;
}

char *
print_flags_short(char *p, uint8_t flags)
{
	if (flags > 0x3f) {
		memcpy(p, "  0x", 4);
		return number_hex(p + 4, flags, 2);
	}
	for (unsigned i = 0; i < 6; i++)
		p[i] = (flags & 0x20 >> i) ? "UAPRSF"[i] : '.';
	return p + 6;
}

/* As stored, whatever the protocol. */
char *
print_flags_1_6(char *p, struct cell *c, uint32_t row)
{
	return print_flags_short(p, CELL(c, 0, uint8_t));
}

/* Only TCP has flags. */
char *
print_tcp_flags(char *p, struct cell *c, uint32_t row)
{
	return print_flags(p, CELL(c, 1, uint8_t) == PROTO_TCP ?
	    CELL(c, 0, uint8_t) : 0);
}

static char *
print_direction(char *p, struct cell *c, uint32_t row)
{
	return number_text_right(p, CELL(c, 0, uint8_t) ? "E" : "I", 1,
	    c->arg);
}

char *
print_mac(char *p, struct cell *c, uint32_t row)
{
	return number_mac(p, CELL(c, 0, uint64_t));
}

char *
print_mpls_text(char *p, uint32_t label, unsigned width)
{
	if (label == 0)
		return number_text_right(p, "0-0-0", 5, width);
	p = number_right(p, label >> 4, width > 4 ? width - 4 : 0);
	*p++ = '-';
	*p++ = (char)('0' + (label >> 1 & 7));
	*p++ = '-';
	*p++ = (char)('0' + (label & 1));
	return p;
}

char *
print_mpls(char *p, struct cell *c, uint32_t row)
{
	return print_mpls_text(p, CELL(c, 0, uint32_t), c->arg);
}

static char *
print_mpls_all(char *p, struct cell *c, uint32_t row)
{
	for (unsigned i = 0; i < 10; i++) {
		p = print_mpls_text(p, CELL(c, i, uint32_t), c->arg);
		*p++ = ' ';
	}
	return p;
}

static char *
print_engine(char *p, struct cell *c, uint32_t row)
{
	p = number_right(p, CELL(c, 0, uint8_t), 3);
	*p++ = '/';
	return number_left(p, CELL(c, 1, uint8_t), 3);
}

/*
 * What kind of export the record came from.  nfdump's sFlow collector sets
 * the event flag on IPv6 records: it means nothing there.
 */
char *
print_version(char *p, struct cell *c, uint32_t row)
{
	uint8_t version = CELL(c, 0, uint8_t);
	const char *kind = version >= 0x80 ? "Sv" : version >= 0x40 ? "Pv" :
	    "Nv";

	if (version < 0x80 && CELL(c, 1, uint8_t) & FLOW_EVENT) {
		memcpy(p, "EVT", 3);
		return number_put(p + 3, version);
	}
	if (version == 0)
		return number_text_right(p, "FLO", 3, c->arg);
	if (version == RECORD_TERA)
		return number_text_right(p, "Ter", 3, c->arg);
	memcpy(p, kind, 2);
	return number_put(p + 2, version & 0xf);
}

/* "31/255" */
static char *
print_ttl(char *p, struct cell *c, uint32_t row)
{
	char text[NUMBER_ROOM], *end;

	end = number_put(text, CELL(c, 0, uint8_t));
	*end++ = '/';
	end = number_put(end, CELL(c, 1, uint8_t));
	return number_text_right(p, text, (size_t)(end - text), c->arg);
}

static char *
print_newline(char *p, struct cell *c, uint32_t row)
{
	(void)c;
	(void)row;
	*p++ = '\n';
	return p;
}

static char *
print_nothing(char *p, struct cell *c, uint32_t row)
{
	(void)c;
	(void)row;
	return p;
}

const char *
print_fw_name(uint8_t event)
{
	static const char names[][8] = { "IGNORE", "CREATE", "DELETE",
		"DENIED", "ALERT", "UPDATE" };

	return event < sizeof(names) / sizeof(names[0]) ? names[event] :
	    "UNKNOW";
}

const char *
print_nat_name(uint8_t event)
{
	static const char names[][8] = { "INVALID", "ADD", "DELETE" };

	return event < sizeof(names) / sizeof(names[0]) ? names[event] :
	    "UNKNOW";
}

/* The firewall event, or the NAT event of a record that has only that. */
char *
print_fw_event(char *p, struct cell *c, uint32_t row)
{
	return put_name(p, CELL(c, 2, uint64_t) & FLOW_EXT(EXT_FW_EVENT) ?
	    print_fw_name(CELL(c, 0, uint8_t)) :
	    print_nat_name(CELL(c, 1, uint8_t)), c->arg);
}

/* The other way round. */
static char *
print_nat_event(char *p, struct cell *c, uint32_t row)
{
	if (CELL(c, 2, uint64_t) & FLOW_EXT(EXT_NAT_EVENT))
		return put_name(p, print_nat_name(CELL(c, 1, uint8_t)),
		    c->arg);
	return print_fw_event(p, c, row);
}

char *
print_xevent_text(char *p, uint16_t event, unsigned width)
{
	static const char names[][8] = { "I-ACL", "E-ACL", "Adap", "No Syn" };

	if (event == 0)
		return put_name(p, "Ignore", width);
	if (event < 1001 || event > 1004)
		return number_right(p, event, width);
	return put_name(p, names[event - 1001], width);
}

static char *
print_xevent(char *p, struct cell *c, uint32_t row)
{
	return print_xevent_text(p, CELL(c, 0, uint16_t), c->arg);
}

static char *
print_acl_in(char *p, struct cell *c, uint32_t row)
{
	for (unsigned i = 0; i < 3; i++) {
		char text[NUMBER_ROOM];
		char *end = number_hex(text, CELL(c, i, uint32_t), 1);

		if (i > 0)
			*p++ = ' ';
		*p++ = '0';
		*p++ = 'x';
		p = number_text_left(p, text, (size_t)(end - text), c->arg);
	}
	return p;
}

/* In decimal, unlike the other one. */
static char *
print_acl_out(char *p, struct cell *c, uint32_t row)
{
	for (unsigned i = 0; i < 3; i++) {
		if (i > 0)
			*p++ = ' ';
		p = number_right(p, CELL(c, i, uint32_t), c->arg);
	}
	return p;
}

#define MPLS_HEADING \
	"                                               MPLS labels 1-10" \
	"                                                                   "

const struct token token_table[] = {
#define TOKEN(name, heading, kind, printer, arg, ...) \
	{ name, heading, TOKEN_##kind, print_##printer, arg, 0, \
	    { __VA_ARGS__, FLD_NONE } },
#include "output/tokens.def"
};

const size_t token_count = sizeof(token_table) / sizeof(token_table[0]);

static const struct token tokens_1_6[] = {
#define TOKEN(name, heading, kind, printer, arg, ...) \
	{ name, heading, TOKEN_##kind, print_##printer, arg, 0, \
	    { __VA_ARGS__, FLD_NONE } },
#include "output/tokens_1_6.def"
};

const struct token_changes token_changes_1_6 = { tokens_1_6,
	sizeof(tokens_1_6) / sizeof(tokens_1_6[0]) };
