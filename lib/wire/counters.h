#ifndef WIRE_COUNTERS_H
#define WIRE_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

/* What is counted for an exporter, and the table of it (counters.def). */

struct wire_counters {
#define COUNTER(member, metric, reason, text, shown, is_loss) uint64_t member;
#include "wire/counters.def"
};

enum wire_counter_id {
#define COUNTER(member, metric, reason, text, shown, is_loss) WIRE_##member,
#include "wire/counters.def"
	WIRE_COUNTERS
};

/* When the log line of a slot shows a counter. */
enum wire_counter_shown {
	WIRE_SHOWN_NEVER,
	WIRE_SHOWN_SOME, /* unless it is 0 */
	WIRE_SHOWN_ALWAYS
};

struct wire_counter {
	const char *name;
	const char *metric;
	const char *reason; /* empty if there is only one */
	const char *text;
	enum wire_counter_shown shown;
	bool is_loss; /* flows are missing, or may be */
	uint16_t offset; /* in struct wire_counters */
};

extern const struct wire_counter wire_counter_table[WIRE_COUNTERS];

uint64_t wire_counter_get(const struct wire_counters *c,
    enum wire_counter_id id);

/* Add *c to *to. */
void wire_counters_add(struct wire_counters *to,
    const struct wire_counters *c);

#endif
