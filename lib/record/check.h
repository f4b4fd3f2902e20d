#ifndef RECORD_CHECK_H
#define RECORD_CHECK_H

#include <stdint.h>

#include "base/err.h"
#include "flow/batch.h"

/*
 * Is a record what the format says (file-format.md sections 2 and 3)?
 * Stricter than decoding, which reads what it can.
 */

enum record_state {
	RECORD_SOUND,
	RECORD_FOREIGN, /* a type or an extension that we do not know */
	RECORD_ODD, /* wrong, but it can be read, or mended */
	RECORD_BAD /* cannot be read */
};

/*
 * Check a record whose length is that of its header.  Unless it is sound,
 * *err, which may be NULL, says why.
 */
enum record_state record_check(uint16_t type, const struct span *record,
    struct err *err);

/*
 * Write a record that is odd to out, which has room for it, without what
 * makes it odd.  Returns its length.
 */
uint16_t record_mend(const struct span *record, uint8_t *out);

#endif
