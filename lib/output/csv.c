/*
 * The columns of csv: values in full length, without padding and scaling.
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

const struct token csv_table[] = {
#define CSV(name, printer, arg, ...) \
	{ name, name, TOKEN_PLAIN, print_##printer, arg, 0, \
	    { __VA_ARGS__, FLD_NONE } },
#include "output/csv.def"
};

const size_t csv_count = sizeof(csv_table) / sizeof(csv_table[0]);
