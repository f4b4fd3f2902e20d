#ifndef RECORD_V3_H
#define RECORD_V3_H

#include <stdint.h>

#include "base/err.h"
#include "flow/batch.h"
#include "flow/flow.h"

/*
 * Flow records V3 (file-format.md section 2): records in a block payload to
 * columns of a batch, struct flow to a record.
 *
 * Both directions are driven by the REC rows of fields.def.  Consecutive
 * records mostly have the same elements at the same offsets, so decoding
 * finds runs of equal shape and copies each wanted column at a fixed offset.
 */

/* Record types, file-format.md 1.3. */
enum record_type {
	RECORD_EXPORTER = 7,
	RECORD_EXPORTER_STATS = 8,
	RECORD_FLOW_V3 = 11,
	RECORD_APP_NAMES = 12,
	RECORD_IF_NAMES = 13,
	RECORD_VRF_NAMES = 14,
	RECORD_SAMPLER = 15,
	RECORD_IDENT = 0x8001,
	RECORD_STATS = 0x8002
};

#define RECORD_HEADER_LEN 4
#define RECORD_V3_HEADER_LEN 12
#define RECORD_V3_EXPORTER_ID 8 /* its place in the header, 16 bits */
#define RECORD_ELEMENT_HEADER_LEN 4

/* Where decoding stands in a block payload.  Set data, len; zero the rest. */
struct record_cursor {
	const uint8_t *data;
	size_t len;
	size_t pos;
	uint64_t flows; /* flow records seen so far */
};

/* What a thread needs to decode; holds the shapes seen.  One per thread. */
struct record_decoder;

/* NULL with ERR_NOMEM. */
struct record_decoder *record_decoder_new(const struct fieldset *want,
    struct err *err);

/* NULL is allowed. */
void record_decoder_free(struct record_decoder *d);

/*
 * Decode flow records from the cursor into *b, which was made for the same
 * fields: up to BATCH_ROWS.  Records of other types are passed over.
 * Selects all rows and tells their extensions.  1 when *b has rows, 0 at the
 * end of the block, -1 with ERR_MALFORMED when a record's lengths do not fit
 * (rows before it are lost to the caller only if it stops: b->rows holds
 * them).
 */
int record_decode(struct record_decoder *d, struct record_cursor *c,
    struct batch *b, struct err *err);

/*
 * Decode the fields of d for the selected rows of *b only, which "first" has
 * decoded last.  *b was made for the fields of both.  For what few records
 * need: the rest of a flow that a filter let pass.
 */
void record_decode_rest(struct record_decoder *d,
    const struct record_decoder *first, struct batch *b);

/*
 * Next record of any type: its type, and *record its bytes with the header.
 * 1, 0 at the end, -1 with ERR_MALFORMED.
 */
int record_next(struct record_cursor *c, uint16_t *type, struct span *record,
    struct err *err);

/*
 * Number of the records of any type in a payload.  -1 with ERR_MALFORMED when
 * they do not fit it, and then *count is of those before.
 */
int record_count(const uint8_t *data, size_t len, uint32_t *count,
    struct err *err);

/* Longest record that record_encode() makes. */
#define RECORD_V3_MAX 65535

/* Encoder: remembers the layout of each set of extensions met. */
struct record_encoder;

/*
 * "without": extensions (bit n for n) that are left out of records.  NULL with
 * ERR_NOMEM.
 */
struct record_encoder *record_encoder_new(uint64_t without, struct err *err);

/* NULL is allowed. */
void record_encoder_free(struct record_encoder *e);

/*
 * Write f as a V3 record to out, at most room bytes.  The exporter comes
 * first, then other elements in ascending order of extension number, the
 * generic one, and last those of variable length.
 * Returns the record's length, or 0 when it does not fit.
 */
size_t record_encode(struct record_encoder *e, const struct flow *f,
    uint8_t *out, size_t room);

/*
 * Bytes that an extension takes in such a record, of which len are of
 * variable length.
 */
size_t record_extension_size(unsigned ext, uint32_t len);

#endif
