#ifndef FLOWCAPD_STATUS_INT_H
#define FLOWCAPD_STATUS_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flowcapd/status.h"

/* status.def as tables, for those who print a status. */

enum status_type { STATUS_U32, STATUS_U64, STATUS_SEC, STATUS_MSEC };
enum status_kind { STATUS_COUNTER, STATUS_GAUGE, STATUS_FOREIGN };

struct status_row {
	const char *name;
	const char *metric;
	const char *unit;
	const char *label;
	const char *help;
	enum status_type type;
	enum status_kind kind;
	size_t at; /* in the object of its table */
};

/* Each ends with a row without a metric. */
extern const struct status_row status_rows[];
extern const struct status_row status_source_rows[];
extern const struct status_row status_exporter_rows[];
extern const struct status_row status_interface_rows[];
extern const struct status_row status_repeater_rows[];
extern const struct status_row status_counter_rows[]; /* wire_counters */

/* All bits set: a counter that an sFlow agent does not keep. */
bool status_has_value(const struct status_row *row, const void *object);

/* The member of an object; times in milliseconds. */
uint64_t status_value(const struct status_row *row, const void *object);

#endif
