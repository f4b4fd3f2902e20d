/*
 * A naive writer of V4 records for tests: file-format.md 6.5, a line for each
 * member.
 */
#ifndef TESTS_V4KIT_H
#define TESTS_V4KIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "flow/flow.h"

#define V4_EXTENSIONS 40 /* with 0, which is none */

/* A record on its way. */
struct v4 {
	uint8_t data[4096];
	struct writer w; /* of the extensions */
	uint64_t bitmap;
	uint16_t offset[64];
};

/* Begin a record of the extensions in bitmap; they follow in any order. */
void v4_begin(struct v4 *v, uint64_t bitmap);

/* Two numbers of len bytes. */
void v4_two(struct writer *w, uint64_t a, uint64_t b, size_t len);

/* Fill up to the next place where an extension may stand. */
void v4_align(struct writer *w);

/* End it with the header of f.  Its length. */
size_t v4_end(struct v4 *v, const struct flow *f);

/*
 * A whole record with the extensions of the bitmap; the extensions of V3 that
 * they make are added to *exts.  The random number decides the order, whether
 * labels are as on the wire, and the kind that is given to events.
 */
size_t v4_put(struct v4 *v, const struct flow *f, uint64_t bitmap,
    uint64_t dice, uint64_t *exts);

#endif
