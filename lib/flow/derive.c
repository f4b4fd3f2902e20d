/*
 * Values derived from fields: what need not be inline.
 */

#include "flow/derive.h"

uint64_t
flow_rate_large(uint64_t v, uint64_t factor, uint64_t ms)
{
	uint64_t whole = v / ms, rest = v % ms, part;

	/* not quite exact for a duration of thousands of years */
	part = rest <= UINT64_MAX / factor ? rest * factor / ms :
	    rest / (ms / factor);
	if (whole > (UINT64_MAX - part) / factor)
		return UINT64_MAX;
	return whole * factor + part;
}
