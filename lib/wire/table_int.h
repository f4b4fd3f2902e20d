#ifndef WIRE_TABLE_INT_H
#define WIRE_TABLE_INT_H

#include <stdint.h>

/*
 * Hash table of things that carry their own node.  It never owns them.
 * Walk a chain to look something up:
 *
 *	for (n = wire_table_first(t, hash); n != NULL; n = n->next)
 *		if (n->hash == hash && ...)
 */

struct wire_node {
	struct wire_node *next;
	uint64_t hash;
};

struct wire_table {
	struct wire_node **chains;
	uint32_t size; /* 0 or a power of two */
	uint32_t count;
};

static inline struct wire_node *
wire_table_first(const struct wire_table *t, uint64_t hash)
{
	return t->size == 0 ? NULL : t->chains[hash & (t->size - 1)];
}

/* -1 when out of memory. */
int wire_table_add(struct wire_table *t, struct wire_node *n, uint64_t hash);
void wire_table_remove(struct wire_table *t, struct wire_node *n);
void wire_table_fini(struct wire_table *t);

#endif
