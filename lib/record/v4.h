#ifndef RECORD_V4_H
#define RECORD_V4_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

/*
 * Blocks of layout 3 (file-format.md section 6) to records of layout 2: flow
 * records V4 to V3, exporter records to records 7, 8 and 15, arrays of names
 * to records 12 to 14.
 *
 * Values keep their bytes wherever both have them.  Layout 2 has no place
 * for the rest of a user name behind 65 bytes, for exporters numbered above
 * 65535, for observation domains above 32 bits, and for extensions and
 * records that are not known here: these are left out.
 */

/* Block types, file-format.md 6.3. */
enum record_v4_block {
	RECORD_V4_FLOWS = 1,
	RECORD_V4_ARRAY = 2,
	RECORD_V4_STATS = 3,
	RECORD_V4_IDENT = 4,
	RECORD_V4_META = 5,
	RECORD_V4_MESSAGE = 6,
	RECORD_V4_EXPORTERS = 7
};

/* Room that the records of a payload of len bytes take at most. */
static inline size_t
record_v4_room(size_t len)
{
	return 3 * len;
}

/*
 * Convert the payload of a block, len bytes, to whole records in *w; a block
 * of another type has none.  Their number is added to *records.
 * ERR_MALFORMED: the payload is damaged, *w holds the records before the
 * damage.
 */
int record_v4_convert(enum record_v4_block type, const uint8_t *data,
    size_t len, struct writer *w, uint32_t *records, struct err *err);

#endif
