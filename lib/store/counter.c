/*
 * Statistics from the flow records of whole blocks.
 */

#include <string.h>

#include "record/stats.h"
#include "store/store_int.h"

int
store_counter_init(struct store_counter *c, struct err *err)
{
	struct fieldset want = { 0 };

	memset(c, 0, sizeof(*c));
	record_stats_init(&c->stats);
	record_stats_fields(&want);
	if (batch_init(&c->batch, &want, false, err) == -1)
		return -1;
	if ((c->decoder = record_decoder_new(&want, err)) == NULL) {
		store_counter_fini(c);
		return -1;
	}
	return 0;
}

void
store_counter_fini(struct store_counter *c)
{
	record_decoder_free(c->decoder);
	batch_fini(&c->batch);
}

int
store_records_check(
    const uint8_t *raw, size_t len, uint32_t records, struct err *err)
{
	uint32_t n;

	if (record_count(raw, len, &n, err) == -1)
		return -1;
	if (n != records)
		return err_set(err, ERR_MALFORMED,
		    "%u records where the block says %u", n, records);
	return 0;
}

int
store_counter_add(struct store_counter *c, const uint8_t *raw, size_t len,
    uint32_t records, struct err *err)
{
	struct record_cursor cursor = { .data = raw, .len = len };
	struct record_stats s;
	int rc;

	if (store_records_check(raw, len, records, err) == -1)
		return -1;
	record_stats_init(&s);
	while ((rc = record_decode(c->decoder, &cursor, &c->batch, err)) == 1)
		record_stats_add_batch(&s, &c->batch);
	if (rc == 0)
		record_stats_merge(&c->stats, &s);
	return rc;
}
