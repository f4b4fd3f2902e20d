/*
 * Values derived from fields: what need not be inline.
 */

#include "flow/derive.h"

/* Add to a remainder; true when it went over ms, which is taken off. */
static bool
add_rest(uint64_t *sum, uint64_t rest, uint64_t ms)
{
	bool is_over = *sum >= ms - rest;

	*sum = is_over ? *sum - (ms - rest) : *sum + rest;
	return is_over;
}

/* rest * factor / ms, for rest < ms, bit by bit. */
static uint64_t
multiply_divide(uint64_t rest, uint64_t factor, uint64_t ms)
{
	uint64_t quotient = 0, sum = 0;

	for (int bit = 63; bit >= 0; bit--) {
		quotient = quotient * 2 + add_rest(&sum, sum, ms);
		if (factor >> bit & 1)
			quotient += add_rest(&sum, rest, ms);
	}
	return quotient;
}

uint64_t
flow_rate_large(uint64_t v, uint64_t factor, uint64_t ms)
{
	uint64_t whole = v / ms, rest = v % ms, part;

	part = rest <= UINT64_MAX / factor ? rest * factor / ms :
	    multiply_divide(rest, factor, ms);
	if (whole > (UINT64_MAX - part) / factor)
		return UINT64_MAX;
	return whole * factor + part;
}
