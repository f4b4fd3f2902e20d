#ifndef OUTPUT_PLOT_H
#define OUTPUT_PLOT_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/civil.h"
#include "output/json.h"
#include "record/info.h"

/* The report of -g (query-cli.md section 19): what each file counts. */

struct plot_row {
	const char *file;
	uint64_t start_ms; /* as its name tells */
	const struct record_stats *stats;
};

void plot_heading(struct buffer *out);

/* The line of a file. */
void plot_text(const struct plot_row *row, struct civil_cache *c,
    struct buffer *out);

/* The same as an object, with the name of the file. */
void plot_json(const struct plot_row *row, struct json *j);

#endif
