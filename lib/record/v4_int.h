#ifndef RECORD_V4_INT_H
#define RECORD_V4_INT_H

#include "record/v4.h"

/* Record types of layout 3. */
enum {
	RECORD_FLOW_V4 = 16,
	RECORD_EXPORTER_V4 = 17,
	RECORD_BLOCK_META = 18
};

#define RECORD_V4_HEADER_LEN 24

/*
 * Convert the flow record of size bytes, at least RECORD_V4_HEADER_LEN.
 * ERR_MALFORMED, and then *w may hold a part of it.
 */
int record_v4_flow(
    const uint8_t *record, size_t size, struct writer *w, struct err *err);

#endif
