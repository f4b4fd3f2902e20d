/*
 * The index of a file, against its blocks and flows.
 */

#include <string.h>
#include <xxhash.h>

#include "store/index.h"
#include "store/ledger.h"
#include "store/salvage.h"

static void
add_span(struct record_stats *sum, const struct store_span *span)
{
	if (span->stats.flows > 0)
		record_stats_merge(sum, &span->stats);
}

/* Do its spans sum up to the flows? */
static void
compare_sums(struct salvage *s, const struct store_index *x)
{
	const struct record_stats *is = &s->tally.sum;
	struct record_stats sum;

	record_stats_init(&sum);
	for (uint32_t n = 0; n < store_index_spans(x); n++)
		add_span(&sum, store_index_span(x, n));
	if (memcmp(&sum, is, sizeof(sum)) != 0)
		salvage_tell(s, FINDING_DAMAGE, "index: %ju flows with %ju "
		    "bytes, the flows are %ju with %ju", (uintmax_t)sum.flows,
		    (uintmax_t)sum.bytes, (uintmax_t)is->flows,
		    (uintmax_t)is->bytes);
}

/* Are the stored bytes of the blocks those that it was made of? */
static int
compare_blocks(struct salvage *s, struct store_file *f, struct err *err)
{
	const struct store_index *x = store_file_index(f);
	struct store_ref ref;
	struct err why;
	int rc;

	while ((rc = store_file_block(f, &ref, &why)) == 1) {
		s->number = ref.number;
		s->pos = ref.offset - STORE_BLOCK_HEADER_LEN;
		rc = store_block_expand(f, &ref, &s->b, &why);
		if (rc == -1 && why.code == ERR_NOMEM)
			return err_nomem(err);
		if (rc == -1) /* which has been told */
			continue;
		if (XXH64(store_block_stored(&ref, &s->b), ref.stored, 0) !=
		    store_index_hash(x, ref.number))
			salvage_tell_block(s, FINDING_DAMAGE,
			    "not what its index was made of");
	}
	return rc == -1 && why.code == ERR_NOMEM ? err_nomem(err) : 0;
}

static int
compare(struct salvage *s, struct store_file *f, struct err *err)
{
	struct err why;
	int rc = store_file_load_index(f, &why);

	if (rc == 0)
		return 0;
	s->has_index = true;
	if (rc == -1 && why.code == ERR_NOMEM)
		return err_nomem(err);
	if (rc == -1) {
		salvage_tell(s, FINDING_DAMAGE, "%s",
		    salvage_without_path(s, why.text));
		return 0;
	}
	s->v->has_index = true;
	if (compare_blocks(s, f, err) == -1)
		return -1;
	if (s->v->damages == 0)
		compare_sums(s, store_file_index(f));
	return 0;
}

static int
check_ledger(struct salvage *s, const struct store_file *f, struct err *err)
{
	struct store_ledger *l;
	struct err why;
	int rc = store_file_ledger(f, &l, &why);

	store_ledger_free(l);
	s->has_ledger = rc != 0;
	if (rc != -1)
		return 0;
	if (why.code == ERR_NOMEM)
		return err_nomem(err);
	salvage_tell(s, FINDING_DAMAGE, "%s",
	    salvage_without_path(s, why.text));
	return 0;
}

int
salvage_index(struct salvage *s, struct err *err)
{
	struct store_file *f;
	struct err why;
	int rc;

	if (!s->has_appendix || s->end == s->file.info.size)
		return 0;
	if ((f = store_file_open(s->file.path, &why)) == NULL)
		return why.code == ERR_NOMEM ? err_nomem(err) : 0;
	rc = compare(s, f, err);
	if (rc == 0)
		rc = check_ledger(s, f, err);
	store_file_close(f);
	return rc;
}
