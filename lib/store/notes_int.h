#ifndef STORE_NOTES_INT_H
#define STORE_NOTES_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/batch.h"
#include "store/index_int.h"
#include "store/notes.h"

/* Keys remembered, so that few are listed twice. */
#define NOTES_MET_BITS 12

/* Keys of addresses or prefixes; some are there twice. */
struct store_keys {
	uint32_t *list;
	size_t used;
	size_t room;
	uint32_t met[1U << NOTES_MET_BITS]; /* each where its first bits say */
};

struct store_notes {
	bool is_partial; /* it lacks flows */
	uint64_t extensions; /* any of the flows has */
	uint64_t flow_counts;
	uint64_t first_max; /* seen, ms */
	uint64_t last_min;
	uint8_t protos[256];
	uint8_t ports[INDEX_PORTS + 1]; /* the last one: all others */
	struct store_keys addresses;
	struct store_keys prefixes;
};

/* For storage that the caller has, which is all zero at first. */
void store_notes_fini(struct store_notes *n);

/* All rows of a batch, except for the number of flows that they stand for. */
void store_notes_add_batch(struct store_notes *n, const struct batch *b);

/* The flows of another one. */
void store_notes_merge(struct store_notes *n, const struct store_notes *other);

#endif
