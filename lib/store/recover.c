/*
 * Completing files that a crash left.  Blocks are checked down to their
 * records, because after a power failure a file may have its size and not
 * its data.  The first block that is not right, and an appendix without a
 * header that points to it, end the data.
 */

#include <string.h>

#include "base/bytes.h"
#include "store/layout1.h"
#include "store/store_int.h"

bool
store_block_is_appendix(const struct store_block *b)
{
	uint16_t type = b->len < RECORD_HEADER_LEN ? 0 : load_u16(b->raw);

	return type == RECORD_IDENT || type == RECORD_STATS;
}

/*
 * Check and count the next block.  1, 0 when the data ends here, -1 when
 * the file cannot be read, which says nothing about the data.
 */
static int
count_block(struct store_file *f, struct store_block *b,
    struct store_counter *c, struct err *err)
{
	struct store_ref ref;
	int rc;

	if ((rc = store_file_block(f, &ref, err)) != 1)
		return rc;
	if (ref.type == STORE_BLOCK_ARRAY)
		return store_block_load(f, &ref, b, err) == -1 ? -1 : 1;
	if (!ref.has_records)
		return 0;
	if (store_block_load(f, &ref, b, err) == -1)
		return -1;
	if (store_block_is_appendix(b))
		return 0;
	return store_counter_add(c, b->raw, b->len, b->records, err) == -1 ? -1 :
									    1;
}

/* Count whole blocks: their number, and where the last one ends. */
static int
count_blocks(struct store_file *f, struct store_counter *c, uint32_t *blocks,
    uint64_t *end, struct err *err)
{
	struct store_block b = { 0 };
	struct err why = { .code = ERR_NONE };
	int rc;

	*blocks = 0;
	*end = f->pos;
	while ((rc = count_block(f, &b, c, &why)) == 1) {
		*blocks = f->number;
		*end = f->pos;
	}
	store_block_fini(&b);
	if (rc == -1 && why.code != ERR_MALFORMED)
		return err_set(err, why.code, "%s", why.text);
	return 0;
}

static int
complete_v2(struct store_file *f, const char *ident, struct store_counter *c,
    uint32_t *blocks, struct err *err)
{
	struct store_header h = store_file_header(f);
	struct store_writer *w;
	uint64_t end;
	int rc;

	if (count_blocks(f, c, blocks, &end, err) == -1)
		return -1;
	h.blocks = *blocks;
	if ((w = store_writer_resume(f->path, &h, ident, end, err)) == NULL)
		return -1;
	rc = store_writer_commit(w, &c->stats, err);
	store_writer_close(w);
	return rc;
}

static int
complete(struct store_file *f, const char *ident, struct store_counter *c,
    uint32_t *blocks, struct err *err)
{
	/* What the header counts may be stale: the blocks say how many. */
	f->is_counted = false;
	if (f->layout == &store_layout_1)
		return store_v1_recover(f, ident, c, blocks, err);
	return complete_v2(f, ident, c, blocks, err);
}

int64_t
store_recover(const char *path, const char *ident, struct err *err)
{
	struct store_file *f = store_file_open(path, err);
	struct store_counter c;
	uint32_t blocks;
	int rc;

	if (f == NULL)
		return -1;
	blocks = f->info.blocks;
	rc = 0;
	if (!f->info.is_complete) {
		if ((rc = store_counter_init(&c, err)) == 0) {
			rc = complete(f, ident, &c, &blocks, err);
			store_counter_fini(&c);
		}
	}
	store_file_close(f);
	return rc == -1 ? -1 : (int64_t)blocks;
}
