#ifndef RECORD_V1_INT_H
#define RECORD_V1_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "record/v1.h"
#include "record/v3.h"

/*
 * An extension map compiled: the start of the V3 record that its flows
 * become, and what is copied into it from behind the required extensions.
 * The generic element ends it; the addresses, of either family, follow.
 */

/* In the order in which they stand in a map. */
enum v1_move_kind {
	V1_MOVE_8,
	V1_MOVE_4,
	V1_MOVE_2,
	V1_MOVE_1,
	V1_MOVE_2_TO_4, /* bytes there and here */
	V1_MOVE_4_TO_8,
	V1_MOVE_SWAP_4, /* to network order */
	V1_MOVE_KINDS
};

struct v1_move {
	uint16_t from; /* in the extensions */
	uint16_t to; /* in the record */
};

/* More than all extensions together, each being listed once. */
#define V1_MOVES_MAX 96
#define V1_IMAGE_MAX 640

struct v1_map {
	uint16_t id;
	const char *problem; /* with its extension bad_ext; NULL: none */
	uint16_t bad_ext;
	uint16_t count; /* of its extensions */
	uint8_t ext[RECORD_V1_EXT_END];
	uint16_t ext_len; /* bytes of the extensions in a record */
	uint16_t len; /* of the image */
	uint16_t elements;
	uint16_t generic; /* payload of the generic element */
	uint16_t misc; /* likewise, 0 none */
	bool has_event; /* at "event" in the extensions */
	bool is_nat; /* and it is that of an address translation */
	uint16_t event;
	uint16_t block; /* port block in the image, 0 none */
	uint16_t end[V1_MOVE_KINDS]; /* where the moves of a kind end */
	struct v1_move move[V1_MOVES_MAX];
	uint8_t image[V1_IMAGE_MAX];
};

/* Shortest map record. */
#define V1_MAP_MIN 8

/* A map record compiled; free() it.  NULL with ERR_NOMEM. */
struct v1_map *
v1_map_compile(const struct record_v1_map *source, struct err *err);

/* Does it come from the same extensions? */
bool v1_map_is(const struct v1_map *map, const struct record_v1_map *source);

/* The map of that number, or NULL. */
const struct v1_map *
v1_state_find(const struct record_v1_state *s, uint16_t id);

/*
 * Begin with a state of others, which has to live as long; NULL is allowed.
 */
struct record_v1_maps *
v1_maps_from(const struct record_v1_state *start, struct err *err);

/*
 * Take one map.  1, 0 when it is no news, -1: as record_v1_maps_take(), also
 * for a record that is too short.
 */
int v1_maps_add(
    struct record_v1_maps *m, const struct span *record, struct err *err);

/* What they make; not to be used beyond the next call. */
const struct record_v1_state *v1_maps_now(const struct record_v1_maps *m);

#endif
