/*
 * Compiling the extension maps of layout 1.
 *
 * Each extension has rows that say where its members go.  Elements come in
 * the order that records of ours have, so that copies of old files become as
 * small as new ones.
 */

#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "record/v1_int.h"
#include "record/v3_int.h"

/* Extension 46 where 47 is listed, too: files of 1.6.10 and 1.6.11. */
#define EXT_NAT 46
#define EXT_NAT_ADDR 47
#define EXT_NAT_FIRST_FORM RECORD_V1_EXT_END
#define EXTS (RECORD_V1_EXT_END + 1)

#define EXT_EVENT 37

struct row {
	uint8_t ext;
	uint8_t from; /* in it */
	uint8_t to_ext; /* in the V3 record */
	uint8_t to;
	uint8_t len; /* bytes there; those of V1_MOVE_8 to _1 are as they are */
	uint8_t kind;
};

/* clang-format off */
static const struct row rows[] = {
	{ 4, 0, EXT_MISC, 0, 2, V1_MOVE_2_TO_4 },
	{ 4, 2, EXT_MISC, 4, 2, V1_MOVE_2_TO_4 },
	{ 5, 0, EXT_MISC, 0, 8, V1_MOVE_8 },
	{ 6, 0, EXT_AS, 0, 2, V1_MOVE_2_TO_4 },
	{ 6, 2, EXT_AS, 4, 2, V1_MOVE_2_TO_4 },
	{ 7, 0, EXT_AS, 0, 8, V1_MOVE_8 },
	{ 8, 0, EXT_MISC, 11, 1, V1_MOVE_1 },
	{ 8, 1, EXT_MISC, 10, 1, V1_MOVE_1 },
	{ 8, 2, EXT_MISC, 8, 2, V1_MOVE_8 },
	{ 9, 0, EXT_NEXT_HOP_V4, 0, 4, V1_MOVE_8 },
	{ 10, 0, EXT_NEXT_HOP_V6, 0, 16, V1_MOVE_8 },
	{ 11, 0, EXT_BGP_V4, 0, 4, V1_MOVE_8 },
	{ 12, 0, EXT_BGP_V6, 0, 16, V1_MOVE_8 },
	{ 13, 0, EXT_VLAN, 0, 2, V1_MOVE_2_TO_4 },
	{ 13, 2, EXT_VLAN, 4, 2, V1_MOVE_2_TO_4 },
	{ 14, 0, EXT_COUNTERS, 8, 4, V1_MOVE_4_TO_8 },
	{ 15, 0, EXT_COUNTERS, 8, 8, V1_MOVE_8 },
	{ 16, 0, EXT_COUNTERS, 16, 4, V1_MOVE_4_TO_8 },
	{ 17, 0, EXT_COUNTERS, 16, 8, V1_MOVE_8 },
	{ 18, 0, EXT_COUNTERS, 0, 4, V1_MOVE_4_TO_8 },
	{ 19, 0, EXT_COUNTERS, 0, 8, V1_MOVE_8 },
	{ 20, 0, EXT_MAC, 0, 16, V1_MOVE_8 },
	{ 21, 0, EXT_MAC, 16, 16, V1_MOVE_8 },
	{ 22, 0, EXT_MPLS, 0, 40, V1_MOVE_8 },
	{ 23, 0, EXT_EXPORTER_V4, 0, 4, V1_MOVE_8 },
	{ 24, 0, EXT_EXPORTER_V6, 0, 16, V1_MOVE_8 },
	{ 25, 2, EXT_HEADER, 6, 2, V1_MOVE_8 },
	{ 26, 0, EXT_AS_ADJACENT, 0, 8, V1_MOVE_8 },
	{ 27, 0, EXT_GENERIC, 16, 8, V1_MOVE_8 },
	{ 38, 0, EXT_XLATE_PORT, 0, 4, V1_MOVE_8 },
	{ 39, 0, EXT_XLATE_V4, 0, 8, V1_MOVE_8 },
	{ 40, 0, EXT_XLATE_V6, 0, 32, V1_MOVE_8 },
	{ 41, 0, EXT_ACL, 0, 24, V1_MOVE_SWAP_4 },
	{ 42, 0, EXT_USER, 0, 24, V1_MOVE_8 },
	{ 43, 0, EXT_USER, 0, 65, V1_MOVE_8 },
	{ 45, 0, EXT_LATENCY, 0, 24, V1_MOVE_8 },
	{ 46, 0, EXT_NAT_EVENT, 12, 1, V1_MOVE_8 },
	{ 46, 4, EXT_VRF, 0, 8, V1_MOVE_8 },
	{ 47, 0, EXT_XLATE_V4, 0, 8, V1_MOVE_8 },
	{ 48, 0, EXT_PORT_BLOCK, 0, 8, V1_MOVE_8 },
	{ EXT_NAT_FIRST_FORM, 0, EXT_NAT_EVENT, 12, 1, V1_MOVE_8 },
	{ EXT_NAT_FIRST_FORM, 4, EXT_XLATE_PORT, 0, 4, V1_MOVE_8 },
};

