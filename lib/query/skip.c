/*
 * Which spans a query need not read.
 *
 * A span goes only if one fact is true of no flow in it.  What the index does
 * not know never excludes anything.
 */

#include "query/skip.h"

/*
 * With more items than this, which all have to be looked up before a span is
 * known to have none, reading it costs less.
 */
#define ITEMS_MAX 4096

static bool
is_bounded(const struct filter_times *t)
{
	return t->from_ms > 0 || t->to_ms < UINT64_MAX;
}

bool
skip_is_possible(const struct filter_facts *x)
{
	return x->is_never || x->is_v4 || x->is_v6 ||
	    (x->proto[0] & x->proto[1] & x->proto[2] & x->proto[3]) !=
	    UINT64_MAX ||
	    x->addr.count > 0 || x->port.count > 0 || is_bounded(&x->first) ||
	    is_bounded(&x->last);
}

static bool
has_time(const struct filter_times *t, const struct store_range *range)
{
	return range->min <= range->max && t->from_ms <= range->max &&
	    range->min <= t->to_ms;
}

static bool
has_proto(const struct filter_facts *x, const struct store_span *span)
{
	uint64_t both = 0;

	for (int i = 0; i < 4; i++)
		both |= x->proto[i] & span->proto[i];
	return both != 0;
}

static bool
may_have_addr(
    const struct store_index *index, uint32_t n, const struct item *it)
{
	return store_index_may_have_addr(index, n, it->lo, it->hi);
}

static bool
may_have_port(
    const struct store_index *index, uint32_t n, const struct item *it)
{
	uint64_t hi = it->hi.lo < UINT16_MAX ? it->hi.lo : UINT16_MAX;

	return it->lo.lo <= hi && store_index_may_have_port(
	    index, n, (uint16_t)it->lo.lo, (uint16_t)hi);
}

/* May each of the needs be met? */
static bool
may_have_all(const struct filter_needs *x, const struct store_index *index,
    uint32_t n,
    bool (*may_have)(
	const struct store_index *index, uint32_t n, const struct item *it))
{
	for (unsigned i = 0; i < x->count; i++) {
		const struct filter_need *need = &x->need[i];
		uint32_t k = 0;

		if (need->nitems > ITEMS_MAX)
			continue;
		while (k < need->nitems && !may_have(index, n, &need->items[k]))
			k++;
		if (k == need->nitems)
			return false;
	}
	return true;
}

enum skip_reason
skip_span(const struct filter_facts *x, const struct store_index *index,
    uint32_t n)
{
	const struct store_span *span = store_index_span(index, n);

	if (x->is_never)
		return SKIP_NEVER;
	if ((is_bounded(&x->first) && !has_time(&x->first, &span->first)) ||
	    (is_bounded(&x->last) && !has_time(&x->last, &span->last)))
		return SKIP_TIME;
	if ((x->is_v4 && !span->has_v4) || (x->is_v6 && !span->has_v6))
		return SKIP_FAMILY;
	if (!has_proto(x, span))
		return SKIP_PROTO;
	if (!may_have_all(&x->addr, index, n, may_have_addr))
		return SKIP_ADDR;
	if (!may_have_all(&x->port, index, n, may_have_port))
		return SKIP_PORT;
	return SKIP_NONE;
}

int
skip_load_index(struct store_file *f, struct err *err)
{
	struct err why;
	int rc = store_file_load_index(f, &why);

	if (rc == -1 && why.code == ERR_NOMEM)
		*err = why;
	else if (rc == -1)
		err_set(err, why.code, "%s: the file is read without it; "
		    "flowdump --index makes a new one", why.text);
	return rc;
}

bool
skip_file(const struct store_info *info, uint64_t from_ms, uint64_t to_ms)
{
	return info->has_stats && info->stats.last_ms > 0 &&
	    (info->stats.last_ms < from_ms || info->stats.first_ms > to_ms);
}
