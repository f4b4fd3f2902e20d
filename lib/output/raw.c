/*
 * The lines of raw: a label and a value each, for people to read.
 */

#include <string.h>

#include "flow/derive.h"
#include "output/format_int.h"
#include "output/number.h"
#include "record/v3.h"

#define VALUE_WIDTH 17
#define SECOND_MS 1000

static char *
put_text(char *p, const char *text)
{
	return number_text_left(p, text, strlen(text), 0);
}

/* "0x", two digits, right-aligned in the width of values */
static char *
print_record_flags(char *p, struct cell *c, uint32_t row)
{
	uint8_t flags = CELL(c, 0, uint8_t), version = CELL(c, 1, uint8_t);

	p = number_text_right(p, "0x", 2, c->arg - 2);
	p = number_hex(p, flags, 2);
	if (flags & FLOW_EVENT)
		p = put_text(p, " EVENT");
	else if (version == 0)
		p = put_text(p, " FLOW");
	else {
		p = put_text(p, version >= 0x80 ? " SFLOW v" :
		    version >= 0x40 ? " PCAP v" : " NETFLOW v");
		p = number_put(p, version & 0xf);
	}
	if (flags & FLOW_ANONYMISED)
		p = put_text(p, " Anonymized");
	return put_text(p, flags & FLOW_SAMPLED ? ", Sampled" :
	    ", Unsampled");
}

/* As 1.6 would have stored the record: its counters have 64 bits. */
static char *
print_record_flags_1_6(char *p, struct cell *c, uint32_t row)
{
	uint8_t flags = CELL(c, 0, uint8_t);
	uint64_t extensions = CELL(c, 1, uint64_t);
	unsigned v = 0x06;

	v |= (extensions & FLOW_EXT(EXT_IPV6)) ? 0x01 : 0;
	v |= (extensions & FLOW_EXT(EXT_NEXT_HOP_V6)) ? 0x08 : 0;
	v |= (extensions & FLOW_EXT(EXT_BGP_V6)) ? 0x10 : 0;
	v |= (extensions & FLOW_EXT(EXT_EXPORTER_V6)) ? 0x20 : 0;
	v |= (flags & FLOW_EVENT) ? 0x40 : 0;
	v |= (flags & FLOW_SAMPLED) ? 0x80 : 0;
	p = number_text_right(p, "0x", 2, c->arg - 2);
	p = number_hex(p, v, 2);
	p = put_text(p, flags & FLOW_EVENT ? " EVENT" : " FLOW");
	return put_text(p, flags & FLOW_SAMPLED ? ", Sampled" :
	    ", Unsampled");
}

/* Number of the extensions, and which. */
static char *
print_elements(char *p, struct cell *c, uint32_t row)
{
	uint64_t extensions = CELL(c, 0, uint64_t);
	unsigned count = 0;

	for (unsigned ext = EXT_GENERIC; ext < EXT_COUNT; ext++)
		count += extensions >> ext & 1;
	p = number_right(p, count, c->arg);
	p = put_text(p, ": ");
	for (unsigned ext = EXT_GENERIC; ext < EXT_COUNT; ext++)
		if (extensions >> ext & 1) {
			p = number_put(p, ext);
			*p++ = ' ';
		}
	return p;
}

/* Bytes of the record, as we would write it. */
static char *
print_record_size(char *p, struct cell *c, uint32_t row)
{
	static const uint8_t spans[] = { EXT_APP_ID, EXT_LABEL,
		EXT_IN_PAYLOAD, EXT_OUT_PAYLOAD, EXT_FRAME, EXT_PF_LOG,
		EXT_NOKIA_STRING };
	uint64_t extensions = CELL(c, 0, uint64_t);
	uint32_t len[EXT_COUNT] = { 0 };
	size_t size = RECORD_V3_HEADER_LEN;

	for (unsigned i = 0; i < sizeof(spans); i++)
		len[spans[i]] = CELL(c, i + 1, struct span).len;
	for (unsigned ext = EXT_GENERIC; ext < EXT_COUNT; ext++)
		if (extensions >> ext & 1)
			size += record_extension_size(ext, len[ext]);
	return number_right(p, size, c->arg);
}

/* Milliseconds, and the date; the first second of all is no date. */
static char *
print_time(char *p, struct cell *c, uint32_t row)
{
	uint64_t ms = CELL(c, 0, uint64_t);
	unsigned frac = (unsigned)(ms % SECOND_MS);

	p = number_right(p, ms, c->arg);
	p = put_text(p, " [");
	if (ms < SECOND_MS) {
		p = put_text(p, "<unknown>.");
		*p++ = (char)('0' + frac / 100);
		*p++ = (char)('0' + frac / 10 % 10);
		*p++ = (char)('0' + frac % 10);
	} else
		p = print_date(p, c, row);
	*p++ = ']';
	return p;
}

