#ifndef OUTPUT_EXPORTER_H
#define OUTPUT_EXPORTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "output/format.h"
#include "output/json.h"
#include "record/info.h"
#include "store/ledger.h"

/* The report of -E (query-cli.md section 19). */

struct exporter_row {
	struct record_exporter exporter;
	uint64_t sequence_failures;
	uint64_t packets;
	uint64_t flows;
	const struct record_sampler *samplers;
	size_t sampler_count;
	const struct store_ledger *ledger; /* NULL: none */
	size_t ledger_row; /* that of the exporter, or the number of rows */
};

/* The heading, and in 1.7 what stands for no rows at all. */
void exporter_heading(enum dialect dialect, size_t rows, struct buffer *out);

/* The lines of an exporter and its samplers. */
void exporter_text(const struct exporter_row *row, enum dialect dialect,
    struct buffer *out);

/*
 * The ledger, below all exporters; nothing when there is none or in 1.6, which
 * has none.
 */
void exporter_ledger(const struct store_ledger *l, enum dialect dialect,
    struct buffer *out);

/*
 * The same as an object.  Samplers are a list in it; one without an id of its
 * own has none.
 */
void exporter_json(const struct exporter_row *row, struct json *j);

#endif
