/*
 * The table of counters, and what is done to all of them.
 */

#include <stddef.h>
#include <string.h>

#include "wire/counters.h"

const struct wire_counter wire_counter_table[WIRE_COUNTERS] = {
#define COUNTER(member, metric, reason, text, shown, is_loss) \
	{ #member, metric, reason, text, WIRE_SHOWN_##shown, is_loss, \
		offsetof(struct wire_counters, member) },
#include "wire/counters.def"
};

uint64_t
wire_counter_get(const struct wire_counters *c, enum wire_counter_id id)
{
	uint64_t v;

	memcpy(&v, (const uint8_t *)c + wire_counter_table[id].offset,
	    sizeof(v));
	return v;
}

void
wire_counters_add(struct wire_counters *to, const struct wire_counters *c)
{
#define COUNTER(member, metric, reason, text, shown, is_loss) \
	to->member += c->member;
#include "wire/counters.def"
}
