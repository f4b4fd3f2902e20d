/*
 * Looking for flows in files that are to go.  The index of a file tells
 * mostly that there are none, without reading its blocks.
 */

#include <stddef.h>

#include "flowexpire/hold.h"
#include "query/scan.h"

/* The scan counts what matches, which is all there is to know. */
static void *
part_new(void *ctx, struct err *err)
{
	(void)err;
	return ctx;
}

static void
part_free(void *part)
{
	(void)part;
}

static void
begin(void *part, uint64_t file)
{
	(void)part;
	(void)file;
}

static int
rows(void *part, const struct batch *b, struct err *err)
{
	(void)part;
	(void)b;
	(void)err;
	return 0;
}

static int
deliver(void *ctx, void *part, struct err *err)
{
	(void)ctx;
	(void)part;
	(void)err;
	return 0;
}

static void
warn(void *ctx, const struct err *why)
{
	*(struct err *)ctx = *why;
}

enum hold
hold_asks(const struct filter *filter, const char *path, struct err *err)
{
	char *paths[] = { (char *)(uintptr_t)path };
	const struct path_list files = { paths, 1, 1 };
	const struct scan_plan plan = { .files = &files, .filter = filter,
		.to_ms = UINT64_MAX, .limit = 1, .warn = warn,
		.warn_ctx = err };
	struct scan_result result;
	const struct scan_sink sink = { .ctx = &result, .only_counts = true,
		.part_new = part_new, .part_free = part_free, .begin = begin,
		.rows = rows, .deliver = deliver };

	if (scan_run(&plan, &sink, &result, err) == -1)
		return HOLD_UNKNOWN;
	if (result.totals.records > 0)
		return HOLD_YES;
	return result.files_failed > 0 ? HOLD_UNKNOWN : HOLD_NO;
}
