/*
 * Hash table with chains, doubled when there are as many things as chains.
 */

#include <stdlib.h>

#include "wire/table_int.h"

#define FIRST_SIZE 8

static int
grow(struct wire_table *t)
{
	uint32_t size = t->size == 0 ? FIRST_SIZE : t->size * 2;
	struct wire_node **chains = calloc(size, sizeof(*chains));

	if (chains == NULL)
		return -1;
	for (uint32_t i = 0; i < t->size; i++)
		for (struct wire_node *n = t->chains[i], *next; n != NULL;
		     n = next) {
			next = n->next;
			n->next = chains[n->hash & (size - 1)];
			chains[n->hash & (size - 1)] = n;
		}
	free(t->chains);
	t->chains = chains;
	t->size = size;
	return 0;
}

int
wire_table_add(struct wire_table *t, struct wire_node *n, uint64_t hash)
{
	struct wire_node **chain;

	/* A table that cannot grow gets slower, not wrong. */
	if (t->count >= t->size && t->size < UINT32_MAX / 2 &&
	    grow(t) == -1 && t->size == 0)
		return -1;
	chain = &t->chains[hash & (t->size - 1)];
	n->hash = hash;
	n->next = *chain;
	*chain = n;
	t->count++;
	return 0;
}

void
wire_table_remove(struct wire_table *t, struct wire_node *n)
{
	struct wire_node **p = &t->chains[n->hash & (t->size - 1)];

	while (*p != n)
		p = &(*p)->next;
	*p = n->next;
	t->count--;
}

void
wire_table_fini(struct wire_table *t)
{
	free(t->chains);
	*t = (struct wire_table){ NULL, 0, 0 };
}