/* Seconds, and the date; milliseconds have a line of their own. */
static char *
print_seconds(char *p, struct cell *c, uint32_t row)
{
	uint64_t ms = CELL(c, 0, uint64_t);

	p = number_right(p, ms / SECOND_MS, c->arg);
	p = put_text(p, " [");
	p += civil_format_s(&c->civil, ms, p);
	*p++ = ']';
	return p;
}

static char *
print_millis(char *p, struct cell *c, uint32_t row)
{
	return number_right(p, CELL(c, 0, uint64_t) % SECOND_MS, c->arg);
}

/* Number and name; numbers above the last name are padded. */
static char *
put_proto(char *p, uint32_t proto, unsigned width)
{
	const char *name = proto > UINT8_MAX ? NULL :
	    print_proto_name((uint8_t)proto);

	p = number_right(p, proto, width);
	*p++ = ' ';
	return name != NULL ? put_text(p, name) :
	    number_left(p, proto, proto > PROTO_NAMED_MAX ? 5 : 0);
}

static char *
print_proto_number(char *p, struct cell *c, uint32_t row)
{
	return put_proto(p, CELL(c, 0, uint8_t), c->arg);
}

/* The same, with a name of five letters. */
static char *
print_proto_padded(char *p, struct cell *c, uint32_t row)
{
	uint8_t proto = CELL(c, 0, uint8_t);
	const char *name = print_proto_name(proto);

	p = number_right(p, proto, c->arg);
	*p++ = ' ';
	return name != NULL ? number_text_left(p, name, strlen(name), 5) :
	    number_left(p, proto, 5);
}

static char *
print_tunnel_proto(char *p, struct cell *c, uint32_t row)
{
	return put_proto(p, CELL(c, 0, uint32_t), c->arg);
}

static char *
print_hex_flags(char *p, struct cell *c, uint32_t row)
{
	uint8_t flags = CELL(c, 1, uint8_t) == PROTO_TCP ?
	    CELL(c, 0, uint8_t) : 0;

	p = number_hex(p, flags, c->arg);
	*p++ = ' ';
	return print_flags(p, flags);
}

/* As stored, whatever the protocol. */
static char *
print_hex_flags_1_6(char *p, struct cell *c, uint32_t row)
{
	uint8_t flags = CELL(c, 0, uint8_t);

	p = number_hex(p, flags, c->arg);
	*p++ = ' ';
	return print_flags_short(p, flags);
}

/* A line's beginning: what RAW() puts before values by itself. */
static char *
put_label(char *p, const char *label)
{
	p = put_text(p, "\n  ");
	p = put_text(p, label);
	return put_text(p, " = ");
}

/* Ports, or type and code. */
static char *
print_port_lines(char *p, struct cell *c, uint32_t row)
{
	uint16_t dst_port = CELL(c, 2, uint16_t);

	if (flow_is_icmp(CELL(c, 0, uint8_t))) {
		p = put_label(p, "ICMP        ");
		p = put_text(p, "             ");
		p = number_right(p, dst_port >> 8, 2);
		*p++ = '.';
		p = number_left(p, dst_port & 0xff, 2);
		return put_text(p, " type.code");
	}
	p = put_label(p, "src port    ");
	p = number_right(p, CELL(c, 1, uint16_t), c->arg);
	p = put_label(p, "dst port    ");
	return number_right(p, dst_port, c->arg);
}

/* Ports and tos, or type and code alone. */
static char *
print_ports(char *p, struct cell *c, uint32_t row)
{
	p = print_port_lines(p, c, row);
	if (flow_is_icmp(CELL(c, 0, uint8_t)))
		return p;
	p = put_label(p, "src tos     ");
	return number_right(p, CELL(c, 3, uint8_t), c->arg);
}

static char *
put_addr(char *p, const struct cell *c, struct addr a, uint64_t extensions,
    unsigned width)
{
	char text[ADDR_TEXT_MAX];
	size_t len = print_addr_text(a, extensions, c->arg, text);

	return number_text_right(p, text, len, width);
}

static char *
print_whole_addr(char *p, struct cell *c, uint32_t row)
{
	return put_addr(p, c, CELL(c, 0, struct addr), CELL(c, 1, uint64_t),
	    VALUE_WIDTH - 1);
}

/* Mask and network; without a mask there is none. */
static char *
print_mask_net(char *p, struct cell *c, uint32_t row)
{
	uint64_t extensions = CELL(c, 1, uint64_t);
	struct addr a = CELL(c, 0, struct addr);
	uint8_t mask = CELL(c, 2, uint8_t);

	p = number_right(p, mask, VALUE_WIDTH);
	*p++ = ' ';
	if (mask > 0)
		p = put_addr(p, c, print_addr_net(a, extensions, c->arg,
		    mask), extensions, 0);
	*p++ = '/';
	return number_put(p, mask);
}

