#ifndef FLOWDUMP_DIALECT_H
#define FLOWDUMP_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

#include "flowdump/query.h"
#include "query/sums.h"

/*
 * How runs differ by dialect, beside what lib/output prints its own way.
 */

struct dialect_rules {
	uint64_t window_slack_ms; /* a flow may end so long after -t */
	bool skips_files; /* as struct scan_plan has it */
	bool counts_blocks; /* the same */
	bool clips_window; /* in the trailer, to -t */
	bool reads_stdin; /* without -r, -R and -M */
	bool needs_data; /* without a block read nothing is printed */
	bool counts_rows; /* "Aggregated flows N" above lists of rows */
	bool has_one_heading; /* for all lists of rows */
	bool has_pipe_trailer;
	bool has_last_ident; /* -I: of the last file, not the first */
	bool guesses_low; /* as struct group_spec has it */
	bool merges_flags; /* the same */
	bool has_filter_value; /* a missing file of -f is a wrong value */
	int usage_status; /* of wrong options and values */
	const char *no_order; /* in headings; NULL: the order's name */
	enum order_id one_sided[ORDER_COUNT]; /* see dialect_order() */
};

/* Set config->dialect from --compat or else the environment. */
int dialect_choose(struct config *config, struct err *err);

/* Those of config->dialect. */
const struct dialect_rules *dialect_rules(const struct config *config);

/* What rows are sorted by, and which counters are shown, for this order. */
enum order_id dialect_order(const struct config *config, enum order_id id);

/* Exit status. */
int dialect_status(const struct config *config, const struct err *err);

#endif
