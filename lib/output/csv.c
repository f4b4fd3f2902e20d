/*
 * The columns of csv, and of the modes of nfdump 1.7.5 and later: csv: with
 * columns of the user's own, and csv-fast.  Values in full length, without
 * padding and scaling.
 */

#include <string.h>

#include "output/format_int.h"
#include "output/number.h"

static char *
print_date_s(char *p, struct cell *c, uint32_t row)
{
	return p + civil_format_s(&c->civil, CELL(c, 0, uint64_t), p);
}

static char *
print_addr(char *p, struct cell *c, uint32_t row)
{
	return p + print_addr_text(CELL(c, 0, struct addr),
	    CELL(c, 1, uint64_t), c->arg, p);
}

/* By name, also with plain numbers. */
static char *
print_proto(char *p, struct cell *c, uint32_t row)
{
	uint8_t proto = CELL(c, 0, uint8_t);
	const char *name = print_proto_name(proto);

	if (name == NULL)
		return number_put(p, proto);
	return number_text_left(p, name, strlen(name), 0);
}

/* Without a protocol, as in rows whose keys have none, empty. */
static char *
print_proto_1_6(char *p, struct cell *c, uint32_t row)
{
	return CELL(c, 0, uint8_t) == 0 ? p : print_proto(p, c, row);
}

/* As stored, also when the protocol is not TCP. */
static char *
print_raw_flags(char *p, struct cell *c, uint32_t row)
{
	return print_flags(p, CELL(c, 0, uint8_t));
}

static char *
print_engine(char *p, struct cell *c, uint32_t row)
{
	p = number_put(p, CELL(c, 0, uint8_t));
	*p++ = '/';
	return number_put(p, CELL(c, 1, uint8_t));
}

static char *
print_network(char *p, struct cell *c, uint32_t row)
{
	uint64_t extensions = CELL(c, 1, uint64_t);
	uint8_t mask = CELL(c, 2, uint8_t);

	p += print_addr_text(print_addr_net(CELL(c, 0, struct addr),
	    extensions, c->arg, mask), extensions, c->arg, p);
	*p++ = '/';
	return number_put(p, mask);
}

/* In quotation marks (RFC 4180) where the text would look like columns. */
static char *
put_quoted(char *p, const struct span *s)
{
	const uint8_t *quote;
	struct span rest = *s, part;

	if (s->len == 0 || (memchr(s->data, ',', s->len) == NULL &&
	    memchr(s->data, '"', s->len) == NULL))
		return print_clean(p, s);
	*p++ = '"';
	while (rest.len > 0 &&
	    (quote = memchr(rest.data, '"', rest.len)) != NULL) {
		part = (struct span){ rest.data,
			(uint32_t)(quote - rest.data) + 1 };
		p = print_clean(p, &part);
		*p++ = '"';
		rest.data += part.len;
		rest.len -= part.len;
	}
	p = print_clean(p, &rest);
	*p++ = '"';
	return p;
}

static char *
print_quoted_label(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	if (s->len == 0)
		return number_text_left(p, "<none>", 6, 0);
	return put_quoted(p, s);
}

static char *
print_quoted_ident(char *p, struct cell *c, uint32_t row)
{
	char text[TOKEN_IDENT_MAX];
	const struct span s = { (uint8_t *)text,
		(uint32_t)(print_ident(text, c, row) - text) };

	return put_quoted(p, &s);
}

const struct token csv_table[] = {
#define CSV(name, printer, arg, ...) \
	{ name, name, TOKEN_PLAIN, print_##printer, arg, 0, \
	    { __VA_ARGS__, FLD_NONE } },
#include "output/csv.def"
};

const size_t csv_count = sizeof(csv_table) / sizeof(csv_table[0]);

const struct token csv_own_table[] = {
#define OWN(token, title, printer, width, ...) \
	{ .name = token, .heading = title, .print = print_##printer, \
	    .arg = width, .field = { __VA_ARGS__, FLD_NONE } },
#define COUNT(token, title) \
	{ .name = token, .heading = title, .kind = TOKEN_COUNT, \
	    .print = print_count, .field = { FLD_NONE } },
#include "output/csv_own.def"
};

const size_t csv_own_count = sizeof(csv_own_table) / sizeof(csv_own_table[0]);

#define FAST(title, printer, width, ...) \
	{ .heading = title, .print = print_##printer, .arg = width, \
	    .field = { __VA_ARGS__, FLD_NONE } }

/* Those of pipe, more or less; times and flags are numbers as there. */
const struct token csv_fast_table[] = {
	{ .heading = "cnt", .kind = TOKEN_COUNT, .print = print_count,
	    .field = { FLD_NONE } },
	FAST("af", family, EXT_IPV6, FLD_SRC_ADDR, FLD_EXTENSIONS),
	FAST("firstSeen", u64, 0, FLD_FIRST),
	FAST("lastSeen", u64, 0, FLD_LAST),
	FAST("proto", u8, 0, FLD_PROTO),
	FAST("srcAddr", addr, EXT_IPV6, FLD_SRC_ADDR, FLD_EXTENSIONS),
	FAST("srcPort", u16, 0, FLD_SRC_PORT),
	FAST("dstAddr", addr, EXT_IPV6, FLD_DST_ADDR, FLD_EXTENSIONS),
	FAST("dstPort", u16, 0, FLD_DST_PORT),
	FAST("srcAS", u32, 0, FLD_SRC_AS),
	FAST("dstAS", u32, 0, FLD_DST_AS),
	FAST("input", u32, 0, FLD_INPUT),
	FAST("output", u32, 0, FLD_OUTPUT),
	FAST("flags", u8, 0, FLD_TCP_FLAGS),
	FAST("srcTos", u8, 0, FLD_SRC_TOS),
	FAST("packets", u64, 0, FLD_IN_PACKETS),
	FAST("bytes", u64, 0, FLD_IN_BYTES),
};

const size_t csv_fast_count =
    sizeof(csv_fast_table) / sizeof(csv_fast_table[0]);

static const struct token columns_1_6[] = {
#define CSV(name, printer, arg, ...) \
	{ name, name, TOKEN_PLAIN, print_##printer, arg, 0, \
	    { __VA_ARGS__, FLD_NONE } },
#include "output/csv_1_6.def"
};

const struct token_changes csv_changes_1_6 = { columns_1_6,
	sizeof(columns_1_6) / sizeof(columns_1_6[0]) };
