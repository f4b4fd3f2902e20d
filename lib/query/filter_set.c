/*
 * Sets of addresses or numbers.  Single values and short ranges are hashed,
 * the other ranges sorted.  A value that is not in the set mostly costs one
 * look at the sieve, a bit map of hashes that is much smaller than the table.
 *
 * Ranges are searched by halves without branches; an index by their upper
 * bits says where to begin, so that few halves remain when the ranges are
 * spread evenly.
 */

#include <stdlib.h>
#include <string.h>

#include "query/filter_int.h"

/* Ranges of fewer values are hashed one by one. */
#define SHORT_RANGE 16

#define SIEVE_BITS_PER_MEMBER 16

bool
set_is_hashed(const struct item *it)
{
	return it->lo.hi == it->hi.hi && it->hi.lo - it->lo.lo < SHORT_RANGE;
}

static bool
is_low(const struct item *it)
{
	return (it->lo.hi | it->hi.hi) == 0;
}

static uint64_t
power_of_two(uint64_t at_least)
{
	uint64_t n = 1;

	while (n < at_least)
		n *= 2;
	return n;
}

/* How many of each kind there will be; room for one more never hurts. */
static bool
set_allocate(struct set *s, const struct item *items, uint32_t n)
{
	uint64_t members = 0, slots, words;
	uint32_t low = 1, high = 1;

	for (uint32_t i = 0; i < n; i++)
		if (set_is_hashed(&items[i]))
			members += items[i].hi.lo - items[i].lo.lo + 1;
		else if (is_low(&items[i]))
			low++;
		else
			high++;
	slots = power_of_two(2 * members + 1);
	words = power_of_two(members * SIEVE_BITS_PER_MEMBER / 64 + 1);
	s->slot_mask = slots - 1;
	s->sieve_mask = words - 1;
	s->slots = calloc(slots, sizeof(*s->slots));
	s->sieve = calloc(words, sizeof(*s->sieve));
	s->low_from = calloc(low, sizeof(*s->low_from));
	s->low_to = calloc(low, sizeof(*s->low_to));
	s->high = calloc(high, sizeof(*s->high));
	return s->slots != NULL && s->sieve != NULL && s->low_from != NULL &&
	    s->low_to != NULL && s->high != NULL;
}

static void
set_insert(struct set *s, struct addr a)
{
	uint64_t hash = set_hash(a);
	uint64_t i = hash & s->slot_mask;

	s->members++;
	s->sieve[hash >> 38 & s->sieve_mask] |= UINT64_C(1)
	    << (hash >> 32 & 63);
	if (addr_is_zero(a)) {
		s->has_zero = true;
		return;
	}
	while (!addr_is_zero(s->slots[i]))
		i = (i + 1) & s->slot_mask;
	s->slots[i] = a;
}

static void
set_insert_item(struct set *s, const struct item *it)
{
	if (set_is_hashed(it)) {
		for (struct addr a = it->lo;; a = addr_next(a)) {
			set_insert(s, a);
			if (addr_equal(a, it->hi))
				return;
		}
	} else if (is_low(it)) {
		s->low_from[s->nlow] = it->lo.lo;
		s->low_to[s->nlow++] = it->hi.lo;
	} else
		s->high[s->nhigh++] = *it;
}

/*
 * Build the index of n ranges with ascending keys.  The range in a bucket's
 * place begins at or before the bucket, that in the place of the next bucket
 * is the last that can begin inside.
 */
static bool
index_build(struct bucket_index *x, const uint64_t *key, uint32_t n,
    uint64_t last)
{
	uint64_t span, buckets, b;
	uint32_t at = 0;

	if (n == 0)
		return true;
	x->first = key[0];
	x->last = last;
	span = last - x->first;
	while (span >> x->shift >= 2 * (uint64_t)n + 1)
		x->shift++;
	buckets = (span >> x->shift) + 2;
	if ((x->place = calloc(buckets, sizeof(*x->place))) == NULL)
		return false;
	for (b = 0; b < buckets; b++) {
		while (at + 1 < n &&
		    (key[at + 1] - x->first) >> x->shift < b)
			at++;
		x->place[b] = at;
	}
	return true;
}

static bool
index_high(struct set *s)
{
	uint64_t *key = calloc((size_t)s->nhigh + 1, sizeof(*key));
	bool is_built;

	if (key == NULL)
		return false;
	for (uint32_t i = 0; i < s->nhigh; i++)
		key[i] = s->high[i].lo.hi;
	is_built = index_build(&s->high_index, key, s->nhigh,
	    s->nhigh > 0 ? s->high[s->nhigh - 1].hi.hi : 0);
	free(key);
	return is_built;
}

static bool
index_low(struct set *s)
{
	return index_build(&s->low_index, s->low_from, s->nlow,
	    s->nlow > 0 ? s->low_to[s->nlow - 1] : 0);
}

/* From sorted items that are apart from each other. */
struct set *
set_new(const struct item *items, uint32_t n)
{
	struct set *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	if (!set_allocate(s, items, n)) {
		set_free(s);
		return NULL;
	}
	for (uint32_t i = 0; i < n; i++)
		set_insert_item(s, &items[i]);
	if (!index_low(s) || !index_high(s)) {
		set_free(s);
		return NULL;
	}
	return s;
}

void
set_free(struct set *s)
{
	if (s == NULL)
		return;
	free(s->sieve);
	free(s->slots);
	free(s->low_from);
	free(s->low_to);
	free(s->low_index.place);
	free(s->high_index.place);
	free(s->high);
	free(s);
}

bool
set_search_slots(const struct set *s, uint64_t hash, struct addr a)
{
	if (addr_is_zero(a))
		return s->has_zero;
	for (uint64_t i = hash & s->slot_mask; !addr_is_zero(s->slots[i]);
	     i = (i + 1) & s->slot_mask)
		if (addr_equal(s->slots[i], a))
			return true;
	return false;
}

static uint32_t
not_above(struct addr a, struct addr b)
{
	return (a.hi < b.hi) | ((a.hi == b.hi) & (a.lo <= b.lo));
}

bool
set_search_high(const struct set *s, struct addr a)
{
	const struct item *base;
	uint32_t at, n;

	if (!bucket_find(&s->high_index, a.hi, &at, &n))
		return false;
	base = s->high + at;
	while (n > 1) {
		uint32_t half = n / 2;

		base += half & -not_above(base[half].lo, a);
		n -= half;
	}
	return not_above(base->lo, a) & not_above(a, base->hi);
}
