/*
 * Records that are no flows: exporters, samplers, statistics, names.  All are
 * checked, and one that is odd is mended; names that are read can be put.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "record/check.h"
#include "record/info.h"
#include "record/names.h"
#include "record/v3.h"

static void
on_name(void *ctx, const struct record_name *n)
{
	uint8_t out[RECORD_NAME_MAX];
	unsigned *names = ctx;
	struct writer w;

	++*names;
	if (n->app_id.len > RECORD_NAME_ID_MAX)
		return;
	writer_init(&w, out, sizeof(out));
	record_put_name(&w, n);
	require(!w.bad && w.used >= RECORD_NAMES_HEADER_LEN);
}

static void
read_one(uint16_t type, const struct span *record)
{
	struct record_exporter_stats stats;
	struct record_exporter exporter;
	struct record_sampler sampler;
	struct record_stats sums;
	unsigned names = 0;
	struct reader r;

	reader_init(&r, record->data + RECORD_HEADER_LEN,
	    record->len - RECORD_HEADER_LEN);
	if (type == RECORD_EXPORTER)
		record_get_exporter(&r, &exporter);
	else if (type == RECORD_EXPORTER_STATS)
		for (reader_host(&r, 4); record_get_exporter_stats(&r,
			 &stats) == 0;)
			;
	else if (type == RECORD_SAMPLER)
		record_get_sampler(&r, &sampler);
	else if (type == RECORD_STATS)
		record_get_stats(&r, &sums);
	else if (record_is_names(type))
		record_get_names(type, record, on_name, &names);
	require(names <= record->len);
}

static void
check(uint16_t type, const struct span *record)
{
	struct span mended;
	uint8_t *out;

	if (record_check(type, record, NULL) != RECORD_ODD ||
	    type != RECORD_FLOW_V3)
		return;
	require((out = malloc(record->len)) != NULL);
	mended = (struct span){ out, record_mend(record, out) };
	require(mended.len <= record->len);
	require(record_check(type, &mended, NULL) <= RECORD_FOREIGN);
	free(out);
}

int
FUZZ_TARGET(names)(const uint8_t *data, size_t size)
{
	struct record_cursor c = { data, size, 0, 0 };
	struct span record;
	uint16_t type;

	while (record_next(&c, &type, &record, NULL) == 1) {
		read_one(type, &record);
		check(type, &record);
	}
	return 0;
}
