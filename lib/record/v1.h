#ifndef RECORD_V1_H
#define RECORD_V1_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"
#include "flow/flow.h"

/*
 * Records of nfdump 1.6 (file-format.md 5.4 to 5.9) to records of layout 2.
 *
 * A flow record names an extension map, which says what it holds.  Maps have
 * the scope of a file and may be replaced midway, while the blocks of a file
 * are converted in any order: so the maps in force at the start of a block
 * are kept as a state, which never changes.
 */

/* Record types that layout 2 does not have. */
enum record_v1_type {
	RECORD_V1_FLOW_SHORT = 1, /* up to 1.6.11 */
	RECORD_V1_MAP = 2,
	RECORD_V1_PORT_HISTOGRAM = 3,
	RECORD_V1_SIZE_HISTOGRAM = 4,
	RECORD_V1_EXPORTER = 5, /* never released */
	RECORD_V1_SAMPLER_INFO = 6, /* likewise */
	RECORD_V1_SAMPLER = 9,
	RECORD_V1_FLOW = 10
};

/* Extensions are numbered below this. */
#define RECORD_V1_EXT_END 50

/* Different maps in a file, those that replace others included. */
#define RECORD_V1_MAPS_MAX 65536U

struct record_v1_maps; /* opaque: grows with the file */
struct record_v1_state; /* opaque: the maps at one point of it */

/* An extension map as it is in the file. */
struct record_v1_map {
	uint16_t id;
	uint16_t size; /* of the record */
	uint16_t ext_size; /* of the extensions, as the map says */
	const uint8_t *ext; /* their numbers, 16 bits each */
	uint32_t count;
};

/*
 * Parse a record of type 2; *map points into it.  ERR_MALFORMED when it is
 * too short.
 */
int record_v1_get_map(
    const struct span *record, struct record_v1_map *map, struct err *err);

/* The i-th of the extensions that it lists. */
uint16_t record_v1_map_ext(const struct record_v1_map *map, uint32_t i);

/* NULL with ERR_NOMEM. */
struct record_v1_maps *record_v1_maps_new(struct err *err);

/* All states go with it.  NULL is allowed. */
void record_v1_maps_free(struct record_v1_maps *m);

/*
 * Take the maps among the records of a payload.  Where its records cannot be
 * followed any further it ends.  ERR_NOMEM, or ERR_MALFORMED when there are
 * more than RECORD_V1_MAPS_MAX.
 */
int record_v1_maps_take(
    struct record_v1_maps *m, const uint8_t *data, size_t len, struct err *err);

/* The maps taken so far; NULL, a state as well, when there are none. */
const struct record_v1_state *record_v1_maps_state(struct record_v1_maps *m);

/*
 * Convert a payload that begins in a state, and append it to *out: *records
 * records.  Flow records get the flags given too.  Maps and what only nfdump
 * 1.6 knows is left out, records of other types are copied.
 *
 * -1 with ERR_MALFORMED when a record cannot be read, and the text names it;
 * all others, or those before it when none can be found behind it, have been
 * appended then.  -1 with ERR_NOMEM.
 */
int record_v1_convert(const struct record_v1_state *state, uint8_t flags,
    const uint8_t *data, size_t len, struct buffer *out, uint32_t *records,
    struct err *err);

#endif
