/*
 * Dialects: which one, and its rules.
 */

#include <stdlib.h>

#include "flowdump/dialect.h"

static const struct dialect_rules rules[DIALECT_COUNT] = {
	[DIALECT_1_7] = {
	    .clips_window = true,
	    .usage_status = 1,
	},
	[DIALECT_1_6] = {
	    .window_slack_ms = 999, /* whole seconds are compared */
	    .skips_files = true,
	    .counts_blocks = true,
	    .reads_stdin = true,
	    .needs_data = true,
	    .counts_rows = true,
	    .has_one_heading = true,
	    .has_pipe_trailer = true,
	    .has_last_ident = true,
	    .guesses_low = true,
	    .merges_flags = true,
	    .has_filter_value = true,
	    .usage_status = 255,
	    .no_order = "-",
	    .one_sided = {
		[ORDER_PACKETS] = ORDER_IN_PACKETS,
		[ORDER_BYTES] = ORDER_IN_BYTES,
		[ORDER_PPS] = ORDER_IN_PPS,
		[ORDER_BPS] = ORDER_IN_BPS,
		[ORDER_BPP] = ORDER_IN_BPP,
	    },
	},
};

int
dialect_choose(struct config *config, struct err *err)
{
	const char *name = config->compat, *from = "option --compat";

	if (name == NULL) {
		name = getenv("FLOWDUMP_COMPAT");
		from = "FLOWDUMP_COMPAT";
	}
	if (name == NULL || (config->compat == NULL && *name == '\0'))
		return 0;
	if (dialect_parse(name, &config->dialect, err) == -1)
		return err_context(err, "%s", from);
	return 0;
}

const struct dialect_rules *
dialect_rules(const struct config *config)
{
	return &rules[config->dialect];
}

enum order_id
dialect_order(const struct config *config, enum order_id id)
{
	/* no order has FLOWS for its one-sided one, so that 0 is none */
	if (id >= ORDER_COUNT || rules[config->dialect].one_sided[id] == 0)
		return id;
	return rules[config->dialect].one_sided[id];
}

int
dialect_status(const struct config *config, const struct err *err)
{
	if (err->code == ERR_USAGE || err->code == ERR_VALUE)
		return rules[config->dialect].usage_status;
	return err_status(err);
}
