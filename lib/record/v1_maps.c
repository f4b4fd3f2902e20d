/*
 * The extension maps of a file, as a tree with four levels of sixteen by map
 * number.  A map is put by copying the nodes above it, unless they are of
 * the present generation, which no state holds yet.  So a state stays as it
 * is, takes no memory of its own, and finds any map in four steps, however
 * often maps are replaced.
 */

#include <stdlib.h>
#include <string.h>

#include "record/v1_int.h"

#define LEVEL_BITS 4
#define FANOUT (1U << LEVEL_BITS)
#define TOP_SHIFT (16 - LEVEL_BITS)

/* A node: below are nodes, or maps at the lowest level. */
struct record_v1_state {
	struct record_v1_state *next_made; /* to free them */
	uint32_t generation;
	void *below[FANOUT];
};

struct made_map {
	struct made_map *next;
	struct v1_map *map;
};

struct record_v1_maps {
	struct record_v1_state *root;
	uint32_t generation; /* 0 only where those of others were taken over */
	uint32_t count; /* of maps made */
	struct record_v1_state *nodes;
	struct made_map *maps;
};

struct record_v1_maps *
record_v1_maps_new(struct err *err)
{
	struct record_v1_maps *m = calloc(1, sizeof(*m));

	if (m == NULL)
		err_nomem(err);
	else
		m->generation = 1;
	return m;
}

/* A node that is ours to change: a copy of the old one, which may be NULL. */
static struct record_v1_state *
new_node(struct record_v1_maps *m, const struct record_v1_state *old,
    struct err *err)
{
	struct record_v1_state *n = calloc(1, sizeof(*n));

	if (n == NULL) {
		err_nomem(err);
		return NULL;
	}
	if (old != NULL)
		*n = *old;
	n->generation = m->generation;
	n->next_made = m->nodes;
	m->nodes = n;
	return n;
}

struct record_v1_maps *
v1_maps_from(const struct record_v1_state *start, struct err *err)
{
	struct record_v1_maps *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		err_nomem(err);
		return NULL;
	}
	if ((m->root = new_node(m, start, err)) == NULL) {
		free(m);
		return NULL;
	}
	return m;
}

void
record_v1_maps_free(struct record_v1_maps *m)
{
	struct record_v1_state *node;
	struct made_map *made;

	if (m == NULL)
		return;
	while ((node = m->nodes) != NULL) {
		m->nodes = node->next_made;
		free(node);
	}
	while ((made = m->maps) != NULL) {
		m->maps = made->next;
		free(made->map);
		free(made);
	}
	free(m);
}

const struct record_v1_state *
record_v1_maps_state(struct record_v1_maps *m)
{
	if (m->root != NULL && m->root->generation == m->generation)
		m->generation++;
	return m->root;
}

const struct record_v1_state *
v1_maps_now(const struct record_v1_maps *m)
{
	return m->root;
}

const struct v1_map *
v1_state_find(const struct record_v1_state *s, uint16_t id)
{
	for (unsigned shift = TOP_SHIFT; s != NULL && shift > 0;
	     shift -= LEVEL_BITS)
		s = s->below[id >> shift & (FANOUT - 1)];
	return s == NULL ? NULL : s->below[id & (FANOUT - 1)];
}

/* Make nodes down to the place of a map. */
static void **
find_place(struct record_v1_maps *m, uint16_t id, struct err *err)
{
	struct record_v1_state *n = m->root;
	void **place;

	if (n == NULL || n->generation != m->generation)
		m->root = n = new_node(m, n, err);
	for (unsigned shift = TOP_SHIFT; n != NULL; shift -= LEVEL_BITS) {
		place = &n->below[id >> shift & (FANOUT - 1)];
		if (shift == 0)
			return place;
		n = *place;
		if (n == NULL || n->generation != m->generation)
			*place = n = new_node(m, n, err);
	}
	return NULL;
}

static int
put(struct record_v1_maps *m, const struct record_v1_map *source,
    struct err *err)
{
	struct made_map *made = calloc(1, sizeof(*made));
	void **place;

	if (made == NULL)
		return err_nomem(err);
	if ((made->map = v1_map_compile(source, err)) == NULL ||
	    (place = find_place(m, source->id, err)) == NULL) {
		free(made->map);
		free(made);
		return -1;
	}
	made->next = m->maps;
	m->maps = made;
	m->count++;
	*place = made->map;
	return 1;
}

int
v1_maps_add(
    struct record_v1_maps *m, const struct span *record, struct err *err)
{
	const struct v1_map *known;
	struct record_v1_map map;

	if (record_v1_get_map(record, &map, err) == -1)
		return -1;
	known = v1_state_find(m->root, map.id);
	if (known != NULL && v1_map_is(known, &map))
		return 0;
	if (m->count == RECORD_V1_MAPS_MAX)
		return err_set(err, ERR_MALFORMED,
		    "more than %u extension maps", RECORD_V1_MAPS_MAX);
	return put(m, &map, err);
}

int
record_v1_maps_take(
    struct record_v1_maps *m, const uint8_t *data, size_t len, struct err *err)
{
	struct record_cursor c = { .data = data, .len = len };
	struct span record;
	uint16_t type;

	while (record_next(&c, &type, &record, NULL) == 1)
		if (type == RECORD_V1_MAP && record.len >= V1_MAP_MIN &&
		    v1_maps_add(m, &record, err) == -1)
			return -1;
	return 0;
}
