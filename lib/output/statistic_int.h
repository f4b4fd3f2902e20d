#ifndef OUTPUT_STATISTIC_INT_H
#define OUTPUT_STATISTIC_INT_H

#include "output/statistic.h"

/* What the writers of element statistics share. */

/* What a row shows. */
struct values {
	uint64_t first_ms, last_ms;
	uint8_t proto;
	uint64_t flows, packets, bytes;
	uint64_t pps, bps, bpp;
	uint64_t distinct, p95_bps;
};

void statistic_take(const struct statistic *s, const struct batch *b,
    uint32_t row, struct values *v);

/* The value of the element in full, without a check: within NUMBER_ROOM. */
char *statistic_put_value(char *p, const struct statistic *s,
    const struct batch *b, uint32_t row);

/* statistic_rows() of STATISTIC_JSON and STATISTIC_NDJSON. */
void statistic_json_rows(struct statistic *s, const struct batch *b,
    uint32_t first, uint32_t count, struct buffer *out);

#endif
