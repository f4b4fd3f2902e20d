#ifndef RECORD_V3_INT_H
#define RECORD_V3_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/flow.h"

/*
 * What decoding and encoding of V3 records share: the REC rows of fields.def
 * as an array, and the payload size of each extension.
 */

enum rec_form {
	REC_U64, /* as in memory, up to REC_V6 */
	REC_U32,
	REC_U16,
	REC_U8,
	REC_V6, /* two u64, struct addr in memory */
	REC_V4, /* u32, struct addr in memory */
	REC_BE32, /* network order on disk */
	REC_TEXT, /* the rest of the payload up to a NUL */
	REC_TAIL, /* the rest of the payload */
	REC_FORMS
};

struct rec_row {
	uint8_t field; /* enum field_id */
	uint8_t ext;
	uint8_t offset; /* in the payload; ext 0: in the record */
	uint8_t form;
};

extern const struct rec_row rec_rows[];
extern const size_t rec_rows_count;

/* A record with more elements is not decoded. */
#define RECORD_V3_ELEMENTS_MAX 64

/* Payload bytes of a fixed extension; the fixed head of a variable one. */
struct rec_ext {
	uint8_t size;
	bool is_variable;
};

extern const struct rec_ext rec_exts[64];

#endif
