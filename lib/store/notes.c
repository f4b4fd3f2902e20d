/*
 * Notes for an index.
 *
 * Of each flow the addresses and their prefixes are hashed and looked up in
 * tables of the keys met lately, which fit the first cache; those that are not
 * there are put in lists.
 */

#include <stdlib.h>
#include <string.h>

#include "store/notes_int.h"

#define ROOM_MIN 4096

struct store_notes *
store_notes_new(void)
{
	struct store_notes *n = calloc(1, sizeof(*n));

	if (n != NULL)
		store_notes_clear(n);
	return n;
}

void
store_notes_fini(struct store_notes *n)
{
	free(n->addresses.list);
	free(n->prefixes.list);
}

void
store_notes_free(struct store_notes *n)
{
	if (n == NULL)
		return;
	store_notes_fini(n);
	free(n);
}

static void
keys_clear(struct store_keys *k)
{
	k->used = 0;
	memset(k->met, 0, sizeof(k->met));
	k->met[0] = UINT32_MAX; /* 0 is a key that would be met here */
}

void
store_notes_clear(struct store_notes *n)
{
	n->is_partial = false;
	n->extensions = n->flow_counts = n->first_max = 0;
	n->last_min = UINT64_MAX;
	memset(n->protos, 0, sizeof(n->protos));
	memset(n->ports, 0, sizeof(n->ports));
	keys_clear(&n->addresses);
	keys_clear(&n->prefixes);
}

static int
keys_grow(struct store_keys *k, size_t more)
{
	size_t room = k->room == 0 ? ROOM_MIN : k->room;
	uint32_t *list;

	while (room < k->used + more)
		room *= 2;
	if ((list = realloc(k->list, room * sizeof(*list))) == NULL)
		return -1;
	k->list = list;
	k->room = room;
	return 0;
}

/* Room for so many addresses and their prefixes. */
static inline bool
has_room(struct store_notes *n, size_t more)
{
	if ((n->addresses.room - n->addresses.used < more &&
		keys_grow(&n->addresses, more) == -1) ||
	    (n->prefixes.room - n->prefixes.used < more &&
		keys_grow(&n->prefixes, more) == -1))
		n->is_partial = true;
	return !n->is_partial;
}

/*
 * Put a key at the end of a list that has room; 1 if it stays there, as it was
 * not met lately.  Callers add that up instead of branching: which way that
 * goes could not be predicted.
 */
static inline uint32_t
put_key(uint32_t *restrict met, uint32_t *restrict end, uint32_t key)
{
	uint32_t *const at = met + (key >> (32 - NOTES_MET_BITS));
	const uint32_t old = *at;

	*at = *end = key;
	return old != key;
}

/*
 * Keys of a column of addresses.  Two of them may have the same key and not
 * the same prefix: a prefix is looked up whatever became of its address.
 */
static inline void
add_keys(struct store_keys *k, const struct addr *a, uint32_t n,
    uint32_t (*key_of)(struct addr))
{
	uint32_t *const list = k->list + k->used, used = 0;

	for (uint32_t i = 0; i < n; i++)
		used += put_key(k->met, list + used, key_of(a[i]));
	k->used += used;
}

/* One side of the flows of a batch. */
static void
add_side(struct store_notes *n, const struct addr *a, uint32_t rows)
{
	if (!has_room(n, rows))
		return;
	add_keys(&n->addresses, a, rows, index_addr_key);
	add_keys(&n->prefixes, a, rows, index_prefix_key);
}

static inline void
add_port(struct store_notes *n, uint16_t port)
{
	n->ports[port < INDEX_PORTS ? port : INDEX_PORTS] = 1;
}

static void
add_ports(struct store_notes *n, const uint16_t *port, uint32_t rows)
{
	for (uint32_t i = 0; i < rows; i++)
		add_port(n, port[i]);
}

/* The ends of the times that the statistics do not have. */
static void
add_times(struct store_notes *n, const uint64_t *first, const uint64_t *last,
    uint32_t rows)
{
	uint64_t max = n->first_max, min = n->last_min;

	for (uint32_t i = 0; i < rows; i++) {
		max = first[i] > max ? first[i] : max;
		min = last[i] < min ? last[i] : min;
	}
	n->first_max = max;
	n->last_min = min;
}

void
store_notes_add_batch(struct store_notes *n, const struct batch *b)
{
	const uint8_t *proto = BATCH_COL(b, PROTO, uint8_t);

	n->extensions |= b->extensions;
	add_times(n, BATCH_COL(b, FIRST, uint64_t),
	    BATCH_COL(b, LAST, uint64_t), b->rows);
	for (uint32_t i = 0; i < b->rows; i++)
		n->protos[proto[i]] = 1;
	add_ports(n, BATCH_COL(b, SRC_PORT, uint16_t), b->rows);
	add_ports(n, BATCH_COL(b, DST_PORT, uint16_t), b->rows);
	add_side(n, BATCH_COL(b, SRC_ADDR, struct addr), b->rows);
	add_side(n, BATCH_COL(b, DST_ADDR, struct addr), b->rows);
}

/* Is what a reader finds in the record of f what is in f? */
static inline bool
is_plain(const struct flow *f)
{
	const uint64_t v4 = FLOW_EXT(EXT_IPV4), v6 = FLOW_EXT(EXT_IPV6);
	uint64_t families = f->extensions & (v4 | v6);

	/* without a number a record stands for one flow */
	if (!(f->extensions & FLOW_EXT(EXT_COUNTERS)) &&
	    (f->flows > 1 || (f->out_packets | f->out_bytes) != 0))
		return false;
	return families == v6 || (families == v4 && addr_is_v4(f->src_addr) &&
	    addr_is_v4(f->dst_addr));
}

static inline void
add_one(struct store_notes *n, struct addr a)
{
	add_keys(&n->addresses, &a, 1, index_addr_key);
	add_keys(&n->prefixes, &a, 1, index_prefix_key);
}

void
store_notes_add(struct store_notes *n, const struct flow *f)
{
	if (!is_plain(f) || !has_room(n, 2)) {
		n->is_partial = true;
		return;
	}
	n->extensions |= f->extensions;
	n->flow_counts += f->flows + (f->flows == 0);
	n->first_max = f->first_ms > n->first_max ? f->first_ms : n->first_max;
	n->last_min = f->last_ms < n->last_min ? f->last_ms : n->last_min;
	n->protos[f->proto] = 1;
	add_port(n, f->src_port);
	add_port(n, f->dst_port);
	add_one(n, f->src_addr);
	add_one(n, f->dst_addr);
}

static void
merge_keys(struct store_keys *k, const struct store_keys *other)
{
	uint32_t *list = k->list + k->used;

	for (size_t i = 0; i < other->used; i++)
		list += put_key(k->met, list, other->list[i]);
	k->used = (size_t)(list - k->list);
}

void
store_notes_merge(struct store_notes *n, const struct store_notes *other)
{
	size_t addresses = other->addresses.used;
	size_t prefixes = other->prefixes.used;

	n->is_partial |= other->is_partial;
	n->extensions |= other->extensions;
	n->flow_counts += other->flow_counts;
	add_times(n, &other->first_max, &other->last_min, 1);
	for (unsigned i = 0; i < 256; i++)
		n->protos[i] |= other->protos[i];
	for (unsigned i = 0; i <= INDEX_PORTS; i++)
		n->ports[i] |= other->ports[i];
	if (!has_room(n, addresses > prefixes ? addresses : prefixes))
		return;
	merge_keys(&n->addresses, &other->addresses);
	merge_keys(&n->prefixes, &other->prefixes);
}
