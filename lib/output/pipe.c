/*
 * The columns of pipe: numbers alone (query-cli.md section 18).
 */

#include "output/format_int.h"
#include "output/number.h"

/* Of IPv4 only the last word counts. */
char *
print_words(char *p, struct addr a)
{
	if (addr_is_v4(a))
		a.lo &= UINT32_MAX;
	p = number_put(p, a.hi >> 32);
	*p++ = '|';
	p = number_put(p, a.hi & UINT32_MAX);
	*p++ = '|';
	p = number_put(p, a.lo >> 32);
	*p++ = '|';
	return number_put(p, a.lo & UINT32_MAX);
}

static char *
print_addr_words(char *p, struct cell *c, uint32_t row)
{
	return print_words(p, CELL(c, 0, struct addr));
}

/* As BSD numbers them: 2 is IPv4, 10 Linux's IPv6. */
char *
print_family(char *p, struct cell *c, uint32_t row)
{
	return number_put(p, print_is_v6(CELL(c, 0, struct addr),
	    CELL(c, 1, uint64_t), c->arg) ? 10 : 2);
}

/* Seconds and milliseconds. */
static char *
print_time_1_6(char *p, struct cell *c, uint32_t row)
{
	uint64_t ms = CELL(c, 0, uint64_t);

	p = number_put(p, ms / 1000);
	*p++ = '|';
	return number_put(p, ms % 1000);
}

#define COLUMN(printer, ext, ...) \
	{ .print = print_##printer, .arg = ext, \
	    .field = { __VA_ARGS__, FLD_NONE } }

#define COLUMNS(time) \
	COLUMN(family, EXT_IPV6, FLD_SRC_ADDR, FLD_EXTENSIONS), \
	COLUMN(time, 0, FLD_FIRST), \
	COLUMN(time, 0, FLD_LAST), \
	COLUMN(u8, 0, FLD_PROTO), \
	COLUMN(addr_words, 0, FLD_SRC_ADDR), \
	COLUMN(u16, 0, FLD_SRC_PORT), \
	COLUMN(addr_words, 0, FLD_DST_ADDR), \
	COLUMN(u16, 0, FLD_DST_PORT), \
	COLUMN(u32, 0, FLD_SRC_AS), \
	COLUMN(u32, 0, FLD_DST_AS), \
	COLUMN(u32, 0, FLD_INPUT), \
	COLUMN(u32, 0, FLD_OUTPUT), \
	COLUMN(u8, 0, FLD_TCP_FLAGS), \
	COLUMN(u8, 0, FLD_SRC_TOS), \
	COLUMN(u64, 0, FLD_IN_PACKETS), \
	COLUMN(u64, 0, FLD_IN_BYTES)

const struct token pipe_table[] = { COLUMNS(u64) };

const size_t pipe_count = sizeof(pipe_table) / sizeof(pipe_table[0]);

const struct token pipe_table_1_6[] = { COLUMNS(time_1_6) };

const size_t pipe_count_1_6 = sizeof(pipe_table_1_6) /
    sizeof(pipe_table_1_6[0]);
