#ifndef RECORD_NAMES_H
#define RECORD_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "flow/field.h"
#include "record/v3.h"

/*
 * Records of names (file-format.md 3.5, 3.6): interfaces, VRFs, applications.
 * None says whose names it has.  As we write them they stand right behind the
 * record of their exporter, or behind others of its names.
 */

#define RECORD_NAMES_HEADER_LEN 12
#define RECORD_APP_NAMES_HEADER_LEN 14

/*
 * What is longer is cut: nfdump 1.7.1 complains when the two texts of an
 * application have 250 bytes.
 */
#define RECORD_NAME_TEXT_MAX 120
#define RECORD_NAME_ID_MAX 16

/* Most bytes that record_put_name() puts. */
#define RECORD_NAME_MAX \
	(RECORD_APP_NAMES_HEADER_LEN + RECORD_NAME_ID_MAX + \
	2 * (RECORD_NAME_TEXT_MAX + 1) + 3)

struct record_name {
	enum record_type type; /* one of the RECORD_*_NAMES */
	uint32_t id; /* of the interface or VRF */
	struct span app_id; /* RECORD_APP_NAMES: bytes as sent */
	struct span name;
	struct span description; /* RECORD_APP_NAMES only */
};

bool record_is_names(uint16_t type);

/* Put a record of one name; app_id is RECORD_NAME_ID_MAX or shorter. */
void record_put_name(struct writer *w, const struct record_name *n);

/*
 * Call fn for every name of a whole record of that type.  The form that 1.7.0
 * wrote has none for us.  -1, after those before, for one that is cut.
 */
int record_get_names(uint16_t type, const struct span *record,
    void (*fn)(void *ctx, const struct record_name *n), void *ctx);

#endif
