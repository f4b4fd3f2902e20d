/*
 * Completing files that a crash left.  Blocks are checked down to their
 * records, because after a power failure a file may have its size and not
 * its data, even a header that calls it complete.  The first block that is
 * not right, and an appendix without a header that points to it, end the
 * data.
 */

#include <string.h>

#include "base/bytes.h"
#include "store/indexer.h"
#include "store/layout1.h"
#include "store/store_int.h"

bool
store_block_is_appendix(const struct store_block *b)
{
	uint16_t type = b->len < RECORD_HEADER_LEN ? 0 : load_u16(b->raw);

	return type == RECORD_IDENT || type == RECORD_STATS;
}

/* What the blocks of a file give. */
struct found {
	struct store_counter counter;
	struct store_indexer *indexer;
	uint32_t blocks;
	uint64_t end; /* of the last one */
};

/*
 * Load, check and count a block.  1, 0 when it is none of the data, -1 when
 * it is damaged.
 */
static int
take_block(struct store_file *f, const struct store_ref *ref,
    struct store_block *b, struct found *to, struct err *err)
{
	struct index_block x = { .stored_len = ref->stored };

	if (!ref->has_records && ref->type != STORE_BLOCK_ARRAY)
		return 0;
	if (store_block_load(f, ref, b, err) == -1)
		return -1;
	if (ref->has_records) {
		if (store_block_is_appendix(b))
			return 0;
		if (store_counter_add(&to->counter, b->raw, b->len,
			b->records, err) == -1)
			return -1;
		x.raw = b->raw;
	}
	x.stored = store_block_stored(ref, b);
	x.records = b->records;
	x.raw_len = b->len;
	x.bytes = b->bytes;
	store_indexer_add(to->indexer, &x);
	return 1;
}

/*
 * Count whole blocks up to where the data ends.  -1 when the file cannot be
 * read, which says nothing about the data.
 */
static int
take_blocks(struct store_file *f, struct found *to, struct err *err)
{
	struct store_block b = { 0 };
	struct err why = { .code = ERR_NONE };
	struct store_ref ref;
	int rc;

	to->end = f->pos;
	while ((rc = store_file_block(f, &ref, &why)) == 1 &&
	    (rc = take_block(f, &ref, &b, to, &why)) == 1) {
		to->blocks = f->number;
		to->end = f->pos;
	}
	store_block_fini(&b);
	if (rc == -1 && why.code != ERR_MALFORMED)
		return err_set(err, why.code, "%s", why.text);
	return 0;
}

static int
complete(const struct store_file *f, const char *ident, struct found *to,
    struct err *err)
{
	struct store_header h = store_file_header(f);
	struct store_writer *w;
	int rc;

	h.blocks = to->blocks;
	w = store_writer_resume(
	    f->dir, f->path, &h, ident, to->end, to->indexer, err);
	to->indexer = NULL;
	if (w == NULL)
		return -1;
	rc = store_writer_commit(w, &to->counter.stats, err);
	store_writer_close(w);
	return rc;
}

static int
recover(struct store_file *f, const char *ident, struct found *to,
    struct err *err)
{
	to->blocks = f->info.blocks;
	if (f->layout == &store_layout_1 && f->info.is_complete)
		return 0;
	/* What the header counts may be stale: the blocks say how many. */
	f->is_counted = false;
	if (f->layout == &store_layout_1)
		return store_v1_recover(
		    f, ident, &to->counter, &to->blocks, err);
	to->blocks = 0;
	if (take_blocks(f, to, err) == -1)
		return -1;
	if (f->info.is_complete && to->blocks == f->info.blocks &&
	    to->end == f->appendix)
		return 0;
	return complete(f, ident, to, err);
}

int64_t
store_recover(int dir, const char *name, const char *ident, struct err *err)
{
	struct store_file *f = store_file_open_at(dir, name, err);
	struct found found = { .blocks = 0 };
	int rc;

	if (f == NULL)
		return -1;
	if ((rc = store_file_check_use(f, err)) == 0 &&
	    (rc = store_counter_init(&found.counter, err)) == 0) {
		found.indexer = store_indexer_new();
		rc = recover(f, ident, &found, err);
		store_indexer_free(found.indexer);
		store_counter_fini(&found.counter);
	}
	store_file_close(f);
	return rc == -1 ? -1 : (int64_t)found.blocks;
}