/* The number, and its name if it has one in a table that begins with 1. */
static char *
hex_name(char *p, const struct cell *c, uint8_t v, const char *const *names,
    size_t count)
{
	p = number_hex(p, v, c->arg);
	*p++ = ' ';
	if (v > 0)
		p = put_text(p, v <= count ? names[v - 1] : "undef");
	return p;
}

/* biflowDirection and flowEndReason, RFC 5103 and RFC 5102 */
static char *
print_biflow_dir(char *p, struct cell *c, uint32_t row)
{
	static const char *const names[] = { "initiator", "reverseInitiator",
		"perimeter" };

	return hex_name(p, c, CELL(c, 0, uint8_t), names, 3);
}

static char *
print_end_reason(char *p, struct cell *c, uint32_t row)
{
	static const char *const names[] = { "idle timeout",
		"active timeout", "end of Flow detected", "forced end",
		"lack of resources" };

	return hex_name(p, c, CELL(c, 0, uint8_t), names, 5);
}

/* 1.6 stores two pairs of addresses, and records may lack either. */
static char *
put_macs(char *p, const char *label, uint64_t mac, const char *other_label,
    uint64_t other)
{
	if (mac == 0 && other == 0)
		return p;
	p = number_mac(put_label(p, label), mac);
	return number_mac(put_label(p, other_label), other);
}

static char *
print_in_out_macs(char *p, struct cell *c, uint32_t row)
{
	return put_macs(p, "in src mac  ", CELL(c, 0, uint64_t),
	    "out dst mac ", CELL(c, 1, uint64_t));
}

static char *
print_out_in_macs(char *p, struct cell *c, uint32_t row)
{
	return put_macs(p, "in dst mac  ", CELL(c, 0, uint64_t),
	    "out src mac ", CELL(c, 1, uint64_t));
}

/* The label of this number, if there is one. */
static char *
print_mpls_label(char *p, struct cell *c, uint32_t row)
{
	uint32_t label = CELL(c, 0, uint32_t);

	if (label == 0)
		return p;
	p = put_text(p, "\n  MPLS Lbl ");
	p = number_right(p, c->arg, 2);
	p = put_text(p, "  = ");
	return print_mpls_text(p, label, VALUE_WIDTH);
}

static char *
print_latency(char *p, struct cell *c, uint32_t row)
{
	p = print_milli(p, c, row);
	return put_text(p, " ms");
}

static char *
print_fw_event_name(char *p, struct cell *c, uint32_t row)
{
	p = number_right(p, CELL(c, 0, uint8_t), c->arg);
	p = put_text(p, ": ");
	return put_text(p, print_fw_name(CELL(c, 0, uint8_t)));
}

static char *
print_nat_event_name(char *p, struct cell *c, uint32_t row)
{
	p = number_right(p, CELL(c, 0, uint8_t), c->arg);
	p = put_text(p, ": ");
	return put_text(p, print_nat_name(CELL(c, 0, uint8_t)));
}

static char *
print_xevent_name(char *p, struct cell *c, uint32_t row)
{
	uint16_t event = CELL(c, 0, uint16_t);

	p = number_right(p, event, c->arg);
	p = put_text(p, ": ");
	return print_xevent_text(p, event, 0);
}

static char *
print_acl(char *p, struct cell *c, uint32_t row)
{
	for (unsigned i = 0; i < 3; i++) {
		p = put_text(p, i == 0 ? "0x" : "/0x");
		p = number_hex(p, CELL(c, i, uint32_t), 1);
	}
	return p;
}

static char *
print_app_unnamed(char *p, struct cell *c, uint32_t row)
{
	p = print_app_id(p, c, row);
	return put_text(p, ": <no info>");
}

#define EXT(name) FLOW_EXT(EXT_##name)
#define PAIR(name) (FLOW_EXT(EXT_##name##_V4) | FLOW_EXT(EXT_##name##_V6))

#define BLOCK(text) { .heading = text, .field = { FLD_NONE } },
#define PART(printer, tls, width, mask, ...) \
	{ .heading = "", .kind = TOKEN_##tls, .print = print_##printer, \
	    .arg = width, .extensions = mask, \
	    .field = { __VA_ARGS__, FLD_NONE } },
#define RAW(label, blanks, needs, printer, width, mask, ...) \
	{ .heading = "\n  " label " = " blanks, .kind = TOKEN_##needs, \
	    .print = print_##printer, .arg = width, .extensions = mask, \
	    .field = { __VA_ARGS__, FLD_NONE } },

const struct token raw_table[] = {
#include "output/raw.def"
};

const size_t raw_count = sizeof(raw_table) / sizeof(raw_table[0]);

const struct token raw_table_1_6[] = {
#include "output/raw_1_6.def"
};

const size_t raw_count_1_6 = sizeof(raw_table_1_6) / sizeof(raw_table_1_6[0]);
