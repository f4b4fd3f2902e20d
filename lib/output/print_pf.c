/*
 * What a packet filter logged, and what the IP header says of fragments.
 */

#include <string.h>

#include "flow/flow.h"
#include "output/format_int.h"
#include "output/number.h"

/* Sets of names, as the filter reads them. */
enum name_set {
#define NAMES(set, title) SET_##set,
#include "query/names.def"
};

static const struct {
	enum name_set set;
	uint16_t number;
	const char *text;
} names[] = {
#define NAME(set, number, text) { SET_##set, number, text },
#include "query/names.def"
};

/* The first name that a set has for the number. */
static const char *
name_of(enum name_set set, uint16_t number, const char *none)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].set == set && names[i].number == number)
			return names[i].text;
	return none;
}

static char *
put_name(char *p, const char *name, unsigned width)
{
	return number_text_right(p, name, strlen(name), width);
}

static bool
is_logged(const struct cell *c, uint32_t row)
{
	return CELL(c, 1, uint64_t) & FLOW_EXT(EXT_PF_LOG);
}

/* The name of a number, or of what has none. */
static char *
put_logged(char *p, const struct cell *c, uint32_t row, enum name_set set,
    const char *none)
{
	const char *name = PF_ABSENT;

	if (is_logged(c, row))
		name = name_of(set, CELL(c, 0, uint8_t), none);
	return put_name(p, name, c->arg);
}

char *
print_pf_action(char *p, struct cell *c, uint32_t row)
{
	return put_logged(p, c, row, SET_PF_ACTION, "<unknown>");
}

char *
print_pf_reason(char *p, struct cell *c, uint32_t row)
{
	return put_logged(p, c, row, SET_PF_REASON, "<unknown>");
}

char *
print_pf_reason_number(char *p, struct cell *c, uint32_t row)
{
	uint8_t reason = CELL(c, 0, uint8_t);

	p = number_right(p, reason, c->arg);
	*p++ = '/';
	return put_name(p, name_of(SET_PF_REASON, reason, "<unknown>"), 0);
}

char *
print_pf_direction(char *p, struct cell *c, uint32_t row)
{
	return put_logged(p, c, row, SET_PF_DIRECTION, "any");
}

char *
print_pf_rule(char *p, struct cell *c, uint32_t row)
{
	if (!is_logged(c, row))
		return put_name(p, PF_ABSENT, c->arg);
	return number_right(p, CELL(c, 0, uint32_t), c->arg);
}

char *
print_pf_interface(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	if (!is_logged(c, row))
		return put_name(p, PF_ABSENT, c->arg);
	for (uint32_t len = s->len; len < c->arg; len++)
		*p++ = ' ';
	return print_clean(p, s);
}

/* fragmentFlags: the first bit of a byte is reserved, then DF and MF. */
char *
print_fragment(char *p, struct cell *c, uint32_t row)
{
	uint8_t flags = CELL(c, 0, uint8_t);

	memcpy(p, flags & 0x40 ? "DF" : "..", 2);
	memcpy(p + 2, flags & 0x20 ? "MF" : "..", 2);
	return p + 4;
}