static const uint8_t sizes[EXTS] = {
	[4] = 4, [5] = 8, [6] = 4, [7] = 8, [8] = 4, [9] = 4, [10] = 16,
	[11] = 4, [12] = 16, [13] = 4, [14] = 4, [15] = 8, [16] = 4, [17] = 8,
	[18] = 4, [19] = 8, [20] = 16, [21] = 16, [22] = 40, [23] = 4,
	[24] = 16, [25] = 4, [26] = 8, [27] = 8, [37] = 20, [38] = 4, [39] = 8,
	[40] = 32, [41] = 24, [42] = 24, [43] = 72, [45] = 24, [46] = 12,
	[47] = 8, [48] = 8, [EXT_NAT_FIRST_FORM] = 12,
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* What is reserved is listed by some and takes no room. */
static bool
is_known(unsigned ext)
{
	return ext > 3 && ext < RECORD_V1_EXT_END;
}

uint16_t
record_v1_map_ext(const struct record_v1_map *map, uint32_t i)
{
	return load_u16(map->ext + 2 * (size_t)i);
}

int
record_v1_get_map(
    const struct span *record, struct record_v1_map *map, struct err *err)
{
	const uint8_t *p = record->data;

	if (record->len < V1_MAP_MIN)
		return err_set(err, ERR_MALFORMED, "extension map of %u bytes",
		    record->len);
	map->size = (uint16_t)record->len;
	map->id = load_u16(p + 4);
	map->ext_size = load_u16(p + 6);
	map->ext = p + V1_MAP_MIN;
	map->count = 0;
	while (map->count < (record->len - V1_MAP_MIN) / 2 &&
	    record_v1_map_ext(map, map->count) != 0)
		map->count++;
	return 0;
}

bool
v1_map_is(const struct v1_map *map, const struct record_v1_map *source)
{
	if (map->problem != NULL || map->count != source->count)
		return false;
	for (uint16_t i = 0; i < map->count; i++)
		if (map->ext[i] != record_v1_map_ext(source, i))
			return false;
	return true;
}

/* Copy the list; each extension has to be known and stand there once. */
static int
take_list(struct v1_map *map, const struct record_v1_map *source)
{
	uint64_t seen = 0;
	uint16_t ext;

	for (uint32_t i = 0; i < source->count; i++) {
		ext = record_v1_map_ext(source, i);
		map->bad_ext = ext;
		if (!is_known(ext))
			map->problem = "which is not known";
		else if (seen >> ext & 1)
			map->problem = "twice";
		if (map->problem != NULL)
			return -1;
		seen |= UINT64_C(1) << ext;
		map->ext[map->count++] = (uint8_t)ext;
	}
	return 0;
}

/* Where extensions start in a record; absent ones at UINT16_MAX. */
static void
find_places(struct v1_map *map, uint16_t place[EXTS])
{
	for (unsigned ext = 0; ext < EXTS; ext++)
		place[ext] = UINT16_MAX;
	for (uint16_t i = 0; i < map->count; i++) {
		place[map->ext[i]] = map->ext_len;
		map->ext_len = (uint16_t)(map->ext_len + sizes[map->ext[i]]);
	}
	if (place[EXT_NAT_ADDR] == UINT16_MAX)
		return;
	place[EXT_NAT_FIRST_FORM] = place[EXT_NAT];
	place[EXT_NAT] = UINT16_MAX;
}

static void
place_element(struct v1_map *map, uint16_t payload[EXT_COUNT], unsigned ext)
{
	uint8_t *p = map->image + map->len;

	if (payload[ext] != 0)
		return;
	store_u16(p, (uint16_t)ext);
	store_u16(
	    p + 2, (uint16_t)(RECORD_ELEMENT_HEADER_LEN + rec_exts[ext].size));
	payload[ext] = (uint16_t)(map->len + RECORD_ELEMENT_HEADER_LEN);
	map->len = (uint16_t)(payload[ext] + rec_exts[ext].size);
	map->elements++;
	assert(map->len <= V1_IMAGE_MAX);
}

/* Elements that any extension of the map has a row for. */
static void
place_elements(
    struct v1_map *map, const uint16_t place[EXTS], uint16_t payload[EXT_COUNT])
{
	static const uint8_t first[] = { EXT_EXPORTER_V4, EXT_EXPORTER_V6 };
	uint64_t wanted = 0;

	for (size_t i = 0; i < ROWS; i++)
		if (place[rows[i].ext] != UINT16_MAX)
			wanted |= FLOW_EXT(rows[i].to_ext);
	wanted &= ~(FLOW_EXT(EXT_HEADER) | FLOW_EXT(EXT_GENERIC));
	memset(payload, 0, EXT_COUNT * sizeof(payload[0]));
	map->len = RECORD_V3_HEADER_LEN;
	for (size_t i = 0; i < sizeof(first); i++)
		if (wanted & FLOW_EXT(first[i]))
			place_element(map, payload, first[i]);
	for (unsigned ext = 0; ext < EXT_COUNT; ext++)
		if (wanted & FLOW_EXT(ext))
			place_element(map, payload, ext);
	place_element(map, payload, EXT_GENERIC);
}

/* The move of a row's bytes from "at" on; returns how many it takes. */
static unsigned
move_kind(const struct row *row, unsigned at, unsigned *kind)
{
	static const uint8_t len[V1_MOVE_KINDS] = { 8, 4, 2, 1, 2, 4, 4 };
	unsigned k = row->kind;

	if (k == V1_MOVE_8)
		while (len[k] > row->len - at)
			k++;
	*kind = k;
	return len[k];
}

static uint16_t
add_moves(struct v1_map *map, uint16_t n, unsigned kind,
    const uint16_t place[EXTS], const uint16_t payload[EXT_COUNT])
{
	unsigned at, len, k;

	for (const struct row *row = rows; row < rows + ROWS; row++) {
		if (place[row->ext] == UINT16_MAX)
			continue;
		for (at = 0; at < row->len; at += len) {
			len = move_kind(row, at, &k);
			if (k != kind)
				continue;
			assert(n < V1_MOVES_MAX);
			map->move[n++] = (struct v1_move){
				(uint16_t)(place[row->ext] + row->from + at),
				(uint16_t)(payload[row->to_ext] + row->to + at),
			};
		}
	}
	return n;
}

/* What the rows do not say. */
static void
add_special(struct v1_map *map, const uint16_t place[EXTS],
    const uint16_t payload[EXT_COUNT])
{
	map->generic = payload[EXT_GENERIC];
	map->misc = payload[EXT_MISC];
	map->block = payload[EXT_PORT_BLOCK];
	map->has_event = place[EXT_EVENT] != UINT16_MAX;
	map->event = place[EXT_EVENT];
	map->is_nat = payload[EXT_NAT_EVENT] != 0;
	store_u16(map->image, RECORD_FLOW_V3);
}

/* The event's time, whose extension has no row. */
static uint16_t
add_event_time(struct v1_map *map, uint16_t n, const uint16_t place[EXTS],
    const uint16_t payload[EXT_COUNT])
{
	if (place[EXT_EVENT] != UINT16_MAX && payload[EXT_NAT_EVENT] != 0)
		map->move[n++] = (struct v1_move){ place[EXT_EVENT],
			payload[EXT_NAT_EVENT] };
	return n;
}

struct v1_map *
v1_map_compile(const struct record_v1_map *source, struct err *err)
{
	struct v1_map *map = calloc(1, sizeof(*map));
	uint16_t place[EXTS], payload[EXT_COUNT], n = 0;

	if (map == NULL) {
		err_nomem(err);
		return NULL;
	}
	map->id = source->id;
	if (take_list(map, source) == -1)
		return map;
	find_places(map, place);
	place_elements(map, place, payload);
	add_special(map, place, payload);
	n = add_event_time(map, n, place, payload);
	for (unsigned kind = 0; kind < V1_MOVE_KINDS; kind++) {
		n = add_moves(map, n, kind, place, payload);
		map->end[kind] = n;
	}
	return map;
}
